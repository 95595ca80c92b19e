"""The seeds of an arm as one ensemble, measured on the way, until all have generalized or the steps are over."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import data, models, trainers
from ncbook.experiments._experiment import Rows
from ncbook.experiments.numerics.arms import arms_of, base
from ncbook.experiments.numerics.config import Config
from ncbook.readings import moments
from ncbook.readings.numerics import FROZEN, SLINGSHOT, SPEED, STUCK

Build = Callable[[int], models.Classifier]


def train_arm(config: Config, device: str, arm: tuple[str, str]) -> Rows:
    """History rows of one arm, given as (part, name)."""
    part, name = arm
    seeds = seeds_of(config, part)
    sets = config.sets(seeds, device)
    train = [dataset.train for dataset in sets]
    build: Build = config.build
    if part == FROZEN:
        build = scaled_up(config, train, double=name == "frozen_double")
    ensemble = trainers.Ensemble(build, train, arms_of(config)[part][name], members(seeds))
    every = config.slingshot_every if part == SLINGSHOT else config.probe_every
    about = [{"part": part, "arm": name, "seed": seed} for seed in seeds]
    return history(ensemble, sets, about, every, ends_early=part in (SPEED, STUCK))


def seeds_of(config: Config, part: str) -> tuple[int, ...]:
    """The seeds of a part."""
    return {SPEED: config.seeds, SLINGSHOT: config.slingshot_seeds}.get(part, config.stuck_seeds)


def measured(ensemble: trainers.Ensemble, sets: Sequence[data.Dataset]) -> dict[str, Tensor]:
    """Columns of the history [S], but for `moved`. All but test_acc are of the training pairs; losses are in nats.

    ..._float32 and ..._float64: with the softmax in that precision, which for train_loss is float64. zero_...: see
    `zero_share`.
    """
    train, test = (ensemble.outputs([getattr(own, side) for own in sets]) for side in ("train", "test"))
    single = train._replace(features=train.features.float(), logits=train.logits.float(), weight=train.weight.float())
    return {
        "train_acc": _accuracy(train), "test_acc": _accuracy(test),
        "train_loss": trainers.over_members(trainers.CrossEntropy(float64=True), train),
        "train_loss_float32": trainers.over_members(trainers.CrossEntropy(), single),
        "zero_float32": trainers.over_members(zero_share, single),
        "zero_float64": trainers.over_members(zero_share, train._replace(logits=train.logits.double())),
        "relative_flatness_float32": trainers.over_members(trainers.relative_flatness, single),
        "head_norm": train.weight.flatten(1).norm(dim=1),
    }  # fmt: skip


def zero_share(outputs: trainers.Outputs) -> Tensor:
    """Share of points whose loss has a gradient of exactly 0, p_y - 1, in the correct class's logit."""
    shares = F.softmax(outputs.logits, 1).gather(1, outputs.labels[:, None])[:, 0]
    return outputs.mean((shares - 1 == 0).to(shares))


def history(
    ensemble: trainers.Ensemble,
    sets: Sequence[data.Dataset],
    about: Sequence[dict[str, Any]],
    every: int,
    ends_early: bool,
) -> Rows:
    """A row a probe and member: what `about` says of the member, the step and what was measured."""
    start = [value.clone() for value in ensemble.parameters.values()]
    probes: list[Rows] = []
    done = torch.zeros(len(sets), dtype=torch.bool)
    with trainers.progress(ensemble.recipe.steps, 0, lambda step: None) as report:
        while True:
            columns = measured(ensemble, sets) | {"moved": _moved(ensemble, start)}
            done |= (columns["test_acc"] >= moments.GENERALIZED).cpu()
            values = zip(*(column.tolist() for column in columns.values()), strict=True)
            probes.append([
                own | {"step": ensemble.step} | dict(zip(columns, row, strict=True))
                for own, row in zip(about, values, strict=True)
            ])  # fmt: skip
            trainers.after_probe(probes)
            if ensemble.step >= ensemble.recipe.steps or (ends_early and bool(done.all())):
                return [row for rows in probes for row in rows]
            for _ in range(min(every, ensemble.recipe.steps - ensemble.step)):
                ensemble.advance()
                report(ensemble.step)


def _moved(ensemble: trainers.Ensemble, start: Sequence[Tensor]) -> Tensor:
    """Largest change of a parameter since the start [S]."""
    pairs = zip(ensemble.parameters.values(), start, strict=True)
    return torch.stack([(now - then).abs().flatten(1).amax(1) for now, then in pairs]).amax(0)


def _accuracy(outputs: trainers.Outputs) -> Tensor:
    right = (outputs.logits.argmax(2) == outputs.labels).double()
    return right.mean(1) if outputs.mask is None else (right * outputs.mask).sum(1) / outputs.mask.sum(1)


def scaled_up(config: Config, train: Sequence[data.Split], double: bool) -> Build:
    """Networks that have memorized, by seed, with a last layer that is `head_factor` times as large."""
    recipe, seeds = base(config, config.memorize_steps), seeds_of(config, STUCK)
    fitted: trainers.EnsembleFitted[None] = trainers.fit_ensemble(
        config.build, train, recipe, members(seeds), on_step=lambda step: None
    )
    fitted.whole()
    networks = dict(zip(seeds, fitted.ensemble.models(), strict=True))
    with torch.no_grad():
        for network in networks.values():
            network.head.weight.mul_(config.head_factor)
    return lambda seed: copy.deepcopy(networks[seed].double() if double else networks[seed]).cpu()


def members(seeds: Sequence[int]) -> list[trainers.Member]:
    return [trainers.Member(seed) for seed in seeds]
