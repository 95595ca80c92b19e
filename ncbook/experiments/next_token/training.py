"""One language model: its text, its training, and the probe."""

from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor

from ncbook import data, models, trainers
from ncbook.experiments._experiment import Arrays, Row, Rows
from ncbook.experiments.next_token import measuring, source
from ncbook.experiments.next_token.config import Config
from ncbook.readings.next_token import DECAY, FOLLOWERS, SMALL_TEXT, START, WIDTH

_OTHER = 1_000_000  # between two starts of one seed
_MEASURED = 2_000_000  # what new sentences are drawn from: the seed and this


@dataclass(frozen=True)
class Arm:
    """One training: which language and text, and which network."""

    arm: str
    dim: int
    weight_decay: float
    followers: int
    initial: int
    seed: int


def arms(config: Config) -> list[Arm]:
    """The usual network, and around it one thing changed after the other."""
    usual = Arm(WIDTH, config.width, config.weight_decay, config.followers, 0, 0)
    found = [replace(usual, dim=width) for width in config.widths]
    found += [replace(usual, arm=START, initial=number) for number in range(1, config.starts)]
    found += [replace(usual, arm=DECAY, weight_decay=decay) for decay in config.weight_decays]
    found += [replace(usual, arm=FOLLOWERS, followers=count) for count in config.follower_counts]
    found += [replace(usual, arm=SMALL_TEXT, dim=config.few_width)]
    return [replace(arm, seed=seed) for seed in config.seeds for arm in found]


def train(config: Config, device: str, arm: Arm) -> tuple[Rows, Arrays]:
    """Train one network: a row a probed step, and of the usual network of the first seed what figures draw."""
    own = text(config, arm.followers, arm.arm == SMALL_TEXT, arm.seed, device)
    steps = config.few_steps if arm.arm == SMALL_TEXT else config.steps
    model = build(config, arm).to(device)

    def probe(model: models.Classifier, step: int) -> Row:
        return {**vars(arm), "step": step, **measuring.measure(model, own, last=step == steps)}

    probes = {SMALL_TEXT: config.few_probes, WIDTH: config.width_probes}.get(arm.arm, config.probes)
    probed = [steps * number // probes for number in range(probes + 1)]
    recipe = recipe_of(config, steps, arm.weight_decay)
    rows = trainers.fit(model, own.train, recipe, _drawn(arm), probe, probed, lambda step: None).whole()
    drawn = arm.arm == WIDTH and arm.dim == config.width and arm.seed == config.seeds[0]
    return rows, measuring.pictured(model.eval(), own) if drawn else {}


def build(config: Config, arm: Arm) -> models.CausalTransformer:
    """The untrained network."""
    with models.seeded(_drawn(arm)):
        return models.CausalTransformer(config.words, arm.dim, config.heads, config.depth, config.context)


def _drawn(arm: Arm) -> int:
    """What initial weights and batches are drawn from."""
    return arm.seed + arm.initial * _OTHER


def recipe_of(config: Config, steps: int, weight_decay: float) -> trainers.Recipe:
    """AdamW with a warm-up and half a cosine."""
    return trainers.Recipe(
        steps=steps, learning_rate=config.learning_rate, batch_size=config.batch_size, optimizer="adamw",
        betas=(0.9, 0.95), weight_decay=weight_decay,
        schedule=trainers.WarmUp(config.warm_up, trainers.Cosine(steps)),
    )  # fmt: skip


@lru_cache(maxsize=8)
def text(config: Config, followers: int, small: bool, seed: int, device: str = "cpu") -> source.Text:
    """A language and its text. The same seed has the same grammar for any number of followers but for these."""
    language = source.draw(config.words, config.classes, followers, config.open_share, seed)
    shape, count = (config.context, config.continued), config.few_windows if small else config.windows
    train = language.windows(count, *shape, torch.Generator().manual_seed(seed))
    chance = torch.Generator().manual_seed(seed + _MEASURED)
    new = language.windows(config.measured, *shape, chance)
    pool = language.windows(10 * config.per_word * config.words, *shape, chance)
    rows = as_many_of_each(pool.labels, config.per_word)
    splits = (train, _rows(train, slice(0, config.measured)), new, _rows(pool, rows))
    return source.Text(language, *(split.to(device) for split in splits))


def as_many_of_each(labels: Tensor, count: int) -> Tensor:
    """Rows of labels [N]: the first `count` of each label that occurs so often; none of the others."""
    order = labels.argsort(stable=True)
    sizes = labels.bincount()
    ranks = torch.arange(len(labels)) - (sizes.cumsum(0) - sizes)[labels[order]]
    return order[(ranks < count) & (sizes[labels[order]] >= count)]


def _rows(split: data.Split, rows: Tensor | slice) -> data.Split:
    return data.Split(split.inputs[rows], split.labels[rows])
