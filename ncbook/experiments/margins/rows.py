"""The columns of the history, which all parts of the experiment `margins` share."""

import math
from typing import Any

# name of a column -> what stands in it where a part does not measure it
COLUMNS: dict[str, Any] = {
    "part": "", "family": "", "network": "", "seed": 0, "step": 0,
    "noise": 0.0, "per_class": 0, "weight_decay": math.nan, "learning_rate": math.nan, "width": 0,
    "train_error": math.nan, "test_error": math.nan,
    "raw": math.nan,  # smallest margin q, in the unit of the logits
    "smallest": math.nan,  # smallest relative margin
    "area": math.nan,  # mean of the relative margins
    "ideal": math.nan,  # what all relative margins are under neural collapse
    "spread": math.nan,  # their standard deviation over their mean
    "nc1": math.nan,
    "svm_cosine": math.nan,  # of the head and the max-margin classifier of the same features
    "svm_share": math.nan,  # smallest margin of the head over its norm, as a share of the largest possible
    "means_svm_cosine": math.nan,  # of the centred class means and the max-margin classifier
    "doubled_raw": math.nan,  # `raw` once W and b are doubled
    "doubled_changed": math.nan,  # share of decisions on new data that doubling W and b changes
    "confidence": math.nan, "doubled_confidence": math.nan,  # mean largest probability on new data
    "frame": "", "method": "", "classes": 0, "sigma": math.nan,
    "error": math.nan,  # of a line or of a frame, on the distribution
    "errors": 0,  # draws that were decided wrongly
    "exponent": math.nan, "limit": math.nan,  # -sigma^2 log error, and its limit for sigma -> 0
    "margin": math.nan,  # of a line
}  # fmt: skip

Rows = list[dict[str, Any]]
