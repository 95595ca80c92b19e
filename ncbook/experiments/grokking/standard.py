"""The standard setting, the seeds as one ensemble, with everything measured and the embedding pictured."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ncbook import data, metrics, trainers
from ncbook.experiments._experiment import Arrays
from ncbook.experiments.grokking.config import Config
from ncbook.experiments.grokking.measures import measure
from ncbook.experiments.grokking.training import Network, build, datasets, networks, probe_steps, recipe_of

Row = dict[str, Any]


def train_standard(config: Config, device: str, weight_decay: float) -> tuple[list[Row], Arrays]:
    """The rows of all seeds at one weight decay; of the first weight decay also the arrays of `pictures`."""
    is_followed = weight_decay == config.weight_decays[0]
    steps = probe_steps(config.steps, config.every if is_followed else config.control_every)
    sets, embeddings = datasets(config, config.seeds, device), []

    def watch(members: list[Network]) -> None:
        embeddings.append(torch.stack([network.embedding.detach().double().cpu() for network in members]))

    about = {"weight_decay": weight_decay}
    rows, _ = train_seeds(config, config.seeds, sets, weight_decay, steps, about, watch=watch)
    return rows, pictures(steps, embeddings) if is_followed else {}


def train_seeds(
    config: Config, seeds: Sequence[int], sets: Sequence[data.Dataset], weight_decay: float, steps: Sequence[int],
    about: Row, columns: Sequence[str] = (), watch: Callable[[list[Network]], None] = lambda members: None,
) -> tuple[list[Row], list[Network]]:  # fmt: skip
    """Rows of all seeds, one after the other, and the trained networks; one member and one of `sets` a seed.

    A row has `about`, seed and step, and the `columns` of `measure`, by default all of them. watch(networks) is called
    at each of the probed `steps`.
    """
    members = [trainers.Member(seed, weight_decay=weight_decay) for seed in seeds]
    return train_members(config, members, sets, steps, [about] * len(members), columns, watch)


def train_members(
    config: Config, members: Sequence[trainers.Member], sets: Sequence[data.Dataset], steps: Sequence[int],
    abouts: Sequence[Row], columns: Sequence[str] = (),
    watch: Callable[[list[Network]], None] = lambda members: None,
) -> tuple[list[Row], list[Network]]:  # fmt: skip
    """`train_seeds` for members with settings of their own: one of `sets` and of `abouts` each."""

    def probe(ensemble: trainers.Ensemble, step: int) -> list[Row]:
        trained = networks(ensemble)
        watch(trained)
        rows = []
        for member, about, network, dataset in zip(members, abouts, trained, sets, strict=True):
            found = measure(network, {"train": dataset.train, "test": dataset.test})
            about = about | {"seed": member.seed, "step": step}
            rows.append(about | {name: found[name] for name in columns or found})
        return rows

    recipe, train = recipe_of(config, config.steps), [dataset.train for dataset in sets]
    fitted = trainers.fit_ensemble(partial(build, config), train, recipe, members, probe, steps)
    return [row for own in zip(*fitted.whole(), strict=True) for row in own], networks(fitted.ensemble)


def pictures(steps: Sequence[int], embeddings: Sequence[Tensor]) -> Arrays:
    """Every other probe, and the last one, as a frame: frames [F]; of embeddings [S, p, d], one a probe,

    spectrum [S, F, p // 2 + 1]; frequency [S], the strongest at the end; circle [S, F, p, 2], the embedding's rows in
    the plane that this frequency's cosine and sine span *at the end*. A plane of the same moment would show a ring
    even for random rows, as soon as d is about p.
    """
    chosen = sorted({*range(0, len(steps), 2), len(steps) - 1})
    frames = torch.stack([embeddings[index] for index in chosen], dim=1)  # [S, F, p, d]
    spectra = torch.stack([torch.stack([metrics.fourier_spectrum(frame) for frame in own]) for own in frames])
    strongest = spectra[:, -1, 1:].argmax(1) + 1
    planes = torch.stack([plane(own[-1], int(k)) for own, k in zip(frames, strongest, strict=True)])  # [S, d, 2]
    return {
        "frames": np.array([steps[index] for index in chosen]),
        "spectrum": spectra.float().numpy(),
        "frequency": strongest.numpy(),
        "circle": (frames @ planes[:, None]).half().numpy(),
    }


def plane(embedding: Tensor, frequency: int) -> Tensor:
    """[d, 2]: orthonormal, the first along the cosine's part of embedding [p, d], the second towards the sine's."""
    waves = metrics.fourier_basis(len(embedding))[2 * frequency - 1 : 2 * frequency + 1]
    axes, signs = torch.linalg.qr((waves @ embedding).T)
    upright: Tensor = axes * signs.diagonal().sign()
    return upright
