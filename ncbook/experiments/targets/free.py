"""Free features with targets that are numbers or sets of labels: minima by L-BFGS, and computed in another way.

At a minimum all features of a set of labels are equal, because the loss is convex in the outputs and the penalty is
their nuclear norm; so a set has one feature here, which counts as often as the set has points.
"""

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor

from ncbook import metrics, trainers
from ncbook.experiments._experiment import Row
from ncbook.experiments.targets.config import Config
from ncbook.experiments.targets.labels import pick_all, sigmoid
from ncbook.experiments.targets.points import members_of, numbers
from ncbook.experiments.targets.regression import SQUARED, root_of
from ncbook.readings.targets import ALL, FREE_LABELS, FREE_NUMBERS, PICK_ALL, SIGMOID, TWO

DIM = 10
_STEPS, _FLAT, _ZERO = 3000, 1e-11, 1e-3
_BALANCE = 4.0  # lambda_W / lambda_H
_LOSSES = {PICK_ALL: pick_all, SIGMOID: sigmoid}


def problems(config: Config) -> list[tuple[str, str, float, int]]:
    """(part, loss, strength, seed) of every minimization; the strength of numbers is relative, see `COLUMNS`."""
    seeds = config.seeds[: config.starts]
    found = [(FREE_NUMBERS, SQUARED, each, seed) for each, seed in product(config.strengths, seeds)]
    return found + [(FREE_LABELS, *each) for each in product(_LOSSES, config.label_strengths, seeds)]


def row(config: Config, problem: tuple[str, str, float, int]) -> Row:
    """The minimum of one problem from a random start, measured."""
    part, name, strength, seed = problem
    if part == FREE_NUMBERS:
        found = of_numbers(numbers(config, TWO, seed).targets.double(), strength, seed)
    else:
        found = of_labels(config, name, strength, seed)
    about = {"part": part, "dataset": TWO if part == FREE_NUMBERS else ALL, "arm": name}
    return {**about, "weight_decay": 0.0, "regularization": strength, "seed": seed, "step": 0, **found}


def of_numbers(targets: Tensor, strength: float, seed: int) -> Row:
    """Free features for targets [N, m], beside the closed form."""
    count, size = targets.shape
    root = root_of(targets)
    actual = strength * torch.linalg.matrix_norm(root, 2).item() / count**0.5
    decays = actual * _BALANCE**0.5, actual / _BALANCE**0.5
    closed = metrics.unconstrained_regression(targets, DIM, *decays)

    def objective(weight: Tensor, features: Tensor, bias: Tensor) -> Tensor:
        error = (features @ weight.T + bias - targets).square().sum() / (2 * count)
        return error + (decays[0] * weight.square().sum() + decays[1] * features.square().sum()) / 2

    (weight, features, _), value = minimum(objective, (size, DIM), (count, DIM), (size,), seed)
    values = torch.linalg.svdvals(targets - targets.mean(0))
    outputs = features @ weight.T
    return {
        "above_minimum": value / closed.loss - 1,
        "output_rank": int((torch.linalg.svdvals(outputs - outputs.mean(0)) > _ZERO * values[0]).sum()),
        "rank_minimum": closed.rank,
        "outside_components_train": metrics.outside_components(features, size),
        "outside_rows_train": metrics.outside_rows(features, weight),
        "gram_root": metrics.gram_distance(weight, root) if closed.rank else float("nan"),
        "gram_closed": metrics.gram_distance(weight, closed.weight @ closed.weight.T),
    }


def of_labels(config: Config, name: str, strength: float, seed: int) -> Row:
    """Free features of all single labels and pairs, beside the minimum over what is the same for every label."""
    members = members_of(config.labels).double()
    alone = members.sum(1) == 1
    counts = torch.where(alone, config.single_images, config.pair_images).double()
    loss = _LOSSES[name]

    def objective(weight: Tensor, scaled: Tensor, bias: Tensor) -> Tensor:
        features = scaled / counts.sqrt()[:, None]
        fit = (counts * loss(features @ weight.T + bias, members)).sum() / counts.sum()
        return fit + strength * (weight.square().sum() + scaled.square().sum()) / 2

    sizes = (config.labels, DIM), (len(members), DIM), (config.labels,)
    (_, scaled, _), value = minimum(objective, *sizes, seed)
    features = scaled / counts.sqrt()[:, None]
    singles, pairs = features[alone], features[~alone]
    found = metrics.label_averages(singles, pairs, members[~alone].bool())
    centered = singles - singles.mean(0)
    frame = metrics.simplex_etf(config.labels, DIM) @ metrics.simplex_etf(config.labels, DIM).T
    return {
        "above_minimum": value / symmetric_minimum(loss, members, counts, strength) - 1,
        "off_simplex": metrics.gram_distance(centered, frame),
        "average_residual_train": found.residual,
        "average_scale_train": found.scale,
    }


def symmetric_minimum(
    loss: Callable[[Tensor, Tensor], Tensor], members: Tensor, counts: Tensor, strength: float
) -> float:
    """The smallest value among outputs that treat all labels alike, members [P, K] being all singles and all pairs.

    Some minimum is among them: the objective is convex in the outputs Z and the same under every permutation of the
    labels, so that the average of a minimum over all permutations is one. Its columns are a_m (v - m/K 1) + s_m 1 for
    sets v of m labels; (Z diag(counts)^(1/2)) has one singular value for the direction 1 and K - 1 equal ones.
    """
    size = members.shape[1]
    sizes = members.sum(1).long() - 1  # 0 for single labels, 1 for pairs
    centered = members - members.mean(1, keepdim=True)
    spread = torch.zeros(2, dtype=torch.float64).index_add(0, sizes, counts * centered.square().sum(1)) / (size - 1)
    total = torch.zeros(2, dtype=torch.float64).index_add(0, sizes, counts) * size

    def objective(slopes: Tensor, shifts: Tensor, bias: Tensor) -> Tensor:
        outputs = slopes[sizes][:, None] * centered + shifts[sizes][:, None] + bias
        fit = (counts * loss(outputs, members)).sum() / counts.sum()
        tiny = 1e-18  # where a root of 0 would have no slope
        across, along = (spread * slopes.square()).sum(), (total * shifts.square()).sum()
        return fit + strength * ((size - 1) * (across + tiny).sqrt() + (along + tiny).sqrt())

    return minimum(objective, (2,), (2,), (1,), seed=0)[1]


def minimum(
    objective: Callable[[Tensor, Tensor, Tensor], Tensor],
    first: tuple[int, ...], second: tuple[int, ...], third: tuple[int, ...], seed: int,
) -> tuple[list[Tensor], float]:  # fmt: skip
    """Three tensors of these shapes at the end of L-BFGS in float64 from a random start, and the value there."""
    chance = torch.Generator().manual_seed(seed)
    parts = [
        (0.1 * torch.randn(shape, generator=chance, dtype=torch.float64)).requires_grad_()
        for shape in (first, second, third)
    ]
    trainers.before_training(parts)
    optimizer = torch.optim.LBFGS(
        parts, max_iter=_STEPS, tolerance_grad=_FLAT, tolerance_change=0.0, history_size=30,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = objective(*parts)
        value.backward()
        return value

    optimizer.step(closure)
    return [each.detach() for each in parts], closure().item()
