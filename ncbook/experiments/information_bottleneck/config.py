"""Settings and presets of the experiment."""

from dataclasses import dataclass, replace
from typing import Any

from ncbook.experiments._experiment import Presets


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome. Learning rates, steps, noises and bins were chosen on seeds 0 and 1.

    estimators: standard normal points of `dims` coordinates, `counts` of them, with noise variances `noises` and bins
    `bins`, for the first `estimator_seeds` seeds. plane: 12 bits through hidden layers of `hidden` units, full
    batches of the share `train_share` of all inputs; `sampled` inputs are measured. The noise has the variance
    `noise`, or `noise` times the layer's mean variance of a coordinate; a bin is `bin_size` wide, or a `bin_count`-th
    of the layer's range. digits: a perceptron with batch norm, batches of `batch`, at `decays`; the noise has the
    variance `digits_noise`, or `digits_share` times the features' mean squared distance from their mean. vib:
    stochastic encoders to `code` dimensions at `betas`. frames: class means in `frame_dim` dimensions with round
    noise of deviation `frame_noise`.
    """

    seeds: tuple[int, ...] = (471, 472, 473, 474, 475, 476)
    estimator_seeds: int = 2
    dims: tuple[int, ...] = (1, 2, 5)
    counts: tuple[int, ...] = (250, 1000, 2000)
    noises: tuple[float, ...] = (1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0)
    bins: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
    plane_seeds: int = 4
    hidden: tuple[int, ...] = (10, 7, 5, 4, 3)
    train_share: float = 0.8
    plane_steps: int = 1000
    plane_rate: float = 5e-3
    plane_probes: int = 12
    sampled: int = 512
    noise: float = 1e-3
    bin_size: float = 0.07
    bin_count: int = 30
    digits_seeds: int = 4
    train_per_class: int = 50
    width: int = 64
    depth: int = 3
    decays: tuple[float, ...] = (1e-2, 1e-3)
    learning_rate: float = 0.05
    batch: int = 50
    momentum: float = 0.9
    digits_steps: int = 2000
    digits_probes: int = 16
    digits_noise: float = 0.1
    digits_share: float = 1e-2
    vib_seeds: int = 4
    betas: tuple[float, ...] = (0.0, 1e-3, 1e-2, 0.1, 0.3, 1.0)
    code: int = 12
    vib_width: int = 64
    vib_rate: float = 3e-3
    vib_steps: int = 500
    frame_classes: int = 10
    frame_dim: int = 16
    frame_noise: float = 0.1

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, about a minute on a CPU core.

        laptop-again: laptop from six other seeds, to see which verdicts depend on them.
        gpu: all 4096 inputs, ten times the steps, wider networks. paper: with the 10 000 epochs of the published
        information plane (Saxe et al. 2018), but full batches, and a rule of our own; the other parts as in gpu.
        """
        larger: dict[str, Any] = {"counts": (250, 1000, 10_000), "sampled": 4096, "plane_seeds": 6,
                  "digits_seeds": 6, "vib_seeds": 6, "plane_probes": 30,
                  "train_per_class": 150, "width": 256, "digits_steps": 15_000,
                  "vib_width": 256, "vib_steps": 6000}  # fmt: skip
        return {
            "smoke": cls(seeds=(0, 1), estimator_seeds=1, counts=(100, 300), noises=(1e-3, 0.1, 1.0),
                         bins=(0.1, 0.5, 2.0), plane_seeds=2, plane_steps=60, plane_probes=5, sampled=256,
                         digits_seeds=2, train_per_class=10, digits_steps=120, digits_probes=6, vib_seeds=2,
                         vib_steps=40),
            "laptop": cls(),
            "laptop-again": replace(cls(), seeds=tuple(range(61101, 61107))),
            "gpu": cls(plane_steps=5000, **larger),
            "paper": cls(plane_steps=160_000, **larger),
        }  # fmt: skip
