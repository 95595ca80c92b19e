"""The parts of the experiment `unconstrained`: each arm makes its starts, goes downhill, and measures on the way."""

import math

import numpy as np
import torch
from torch import Tensor

from ncbook import metrics, trainers
from ncbook.experiments.unconstrained import descent as ways
from ncbook.experiments.unconstrained.config import Config
from ncbook.experiments.unconstrained.descent import Points, Problem, Step
from ncbook.experiments.unconstrained.rows import Arm, Rows, closed_form, ignore
from ncbook.experiments.unconstrained.saddles import saddle


def measure_arm(config: Config, device: str, arm: Arm) -> tuple[Rows, dict[str, np.ndarray]]:
    """History rows and arrays of one arm."""
    parts = {"descent": _descent, "threshold": _threshold, "saddle": saddle, "flow": _flow}
    return parts[arm.part](config, torch.device(device), arm)


# ---- random starts


def _descent(config: Config, device: torch.device, arm: Arm) -> tuple[Rows, dict]:
    sizes = config.classes[arm.setting], config.per_class[arm.setting], config.dims[arm.setting]
    decays = config.weight_decays[arm.setting], config.feature_decays[arm.setting]
    problem = Problem(arm.objective, *decays)
    about = [(seed, scale) for seed in config.seeds for scale in config.scales]
    seeds, scales = zip(*about, strict=True)
    points = ways.starts(*sizes, seeds, scales, device)
    rows: Rows = []
    if arm.method == "gd":
        step = ways.gradient_descent(problem, getattr(config, f"{arm.objective}_rate"))
        _watch(points, step, config.descent_steps, config.probes, rows, arm, about, problem)
        return rows, {}
    for index, start in enumerate(about):  # a line search is of one model alone
        one = points.one(index)
        _watch(one, ways.lbfgs(problem, one), config.lbfgs_steps, config.probes, rows, arm, [start], problem)
    return rows, {}


def _watch(
    points: Points, step: Step, last: int, count: int, rows: Rows, arm: Arm,
    about: list[tuple[int, float]], problem: Problem,
) -> None:  # fmt: skip
    """Go down and append a row a model at each probe; collapse is measured at the start and at the end."""
    dim, num_classes = points.weight.shape[2], points.weight.shape[1]
    sizes = num_classes, dim, len(points.labels) // num_classes
    closed = closed_form(arm.objective, *sizes, (problem.weight_decay, problem.feature_decay))

    def probe(done: int) -> None:
        for index, (loss, (seed, scale)) in enumerate(zip(ways.losses(points, problem).tolist(), about, strict=True)):
            row = {**vars(arm), "seed": seed, "scale": scale, "step": done, "loss": loss}
            row["error"] = loss / closed.loss - 1
            if done in (0, last):
                row |= _collapse(points, index) | _shape(points, index, closed.logit_gap)
            rows.append(row)

    ways.descend(points, step, last, trainers.log_spaced(last, count), probe)


def _collapse(points: Points, index: int) -> dict[str, float]:
    weight, features, bias = (part[index] for part in points.parts)
    measured = metrics.collapse(features, points.labels, weight, bias)
    return {name: getattr(measured, name) for name in ("nc1", "nc2_norms", "nc2_angles", "nc3")}


def _shape(points: Points, index: int, gap: float) -> dict[str, float]:
    """How far logits and norms are from those of the closed form."""
    weight, features, bias = (part[index] for part in points.parts)
    logits = features @ weight.T + bias
    gaps = (logits.gather(1, points.labels[:, None]) - logits)[_others(points.labels, len(weight))]
    per_class = len(features) // len(weight)
    return {
        "gap": gaps.min().item(),
        "gap_error": (gaps - gap).abs().max().item() / gap,
        "norm_ratio": (per_class * weight.square().sum() / features.square().sum()).item(),
    }


def _others(labels: Tensor, num_classes: int) -> Tensor:
    """[N, K]: True where a class is not the point's own."""
    return torch.arange(num_classes, device=labels.device) != labels[:, None]


# ---- decays up to and past the threshold


def _threshold(config: Config, device: torch.device, arm: Arm) -> tuple[Rows, dict]:
    """`scale` holds the strength r, `size` the norm of the logits' part W H^T at the end."""
    num_classes, per_class, dim = config.classes[0], config.per_class[0], config.dims[0]
    strength = config.strengths[arm.setting]
    decays = threshold_decays(strength, num_classes, per_class, config.threshold_balance)
    problem, rows = Problem(arm.objective, *decays), []
    for seed in config.seeds:
        points = ways.starts(num_classes, per_class, dim, (seed,), config.scales[:1], device)
        ways.descend(points, ways.lbfgs(problem, points), config.lbfgs_steps, (), ignore)
        size = (points.features @ points.weight.mT).norm().item()
        loss = ways.losses(points, problem).item()
        rows.append({
            **vars(arm), "seed": seed, "scale": strength, "step": config.lbfgs_steps, "loss": loss, "size": size,
            "error": loss / closed_form(arm.objective, num_classes, dim, per_class, decays).loss - 1,
        })  # fmt: skip
    return rows, {}


def threshold_decays(strength: float, num_classes: int, per_class: int, balance: float) -> tuple[float, float]:
    """lambda_W, lambda_H with K sqrt(n lambda_W lambda_H) = strength and lambda_W / lambda_H = balance."""
    feature_decay = strength / num_classes / math.sqrt(per_class * balance)
    return balance * feature_decay, feature_decay


# ---- no regularization


def _flow(config: Config, device: torch.device, arm: Arm) -> tuple[Rows, dict]:
    sizes = config.flow_classes[arm.setting], config.flow_per_class[arm.setting], config.flow_dims[arm.setting]
    points = ways.starts(*sizes, config.seeds, (config.flow_scale,) * len(config.seeds), device)
    step, last = _flow_step(config, arm.method, points)
    best = 1 / metrics.unconstrained_max_margin(*_order(sizes)).loss
    rows: Rows = []
    frames: list[dict[str, Tensor]] = []

    def probe(done: int) -> None:
        exponents = (-ways.log_loss(points)).tolist()
        for index, (seed, exponent) in enumerate(zip(config.seeds, exponents, strict=True)):
            row = {**vars(arm), "seed": seed, "scale": config.flow_scale, "step": done, "exponent": exponent}
            rows.append(row | _collapse(points, index) | {"ratio": normalized_margin(points, index) / best})
        frames.append(_frame(points, done))

    ways.descend(points, step, last, trainers.log_spaced(last, config.probes), probe)
    return rows, _frames(arm.method, frames, points.labels) if sizes[2] == 2 else {}


def _order(sizes: tuple[int, int, int]) -> tuple[int, int, int]:
    num_classes, per_class, dim = sizes
    return num_classes, dim, per_class


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


def _frames(method: str, frames: list[dict[str, Tensor]], labels: Tensor) -> dict[str, np.ndarray]:
    """Prefixed with the method: step [P], points [P, N, 2], means and classifier [P, K, 2], float32; labels [N]."""
    stacked = {name: torch.stack([frame[name] for frame in frames]).cpu().numpy() for name in frames[0]}
    stacked = {name: a.astype(np.float32) if a.dtype.kind == "f" else a for name, a in stacked.items()}
    return {f"{method}/{name}": array for name, array in (stacked | {"labels": labels.cpu().numpy()}).items()}
