"""Grokking on real images: what moves when a perceptron from a large start generalizes on MNIST (Liu et al. 2023).

One arm is followed at length, with the usual start as its control. Others differ in the learning rate and the weight
decay, in the factor on the initial weights, and in the number of training images: they tell a clock from what goes with
generalization, which seeds alone do not, since they generalize at nearly the same step.
"""

from functools import partial

import torch

from ncbook import data, models, trainers
from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.mnist_grokking.claims import CLAIMS
from ncbook.experiments.mnist_grokking.config import Config
from ncbook.experiments.mnist_grokking.measures import measure

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every arm, its seeds as one ensemble: a row an arm, seed and probe, as `measure` has it. No arrays."""
    results = sweep(partial(_rows, config, device), range(len(config.arms)))
    return [row for rows in results for row in rows], {}


def dataset(config: Config, images: int, seed: int) -> data.Dataset:
    """`images` of each class to train on, drawn by the seed, and `test_images` of the others, all classes alike."""
    whole = data.mnist5k(images, seed, config.size, config.full)
    chosen = torch.arange(config.test_images) * len(whole.test) // config.test_images  # the others lie by class
    test = data.Split(whole.test.inputs[chosen], whole.test.labels[chosen])
    return data.Dataset(whole.name, whole.train, test, whole.class_names)


def _rows(config: Config, device: str, arm: int) -> Rows:
    sets = [dataset(config, config.images[arm], seed).to(device) for seed in config.seeds]
    steps = config.steps[arm]
    recipe = trainers.Recipe(
        steps, config.learning_rates[arm], optimizer="adamw", weight_decay=config.weight_decays[arm],
        loss=trainers.SquaredError(),
    )  # fmt: skip

    def build(seed: int) -> models.Classifier:
        with models.seeded(seed):
            return models.mlp(sets[0].input_shape, 10, config.width, config.depth, batch_norm=False)

    def probe(ensemble: trainers.Ensemble, step: int) -> Rows:
        return [
            {"arm": config.arms[arm], "seed": seed, "step": step} | measure(network, own)
            for seed, network, own in zip(config.seeds, ensemble.models(), sets, strict=True)
        ]

    members = [trainers.Member(seed, init_scale=config.factors[arm]) for seed in config.seeds]
    train = [own.train for own in sets]
    probed = _probed(steps, config.probes, config.early_probes)
    fitted = trainers.fit_ensemble(build, train, recipe, members, probe, probed, lambda step: None)
    return [row for rows in zip(*fitted.whole(), strict=True) for row in rows]


def _probed(steps: int, even: int, early: int) -> set[int]:
    """0 and the last step among them."""
    return {round(steps * count / even) for count in range(even + 1)} | set(trainers.log_spaced(steps, early))


EXPERIMENT = Experiment(
    "mnist_grokking", "Grokking on real images", 1, Config, train, keys=("arm", "seed"), claims=CLAIMS
)
run, load = EXPERIMENT.run, EXPERIMENT.load
