"""What is measured of one head on given features, in float64 and, where asked, in float32."""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import data, metrics, models
from ncbook.experiments._noisy_labels import error

_BATCH = 2000  # points in one forward pass


@dataclass(frozen=True)
class Head:
    """Features [N, d] and labels [N] of the training points, and the last layer's weight [K, d] and bias [K]."""

    features: Tensor
    labels: Tensor
    weight: Tensor
    bias: Tensor

    def logits(self) -> Tensor:  # [N, K]
        return self.features @ self.weight.T + self.bias

    def error(self) -> float:
        """Share of points that it decides wrongly."""
        return error(self.logits(), self.labels)

    def scaled(self, factor: float) -> "Head":
        """Weight and bias times `factor`, which changes no decision."""
        return Head(self.features, self.labels, factor * self.weight, factor * self.bias)


@torch.no_grad()
def head_of(model: models.Classifier, split: data.Split) -> Head:
    """The head of `model` on the features of `split`, all in float64."""
    precise = copy.deepcopy(model).double().eval()
    inputs = split.inputs.double() if split.inputs.is_floating_point() else split.inputs  # pairs are whole numbers
    features = torch.cat([precise.features(batch) for batch in inputs.split(_BATCH)])
    bias = torch.zeros(len(precise.head.weight)).to(features) if precise.head.bias is None else precise.head.bias
    return Head(features, split.labels, precise.head.weight, bias)


def flatness(head: Head) -> dict[str, float]:
    """Relative flatness, its bound, the Hessian's trace (in W), loss and the squared norms that bound them."""
    named = head.features, head.weight, head.bias
    bound, size = metrics.relative_flatness_bound(*named).item(), head.weight.square().sum().item()
    return {
        "relative_flatness": metrics.relative_flatness(*named).item(),
        "log10_relative_flatness": log10_relative_flatness(head),
        "relative_flatness_bound": bound,
        "hessian_trace": bound / size,
        "train_loss": loss(head),
        "squared_head_norm": size,
        "largest_squared_feature_norm": head.features.square().sum(1).max().item(),
    }


def loss(head: Head) -> float:
    """The mean cross-entropy in nats, which keeps its digits where the probability of the true class rounds to 1.

    It is log(1 + e^g), where g is the log-sum-exp of the other classes' logits minus the logit of the true class.
    """
    logits, true = head.logits(), head.labels[:, None]
    gaps = torch.logsumexp(logits.scatter(1, true, -torch.inf) - logits.gather(1, true), dim=1)
    return torch.logaddexp(torch.zeros_like(gaps), gaps).mean().item()


def under_noise(train: Head, test: Head, noises: Sequence[int]) -> list[dict[str, float]]:
    """How the loss answers to each noise, in percent of the features' length, beside what new points lose and where

    they are; a row a noise. All of one network share one frame of directions.
    """
    named = train.features, train.labels, train.weight, train.bias
    reach = metrics.feature_reach(test.features, test.labels, train.features, train.labels)
    network = {
        "dim": train.weight.shape[1],
        "relative_flatness": metrics.relative_flatness(train.features, train.weight, train.bias).item(),
        "train_loss": loss(train),
        "test_loss": loss(test),
        "reach": reach.median().item(),
    }
    rises = {noise: metrics.feature_robustness(*named, size=noise / 100, frames=1).rise for noise in noises}
    return [network | {"noise": noise, "rise": rise} for noise, rise in rises.items()]


def log10_relative_flatness(head: Head) -> float:
    """log10 of relative flatness from logarithms alone: finite where the value itself underflows."""
    logs = torch.log_softmax(head.logits(), dim=1)
    first, second = torch.triu_indices(len(head.weight), len(head.weight), offset=1, device=logs.device)
    gaps = (head.weight[first] - head.weight[second]).square().sum(1).log()
    pairs = torch.logsumexp(logs[:, first] + logs[:, second] + gaps, dim=1)
    terms = pairs + head.features.square().sum(1).log()
    return ((torch.logsumexp(terms, dim=0) - math.log(len(terms))) / math.log(10)).item()


def in_float32(head: Head) -> dict[str, float]:
    """Relative flatness by the formula with pairs, its bound by 1 - ||p||^2 as it stands: all steps in float32."""
    features, weight = head.features.float(), head.weight.float()
    p = torch.softmax(features @ weight.T + head.bias.float(), dim=1)
    gaps = (weight[:, None] - weight).square().sum(2)
    sizes = features.square().sum(1)
    pairs = ((p @ gaps) * p).sum(1) / 2
    uncertainty = (1 - p.square().sum(1)).clamp(min=0)  # rounding may leave it below 0
    return {
        "relative_flatness_float32": (sizes * pairs).mean().item(),
        "relative_flatness_bound_float32": (weight.square().sum() * sizes * uncertainty).mean().item(),
    }


@torch.enable_grad()
def largest_slope(model: models.Classifier, split: data.Split, factor: float, dtype: torch.dtype) -> float:
    """Largest entry of the gradient by all parameters, of the training loss with the last layer times `factor`."""
    twin = copy.deepcopy(model).to(dtype).eval()
    with torch.no_grad():
        twin.head.weight.mul_(factor)
        twin.head.bias.mul_(factor)
    for inputs, labels in zip(split.inputs.split(_BATCH), split.labels.split(_BATCH), strict=True):
        loss = F.cross_entropy(twin(inputs.to(dtype)), labels, reduction="sum") / len(split)
        loss.backward()  # adds to what the batches before left
    return max(each.grad.abs().max().item() for each in twin.parameters() if each.grad is not None)


def simplex_fit(head: Head) -> tuple[float, float]:
    """M, the mean norm of centered class means, and lambda, by which W is nearest to lambda times these means."""
    means = metrics.class_means(head.features, head.labels, len(head.weight))
    centered = means - means.mean(0)
    alignment = (head.weight * centered).sum() / centered.square().sum()
    return centered.norm(dim=1).mean().item(), alignment.item()


def scale_for_loss(head: Head, target: float) -> float:
    """The factor of the last layer at which the training loss is `target`; nan where none between 2^-12 and 2^12 is.

    Without training errors the loss falls as the factor grows, so that halving finds it.
    """
    return root(lambda power: loss(head.scaled(2.0**power)) - target)


def root(falling: Callable[[float], float], low: float = -12.0, high: float = 12.0) -> float:
    """2^x with falling(x) = 0, by 60 halvings of [low, high]; nan if there is no change of sign."""
    if not falling(low) > 0 > falling(high):
        return math.nan
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return 2.0**low
