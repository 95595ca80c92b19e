"""One training: a network of one task, arm and seed, measured on the way."""

from functools import partial

import torch

from ncbook import models, trainers
from ncbook.experiments.image_interventions.config import Config
from ncbook.experiments.image_interventions.measure import measured
from ncbook.experiments.image_interventions.problems import augmentation, problem
from ncbook.experiments.image_interventions.recipes import phases_of


def trained(config: Config, device: str, job: tuple[str, str, int]) -> list[dict]:
    """One history row a probe: task, arm, seed, step, epoch and what `measured` gives.

    All arms of a task and seed start from the same network and see the same batches, the head's norm apart.
    """
    task, arm, seed = job
    images = problem(config, task, seed).to(device)
    per_epoch = trainers.steps_per_epoch(len(images.train), config.batch_size)
    phases = phases_of(config, arm, per_epoch, augmentation(task))
    model = _network(config, task, seed, phases.start_norm, images).to(device)
    paper = trainers.FlatnessBound(config.temperature, unit_features=True)

    def probed(start: int, model: models.Classifier, step: int) -> dict:
        about = {"task": task, "arm": arm, "seed": seed, "step": start + step, "epoch": (start + step) // per_epoch}
        return about | measured(model, images.train, images.test, paper)

    rows, done = [], 0
    for number, recipe in enumerate((phases.before, phases.after)):
        first = 0 if number == 0 else 1  # the release is probed once, before anything changes
        fitted = trainers.fit(
            model, images.train, recipe, seed=2 * seed + number,
            probe=partial(probed, done),
            probe_steps=range(first * config.probe_every * per_epoch, recipe.steps + 1, config.probe_every * per_epoch),
            on_step=lambda step: None,
        )  # fmt: skip
        rows += fitted.whole()
        done += recipe.steps
    return rows


def _network(config: Config, task: str, seed: int, norm: float | None, images) -> models.Classifier:
    at = config.tasks.index(task)
    with models.seeded(seed):
        model = models.build(config.networks[at], images.input_shape, images.num_classes, config.widths[at])
    if norm is not None:
        with torch.no_grad():
            model.head.weight.mul_(norm / model.head.weight.norm())
    return model
