"""One training: a network of one task, arm and seed, measured on the way."""

from functools import partial
from typing import Any

import torch

from ncbook import data, models, trainers
from ncbook.experiments.image_interventions.config import Config
from ncbook.experiments.image_interventions.measure import measured
from ncbook.experiments.image_interventions.problems import augmentation, problem, strength
from ncbook.experiments.image_interventions.recipes import phases_of


def trained(config: Config, device: str, job: tuple[str, str, int]) -> list[dict[str, Any]]:
    """One history row a probe: task, arm, seed, step, epoch and what `measured` gives.

    All arms of a task and seed start from the same network and see the same batches, the head's norm apart.
    """
    task, arm, seed = job
    images = problem(config, task, seed).to(device)
    per_epoch = trainers.steps_per_epoch(len(images.train), config.batch_size)
    push = strength(task)
    phases = phases_of(config, arm, per_epoch, augmentation(task), push)
    model = _network(config, task, seed, phases.start_norm, images).to(device)
    every = config.probe_every * per_epoch

    def probed(start: int, model: models.Classifier, step: int) -> dict[str, Any]:
        about = {"task": task, "arm": arm, "seed": seed, "step": start + step, "epoch": (start + step) // per_epoch}
        return about | measured(model, images.train, images.test, config.temperature, centers=push is not None)

    rows: list[dict[str, Any]] = []
    for phase, recipe in enumerate((phases.before, phases.after)):
        probe = partial(probed, phase * phases.before.steps)
        steps = range(phase * every, recipe.steps + 1, every)  # the release is probed once, before anything changes
        batches = 2 * seed + phase
        rows += trainers.fit(model, images.train, recipe, batches, probe, steps, on_step=lambda step: None).whole()
    return rows


def _network(config: Config, task: str, seed: int, head_norm: float | None, images: data.Dataset) -> models.Classifier:
    """The untrained network of one seed; with `head_norm`, the Frobenius norm that its head is scaled to."""
    index = config.tasks.index(task)
    with models.seeded(seed):
        model = models.build(config.networks[index], images.input_shape, images.num_classes, config.widths[index])
    if head_norm is not None:
        with torch.no_grad():
            model.head.weight.mul_(head_norm / model.head.weight.norm())
    return model
