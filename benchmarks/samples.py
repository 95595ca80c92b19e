"""Features to time the metrics on."""

import torch
from torch import Tensor


def classes(points: int, dim: int, num_classes: int, device: str = "cpu") -> tuple[Tensor, Tensor, Tensor]:
    """Gaussian classes: features [N, d] float32, labels [N], weight [K, d]."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(num_classes, (points,), generator=generator)
    features = torch.randn(points, dim, generator=generator)
    means, weight = torch.randn(2, num_classes, dim, generator=generator)
    features += means[labels]
    return features.to(device), labels.to(device), weight.to(device)
