"""A bound for test collapse: every term of it, on glyphs, whose population can be sampled at will.

Networks are trained on few and on many images a class. For each, and for every pair of classes, the CDNV of the
training set, that of the population, and the terms that join them (equation 9 of the survey, after Galanti et al.
2022); what could be said of them without the population; and the error of the nearest-centre rule beside its bounds.
"""

from functools import lru_cache, partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from ncbook import data, metrics, models, trainers
from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._noisy_labels import build
from ncbook.experiments._sweep import sweep
from ncbook.experiments.bound import certificates, terms
from ncbook.experiments.bound.claims import CLAIMS, rates, rows, terminal
from ncbook.experiments.bound.config import Config

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "rates", "rows", "run", "terminal"]

_BATCH = 2000  # images in one forward pass while measuring
_NAN = float("nan")
COLUMNS: dict[str, object] = {
    "part": "", "seed": -1, "per_class": -1, "step": -1, "class_i": -1, "class_j": -1,
    **dict.fromkeys((*terms.TERMS, "shift_sum", "distance_train", "distance_population"), _NAN),
    **dict.fromkeys(("half_cdnv", "half_bound", "hoeffding", "bootstrap_train", "bootstrap_fresh"), _NAN),
    **dict.fromkeys(("train_error", "population_error", "centre_error", "train_centre_error"), _NAN),
    **dict.fromkeys(("centre_bound", "directional_bound", "length"), _NAN),
    **dict.fromkeys(("shift", "shift_if_fresh", "shift_by_train", "square", "norm_scale", "largest_norm"), _NAN),
}  # fmt: skip


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train a network for each seed and size, and measure it.

    history has four `part`s, told apart with `rows`; columns that a part does not measure are nan.
    pair      one row for each pair of classes of each trained network: the terms of `metrics.CollapseBound`,
              shift_sum, distance_train, distance_population; half_bound, the bound with the first half of the
              population, and half_cdnv, the CDNV of the second; hoeffding, bootstrap_train, bootstrap_fresh: bounds
              without the population, the last from as many fresh images
    network   one row a trained network: errors of the network on both sets; centre_error and train_centre_error of
              the nearest-centre rule on the population, with the means of the population and of the training set;
              centre_bound and directional_bound on the former; the mean over classes of shift ||E f - Avg f||, of
              the root mean square it would have for fresh points (shift_if_fresh), of the guess from the training
              variance (shift_by_train), and of square |E ||f||^2 - Avg ||f||^2|; length, the root mean square
              distance between training means; largest_norm max ||f||; norm_scale, see `certificates.norm_scale`
    time      one row a probed step: training error, and means over pairs of the terms
    fixed     one row a size: shift and square of fresh points under the network of `fixed_size`
    arrays    gaussian/..., see `terms.gaussian_curves`
    """
    arms = [(seed, size) for seed in config.seeds for size in config.sizes]
    found = [row for own in sweep(partial(_measured, config, device), arms) for row in own]
    arrays = {name: curve.numpy() for name, curve in terms.gaussian_curves(config.gaussian_dims).items()}
    return found, arrays


@lru_cache(maxsize=1)
def _images(config: Config, device: str, seed: int) -> data.Dataset:
    """The largest training set; as test split the two halves of the population, then as many fresh images again."""
    largest = max(config.sizes)
    return data.glyphs(
        train_per_class=largest, test_per_class=2 * config.population_per_class + largest, size=config.glyph_size,
        difficulty=config.difficulty, seed=seed,
    ).to(device)  # fmt: skip


def _measured(config: Config, device: str, arm: tuple[int, int]) -> list[dict]:
    """Train one network; all its rows."""
    seed, size = arm
    dataset = _images(config, device, seed)
    count = size * dataset.num_classes  # labels run 0, 1, ..., K-1, 0, ...: a beginning is balanced
    train = data.Split(dataset.train.inputs[:count], dataset.train.labels[:count])
    model = build(config.network, dataset, config.width, seed).to(device)
    about = {"seed": seed, "per_class": size}
    both = 2 * config.population_per_class * dataset.num_classes
    population = data.Split(dataset.test.inputs[:both], dataset.test.labels[:both])

    def probe(model: models.Classifier, step: int) -> dict:
        own, others = _features(model, train), _features(model, population)
        sides = [
            terms.by_class(*side, dataset.num_classes) for side in ((own, train.labels), (others, population.labels))
        ]
        error = _error(model.head(own), train.labels)
        return {"part": "time", "step": step, "train_error": error} | terms.mean_terms(*sides)

    probed = trainers.log_spaced(config.steps, config.probes)
    fitted = trainers.fit(model, train, _recipe(config), seed, probe, probed, on_step=lambda step: None)
    with torch.no_grad():
        final = list(_final_rows(config, model.eval(), train, dataset.test, about))
    return [about | row for row in (*fitted.whole(), *({"step": fitted.step} | row for row in final))]


def _recipe(config: Config) -> trainers.Recipe:
    return trainers.Recipe(
        steps=config.steps, learning_rate=config.learning_rate, batch_size=config.batch_size,
        weight_decay=config.weight_decay, schedule=trainers.Cosine(config.steps),
    )  # fmt: skip


class _Seen:
    """Features of one network by class: of its training set, of the population and its halves, and of fresh images."""

    def __init__(self, config: Config, size: int, own: Tensor, labels: Tensor, rest: Tensor, others: Tensor) -> None:
        self.num_classes = int(labels.max()) + 1
        half = config.population_per_class * self.num_classes
        ends = (0, half, 2 * half, 2 * half + size * self.num_classes)
        self.train = terms.by_class(own, labels, self.num_classes)
        self.labels, self.features = others[: 2 * half], rest[: 2 * half].double()
        self.population = terms.by_class(self.features, self.labels, self.num_classes)
        self.first, self.second, self.fresh = (
            terms.by_class(rest[start:end], others[start:end], self.num_classes) for start, end in pairwise(ends)
        )


def _final_rows(config: Config, model: models.Classifier, train: data.Split, rest: data.Split, about: dict):
    own, others = _features(model, train), _features(model, rest)
    seen = _Seen(config, about["per_class"], own, train.labels, others, rest.labels)
    errors = {
        "train_error": _error(model.head(own), train.labels),
        "population_error": _error(model.head(others[: len(seen.labels)]), seen.labels),
        "norm_scale": certificates.norm_scale(model, rest.inputs[: len(seen.labels)], about["per_class"]),
    }
    yield {"part": "network"} | errors | _network_row(seen)
    yield from ({"part": "pair"} | row for row in _pair_rows(config, seen, about["seed"]))
    if about["per_class"] == config.fixed_size:
        yield from ({"part": "fixed"} | row for row in _fixed_rows(config, seen, about["seed"]))


def _network_row(seen: _Seen) -> dict[str, float]:
    """The nearest-centre rule and its bounds, and the concentration terms."""
    moments = [[terms.mean_and_variance(f) for f in side] for side in (seen.train, seen.population)]
    (means, variances), (centres, spreads) = (map(torch.stack, zip(*side, strict=True)) for side in moments)
    squares = [[f.square().sum(1).mean() for f in side] for side in (seen.train, seen.population)]
    size, gaps = len(seen.train[0]), (torch.stack(squares[0]) - torch.stack(squares[1])).abs()
    found = {
        "shift": (means - centres).norm(dim=1).mean(),
        "shift_if_fresh": (spreads / size).sqrt().mean(),
        "shift_by_train": (variances / size).sqrt().mean(),
        "square": gaps.mean(),
        "length": torch.pdist(means).square().mean().sqrt(),
        "largest_norm": seen.features.norm(dim=1).max(),
        "centre_bound": metrics.ncc_error_bound(seen.features, seen.labels),
        "directional_bound": metrics.directional_ncc_error_bound(seen.features, seen.labels),
    }
    return {name: value.item() for name, value in found.items()} | {
        "centre_error": terms.nearest_centre_error(seen.population, centres),
        "train_centre_error": terms.nearest_centre_error(seen.population, means),
    }


def _pair_rows(config: Config, seen: _Seen, seed: int) -> list[dict[str, float]]:
    pairs = terms.pair_terms(seen.train, seen.population)
    halves = [terms.pair_terms(seen.train, half) for half in (seen.first, seen.second)]
    largest = max(f.norm(dim=1).max().item() for f in (*seen.train, *seen.population))
    extra = {
        "half_bound": [row["bound"] for row in halves[0]],
        "half_cdnv": [row["population_cdnv"] for row in halves[1]],
        "hoeffding": certificates.hoeffding(seen.train, largest, config.failure),
        "bootstrap_train": certificates.bootstrap(seen.train, config.draws, config.failure, seed),
        "bootstrap_fresh": certificates.bootstrap(seen.fresh, config.draws, config.failure, seed),
    }
    return [row | {name: values[place] for name, values in extra.items()} for place, row in enumerate(pairs)]


def _fixed_rows(config: Config, seen: _Seen, seed: int) -> list[dict[str, float]]:
    """Means over classes of the two concentration terms of independent points, at every size."""
    chance = torch.Generator().manual_seed(seed)
    found = [metrics.concentration(f, config.sizes, chance, config.repeats) for f in seen.population]
    shifts = np.mean([each.mean_deviations for each in found], axis=0)
    squares = np.mean([each.square_deviations for each in found], axis=0)
    sizes = zip(config.sizes, shifts, squares, strict=True)
    return [{"per_class": size, "shift": shift, "square": square} for size, shift, square in sizes]


def _error(scores: Tensor, labels: Tensor) -> float:
    return (scores.argmax(1) != labels).double().mean().item()


def _features(model: models.Classifier, split: data.Split) -> Tensor:
    return torch.cat([model.features(batch) for batch in split.inputs.split(_BATCH)])


EXPERIMENT = Experiment("bound", "A bound for test collapse", 1, Config, train, keys=("seed",), claims=CLAIMS)
run, load = EXPERIMENT.run, EXPERIMENT.load
