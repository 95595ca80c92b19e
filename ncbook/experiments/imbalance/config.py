"""Settings and presets of the experiment."""

from dataclasses import dataclass

from ncbook.experiments._experiment import Presets


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome. Settings were chosen on the seeds 90 to 92, which no result uses.

    Of `classes` classes `rare` have fewer points. Free features: `free_per_class` points of each frequent class and as
    many over each of `free_ratios` of each rare one; the decays of W and H are the pairs in `weight_strengths` and
    `feature_strengths`, and the first `starts` of the seeds draw the starts. The limit of no regularization: at
    `limit_ratio`, with each of `limits` as the decay of both.

    Networks: `per_class` training images of each frequent class of `dataset` and as many over each of `ratios` of each
    rare class, with each of `weight_decays`; remedies at `remedy_ratio`. All take `steps` steps of at most `batch_size`
    images, with half a cosine. Which classes are rare changes with the seed: two seeds in a row, from an odd one on,
    have the two halves of one draw, so that every class is as often rare as frequent.
    """

    seeds: tuple[int, ...] = tuple(range(77001, 77007))
    classes: int = 10
    rare: int = 5
    free_per_class: int = 100
    free_ratios: tuple[float, ...] = (1, 2, 3, 5, 8, 10, 12, 13, 15, 20, 30, 40, 45, 50, 70, 75, 85, 100)
    weight_strengths: tuple[float, ...] = (5e-3, 3e-3, 1.5e-2, 2.2e-3)
    feature_strengths: tuple[float, ...] = (5e-3, 3e-3, 6e-4, 2.2e-3)
    starts: int = 2
    limit_ratio: float = 10
    limits: tuple[float, ...] = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
    dataset: str = "digits"
    network: str = "mlp"
    width: int = 128
    per_class: int = 100
    ratios: tuple[float, ...] = (1, 5, 10, 20, 50)
    remedy_ratio: float = 20
    weight_decays: tuple[float, ...] = (5e-4, 5e-3)
    steps: int = 800
    batch_size: int = 100
    learning_rate: float = 0.1
    momentum: float = 0.9
    probes: int = 4

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, under three minutes on two CPU cores.

        laptop-again: laptop from six other seeds, recorded after the rules had been committed. gpu: images of MNIST
        and a convolutional network; paper: CIFAR-10 and ratios as in Fang et al. Neither has been run.
        """
        return {
            "smoke": cls(
                seeds=(91, 92), free_ratios=(1, 20, 100), starts=1, limits=(1e-2, 1e-4), width=32, per_class=20,
                ratios=(1, 5), remedy_ratio=5, steps=24, probes=2,
            ),
            "laptop": cls(),
            "laptop-again": cls(seeds=tuple(range(77101, 77107))),
            "gpu": cls(dataset="mnist5k", network="convnet", width=256, steps=4000),
            "paper": cls(
                dataset="cifar10", network="vgg13_bn", width=512, per_class=5000, ratios=(1, 10, 100, 1000),
                remedy_ratio=100, weight_decays=(5e-4, 5e-3), steps=100_000, batch_size=128,
            ),
        }  # fmt: skip
