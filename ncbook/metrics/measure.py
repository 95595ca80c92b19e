"""Collapse of any network on any data: one call for torchvision, timm, transformers, and networks of one's own."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from ncbook import _checks
from ncbook.metrics._batches import Unpack, inputs_and_labels, splits_of
from ncbook.metrics._feed import PRECISIONS, Feed
from ncbook.metrics._layer_meter import LayerMeter, TrainMeans, located
from ncbook.metrics._measured import Measured, MeasuredLayer
from ncbook.metrics._plan import Plan, head_weight, planned
from ncbook.metrics._pooling import Pooling, name_of, require_pooling
from ncbook.metrics._wrapped import device_of, evaluating, uncompiled, unwrapped

__all__ = ["measure"]


@torch.no_grad()
def measure(
    model: nn.Module,
    batches: Iterable[Any] | Mapping[str, Iterable[Any]],
    layers: str | Sequence[str] | None = None,
    *,
    head: str | None = "auto",
    num_classes: int | None = None,
    pooling: str | Callable[[Tensor], Tensor] = "mean",
    unpack: Callable[[Any], tuple[Any, Any]] | None = None,
    device: str | torch.device | None = None,
    precision: str | None = None,
    limit: int | None = None,
    memory_gb: float = 2.0,
) -> Measured:
    """`collapse` (Papyan et al. 2020) of layers of any network, in two passes over the data.

    model is used in evaluation mode, and is afterwards as it was: the modes of all its parts are put back and hooks
    are removed, also after an error. Of DataParallel, DistributedDataParallel and torch.compile the network inside
    is measured, on one device and as it was written; each process measures the batches that it is given.

    batches is a DataLoader or a list, or a dict of such by split: `{"train": ..., "test": ...}`. Both passes must see
    the same points: no random augmentation. A batch is (inputs, labels), which more may follow, or a dict with the
    labels under "labels", "label", "targets" or "target", whose rest are the arguments of the model; of any other
    `unpack(batch)` gives (inputs, labels). Inputs that are a tuple or a dict become several arguments. labels [B] are
    integers in 0..K-1; points labeled -100 are left out.

    layers are names of submodules, whose outputs are measured, or patterns: "layer*", "blocks.*.mlp". A star stands
    within one part of a name, so that "*" is every child of the model. Of those that only a pattern names, what
    cannot be measured is left out and noted. The input of the head is always measured. Without a head and without
    `layers` the output of the model is.

    head is the name of the linear classifier, whose weight [K, d] gives NC3. "auto" is the last linear layer that
    ran and decides as the model does; with None there is no head. NC4 takes the decision from the model's output:
    a tensor, the first of a tuple, or `logits`. K is `num_classes`, else that of the head, else of the labels.

    pooling makes a row of numbers of maps [B, C, H, W] and tokens [B, T, C]: "mean" over places, "flatten", "first"
    or "last" token, or a callable; vectors [B, d] stay as they are. An argument `attention_mask` of the model says
    which tokens are padding. With "each", every token is a point with a label of its own, labels [B, T]: a language
    model predicts the next token, so that labels have to be shifted by one against the inputs.

    device is where inputs are put (default: where the model is); precision "bfloat16" or "float16" runs the model with
    automatic mixed precision; limit takes only so many points of each split, the first that come. Layers are
    measured in groups of which each makes its two passes, and whose meters take memory_gb (10^9 bytes) at most. A
    layer takes 28 K d bytes at most, and 20 K d where K d is more than 2^25: 2 GB with 10^5 dimensions and 1,000
    classes, of which a training and a test set use 1.2 unless class means differ in fewer than K - 1 directions.

    Each split is measured with its own class means. If one is called "train", the others are compared with its
    class means too. Raises ValueError, which names split and layer, for what cannot be measured or does not fit.

    >>> from ncbook import models
    >>> with models.seeded(0):
    ...     network = models.mlp((2,), num_classes=3, width=8, depth=2)
    >>> found = metrics.measure(network, [(features.float(), labels)], "blocks.*")
    >>> found.to_frame()[["split", "layer", "dimensions", "points"]]
      split           layer  dimensions  points
    0  data  blocks.hidden1           8      12
    1  data  blocks.hidden2           8      12
    2  data   input of head           8      12
    """
    network = unwrapped(model)
    feed = _feed(network, batches, pooling, unpack, device, precision, limit)
    names = _names(layers)
    if head is not None:
        _checks.require_instance("head", head, str, "the name of a layer")
    if num_classes is not None:
        _checks.require_integer("num_classes", num_classes, 2)
    _checks.require_positive("memory_gb", memory_gb, tensor=True)
    training = network.training
    with evaluating(network), uncompiled(network):
        plan = planned(network, feed, names, head, num_classes)
        rows = [row for group in _grouped(plan, feed, network, memory_gb) for row in group]
    order = [(split, layer) for split in feed.splits for layer in plan.layers]
    rows.sort(key=lambda row: order.index((row.split, row.layer)))
    notes = [*plan.notes, *(["the model had been in training mode, in which it is again"] if training else [])]
    notes += _of_missing_classes(rows, plan.num_classes, limit)
    return Measured(tuple(rows), plan.num_classes, plan.head, name_of(pooling), precision, limit, tuple(notes))


def _of_missing_classes(rows: list[MeasuredLayer], num_classes: int, limit: int | None) -> list[str]:
    """Which splits lack classes, as the first points of data do that are sorted by class."""
    present = {row.split: row.collapse.num_classes_present for row in rows}
    cause = "" if limit is None else f", as it may be with the first {limit} points of data that are sorted by class"
    return [
        f"only {count} of {num_classes} classes occur in the split {split!r}{cause}"
        for split, count in present.items()
        if count < num_classes
    ]


def _feed(
    network: nn.Module,
    batches: Any,
    pooling: Pooling,
    unpack: Unpack | None,
    device: str | torch.device | None,
    precision: str | None,
    limit: int | None,
) -> Feed:
    """The batches, with the arguments checked."""
    _checks.require_instance("model", network, nn.Module, "a torch.nn.Module")
    require_pooling(pooling)
    if unpack is not None:
        _checks.require_callable("unpack", unpack, "which takes a batch and returns (inputs, labels)")
    if device is not None:
        _checks.require_device("device", device)
    if precision is not None:
        _checks.require_choice("precision", precision, list(PRECISIONS))
    if limit is not None:
        _checks.require_integer("limit", limit, 1)
    where = device_of(network) if device is None else torch.device(device)
    return Feed(splits_of(batches), unpack or inputs_and_labels, where, pooling, precision, limit)


def _names(layers: object) -> tuple[str, ...]:
    """The names or patterns of layers, of which there may be one alone or none."""
    given = () if layers is None else (layers,) if isinstance(layers, str) else layers
    if not isinstance(given, Sequence) or not all(isinstance(name, str) for name in given):
        raise TypeError(f"layers: expected a name, a list of names, or None, got {_checks.described(layers)}")
    return tuple(given)


def _grouped(plan: Plan, feed: Feed, network: nn.Module, memory_gb: float) -> Iterator[list[MeasuredLayer]]:
    """The rows of each group of layers on each split."""
    groups = plan.groups(memory_gb)
    splits = sorted(feed.splits, key=lambda split: split != "train")  # it goes first: others need its means
    last = splits[-1]  # after which nobody asks for the means of the training set
    once = feed.passes(plan.points)
    total = None if once is None else 2 * once * len(groups)
    with tqdm(total=total, unit="batch", delay=2, leave=None) as bar:
        for number, group in enumerate(groups):
            train: dict[str, TrainMeans] = {}
            for split in splits:
                part = f", layers {number + 1}/{len(groups)}" if len(groups) > 1 else ""
                bar.set_description(f"{split}{part}", refresh=False)
                with located(f"split {split!r}"):
                    beside = train.pop if split == last else train.get
                    dims = {name: plan.layers[name] for name in group}
                    meters = [LayerMeter(name, plan.num_classes, dim, beside(name, None)) for name, dim in dims.items()]
                    _two_passes(meters, split, plan, feed, network, bar)
                    yield [meter.measured(split, _weight_of(plan, network, meter.layer)) for meter in meters]
                    if split == "train" and len(splits) > 1:
                        train = {meter.layer: meter.means() for meter in meters}


def _two_passes(meters: list[LayerMeter], split: str, plan: Plan, feed: Feed, network: nn.Module, bar: Any) -> None:
    reader = plan.reader(network, [meter.layer for meter in meters], feed)
    for second in (False, True):
        seen = 0
        with reader.reading():
            for features, labels, logits in feed.batches(split, reader, network, plan.num_classes):
                if len(labels):  # not all of them are -100
                    for meter in meters:
                        meter.update(features[meter.layer], labels, logits)
                seen += len(labels)
                bar.update()
        if not seen:
            raise ValueError("has no points")
        if not second:
            for meter in meters:
                meter.start_second_pass()


def _weight_of(plan: Plan, network: nn.Module, layer: str) -> Tensor | None:
    """The head's weight [K, d] for the layer that it reads."""
    return head_weight(network, plan.head, None) if plan.head is not None and layer == plan.input_of_head else None
