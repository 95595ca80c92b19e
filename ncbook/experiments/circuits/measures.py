"""What the snapshots of one network say once its key frequencies are known, which is at the end of training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import data, metrics
from ncbook.experiments.circuits.config import Arm
from ncbook.experiments.circuits.training import Snapshot


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


def training_mask(dataset: data.Dataset, arm: Arm) -> Tensor:
    """[pairs] bool, in the order of `data.modular_pairs`: the training pairs."""
    pairs, chosen = data.modular_pairs(arm.p, arm.operation).inputs, dataset.train.inputs.cpu()
    known = torch.zeros(arm.p, arm.p, dtype=torch.bool)
    known[chosen[:, 0], chosen[:, 1]] = True
    return known[pairs[:, 0], pairs[:, 1]]


def measure(snapshot: Snapshot, labels: Tensor, train: Tensor) -> dict[str, float]:
    """Accuracy and loss (nats) on both parts, and the sum of squared weights: what needs no hindsight."""
    right = (snapshot.logits.argmax(1) == labels).double()
    losses = F.cross_entropy(snapshot.logits.double(), labels, reduction="none")
    return {
        "train_acc": right[train].mean().item(), "test_acc": right[~train].mean().item(),
        "train_loss": losses[train].mean().item(), "test_loss": losses[~train].mean().item(),
        "squared_weights": snapshot.squares, "gini": metrics.fourier_gini(snapshot.embedding).item(),
    }  # fmt: skip


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


def plane(embedding: Tensor, frequency: int) -> Tensor:
    """[d, 2]: orthonormal, the first along the cosine's part of embedding [p, d], the second towards the sine's."""
    waves = metrics.fourier_basis(len(embedding))[2 * frequency - 1 : 2 * frequency + 1]
    axes, signs = torch.linalg.qr((waves @ embedding).T)
    return axes * signs.diagonal().sign()


def unevenness(points: Tensor) -> float:
    """Coefficient of variation of the radii of points [p, 2]: 0 for a circle about the origin."""
    radii = points.norm(dim=1)
    return (radii.std(correction=0) / radii.mean()).item()


def circles(own: Sequence[Snapshot], frames: Sequence[int], chosen: Sequence[int]) -> np.ndarray:
    """[F, frequencies, p, 2]: the centred rows of the embedding in the plane that each frequency spans at the end.

    A plane of the same moment would show a ring even for random rows, as soon as d is about p.
    """
    planes = torch.stack([plane(own[-1].embedding, k) for k in chosen])  # [frequencies, d, 2]
    rows = torch.stack([_centred(own[place].embedding) for place in frames])  # [F, p, d]
    return (rows[:, None] @ planes).half().numpy()


def _centred(embedding: Tensor) -> Tensor:
    return embedding - embedding.mean(0)


def unevenness_by_frequency(embedding: Tensor) -> np.ndarray:
    """[(p - 1) // 2]: unevenness of the centred rows of embedding [p, d] in the plane of each frequency 1, 2, ..."""
    rows = _centred(embedding)
    last = (len(embedding) - 1) // 2
    return np.array([unevenness(rows @ plane(embedding, k)) for k in range(1, last + 1)], dtype=np.float32)
