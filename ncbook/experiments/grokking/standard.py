"""The standard setting, every seed in one ensemble, with everything measured and the embedding pictured."""

from functools import partial

import numpy as np
import torch
from torch import Tensor

from ncbook import metrics, trainers
from ncbook.experiments.grokking.config import Config
from ncbook.experiments.grokking.measures import measure
from ncbook.experiments.grokking.training import build, datasets, networks, probe_steps, recipe_of

Part = tuple[list[dict], dict[str, np.ndarray]]


def train_standard(config: Config, device: str, weight_decay: float) -> Part:
    """The rows of all seeds at one weight decay; of the first weight decay also the arrays of `pictures`."""
    sets = datasets(config, config.seeds, device)
    followed = weight_decay == config.weight_decays[0]
    embeddings: list[Tensor] = []

    def probe(ensemble: trainers.Ensemble, step: int) -> list[dict]:
        members = networks(ensemble)
        embeddings.append(torch.stack([network.embedding.detach().double().cpu() for network in members]))
        return [
            {"weight_decay": weight_decay, "seed": seed, "step": step}
            | measure(network, {"train": each.train, "test": each.test})
            for seed, network, each in zip(config.seeds, members, sets, strict=True)
        ]

    steps = probe_steps(config.steps, config.every if followed else config.control_every)
    settings = [trainers.Member(seed, weight_decay=weight_decay) for seed in config.seeds]
    fitted = trainers.fit_ensemble(
        partial(build, config), [each.train for each in sets], recipe_of(config, config.steps), settings, probe, steps
    )
    fitted.whole()
    rows = [row for seed_rows in zip(*fitted.measured, strict=True) for row in seed_rows]
    return rows, pictures(steps, embeddings) if followed else {}


def pictures(steps: list[int], embeddings: list[Tensor]) -> dict[str, np.ndarray]:
    """Every other probe, and the last one, as a frame: frames [F]; of embeddings [S, p, d], one a probe,

    spectrum [S, F, p // 2 + 1]; frequency [S], the strongest at the end; circle [S, F, p, 2], the embedding's rows in
    the plane that this frequency's cosine and sine span *at the end*. A plane of the same moment would show a ring
    even for random rows, as soon as d is about p.
    """
    chosen = sorted({*range(0, len(steps), 2), len(steps) - 1})
    frames = torch.stack([embeddings[place] for place in chosen], dim=1)  # [S, F, p, d]
    spectra = torch.stack([torch.stack([metrics.fourier_spectrum(each) for each in own]) for own in frames])
    strongest = spectra[:, -1, 1:].argmax(1) + 1
    planes = torch.stack([_plane(own[-1], int(k)) for own, k in zip(frames, strongest, strict=True)])  # [S, d, 2]
    return {
        "frames": np.array([steps[place] for place in chosen]),
        "spectrum": spectra.float().numpy(),
        "frequency": strongest.numpy(),
        "circle": (frames @ planes[:, None]).half().numpy(),
    }


def _plane(embedding: Tensor, frequency: int) -> Tensor:
    """[d, 2]: orthonormal, the first along the cosine's part of embedding [p, d], the second towards the sine's."""
    waves = metrics.fourier_basis(len(embedding))[2 * frequency - 1 : 2 * frequency + 1]
    axes, signs = torch.linalg.qr((waves @ embedding).T)
    return axes * signs.diagonal().sign()
