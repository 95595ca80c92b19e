"""Settings and presets of the experiment."""

from dataclasses import dataclass

from ncbook.experiments._experiment import Presets


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome. Settings were chosen on the seeds 7001 to 7003, which no result uses.

    Of the classes of `dataset` as many as `unseen` are held out; `per_class` images of each other class are trained on,
    with each of `weight_decays`, for `steps` steps of `batch_size` images at a constant learning rate. The falling rate
    is half a cosine, with each decay. The robust network, with the largest decay and the falling rate, trains on
    attacks of `robust_radius` in `robust_steps` steps. At the end each network meets attacks of `attack_steps` steps,
    and noise, of all `radii`, in standard deviations of the training pixels; and the logits of the plain ones are
    multiplied by each of `scales`. `draws` sets of labels tell which calibration error comes by chance. The first seed
    shows `plane_points` images of each of three classes under attacks of `plane_radii`.
    """

    seeds: tuple[int, ...] = tuple(range(78001, 78007))
    dataset: str = "digits"
    network: str = "mlp"
    unseen: int = 2
    width: int = 128
    per_class: int = 100
    weight_decays: tuple[float, ...] = (0.0, 5e-4, 5e-3)
    steps: int = 1500
    batch_size: int = 100
    learning_rate: float = 0.05
    momentum: float = 0.9
    probes: int = 12
    robust_radius: float = 0.2
    robust_steps: int = 3
    attack_steps: int = 10
    radii: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3, 0.4)
    scales: tuple[float, ...] = tuple(2 ** (power / 2) for power in range(-4, 5))
    draws: int = 20
    plane_points: int = 15
    plane_radii: tuple[float, ...] = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6)

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, under three minutes on two CPU cores.

        laptop-again: laptop from six other seeds, recorded after the rules had been committed. gpu: images of MNIST
        and a convolutional network; paper: CIFAR-10 and a ResNet-18, as in Su et al. Neither has been run.
        """
        return {
            "smoke": cls(
                seeds=(91, 92), width=32, per_class=20, steps=20, batch_size=40, probes=2,
                robust_steps=1, attack_steps=2, radii=(0.2, 0.4), scales=(0.5, 1.0, 2.0), draws=2, plane_points=3,
                plane_radii=(0.2, 0.4),
            ),
            "laptop": cls(),
            "laptop-again": cls(seeds=tuple(range(78101, 78107))),
            "gpu": cls(dataset="mnist5k", network="convnet", width=256, steps=5000),
            "paper": cls(
                dataset="cifar10", network="resnet18", width=512, per_class=5000, steps=80_000, batch_size=128,
                weight_decays=(0.0, 5e-5, 5e-4), robust_radius=0.13, robust_steps=10, attack_steps=20,
                radii=(0.01, 0.03, 0.06, 0.13, 0.26), plane_radii=(0.01, 0.03, 0.06, 0.13, 0.26),
            ),
        }  # fmt: skip
