"""Heads other than a free linear layer. All are linear layers, whose `weight` [K, d] and `bias` metrics can read."""

import copy
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ncbook._checks import require, require_instance, require_integer, require_positive
from ncbook.models.classifier import Classifier


class CosineHead(nn.Linear):
    """Logits cos(w_k, h) / temperature: features and rows are normalized, there is no bias.

    `weight` [K, d] is the rows w_k / (||w_k|| temperature), so that weight @ h has the decisions of the network; the
    trained parameter, of any length, is `parametrizations.weight.original`. The smaller the temperature, the smaller
    the cross-entropy can get: at a simplex ETF it is log(1 + (K-1) exp(-K / ((K-1) temperature))). A feature of 0 gives
    logits 0. Raises ValueError for a size < 1 or a temperature that is not positive and finite.

    >>> head = models.CosineHead(128, num_classes=10, temperature=0.1)
    >>> head(torch.randn(5, 128)).abs().max() < 10.001
    tensor(True)
    """

    def __init__(self, feature_dim: int, num_classes: int, temperature: float = 0.1) -> None:
        require_integer("feature_dim", feature_dim, 1)
        require_integer("num_classes", num_classes, 1)
        require_positive("temperature", temperature)
        super().__init__(feature_dim, num_classes, bias=False)
        parametrize.register_parametrization(self, "weight", _UnitRows(temperature))

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(_unit_rows(input), self.weight)


class FixedHead(nn.Linear):
    """A head that is not trained: `weight` [K, d] and `bias` [K] or None are buffers.

    With `metrics.simplex_on_axes(K, d)` for weight, d >= K, the fixed simplex ETF (Zhu et al. 2021); multiply it for
    rows that are not of length 1. `metrics.simplex_etf(K, d)` is for features of either sign, such as those of
    `reduce_features`: behind a ReLU its last class can never win. The dtype and device stay those of the tensors
    given. Raises ValueError for shapes that do not fit, an integer dtype or a non-finite entry.

    >>> from ncbook import metrics
    >>> head = models.FixedHead(metrics.simplex_on_axes(10, 128).float())
    >>> list(head.parameters())
    []
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        _require_finite("weight", weight, "[K, d]", lambda: weight.ndim == 2 and weight.numel() > 0)
        if bias is not None:
            _require_finite("bias", bias, f"[{len(weight)}]", lambda: bias.shape == weight.shape[:1])
        super().__init__(weight.shape[1], len(weight), bias=False, device="meta")
        del self.weight, self.bias
        self.register_buffer("weight", weight.detach().clone())
        self.register_buffer("bias", None if bias is None else bias.detach().clone())


def replace_head(model: Classifier, head: nn.Linear) -> Classifier:
    """Give `model` another head, moved to the dtype and device of the old one; changes and returns the model.

    Raises ValueError for a head of another feature dimension or number of classes.

    >>> cosine = models.CosineHead(8, num_classes=3)
    >>> models.replace_head(models.mlp((2,), num_classes=3, width=8), cosine).head is cosine
    True
    """
    require_instance("model", model, Classifier, "a models.Classifier")
    require_instance("head", head, nn.Linear, "a linear layer")
    old = model.head
    if head.weight.shape != old.weight.shape:
        raise ValueError(f"head: expected weight {list(old.weight.shape)}, got {list(head.weight.shape)}")
    model.head = head.to(old.weight)
    return model


def reduce_features(model: Classifier, dim: int) -> Classifier:
    """Put a linear map of the features to `dim` dimensions before the head; changes and returns the model.

    The map, without a bias, is the new last block, "reduced", and the head a fresh linear one [K, dim]. With dim =
    K-1, the least that holds a simplex ETF, the head has fewest weights. Raises ValueError for dim < 1.

    >>> models.reduce_features(models.mlp((2,), num_classes=3), dim=2).head.weight.shape
    torch.Size([3, 2])
    """
    require_instance("model", model, Classifier, "a models.Classifier")
    require_integer("dim", dim, 1)
    old = model.head
    model.blocks["reduced"] = nn.Linear(old.in_features, dim, bias=False).to(old.weight)
    model.head = nn.Linear(dim, old.out_features, bias=old.bias is not None).to(old.weight)
    return model


def narrow_features(model: Classifier, dim: int) -> Classifier:
    """Keep the first `dim` neurons of the last block, before a fresh linear head; changes and returns the model.

    The last block has to be a linear layer and batch norm and ReLU, or any of them, as in `mlp` and `convnet`. A head
    whose columns beyond the first `dim` are 0 reads these neurons alone, so that the smaller network computes the
    same (Zhou et al. 2022 narrow the last layer of features to d = K). Raises ValueError for another last block, or
    unless 1 <= dim <= d.

    >>> models.narrow_features(models.mlp((2,), num_classes=3, width=8), dim=3).head.weight.shape
    torch.Size([3, 3])
    """
    require_instance("model", model, Classifier, "a models.Classifier")
    old, name = model.head, list(model.blocks)[-1]
    require_integer("dim", dim, 1, old.in_features)
    parts = list(model.blocks[name].children())
    fine = all(isinstance(part, _OF_NEURONS) for part in parts) and any(isinstance(part, nn.Linear) for part in parts)
    require("model", type(model.blocks[name]).__name__, fine, "a last block of a linear layer, batch norm and ReLU")
    model.blocks[name] = nn.Sequential(*(_first_neurons(part, dim) for part in parts))
    model.head = nn.Linear(dim, old.out_features, bias=old.bias is not None).to(old.weight)
    return model


_OF_NEURONS = (nn.Flatten, nn.Linear, nn.BatchNorm1d, nn.ReLU)  # in which each neuron is by itself


def _first_neurons(part: nn.Module, dim: int) -> nn.Module:
    """A layer with the first `dim` of its outputs; what has no parameters stays."""
    if not list(part.parameters()):
        return part
    kept = copy.deepcopy(part)
    for name, value in [*part.named_parameters(), *part.named_buffers()]:
        if value.ndim:
            first = value.detach()[:dim].clone()
            setattr(kept, name, nn.Parameter(first) if isinstance(value, nn.Parameter) else first)
    sizes = {"out_features": dim} if isinstance(part, nn.Linear) else {"num_features": dim}
    vars(kept).update(sizes)
    return kept


class _UnitRows(nn.Module):
    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, weight: Tensor) -> Tensor:
        return _unit_rows(weight) / self.temperature


def _unit_rows(rows: Tensor) -> Tensor:
    """Rows divided by their length, computed in float32 or better: in float16 the length of large rows overflows."""
    exact = rows if rows.dtype == torch.float64 else rows.float()
    return F.normalize(exact, dim=1).to(rows.dtype)


def _require_finite(name: str, values: Any, shape: str, fits: Callable[[], bool]) -> None:
    """`values` must be finite numbers of a float dtype in a tensor of the shape that `fits` asks for."""
    expected = f"finite {shape} of a float dtype"
    require_instance(name, values, Tensor, expected)
    require(name, values, fits() and values.is_floating_point() and bool(values.isfinite().all()), expected)
