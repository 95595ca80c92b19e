"""What the snapshots of one network say once its key frequencies are known, which is at the end of training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ncbook import metrics
from ncbook.experiments.circuits.training import Snapshot
from ncbook.experiments.grokking.standard import plane


@dataclass(frozen=True)
class Frequencies:
    """keys: those that hold `share` of the embedding's power. controls: as many of the others, the next strongest.

    If fewer than half of all frequencies are left for controls, all that are left.
    """

    keys: Tensor
    controls: Tensor


def frequencies_of(embedding: Tensor, share: float) -> Frequencies:
    """From an embedding [p, d], of the end."""
    keys = metrics.fourier_key_frequencies(embedding, share)
    ordered = metrics.fourier_spectrum(embedding)[1:].argsort(descending=True) + 1
    others = ordered[~torch.isin(ordered, keys)]
    return Frequencies(keys, others[: len(keys)].sort().values)


def dissect(logits: Tensor, found: Frequencies, train: Tensor) -> dict[str, float]:
    """The two measures of Nanda et al. (2023) on addition, and their controls.

    restricted_*: on test pairs, from the averages of test pairs alone; published_*: on test pairs, from those of all
    pairs, as published; control_*: as restricted, with the control frequencies; averaged_*: with all frequencies,
    which is what averaging alone does. excluded_loss and control_excluded_loss: on training pairs. Losses in nats.
    """
    test, every = ~train, torch.arange(1, logits.shape[1] // 2 + 1)
    row = _restricted("restricted", logits, found.keys, test, test)
    row |= _restricted("published", logits, found.keys, test, None)
    row |= _restricted("control", logits, found.controls, test, test)
    row |= _restricted("averaged", logits, every, test, test)
    row["excluded_loss"] = _excluded(logits, found.keys, train)
    row["control_excluded_loss"] = _excluded(logits, found.controls, train)
    return row


def _restricted(name: str, logits: Tensor, chosen: Tensor, pairs: Tensor, averaged: Tensor | None) -> dict[str, float]:
    if not len(chosen):  # a network that needs all frequencies leaves none for controls
        return {f"{name}_loss": float("nan"), f"{name}_acc": float("nan")}
    return {
        f"{name}_loss": metrics.fourier_restricted_loss(logits, chosen, pairs, averaged).item(),
        f"{name}_acc": metrics.fourier_restricted_accuracy(logits, chosen, pairs, averaged).item(),
    }


def _excluded(logits: Tensor, chosen: Tensor, train: Tensor) -> float:
    return metrics.fourier_excluded_loss(logits, chosen, train).item() if len(chosen) else float("nan")


def unevenness(points: Tensor) -> float:
    """Coefficient of variation of the radii of points [p, 2]: 0 for a circle about the origin."""
    radii = points.norm(dim=1)
    return float(radii.std(correction=0) / radii.mean())


def circles(own: Sequence[Snapshot], frames: Sequence[int], chosen: Sequence[int]) -> np.ndarray:
    """[F, frequencies, p, 2]: the centered rows of the embedding in the plane that each frequency spans at the end.

    A plane of the same moment would show a ring even for random rows, as soon as d is about p.
    """
    planes = torch.stack([plane(own[-1].embedding, k) for k in chosen])  # [frequencies, d, 2]
    rows = torch.stack([_centered(own[index].embedding) for index in frames])  # [F, p, d]
    return (rows[:, None] @ planes).half().numpy()


def _centered(embedding: Tensor) -> Tensor:
    return embedding - embedding.mean(0)


def unevenness_by_frequency(embedding: Tensor) -> np.ndarray:
    """[(p - 1) // 2]: unevenness of the centered rows of embedding [p, d] in the plane of each frequency 1, 2, ..."""
    rows = _centered(embedding)
    last = (len(embedding) - 1) // 2
    return np.array([unevenness(rows @ plane(embedding, k)) for k in range(1, last + 1)], dtype=np.float32)
