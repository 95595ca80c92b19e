"""The parts of the experiment `unconstrained`: each arm makes its starts, goes downhill, and measures on the way."""

import math
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from ncbook import metrics, trainers
from ncbook.experiments._experiment import Arrays, Rows
from ncbook.experiments.unconstrained import descent as ways
from ncbook.experiments.unconstrained.arms import Arm
from ncbook.experiments.unconstrained.config import Config
from ncbook.experiments.unconstrained.descent import Points, Problem, Step
from ncbook.experiments.unconstrained.saddles import saddle


def measure_arm(config: Config, device: str, arm: Arm) -> tuple[Rows, Arrays]:
    """History rows and arrays of one arm."""
    parts = {"descent": _descent, "threshold": _threshold, "saddle": saddle, "flow": _flow}
    return parts[arm.part](config, torch.device(device), arm)


# ---- random starts


def _descent(config: Config, device: torch.device, arm: Arm) -> tuple[Rows, Arrays]:
    """Collapse is measured at the start and at the end."""
    at = arm.setting
    problem = Problem(arm.loss_name, config.weight_decays[at], config.feature_decays[at])
    points = ways.starts(config.classes[at], config.per_class[at], config.dims[at], arm.starts, device)
    if arm.method == "gd":
        step, last = ways.gradient_descent(problem, getattr(config, f"{arm.loss_name}_rate")), config.descent_steps
    else:
        step, last = ways.lbfgs(problem, points), config.lbfgs_steps
    gap = problem.minimum(*points.sizes).logit_gap

    def probe(done: int) -> Rows:
        rows = ways.objective_rows(arm, points, problem, done)
        if done not in (0, last):
            return rows
        return [{**row, **collapse_of(points, index), **_shape(points, index, gap)} for index, row in enumerate(rows)]

    found = ways.descend(points, step, last, trainers.log_spaced(last, config.probes), probe)
    return list(chain.from_iterable(found)), {}


def collapse_of(points: Points, index: int) -> dict[str, float]:
    """NC1 to NC3 of one model of the batch."""
    weight, features, bias = (part[index] for part in points.parts)
    measured = metrics.collapse(features, points.labels, weight, bias)
    return {f"{name}_train": getattr(measured, name) for name in ("nc1", "nc2_norms", "nc2_angles", "nc3")}


def _shape(points: Points, index: int, gap: float) -> dict[str, float]:
    """How far logits and norms are from those of the closed form."""
    weight, features, bias = (part[index] for part in points.parts)
    logits = features @ weight.T + bias
    gaps = (logits.gather(1, points.labels[:, None]) - logits)[_others(points.labels, len(weight))]
    per_class = len(features) // len(weight)
    return {
        "logit_gap": gaps.min().item(),
        "logit_gap_deviation": (gaps - gap).abs().max().item() / gap,
        "norm_ratio": (per_class * weight.square().sum() / features.square().sum()).item(),
    }


def _others(labels: Tensor, num_classes: int) -> Tensor:
    """[N, K]: True where a class is not the point's own."""
    return torch.arange(num_classes, device=labels.device) != labels[:, None]


# ---- decays up to and past the threshold


def _threshold(config: Config, device: torch.device, arm: Arm) -> tuple[Rows, Arrays]:
    """Measured at the end alone."""
    num_classes, per_class, ((seed, strength),) = config.classes[0], config.per_class[0], arm.starts
    decays = threshold_decays(strength, num_classes, per_class, config.threshold_balance)
    problem = Problem(arm.loss_name, *decays)
    points = ways.starts(num_classes, per_class, config.dims[0], [(seed, config.scales[0])], device)
    ways.descend(points, ways.lbfgs(problem, points), config.lbfgs_steps)
    (row,) = ways.objective_rows(arm, points, problem, config.lbfgs_steps)
    return [{**row, "product_norm": (points.features @ points.weight.mT).norm().item()}], {}


def threshold_decays(strength: float, num_classes: int, per_class: int, balance: float) -> tuple[float, float]:
    """lambda_W, lambda_H with K sqrt(n lambda_W lambda_H) = strength and lambda_W / lambda_H = balance."""
    feature_decay = strength / num_classes / math.sqrt(per_class * balance)
    return balance * feature_decay, feature_decay


# ---- no regularization


def _flow(config: Config, device: torch.device, arm: Arm) -> tuple[Rows, Arrays]:
    at = arm.setting
    points = ways.starts(config.flow_classes[at], config.flow_per_class[at], config.flow_dims[at], arm.starts, device)
    step, last = _flow_step(config, arm.method, points)
    best = 1 / metrics.unconstrained_max_margin(*points.sizes).loss
    frames: list[dict[str, Tensor]] = []

    def probe(done: int) -> Rows:
        frames.append(_frame(points, done))
        return [
            {**arm.row(index, done), "minus_log_loss": minus_log_loss, **collapse_of(points, index),
             "margin_ratio": normalized_margin(points, index) / best}
            for index, minus_log_loss in enumerate((-ways.log_loss(points)).tolist())
        ]  # fmt: skip

    found = ways.descend(points, step, last, trainers.log_spaced(last, config.probes), probe)
    arrays = _frames(arm.method, frames, points.labels) if config.flow_dims[at] == 2 else {}
    return list(chain.from_iterable(found)), arrays


def _flow_step(config: Config, method: str, points: Points) -> tuple[Step, int]:
    """The step of a method and how many of them."""
    problem = Problem(bias=False)
    if method == "scaled":
        return ways.scaled_flow(config.scaled_rate), config.scaled_steps
    if method == "adam":
        return ways.adam(problem, config.adam_rate, points), config.adam_steps
    return ways.gradient_descent(problem, config.plain_rate), config.plain_steps


def normalized_margin(points: Points, index: int) -> float:
    """Smallest margin over (||W||^2 + ||H||^2) / 2; does not change when W and H are scaled together."""
    smallest = metrics.margins(points.logits()[index], points.labels).min()
    return (smallest / (points.squared_norm[index] / 2)).item()


def _frame(points: Points, done: int) -> dict[str, Tensor]:
    """The first seed's features and classifier, each scaled to a root mean square length of 1, and the class means."""
    weight, features = points.weight[0], points.features[0]
    features = features / features.square().sum(1).mean().sqrt()
    means = metrics.class_means(features, points.labels, len(weight))
    rows = weight / weight.square().sum(1).mean().sqrt()
    return {"step": torch.tensor(done), "points": features.clone(), "means": means, "classifier": rows.clone()}


def _frames(method: str, frames: list[dict[str, Tensor]], labels: Tensor) -> Arrays:
    """Prefixed with the method: step [P], points [P, N, 2], means and classifier [P, K, 2], float32; labels [N]."""
    stacked = {name: torch.stack([frame[name] for frame in frames]).cpu().numpy() for name in frames[0]}
    stacked = {name: a.astype(np.float32) if a.dtype.kind == "f" else a for name, a in stacked.items()}
    return {f"{method}/{name}": array for name, array in (stacked | {"labels": labels.cpu().numpy()}).items()}
