"""Batches of any kind: pairs, triples or dicts, from a loader or a list, of one split or of several."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from ncbook import _checks

IGNORED = -100  # the label of points that belong to no class, as in torch's cross-entropy
_LABELS = ("labels", "label", "targets", "target")
Unpack = Callable[[Any], tuple[Any, Any]]


def splits_of(batches: Any) -> dict[str, Iterable[Any]]:
    """The splits by name, "data" where there is only one without a name; ValueError for what cannot be read twice."""
    if isinstance(batches, Mapping) and any(isinstance(value, Tensor) for value in batches.values()):
        raise ValueError("batches: a dict names splits, and this one is a batch; put it into a list")
    splits = dict(batches) if isinstance(batches, Mapping) else {"data": batches}
    if not splits:
        raise ValueError("batches: there are none; expected at least one split")
    for name, split in splits.items():
        require_readable_twice(name, split)
    return splits


def require_readable_twice(name: str, split: Any) -> None:
    """A list or a DataLoader, and not a generator, of which the second pass would find nothing left."""
    if isinstance(split, (Tensor, str)) or not hasattr(split, "__iter__"):
        got = _checks.described(split)
        raise TypeError(f"batches: expected a DataLoader or a list of batches, got {got} for the split {name!r}")
    if isinstance(split, Iterator):
        raise ValueError(
            f"batches: expected a DataLoader or a list, got a {type(split).__name__} for the split {name!r}, which can "
            "be read only once, and two passes are made"
        )


def inputs_and_labels(batch: Any) -> tuple[Any, Any]:
    """Of a pair, of a longer tuple (its first two), or of a dict with labels, whose rest are the inputs."""
    if isinstance(batch, Mapping):
        key = next((key for key in _LABELS if key in batch), None)
        if key is None:
            raise ValueError(
                f"batches: expected labels under {', '.join(_LABELS)}, got a batch with {', '.join(map(str, batch))}; "
                "give unpack=, which takes a batch and returns (inputs, labels)"
            )
        return {name: value for name, value in batch.items() if name != key}, batch[key]
    if isinstance(batch, (tuple, list)) and len(batch) >= 2:
        return batch[0], batch[1]
    raise ValueError(
        f"batches: expected batches (inputs, labels) or dicts with labels, got {_checks.described(batch)}; "
        "give unpack=, which takes a batch and returns (inputs, labels)"
    )


def checked_labels(labels: Any, pooling: Any) -> Tensor:
    """Labels as integers [B], or [B, T] if every token is a point."""
    labels = torch.as_tensor(labels)
    if labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
        raise ValueError(f"labels: expected integers, got {labels.dtype}; for one-hot rows use labels.argmax(1)")
    expected = 2 if pooling == "each" else 1
    if labels.ndim != expected:
        way = (
            "pooling='each' takes a label for every token, [B, T]"
            if expected == 2
            else "expected [B]; use labels.argmax(1) for one-hot rows, pooling='each' for a label for every token"
        )
        raise ValueError(f"labels: got shape {list(labels.shape)}; {way}")
    return labels.long()


def require_shifted(inputs: Any, labels: Tensor) -> None:
    """ValueError for the labels of a causal language model that are its inputs, which it shifts only for its loss."""
    tokens = inputs.get("input_ids") if isinstance(inputs, Mapping) else inputs
    if not isinstance(tokens, Tensor) or tokens.shape != labels.shape or tokens.is_floating_point():
        return
    kept = labels != IGNORED
    if bool(kept.any()) and torch.equal(tokens.to(labels.device)[kept].long(), labels[kept]):
        raise ValueError(
            "labels: are the tokens of the inputs; a language model predicts the next one, so that labels must be "
            "shifted: give unpack=, and return the labels tokens[:, 1:] for the inputs tokens[:, :-1]"
        )


def moved(inputs: Any, device: torch.device) -> Any:
    """The same with all its tensors on `device`."""
    if isinstance(inputs, Tensor):
        return inputs.to(device, non_blocking=True)
    if isinstance(inputs, Mapping):
        return {name: moved(value, device) for name, value in inputs.items()}
    if isinstance(inputs, (tuple, list)):
        return [moved(value, device) for value in inputs]
    return inputs


class Pairs:
    """(inputs, labels) of batches of any kind, as often as the batches themselves can be read."""

    def __init__(self, batches: Iterable[Any], unpack: Unpack = inputs_and_labels) -> None:
        self._batches, self._unpack = batches, unpack

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return map(self._pair, self._batches)

    def _pair(self, batch: Any) -> tuple[Any, Any]:
        pair = self._unpack(batch)
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ValueError(f"unpack: expected (inputs, labels) from each batch, got {_checks.described(pair)}")
        return pair[0], pair[1]
