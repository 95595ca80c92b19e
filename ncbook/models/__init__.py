"""Networks: a backbone of named blocks and a linear head; the features of every block can be read.

Those for images are built for the shape of their inputs; others are the models of modular addition and of theory.

>>> import torch
>>> from ncbook import models
>>> with models.seeded(0):
...     network = models.mlp((1, 8, 8), num_classes=10).eval()
>>> images = torch.zeros(5, 1, 8, 8)
>>> network(images).shape, network.features(images).shape
(torch.Size([5, 10]), torch.Size([5, 128]))
"""

from ncbook.models.causal import CausalTransformer
from ncbook.models.classifier import Classifier
from ncbook.models.heads import CosineHead, FixedHead, narrow_features, reduce_features, replace_head
from ncbook.models.modular import PairMLP, QuadraticMLP, gromov_solution
from ncbook.models.networks import NETWORKS, build, convnet, mlp
from ncbook.models.parameters import ARCHITECTURES, Parameters, count_parameters, training_bytes
from ncbook.models.seeding import seeded
from ncbook.models.torchvision_networks import (
    densenet121,
    resnet18,
    resnet34,
    resnet50,
    vgg11_bn,
    vgg13_bn,
    vgg16_bn,
)
from ncbook.models.transformer import NandaTransformer, PowerTransformer
from ncbook.models.unconstrained import DeepLinear, UnconstrainedFeatures, unconstrained_objective

__all__ = [
    "ARCHITECTURES",
    "NETWORKS",
    "CausalTransformer",
    "Classifier",
    "CosineHead",
    "DeepLinear",
    "FixedHead",
    "NandaTransformer",
    "PairMLP",
    "Parameters",
    "PowerTransformer",
    "QuadraticMLP",
    "UnconstrainedFeatures",
    "build",
    "convnet",
    "count_parameters",
    "densenet121",
    "gromov_solution",
    "mlp",
    "narrow_features",
    "reduce_features",
    "replace_head",
    "resnet18",
    "resnet34",
    "resnet50",
    "seeded",
    "training_bytes",
    "unconstrained_objective",
    "vgg11_bn",
    "vgg13_bn",
    "vgg16_bn",
]
