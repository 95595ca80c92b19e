"""What a network gives for a batch: what losses, measures and regularizers are functions of."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


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
        """Mean over the points of values [N]."""
        if self.mask is None:
            return values.mean()
        mask = self.mask.to(values.dtype)
        return (values * mask).sum() / mask.sum()


Term = Callable[[Outputs], Tensor]


def precise(values: Tensor) -> Tensor:
    """float16 and bfloat16 to float32."""
    return values.float() if values.dtype in (torch.float16, torch.bfloat16) else values


def one_hot(outputs: Outputs) -> Tensor:
    """[N, K] bool"""
    return outputs.labels[:, None] == torch.arange(outputs.logits.shape[1], device=outputs.labels.device)
