"""Networks: a backbone of named blocks and a linear head; the features of every block can be read."""

from ncbook.models.classifier import Classifier
from ncbook.models.networks import NETWORKS, build, convnet, mlp, resnet18

__all__ = ["NETWORKS", "Classifier", "build", "convnet", "mlp", "resnet18"]
