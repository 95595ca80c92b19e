"""What is measured of every member at a probe: one convention for all arms and all steps."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ncbook import data, trainers
from ncbook.experiments._addition import Addition
from ncbook.experiments._experiment import Rows

# column -> function of `Outputs`, on the training pairs
_ON_TRAIN: dict[str, Callable[[trainers.Outputs], Tensor]] = {
    "train_loss": trainers.CrossEntropy(float64=True),
    "relative_flatness": trainers.relative_flatness,
    "relative_flatness_bound": trainers.FlatnessBound(),
    "uncertainty_train": trainers.uncertainty,
    "variance_ratio_train": trainers.variance_ratio,
    "cdnv_train": trainers.cdnv,
    "squared_norms": trainers.squared_norms,
}


def history(
    config: Addition, device: str, seeds: Sequence[int], recipe: trainers.Recipe, every: int, about: Mapping[str, Any]
) -> Rows:
    """Train all seeds as one ensemble: a row each `every` steps and seed, with what it is `about` and `measured`."""
    sets = config.sets(seeds, device)
    train, test = [each.train for each in sets], [each.test for each in sets]

    def probe(ensemble: trainers.Ensemble, step: int) -> Rows:
        columns = {name: values.tolist() for name, values in measured(ensemble, train, test).items()}
        return [
            {**about, "seed": seed, "step": step} | {name: values[index] for name, values in columns.items()}
            for index, seed in enumerate(seeds)
        ]

    members = [trainers.Member(seed) for seed in seeds]
    steps = range(0, recipe.steps + 1, every)
    fitted = trainers.fit_ensemble(config.build, train, recipe, members, probe, steps, lambda step: None)
    return [row for rows in fitted.whole() for row in rows]


def measured(ensemble: trainers.Ensemble, train: list[data.Split], test: list[data.Split]) -> dict[str, Tensor]:
    """Columns of one probe, each [S]; relative flatness and its bound take the softmax and the features as they are."""
    seen, new = (_precise(ensemble.outputs(splits)) for splits in (train, test))
    columns = {name: trainers.over_members(measure, seen) for name, measure in _ON_TRAIN.items()}
    columns["variance_ratio_test"] = trainers.over_members(trainers.variance_ratio, new)
    columns["head_norm"] = seen.weight.flatten(1).norm(dim=1)
    columns["feature_norm"] = seen.features.norm(dim=2).mean(1)
    columns["train_acc"], columns["test_acc"] = _accuracy(seen.logits, seen.labels), _accuracy(new.logits, new.labels)
    columns["ncc_acc_test"] = _accuracy(-torch.cdist(new.features, class_means(seen)), new.labels)
    return columns


def class_means(outputs: trainers.Outputs) -> Tensor:
    """[S, K, d] of features [S, N, d]."""
    chosen = torch.nn.functional.one_hot(outputs.labels, outputs.logits.shape[2]).to(outputs.features)  # [S, N, K]
    counts = chosen.sum(1)[:, :, None]
    return chosen.mT @ outputs.features / counts


def _accuracy(scores: Tensor, labels: Tensor) -> Tensor:
    """Share of points whose highest score [S, N, K] is that of the label [S, N]."""
    return (scores.argmax(2) == labels).double().mean(1)


def _precise(outputs: trainers.Outputs) -> trainers.Outputs:
    """In float64: a confident softmax has entries of 1e-12 that kappa is made of."""
    doubled = (part.double() for part in (outputs.features, outputs.logits, outputs.weight))
    features, logits, weight = doubled
    return trainers.Outputs(features, logits, outputs.labels, weight)
