"""Training one network of an arm, and measuring all of its layers on the way."""

from collections.abc import Iterator
from typing import Any

from torch import nn

from ncbook import data, metrics, models, trainers
from ncbook.experiments.cascade.config import ARMS, Config
from ncbook.experiments.cascade.probes import WithInputs, probe_rows

Row = dict[str, Any]
Rows = list[Row]


def train_arm(config: Config, device: str, arm: tuple[int, str]) -> Rows:
    """All rows of one network, of the parts "layer" and, for "six digits", "probe"."""
    seed, name = arm
    seen, other = arm_data(config, seed, name)
    seen, about = seen.to(device), {"arm": name, "seed": seed}

    def probe(model: models.Classifier, step: int) -> Rows:
        now = about | {"step": step}
        rows = [now | {"part": "layer"} | row for row in layer_rows(model, seen)]
        if other is not None and step in (0, config.steps):
            probed = probe_rows(model, seen, other.to(device), config.probe_ridge)
            rows += [now | {"part": "probe"} | row for row in probed]
        return rows

    model = build(config, seen, seed, name).to(device)
    steps = probe_steps(config)
    fitted = trainers.fit(model, seen.train, recipe(config, name), seed, probe, steps, on_step=lambda step: None)
    return [row for rows in fitted.whole() for row in rows]


def probe_steps(config: Config) -> list[int]:
    """`probes` steps evenly spaced on a logarithmic axis, and every tenth of the training: where collapse is slow."""
    tenths = [config.steps * tenth // 10 for tenth in range(1, 11)]
    return sorted({*trainers.log_spaced(config.steps, config.probes), *tenths})


def arm_data(config: Config, seed: int, name: str) -> tuple[data.Dataset, data.Dataset | None]:
    """What an arm is trained on; and, for "six digits", the digits that it never sees, labeled from 0."""
    _, noise, kept, _ = ARMS[name]
    dataset = data.digits(config.train_per_class, seed)
    if kept:
        return only(dataset, 0, kept), only(dataset, kept, dataset.num_classes)
    return data.LabelNoise(noise, seed)(dataset) if noise else dataset, None


def only(dataset: data.Dataset, first: int, last: int) -> data.Dataset:
    """The classes `first` to `last` - 1, as classes 0, 1, ..."""

    def part(split: data.Split) -> data.Split:
        chosen = (split.labels >= first) & (split.labels < last)
        return data.Split(split.inputs[chosen], split.labels[chosen] - first)

    return data.Dataset(dataset.name, part(dataset.train), part(dataset.test), dataset.class_names[first:last])


def build(config: Config, dataset: data.Dataset, seed: int, name: str) -> models.Classifier:
    """The untrained network of one arm and seed."""
    kind, shape, classes = ARMS[name][0], dataset.input_shape, dataset.num_classes
    with models.seeded(seed):
        if kind == "linear":
            deep = models.DeepLinear(shape, classes, config.width, config.depth + 1)
            del deep.blocks["inputs"]
            deep.blocks["linear1"] = nn.Sequential(nn.Flatten(), deep.blocks["linear1"])
            return deep
        width = 2 * config.width if kind == "wide" else config.width
        return models.mlp(shape, classes, width, config.depth, batch_norm=kind != "mlp_no_bn")


def recipe(config: Config, name: str) -> trainers.Recipe:
    """Gradient descent with momentum, or AdamW without batch norm; the rate falls to 0 like a cosine."""
    network, _, _, share = ARMS[name]
    group = {"mlp_no_bn": "bare_", "linear": "linear_"}.get(network, "")
    rate, decay = (getattr(config, group + what) for what in ("rate", "decay"))
    return trainers.Recipe(
        steps=config.steps, learning_rate=rate, batch_size=config.batch_size, weight_decay=share * decay,
        schedule=trainers.Cosine(config.steps), optimizer="adamw" if group == "bare_" else "sgd",
    )  # fmt: skip


def layer_rows(model: models.Classifier, dataset: data.Dataset) -> Iterator[Row]:
    """A row a layer, 0 for the input: the measures of `Collapse` on both splits, and the error of the network.

    `ncc_error_test_train_means` is the error on test images of the nearest class mean of the *training* set.
    """
    layered, count = WithInputs(model), dataset.num_classes
    train, test = dataset.train, dataset.test
    found = {
        side: metrics.layerwise(layered, [(split.inputs, split.labels)], count)
        for side, split in (("train", train), ("test", test))
    }
    error = (model(train.inputs).argmax(1) != train.labels).double().mean().item()
    seen, fresh = layered.layers(train.inputs), layered.layers(test.inputs)
    for level, name in enumerate(seen):
        means = metrics.class_means(seen[name], train.labels, count)
        row = {"layer": level, "train_error": error, "num_classes": count}
        row["ncc_error_test_train_means"] = metrics.nearest_class_center_error(fresh[name], test.labels, means)
        yield row | _named(found["train"][name], "train") | _named(found["test"][name], "test")


def _named(found: metrics.Collapse, side: str) -> dict[str, float]:
    shown = ("variance_ratio", "nc1", "cdnv", "ncc_error", "nc4")
    return {f"{name}_{side}": getattr(found, name) for name in shown}
