"""What is to be measured of a network, found out by its first batch: the head, the layers, their sizes, the classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from ncbook.metrics._feed import Feed
from ncbook.metrics._hooks import LinearLayers, Reader, logits_of, matching, near
from ncbook.metrics._layer_meter import held

OUTPUT = "output"  # of a network without a head: what is measured unless layers are named


@dataclass(frozen=True)
class Plan:
    """layers: name -> d, in the order in which they run; head: the name of what has the weight [K, d].

    points: N of the first batch.
    """

    layers: dict[str, int]
    head: str | None
    num_classes: int
    points: int = 1
    notes: tuple[str, ...] = ()

    @property
    def input_of_head(self) -> str | None:
        """The name of the layer that the head reads."""
        return None if self.head is None else f"input of {self.head or 'the model'}"

    def reader(self, network: nn.Module, names: Sequence[str], feed: Feed) -> Reader:
        """Hooks for some of the layers."""
        outputs = {
            name: network if name == OUTPUT else network.get_submodule(name)
            for name in names
            if name != self.input_of_head
        }
        inputs = {
            name: network.get_submodule(self.head)
            for name in names
            if self.head is not None and name == self.input_of_head
        }
        return Reader(outputs, inputs, feed.pooling)

    def groups(self, memory_gb: float) -> list[list[str]]:
        """The layers whose meters fit into the memory together; ValueError for one that does not fit alone."""
        groups: list[list[str]] = [[]]
        for name, dim in self.layers.items():
            if _gigabytes([dim], self.num_classes) > memory_gb:
                raise ValueError(self._too_large(name, dim, memory_gb))
            sizes = [self.layers[each] for each in (*groups[-1], name)]
            if _gigabytes(sizes, self.num_classes) > memory_gb:
                groups.append([])
            groups[-1].append(name)
        return groups

    def _too_large(self, name: str, dim: int, memory_gb: float) -> str:
        return (
            f"layer {name!r}: {dim} dimensions and {self.num_classes} classes need "
            f"{_gigabytes([dim], self.num_classes):.1f} GB, and memory_gb={memory_gb:g}; pool it (pooling='mean'), "
            "measure fewer classes, or raise memory_gb"
        )


def _gigabytes(sizes: Sequence[int], num_classes: int) -> float:
    return sum(held(num_classes, dim) for dim in sizes) / 1e9


def planned(network: nn.Module, feed: Feed, layers: Sequence[str], head: str | None, num_classes: int | None) -> Plan:
    """Look at the first batch. Raises ValueError for a layer or head that is named and cannot be measured."""
    exact, loose = matching(network, layers)
    first = feed.first()
    output, linear = _first_pass(network, feed, first)
    found = _found_head(network, linear, logits_of(output), num_classes) if head == "auto" else head
    weight = None if found is None else head_weight(network, found, num_classes)
    notes = ["no head was found: name it by head= to get NC3 as well"] if head == "auto" and found is None else []
    if not layers and found is None:
        exact = [OUTPUT]
    count = num_classes if num_classes is not None else len(weight) if weight is not None else feed.count_classes()
    draft = Plan({}, found, count)
    loose = [name for name in loose if found is None or not f"{found}.".startswith(f"{name}.")]  # what ends in logits
    sizes, points = _sizes(network, feed, first, draft, exact, loose, notes)
    _require_fit(draft, sizes, weight)
    if not feed.has_logits(output, count):
        notes.append(f"the network gives no logits of {count} classes, so that there is no NC4")
    return Plan(sizes, found, count, points, tuple(notes))


def head_weight(network: nn.Module, name: str, num_classes: int | None) -> Tensor:
    """weight [K, d] of a head that is named; ValueError if it has none, or does not fit the classes."""
    modules: Mapping[str, nn.Module] = dict(network.named_modules())
    if name not in modules:
        raise ValueError(f"head: expected the name of a submodule, got {name!r}; {near(name, list(modules))}")
    weight = getattr(modules[name], "weight", None)
    if not isinstance(weight, Tensor) or weight.ndim != 2:
        raise ValueError(
            f"head: {name!r} is a {type(modules[name]).__name__} without a weight [K, d]; name a linear layer, or None"
        )
    if num_classes not in (None, len(weight)):
        raise ValueError(f"head: {name!r} has a weight {list(weight.shape)}, which does not fit {num_classes} classes")
    return weight


def _first_pass(network: nn.Module, feed: Feed, first: tuple[Any, Any]) -> tuple[Any, LinearLayers]:
    linear = LinearLayers(network)
    with linear.reading():
        output = feed.run(Reader({}, {}, feed.pooling), network, *first).output
    return output, linear


def _found_head(network: nn.Module, linear: LinearLayers, logits: Tensor | None, num_classes: int | None) -> str | None:
    """The last linear layer that decides as the network does; else the last one, if K is known and fits it."""
    sizes = {name: len(network.get_submodule(name).weight) for name in linear.decisions}  # type: ignore[arg-type]
    fitting = [name for name in sizes if num_classes in (None, sizes[name])]
    if logits is not None and logits.ndim >= 2:
        decided = logits.argmax(-1)
        for name in reversed(fitting):
            if sizes[name] == logits.shape[-1] >= 2 and linear.decisions[name].equal(decided):
                return name
    last = next(reversed(sizes), None)
    return last if num_classes is not None and last in fitting else None


def _sizes(
    network: nn.Module,
    feed: Feed,
    first: tuple[Any, Any],
    draft: Plan,
    exact: list[str],
    loose: list[str],
    notes: list[str],
) -> tuple[dict[str, int], int]:
    """Layer -> d, in the order in which they run, and N. What only a pattern found may be left out, and is noted."""
    head = [draft.input_of_head] if draft.input_of_head else []
    reader = draft.reader(network, [*exact, *loose, *head], feed)
    with reader.reading():
        labels = feed.run(reader, network, *first).labels
    for name, features in reader.features.items():
        if len(features) != labels.numel():
            found = f"gives {len(features)} rows for {labels.numel()} labels {list(labels.shape)}"
            reader.problems.setdefault(name, found)
    for name, problem in reader.problems.items():
        if name not in loose:
            raise ValueError(f"layer {name!r}: {problem}")
        notes.append(f"layer {name!r} was left out: it {problem}")
    sizes = {name: each.shape[1] for name, each in reader.features.items() if name not in reader.problems}
    if not sizes:
        raise ValueError(f"layers: none can be measured: {'; '.join(notes)}")
    return sizes, labels.numel()


def _require_fit(draft: Plan, sizes: dict[str, int], weight: Tensor | None) -> None:
    if weight is None or draft.input_of_head is None:
        return
    dim = sizes[draft.input_of_head]
    if dim != weight.shape[1]:
        raise ValueError(
            f"head: {draft.head!r} has a weight {list(weight.shape)}, and its input has {dim} dimensions after the "
            "pooling; choose another pooling, or head=None"
        )
