"""The columns of the history, which both parts of the experiment share."""

import math
from typing import Any

# name of a column -> what stands in it where a part does not measure it
COLUMNS: dict[str, Any] = {
    "part": "", "arm": "", "noise": 0.0, "seed": 0, "step": 0, "epoch": 0,
    # accuracies by three classifiers: the head, the nearest class mean and the nearest subspace; on the training and
    # validation images against the given labels, on the test images against the true ones
    "head_train": math.nan, "head_validation": math.nan, "head_test": math.nan,
    "centre_train": math.nan, "centre_validation": math.nan, "centre_test": math.nan,
    "subspace_train": math.nan, "subspace_validation": math.nan, "subspace_test": math.nan,
    # of the training images with a wrong label, by the arm's own classifier: share put into the given, the true class
    "wrong_given": math.nan, "wrong_true": math.nan,
    # Tr Sigma_W / Tr Sigma_B of features of length 1
    "train_ratio": math.nan,  # training images, in the classes that their labels say
    "clean_ratio": math.nan,  # of these, the images whose label is right
    "wrong_ratio": math.nan,  # training images with a wrong label, in their true classes
    "test_ratio": math.nan,
    # exp of the entropy of the eigenvalues of the second moments: directions that features of length 1 fill
    "class_rank": math.nan,  # those of a class by label, mean over the classes
    "rank": math.nan,  # those of all training images
    # coding rates in nats: whole, classes, difference
    "whole": math.nan, "parts": math.nan, "reduction": math.nan,
    "closed_whole": math.nan, "closed_parts": math.nan,  # closed forms, of arrangements that have them
    "dim": 0, "points": 0,
}  # fmt: skip

Rows = list[dict[str, Any]]
