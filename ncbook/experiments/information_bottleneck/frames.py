"""The Gaussian information bottleneck: at which beta one more direction of the features is kept."""

import numpy as np
import torch
from torch import Tensor

from ncbook import metrics
from ncbook.experiments._experiment import Row
from ncbook.experiments.information_bottleneck.arm import Arm, Result
from ncbook.experiments.information_bottleneck.config import Config

_RANK = 1e-10  # eigenvalues below this share of the largest are rounding


def critical_betas(within: np.ndarray, between: np.ndarray, count: int) -> np.ndarray:
    """beta_c = 1 / (1 - lambda) [count], ascending, for the `count` smallest eigenvalues lambda of Sigma_W Sigma_T^-1.

    Sigma_W, Sigma_B [d, d]: covariance of T given Y and of its conditional mean, Sigma_T their sum (Chechik et al.
    2005). Where Sigma_T has no width there is nothing to keep. With K classes at most K - 1 are finite.
    """
    values, vectors = np.linalg.eigh(within + between)
    kept = values > _RANK * values[-1]
    whitener = vectors[:, kept] / np.sqrt(values[kept])
    ratios = np.linalg.eigvalsh(whitener.T @ within @ whitener)[:count].clip(0)
    return 1 / (1 - ratios)


def covariances(features: Tensor, labels: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Sigma_W and Sigma_B [d, d] of features [N, d]; every point counts alike."""
    points = features.double().cpu().numpy()
    own = labels.cpu().numpy()
    means = np.stack([points[own == c].mean(0) for c in np.unique(own)])[np.unique(own, return_inverse=True)[1]]
    centered = means - points.mean(0)
    return (points - means).T @ (points - means) / len(points), centered.T @ centered / len(points)


def summary(betas: np.ndarray) -> dict[str, float]:
    """The columns of critical betas."""
    return {"beta_low": float(betas[0] - 1), "beta_high": float(betas[-1] - 1), "beta_mean": float(betas.mean() - 1)}


def class_means(kind: str, classes: int, dim: int, seed: int) -> np.ndarray:
    """[K, d]: a simplex ETF, or centered random directions whose squared norms have mean 1."""
    if kind == "simplex":
        return metrics.simplex_etf(classes, dim).numpy()
    drawn = torch.randn(classes, dim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    centered = (drawn - drawn.mean(0)).numpy()
    return centered * np.sqrt(classes) / np.linalg.norm(centered)


def frames(config: Config, device: str, arm: Arm) -> Result:
    """Critical betas of round Gaussians around a simplex and around random means. arrays: frames/KIND [S, K-1]."""
    rows: list[Row] = []
    arrays = {}
    classes, noise = config.frame_classes, config.frame_noise
    for kind in ("simplex", "random"):
        found = []
        for seed in config.seeds:
            means = class_means(kind, classes, config.frame_dim, seed)
            betas = critical_betas(noise**2 * np.eye(config.frame_dim), means.T @ means / classes, classes - 1)
            about = arm.row(seed, means=kind, dim=config.frame_dim, noise_variance=noise**2)
            rows.append({**about, "beta_closed": noise**2 * (classes - 1), **summary(betas)})
            found.append(betas)
        arrays[f"frames/{kind}"] = np.stack(found)
    return rows, arrays
