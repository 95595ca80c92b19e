"""What a network gives for a batch: what losses, measures and regularizers are functions of."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ncbook._checks import require, require_instance


class Outputs(NamedTuple):
    """What a network gives for a batch.

    features [N, d]; logits [N, K]; labels [N] int64; weight [K, d] of the head; mask [N] float, 1 for a point and 0
    for padding, which must be finite and have labels below K, or None where there is no padding.

    >>> outputs.mean(outputs.features.norm(dim=1))
    tensor(1.3333)
    """

    features: Tensor
    logits: Tensor
    labels: Tensor
    weight: Tensor
    mask: Tensor | None = None

    def mean(self, values: Tensor) -> Tensor:
        """Mean over the points of values [N]. Raises ValueError for another shape than that of the mask."""
        require_instance("values", values, Tensor, "a tensor with a number for each point")
        if self.mask is None:
            return values.mean()
        require("values", values, values.shape == self.mask.shape, "a number for each point")
        mask = self.mask.to(values.dtype)
        return (values * mask).sum() / mask.sum()


Term = Callable[[Outputs], Tensor]


def require_outputs(outputs: Any) -> None:
    """An error unless `outputs` are Outputs whose shapes fit. Reads no value, for which a GPU would have to stop.

    Each term of each step asks: nothing is built before something is wrong.
    """
    require_instance("outputs", outputs, Outputs, "trainers.Outputs")
    features, logits, labels, weight, mask = outputs
    if not (isinstance(labels, Tensor) and labels.ndim == 1 and labels.dtype == torch.int64):
        _refuse("labels", labels, "[N] int64")
    for name, value in (("features", features), ("logits", logits), ("weight", weight)):
        if not (isinstance(value, Tensor) and value.ndim == 2 and value.is_floating_point()):
            _refuse(name, value, "two axes of a float dtype")
    points = labels.shape[0]
    for name, value in (("features", features), ("logits", logits)):
        if value.shape[0] != points:
            _refuse(name, value, "a row for each label")
    if mask is not None and not (isinstance(mask, Tensor) and mask.shape == labels.shape):
        _refuse("mask", mask, "an entry for each label, or None")


def _refuse(name: str, value: object, expected: str) -> None:
    require(f"outputs.{name}", value, False, expected)


def precise(values: Tensor) -> Tensor:
    """float16 and bfloat16 to float32."""
    return values.float() if values.dtype in (torch.float16, torch.bfloat16) else values


def one_hot(outputs: Outputs) -> Tensor:
    """[N, K] bool"""
    return outputs.labels[:, None] == torch.arange(outputs.logits.shape[1], device=outputs.labels.device)
