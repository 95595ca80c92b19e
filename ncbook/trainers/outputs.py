"""What a network gives for a batch: what losses, measures and regularizers are functions of."""

from collections.abc import Callable, Iterator
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
        if not isinstance(values, Tensor) or (self.mask is not None and values.shape != self.mask.shape):
            require("values", values, False, "a tensor with a number for each point")
        if self.mask is None:
            return values.mean()
        mask = self.mask.to(values.dtype)
        return (values * mask).sum() / mask.sum()


Term = Callable[[Outputs], Tensor]


def require_outputs(outputs: Any) -> None:
    """ValueError unless `outputs` are Outputs whose shapes fit. Reads no value, for which a GPU would have to stop."""
    require_instance("outputs", outputs, Outputs, "trainers.Outputs")
    for name, fine, rule in _rules(outputs):
        if not fine:
            require(f"outputs.{name}", getattr(outputs, name), False, rule)


def _rules(outputs: Outputs) -> Iterator[tuple[str, bool, str]]:
    """One after the other, since each needs those before it; with no text to be made, for a step of every training."""
    features, logits, labels, weight, mask = outputs
    yield (
        "labels",
        isinstance(labels, Tensor) and labels.ndim == 1 and labels.dtype == torch.int64,
        "[N] int64",
    )
    for name, value in (("features", features), ("logits", logits), ("weight", weight)):
        fine = isinstance(value, Tensor) and value.ndim == 2 and value.is_floating_point()
        yield name, fine, "two axes of a float dtype"
    yield "features", len(features) == len(labels), "a row for each label"
    yield "logits", len(logits) == len(labels), "a row for each label"
    fine = mask is None or (isinstance(mask, Tensor) and mask.shape == labels.shape)
    yield "mask", fine, "an entry for each label, or None"


def precise(values: Tensor) -> Tensor:
    """float16 and bfloat16 to float32."""
    return values.float() if values.dtype in (torch.float16, torch.bfloat16) else values


def one_hot(outputs: Outputs) -> Tensor:
    """[N, K] bool"""
    return outputs.labels[:, None] == torch.arange(outputs.logits.shape[1], device=outputs.labels.device)
