"""How fast errors vanish as the noise around the class means does: plain Monte Carlo and importance sampling."""

import math

import torch
from torch import Tensor

from ncbook import metrics
from ncbook.experiments._experiment import Row
from ncbook.experiments.margins.config import Config

FRAMES = ("simplex", "orthogonal", "random")


def frame(name: str, num_classes: int, seed: int) -> Tensor:
    """Unit means [K, K] float64; only "random" uses the seed: independent, uniform on the sphere."""
    if name == "simplex":
        return metrics.simplex_etf(num_classes, num_classes).double()
    if name == "orthogonal":
        return torch.eye(num_classes, dtype=torch.float64)
    chance = torch.Generator().manual_seed(seed)
    rows = torch.randn(num_classes, num_classes, generator=chance, dtype=torch.float64)
    return rows / rows.norm(dim=1, keepdim=True)


def plain(means: Tensor, sigma: float, draws: int, chance: torch.Generator) -> tuple[float, int]:
    """Share and number of `draws` points m_y + sigma z that are nearer to another mean than to their own."""
    labels = torch.randint(len(means), (draws,), generator=chance)
    points = means[labels] + sigma * torch.randn(draws, means.shape[1], generator=chance, dtype=torch.float64)
    wrong = int((_nearest(points, means) != labels).sum())
    return wrong / draws, wrong


def importance(means: Tensor, sigma: float, draws: int, chance: torch.Generator) -> tuple[float, int]:
    """The same share, from draws around the midpoints to other means, where errors are common.

    A pair (k, j) is drawn with probability r_kj proportional to the chance that noise on m_k reaches the half-way
    plane to m_j, and the point around their midpoint. An error counts p(x | k) / (K sum_j r_kj p(x | midpoint kj)).
    """
    half = torch.cdist(means, means) / (2 * sigma)
    tails = torch.special.log_ndtr(-half).fill_diagonal_(-math.inf)
    shares = (tails - tails.flatten().logsumexp(0)).flatten()  # log r_kj
    pairs = torch.multinomial(shares.exp(), draws, replacement=True, generator=chance)
    own, other = pairs // len(means), pairs % len(means)
    middle = (means[own] + means[other]) / 2
    points = middle + sigma * torch.randn(draws, means.shape[1], generator=chance, dtype=torch.float64)
    wrong = _nearest(points, means) != own
    shifts = (means[None] - means[own][:, None]) / (2 * sigma)  # [draws, K, d], to each midpoint
    noise = (points - means[own]) / sigma
    tilts = torch.einsum("nkd,nd->nk", shifts, noise) - shifts.square().sum(2) / 2
    weights = -(shares.view(len(means), -1)[own] + tilts).logsumexp(1)
    return float((weights.exp() * wrong).mean() / len(means)), int(wrong.sum())


def _nearest(points: Tensor, means: Tensor) -> Tensor:
    return (points @ means.T - means.square().sum(1) / 2).argmax(1)


def measure(config: Config, seed: int, num_classes: int) -> list[Row]:
    """A row for each frame, noise and method; the exponent is infinite where no error was met."""
    rows: list[Row] = []
    for name in FRAMES:
        means = frame(name, num_classes, seed)
        limit = metrics.error_exponent(means, means).item()
        for sigma in config.sigmas:
            for method, estimate in (("plain", plain), ("importance", importance)):
                chance = torch.Generator().manual_seed(seed)
                error, errors = estimate(means, sigma, config.draws, chance)
                rows.append({
                    "part": "exponent", "frame": name, "num_classes": num_classes, "seed": seed, "sigma": sigma,
                    "method": method, "risk": error, "errors": errors, "limit": limit,
                    "exponent": -(sigma**2) * math.log(error) if error else math.inf,
                })  # fmt: skip
    return rows
