"""Settings and presets of the experiment."""

from dataclasses import dataclass, replace

from ncbook.experiments._experiment import Presets


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome. Learning rates and the other step counts were chosen on seeds 0 and 1.

    square: `square_points` equations in `square_dim` unknowns; `adam_rate` falls by eight orders of magnitude over
    the steps, so that Adam arrives. logistic: `points` separable points for each of `dims`, none nearer than
    `clearance` to the teacher's plane. completion: `size` x `size` matrices of rank `rank`, `observed` entries given;
    the product of `depths` factors starts with entries of standard deviation `scales` / sqrt(size), and the learning
    rate of depth L is `completion_rates[L-1]`. escape: factors of 2 x 2 matrices start at `escape_scale`.
    network: digits and a perceptron without biases, full batches; `labels` by `decays`.
    batch_norm: the same with batch norm and batches of `norm_batch`; `labels` by `norm_decays`. Its learning rate falls
    from `norm_rate` to 0 by a cosine over `norm_epochs`, which were chosen on seeds 90 and 91: long enough that the
    terminal phase is longer than what came before it, with random labels too.
    """

    seeds: tuple[int, ...] = (461, 462, 463, 464, 465, 466, 467, 468)
    square_points: int = 20
    square_dim: int = 50
    square_steps: int = 6000
    square_momentum: float = 0.9
    square_adam_rate: float = 0.03
    points: int = 40
    dims: tuple[int, ...] = (2, 10)
    clearance: float = 0.5
    scaled_steps: int = 10_000
    plain_steps: int = 100_000
    adam_rate: float = 0.01
    adam_steps: int = 10_000
    logistic_probes: int = 40
    size: int = 30
    rank: int = 3
    observed: tuple[int, ...] = (300, 400)
    depths: tuple[int, ...] = (1, 2, 3)
    scales: tuple[float, ...] = (1e-3, 1.0)
    completion_rates: tuple[float, ...] = (0.5, 0.2, 0.1)
    completion_steps: int = 3000
    completion_probes: int = 40
    escape_depths: tuple[int, ...] = (2, 3)
    escape_scale: float = 0.3
    escape_rate: float = 0.01
    escape_steps: int = 10_000
    train_per_class: int = 20
    width: int = 64
    hidden: int = 2
    labels: tuple[str, ...] = ("true", "random")
    decays: tuple[float, ...] = (0.0, 5e-4)
    learning_rate: float = 0.1
    momentum: float = 0.9
    network_steps: int = 1000
    norm_hidden: int = 3
    norm_decays: tuple[float, ...] = (0.0, 2e-3)
    norm_rate: float = 0.05
    norm_batch: int = 50
    norm_epochs: int = 600
    network_probes: int = 36

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, about two minutes and a half on two CPU cores.

        laptop-again: laptop from eight other seeds, to see which verdicts depend on them.
        The published results on linear models are theorems. gpu takes ten times the steps, larger matrices, and more
        digits for a wider network; paper another three times, with 100 x 100 matrices of rank 5, which is a larger
        size and not a published protocol. Both also run on a CPU, in an hour or more.
        """
        return {
            "smoke": cls(seeds=(0, 1), square_steps=300, scaled_steps=1000, plain_steps=1000, adam_steps=500,
                         logistic_probes=12, completion_steps=100, completion_probes=8, escape_steps=300,
                         train_per_class=8, width=32, network_steps=150, norm_epochs=10, network_probes=8),
            "laptop": cls(),
            "laptop-again": replace(cls(), seeds=tuple(range(61101, 61109))),
            "gpu": cls(scaled_steps=100_000, plain_steps=1_000_000, size=60, observed=(1000, 1400),
                       completion_steps=30_000, train_per_class=100, width=256,
                       network_steps=30_000, norm_epochs=1000),
            "paper": cls(scaled_steps=100_000, plain_steps=3_000_000, size=100, rank=5, observed=(2000, 3000),
                         completion_steps=100_000, train_per_class=150, width=512,
                         network_steps=100_000, norm_epochs=2000),
        }  # fmt: skip
