"""Settings and presets of the experiment."""

from dataclasses import dataclass, replace

from ncbook.experiments._experiment import Presets


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome. Arms are settings x seeds; a setting is one entry of each of three tuples.

    num_classes, dims, weight_decays  K, d and the weight decay of each setting; where d is `width` the network stays
                                      as it is, with features that are not negative
    class_order                       a setting with K classes has the first K of these
    drawn_train, drawn_test           points of each class in the pictures, which settings with d <= 3 get
    kept                              points of each class and split of the last setting that are kept in full
    """

    dataset: str = "digits"
    network: str = "mlp"
    num_classes: tuple[int, ...] = (3, 4, 4, 4, 10, 10, 10)
    dims: tuple[int, ...] = (2, 3, 2, 3, 9, 64, 128)
    weight_decays: tuple[float, ...] = (5e-3, 5e-3, 5e-3, 5e-4, 5e-3, 5e-3, 5e-3)
    class_order: tuple[int, ...] = (3, 5, 8, 9, 1, 7, 0, 2, 4, 6)
    seeds: tuple[int, ...] = (0, 1, 2)
    width: int = 128
    steps: int = 2000
    batch_size: int = 100
    learning_rate: float = 0.05
    momentum: float = 0.9
    probes: int = 30
    drawn_train: int = 30
    drawn_test: int = 20
    kept: int = 25

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, about a minute and a half on 2 CPU cores.

        laptop-again: laptop from other seeds, to see which verdicts depend on them.
        gpu: CIFAR-10 and a convolutional network, minutes on a T4. paper: the optimizer's settings of the authors'
        published notebook (ResNet-18 on MNIST, batch 128, learning rate 0.0679, weight decay 5e-4, as many steps as
        its 350 epochs take); their pictures project features, so no published protocol has features of K - 1
        dimensions.
        """
        return {
            "smoke": cls(seeds=(0, 1), width=32, dims=(2, 3, 2, 3, 9, 16, 32), steps=60, probes=8),
            "laptop": cls(),
            "laptop-again": replace(cls(), seeds=(60301, 60302, 60303, 60304, 60305)),
            "gpu": cls(
                dataset="cifar10",
                network="convnet",
                dims=(2, 3, 2, 3, 9, 256, 512),
                width=512,
                steps=10_000,
                batch_size=128,
                weight_decays=(5e-4, 5e-4, 5e-4, 5e-5, 5e-4, 5e-4, 5e-4),
            ),
            "paper": cls(
                dataset="mnist",
                network="resnet18",
                dims=(2, 3, 2, 3, 9, 256, 512),
                width=512,
                steps=163_800,
                batch_size=128,
                learning_rate=0.0679,
                weight_decays=(5e-4, 5e-4, 5e-4, 5e-5, 5e-4, 5e-4, 5e-4),
            ),
        }
