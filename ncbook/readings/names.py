"""How readers call what the code has short names for: networks, data sets, losses. Arms are named by their result."""

from collections.abc import Callable
from typing import Any

import pandas as pd

NETWORKS = {
    "mlp": "multilayer perceptron",
    "mlp_no_bn": "perceptron without batch norm",
    "convnet": "convolutional network",
    "resnet18": "ResNet-18",
    "resnet34": "ResNet-34",
    "resnet50": "ResNet-50",
    "vgg11_bn": "VGG-11",
    "vgg13_bn": "VGG-13",
    "vgg16_bn": "VGG-16",
    "densenet121": "DenseNet-121",
}
LOSSES = {
    "ce": "cross-entropy",
    "smoothed": "label smoothing",
    "focal": "focal",
    "mse": "squared error",
    "mse_rescaled": "squared error, rescaled",
}
OPTIMIZERS = {"sgd": "SGD", "adamw": "AdamW"}

# In the columns of tables, which are narrow.
_SHORT = NETWORKS | LOSSES
_SHORT |= {"mlp": "MLP", "mlp_no_bn": "no batch norm", "convnet": "convolutional", "mse_rescaled": "rescaled"}

# What readers call the columns that tell trainings apart, and the values in them.
_WORDS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "dataset": ("images", str),
    "network": ("network", lambda name: _SHORT.get(name, name)),
    "loss_name": ("loss", lambda name: _SHORT.get(name, name)),
    "optimizer": ("optimizer", lambda name: OPTIMIZERS.get(name, name)),
    "weight_decay": ("weight decay", "{:g}".format),
    "label_noise": ("label noise", "{:g}".format),
    "points": ("points N", str),
}


def grouped(table: pd.DataFrame, *columns: str) -> Any:
    """`table` grouped by such columns, in its order: their names and values are in words for the readers of a table."""
    words = {name: table[column].map(to_word) for column in columns for name, to_word in [_WORDS[column]]}
    return table.assign(**words).groupby(list(words), sort=False)
