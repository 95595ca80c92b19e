"""Points of Gaussian classes, and what else the tests of several metrics draw."""

import numpy as np
import torch
from torch import Tensor


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def gaussians(
    counts, dim, seed=0, dtype=torch.float64, offset=0.0, spread=0.5, separation=1.0
) -> tuple[Tensor, Tensor]:
    """Features [N, d] of classes of the given sizes around random means, in random order, and labels [N]."""
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    labels = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))]
    means = separation * normal(len(counts), dim, seed=seed)
    return (offset + means[labels] + spread * normal(len(labels), dim, seed=seed + 1)).to(dtype), labels


def around(means: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """2d points a class, at its mean plus and minus `scale` times each axis: Sigma_W = scale^2 / d times I."""
    classes, dim = means.shape
    steps = scale * torch.cat([torch.eye(dim), -torch.eye(dim)]).to(means.dtype)
    return (means[:, None] + steps).reshape(-1, dim), torch.arange(classes).repeat_interleave(2 * dim)


def changed(tensor: Tensor, where, value) -> Tensor:
    """A copy with another value at `where`."""
    copy = tensor.clone()
    copy[where] = value
    return copy


def exact(tensor: Tensor) -> np.ndarray:
    """The numbers as they are stored, in float64."""
    return tensor.double().numpy() if tensor.is_floating_point() else tensor.numpy()
