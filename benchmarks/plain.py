"""What metrics.collapse is measured against: the definitions as one would first write them, and the bare work."""

import torch
from torch import Tensor


def collapse(features: Tensor, labels: Tensor, weight: Tensor) -> dict[str, float]:
    """NC1 to NC4 in float64 through d x d covariances and a pseudo-inverse; no loop over points or classes."""
    features, weight, classes = features.double(), weight.double(), len(weight)
    one_hot = torch.nn.functional.one_hot(labels, classes).double()
    means = (one_hot.T @ features) / one_hot.sum(0)[:, None]
    centered = means - means.mean(0)
    residuals = features - means[labels]
    within = residuals.T @ residuals / len(features)
    between = centered.T @ centered / classes
    norms = centered.norm(dim=1)
    unit = centered / norms[:, None]
    cosines = (unit @ unit.T)[~torch.eye(classes, dtype=torch.bool)]
    nearest = torch.cdist(features, means).argmin(1)
    return {
        "nc1": (torch.trace(within @ torch.linalg.pinv(between, rtol=1e-10, hermitian=True)) / classes).item(),
        "nc2_norms": (norms.std(correction=0) / norms.mean()).item(),
        "nc2_angles": (cosines + 1 / (classes - 1)).abs().mean().item(),
        "nc3": (weight / weight.norm() - centered / centered.norm()).square().sum().item(),
        "nc4": ((features @ weight.T).argmax(1) != nearest).double().mean().item(),
    }


def floor(features: Tensor, columns: Tensor) -> Tensor:
    """The work that no implementation can leave out, in blocks that stay in the cache: one product with the K rows of
    the head and the K - 1 directions between classes, as columns [d, 2K], and one float64 sum over the features."""
    total = features.new_zeros(features.shape[1], dtype=torch.float64)
    for block in features.split(512):
        total += block.double().sum(0) + (block @ columns).sum()
    return total
