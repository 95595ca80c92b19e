"""Settings and presets of the experiment."""

from dataclasses import dataclass

from ncbook.experiments._experiment import Presets


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome. `weight_decays`: the first is followed, the others are its control.

    standard: `network` ("pair_mlp" or "nanda") on addition modulo `p`, each seed with a start and a split of its own,
    measured every 10 steps up to 100, then every `every` steps; the controls every `control_every`. phase: the same
    network at every weight decay and training fraction, from `phase_seeds`. leak: a small transformer and the
    perceptron on two splits. gromov: the weights that are written down, for several moduli.
    """

    seeds: tuple[int, ...] = tuple(range(301, 309))
    p: int = 29
    network: str = "pair_mlp"
    dim: int = 32
    width: int = 64
    fraction: float = 0.6
    split: str = "unordered"
    learning_rate: float = 1e-2
    beta2: float = 0.98
    warm_up: int = 10
    weight_decays: tuple[float, ...] = (1.0, 0.0)
    steps: int = 2400
    every: int = 25
    control_every: int = 100
    phase_seeds: tuple[int, ...] = (331,)
    phase_decays: tuple[float, ...] = (0.0, 0.3, 0.6, 1.2, 2.4, 4.0)
    phase_fractions: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
    phase_steps: int = 2000
    phase_every: int = 10
    leak_seeds: tuple[int, ...] = tuple(range(341, 349))
    leak_p: int = 23
    leak_dim: int = 64
    leak_width: int = 128
    leak_fraction: float = 0.5
    leak_learning_rate: float = 3e-3
    leak_steps: int = 400
    leak_every: int = 20
    gromov_moduli: tuple[int, ...] = (29, 53, 97, 113)
    gromov_seeds: tuple[int, ...] = (0, 1, 2)
    gromov_width: int = 500

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests; nothing groks. laptop: the book's figures, minutes on 2 CPU cores.

        laptop-again: laptop from other seeds, drawn after the rules of the claims were fixed.
        gpu: the same with p = 97 and a wider network, and a transformer of p = 53 for the leak. paper: the one-layer
        transformer of Nanda et al. (2023), p = 113, 30 % of all ordered pairs, full batch, 50,000 steps; the weight
        decays and fractions of their appendix. That is hours on a GPU.
        """
        return {
            "smoke": cls(
                seeds=(301, 302), steps=150, every=50, control_every=50, phase_decays=(0.0, 1.2),
                phase_fractions=(0.4, 0.8), phase_steps=80, leak_seeds=(341, 342), leak_steps=40, leak_every=20,
                gromov_moduli=(29, 53),
            ),
            "laptop": cls(),
            "laptop-again": cls(
                seeds=tuple(range(61501, 61509)), phase_seeds=(61531,), leak_seeds=tuple(range(61541, 61549)),
                gromov_seeds=(3, 4, 5),
            ),
            "gpu": cls(
                p=97, dim=128, width=256, fraction=0.4, phase_seeds=(331, 332), leak_p=53, leak_dim=128,
                leak_width=512, leak_learning_rate=1e-3, leak_steps=2500, leak_every=25,
            ),
            "paper": cls(
                p=113, network="nanda", dim=128, width=512, fraction=0.3, split="ordered", learning_rate=1e-3,
                steps=50_000, every=100, control_every=500, phase_decays=(0.0, 0.3, 1.0, 3.0),
                phase_fractions=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9), phase_steps=50_000, phase_every=100,
                leak_p=53, leak_dim=128, leak_width=512, leak_learning_rate=1e-3, leak_steps=2500, leak_every=25,
            ),
        }  # fmt: skip
