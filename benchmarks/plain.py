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


def floor(features: Tensor, rules: Tensor, axes: Tensor) -> Tensor:
    """The work that no implementation can leave out: both decision rules [d, 2K], the residuals along the K-1
    directions between classes [d, K-1], and one float64 sum over the features."""
    total = features.sum(0, dtype=torch.float64)
    return (features @ rules).sum() + (features @ axes).sum() + total.sum()
