"""The columns of histories: one name a measure in all runs, with what it means and how a figure names it.

A column that only one result has stands in that result's own module as `COLUMNS`; a test asks that no name is defined
twice. Sides: `_train` is the training set, `_test` new points of the same distribution.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """What a column holds: `label` on an axis, the `meaning` in a sentence, and the `unit` ("" for none)."""

    label: str
    meaning: str
    unit: str = ""


def both_sides(name: str, label: str, meaning: str, unit: str = "") -> dict[str, Measure]:
    """The columns `name`_train and `name`_test."""
    sides = {"train": ("training set", "of the training set"), "test": ("test set", "of the test set")}
    return {
        f"{name}_{side}": Measure(f"{label}, {short}", f"{meaning}, {long}", unit)
        for side, (short, long) in sides.items()
    }


# What tells the rows of a history apart.
KEYS: dict[str, Measure] = {
    "seed": Measure("seed", "draws the start, and where said the data and the batches"),
    "step": Measure("steps", "finished optimizer steps", "steps"),
    "epoch": Measure("epochs", "finished passes over the training set", "epochs"),
    "part": Measure("part", "part of the experiment"),
    "arm": Measure("arm", "what was changed against the baseline"),
    "dataset": Measure("data set", "what the network was trained on"),
    "network": Measure("network", "name in `models.build`, or of a network of modular arithmetic"),
    "loss_name": Measure("loss", "name of the loss that is trained"),
    "optimizer": Measure("optimizer", "sgd or adamw"),
    "method": Measure("method", "how the optimum was looked for"),
    "setting": Measure("setting", "which of the settings of a part"),
    "weight_decay": Measure("weight decay", "coefficient of the weight decay"),
    "learning_rate": Measure("learning rate", "peak learning rate"),
    "label_noise": Measure("label noise", "probability with which a training label is drawn anew"),
    "per_class": Measure("training points a class", "number of training points of each class"),
    "num_classes": Measure("classes K", "number of classes"),
    "ratio": Measure("imbalance ratio R", "training points of a frequent class over those of a rare one"),
    "dim": Measure("dimensions", "dimension of the features, or of the points"),
    "width": Measure("width", "neurons in a hidden layer"),
    "layer": Measure("layer", "where features were read"),
    "scale": Measure("scale", "factor on the weights"),
}

_COLLAPSE = {
    "nc1": ("NC1", "tr(Sigma_W Sigma_B^+) / K"),
    "nc2_norms": ("NC2, lengths", "std over mean of the lengths of centered class means"),
    "nc2_angles": ("NC2, angles", "mean |cos + 1/(K-1)| between centered class means"),
    "nc2_equiangularity": ("NC2, equal angles", "std of the cosines between centered class means"),
    "nc2_norms_head": ("NC2, lengths of W", "std over mean of the lengths of the classifier's rows"),
    "nc2_angles_head": ("NC2, angles of W", "mean |cos + 1/(K-1)| between the classifier's rows"),
    "nc2_equiangularity_head": ("NC2, equal angles of W", "std of the cosines between the classifier's rows"),
    "nc3": ("NC3", "squared distance of W and the centered class means, each of Frobenius norm 1"),
    "nc3_etf": ("NC3 to the simplex", "distance of W M^T from a simplex ETF, each of Frobenius norm 1"),
    "nc4": ("NC4", "share of points whose nearest class mean is not the network's decision"),
    "cdnv": ("CDNV", "class-distance normalized variance, mean over pairs of classes"),
    "variance_ratio": ("variance ratio", "tr(Sigma_W) / tr(Sigma_B)"),
    "rnc1": ("rescaled NC1", "NC1 of features divided by their size"),
    "ncc_error": ("nearest-mean error", "share of points whose nearest class mean is not that of their class"),
    "ncc_acc": ("nearest-mean accuracy", "share of points whose nearest training class mean is that of their class"),
    "num_classes_present": ("classes present", "number of classes that occur"),
    "uncertainty": ("uncertainty", "mean of 1 - ||p||^2 over points, p the softmax"),
}

SHARED: dict[str, Measure] = KEYS | {
    "train_loss": Measure("training loss", "cross-entropy of the training set, without regularizers", "nats"),
    "test_loss": Measure("test loss", "cross-entropy of the test set", "nats"),
    "train_error": Measure("training error", "share of training points that are decided wrongly, by the given labels"),
    "test_error": Measure("test error", "share of test points that are decided wrongly"),
    "true_error": Measure("true error", "share of training points that are decided wrongly, by the true labels"),
    "train_acc": Measure("training accuracy", "1 - train_error"),
    "test_acc": Measure("test accuracy", "1 - test_error"),
    "nc4_test_train_means": Measure("NC4, new points", "NC4 of the test set with the class means of the training set"),
    "ncc_error_test_train_means": Measure(
        "nearest-mean error, new points", "share of test points whose nearest training class mean is not their class's"
    ),
    "relative_flatness": Measure("relative flatness κ", "exact, of the last layer on the training set"),
    "relative_flatness_float32": Measure("κ in float32", "relative flatness computed in float32"),
    "relative_flatness_bound": Measure("bound of κ", "||W||_F^2 (1 - ||p||^2) ||phi||^2, mean over the training set"),
    "weight_norm": Measure("weight norm", "square root of the sum of all squared parameters"),
    "head_norm": Measure("head norm", "||W||_F of the last layer"),
    "feature_norm": Measure("feature norm", "mean ||phi|| over the training set"),
    "squared_norms": Measure("squared norms", "||W||_F^2 times the mean ||phi||^2 over the training set"),
    "margin_ratio": Measure("share of the margin", "smallest margin at norm 1, over the largest that there is"),
    "fourier_gini": Measure("Gini coefficient", "of the Fourier components of the embedding, 0 dense to 1 sparse"),
    "effective_rank": Measure("effective rank", "exp of the entropy of the normalized singular values"),
}
for _name, (_label, _meaning) in _COLLAPSE.items():
    SHARED |= both_sides(_name, _label, _meaning)
