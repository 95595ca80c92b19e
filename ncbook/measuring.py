"""What `python -m ncbook measure` does: collapse of features that lie in a file.

>>> import pathlib, tempfile
>>> import numpy as np
>>> from ncbook import measuring
>>> labels = np.arange(30) % 3
>>> features = np.eye(3)[labels] + 0.01 * np.random.default_rng(0).standard_normal((30, 3))
>>> with tempfile.TemporaryDirectory() as folder:
...     path = pathlib.Path(folder, "mine.npz")
...     np.savez(path, features=features, labels=labels, weight=np.eye(3))
...     measured = measuring.measure_file(path)
>>> measured.rows[0].collapse.nc4
0.0
"""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ncbook import figures, metrics, runs
from ncbook._arrays import opened
from ncbook._files import written_whole

__all__ = ["as_json", "measure_file", "require_folder", "write"]

_ROWS = 4096  # of features at a time


def measure_file(path: Path, num_classes: int | None = None) -> metrics.Measured:
    """`metrics.measure` of the features in a file .npz or .safetensors.

    It holds `features` [N, d] and `labels` [N], and may hold the classifier's `weight` [K, d] and `bias` [K] and the
    network's `logits` [N, K]; with `test_features`, `test_labels` and `test_logits` there are two splits, and else
    one, "data". Raises ValueError, which names the file, for whatever is wrong with it, and ModuleNotFoundError
    where the package safetensors is missing.

    >>> measuring.measure_file(pathlib.Path("missing.npz"))
    Traceback (most recent call last):
    ...
    ValueError: missing.npz: there is no such file
    """
    with opened(path) as arrays:
        try:
            return _measured(arrays, path.name, num_classes)
        except metrics.NotFinite as error:
            raise metrics.NotFinite(f"{path}: {error}") from error
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error


def as_json(measured: metrics.Measured) -> dict[str, Any]:
    """The table and what was done, as plain values; None where there is no number.

    >>> sorted(measuring.as_json(measured))
    ['done', 'notes', 'rows']
    """
    rows = json.loads(measured.to_frame().to_json(orient="records", double_precision=15))
    return {"done": measured.done, "notes": list(measured.notes), "rows": rows}


def require_folder(folder: Path) -> None:
    """ValueError unless files can be written to the folder, which is created where it is missing.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     measuring.require_folder(pathlib.Path(folder, "new"))
    """
    try:
        runs.require_writable(folder)
    except OSError as error:
        raise ValueError(f"{folder}: cannot be written to ({error.strerror or error}); name another folder") from error


def write(measured: metrics.Measured, folder: Path, name: str, in_json: bool = False) -> list[Path]:
    """The figure as NAME.png and the table as NAME.csv, or as NAME.json, each whole or not at all.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in measuring.write(measured, pathlib.Path(folder), "mine")]
    ['mine.png', 'mine.csv']
    """
    picture = io.BytesIO()
    figures.collapse_by_layer(measured).savefig(picture, format="png", metadata={"Software": None})
    table = json.dumps(as_json(measured), indent=1) + "\n" if in_json else measured.to_frame().to_csv(index=False)
    contents = {f"{name}.png": picture.getvalue(), f"{name}.{'json' if in_json else 'csv'}": table.encode()}
    for file, content in contents.items():
        with written_whole(folder / file) as target:
            target.write(content)
    return [folder / file for file in contents]


class _Saved(nn.Module):
    """A network that has already been run: it takes its features, and gives the logits that are there."""

    def __init__(self, weight: Tensor | None, bias: Tensor | None) -> None:
        super().__init__()
        self.features = nn.Identity()
        self.head: nn.Linear | None = None
        if weight is not None:
            self.head = nn.Linear(weight.shape[1], len(weight), bias is not None, device="meta")
            self.head.weight = nn.Parameter(weight, requires_grad=False)
            if bias is not None:
                self.head.bias = nn.Parameter(bias, requires_grad=False)

    def forward(self, features: Tensor, logits: Tensor | None = None) -> Any:
        features = self.features(features)
        own = None if self.head is None else self.head(features)
        return {"logits": own if logits is None else logits}


class _Rows:
    """Blocks of (features, logits) and labels, in the precision in which they are measured."""

    def __init__(self, features: Tensor, labels: Tensor, logits: Tensor | None) -> None:
        self._features, self._labels, self._logits = features, labels, logits

    def __len__(self) -> int:
        return -(-len(self._features) // _ROWS)

    def __iter__(self) -> Iterator[tuple[tuple[Tensor | None, ...], Tensor]]:
        for start in range(0, len(self._features), _ROWS):
            rows = slice(start, start + _ROWS)
            features = self._features[rows]
            logits = None if self._logits is None else self._logits[rows]
            yield (features.to(_working(features)), logits), self._labels[rows]


def _measured(arrays: Any, name: str, num_classes: int | None) -> metrics.Measured:
    prefixes = {"train": "", "test": "test_"} if "test_features" in arrays else {"data": ""}
    splits = {split: _split(arrays, prefix) for split, prefix in prefixes.items()}
    features = next(iter(splits.values()))._features
    weight, bias = _head(arrays, features)
    if num_classes is None and weight is None and "logits" in arrays:
        num_classes = arrays.tensor("logits").shape[1]
    head = None if weight is None else "head"
    layers = None if head else "features"
    found = metrics.measure(_Saved(weight, bias), splits, layers, head=head, num_classes=num_classes)
    return replace(
        found,
        rows=tuple(replace(row, layer="features") for row in found.rows),
        head=None if weight is None else "weight",
        pooling=None,
        source=f"features of {name}",
        notes=tuple(note for note in found.notes if "training mode" not in note),
    )


def _split(arrays: Any, prefix: str) -> _Rows:
    features, labels = arrays.tensor(f"{prefix}features"), arrays.tensor(f"{prefix}labels")
    logits = arrays.tensor(f"{prefix}logits") if f"{prefix}logits" in arrays else None
    if not features.is_floating_point() or features.ndim != 2 or 0 in features.shape:
        raise ValueError(
            f"{prefix}features: expected numbers with a point, [N, d], got {features.dtype} {list(features.shape)}; "
            "of maps or tokens save the mean, [N, d]"
        )
    _require_labels(f"{prefix}labels", labels, len(features))
    if logits is not None and (logits.ndim != 2 or len(logits) != len(features)):
        raise ValueError(f"{prefix}logits: expected [{len(features)}, K], got {list(logits.shape)}")
    _require_finite(f"{prefix}features", features)
    return _Rows(features, labels, logits)


def _require_labels(name: str, labels: Tensor, count: int) -> None:
    if labels.ndim == 2 and labels.shape[0] == count:
        raise ValueError(f"{name}: expected [{count}], got {list(labels.shape)}; of one-hot rows save labels.argmax(1)")
    if labels.shape != (count,):
        raise ValueError(f"{name}: expected [{count}], one for each row of features, got {list(labels.shape)}")
    if labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
        raise ValueError(f"{name}: expected integers, got {labels.dtype}; save labels.astype(int)")


def _require_finite(name: str, features: Tensor) -> None:
    """By blocks, so that the row is named as it is counted in the file."""
    for start in range(0, len(features), _ROWS):
        wrong = (~torch.isfinite(features[start : start + _ROWS])).nonzero()
        if len(wrong):
            row, column = int(wrong[0, 0]) + start, int(wrong[0, 1])
            raise metrics.NotFinite(f"{name}: entry [{row}, {column}] is {features[row, column]}; all must be finite")


def _head(arrays: Any, features: Tensor) -> tuple[Tensor | None, Tensor | None]:
    """weight [K, d] and bias [K] in the precision of the features."""
    if "weight" not in arrays:
        return None, None
    weight, bias = arrays.tensor("weight"), arrays.tensor("bias") if "bias" in arrays else None
    if weight.ndim != 2 or weight.shape[1] != features.shape[1]:
        raise ValueError(f"weight: expected [K, {features.shape[1]}], a row for each class, got {list(weight.shape)}")
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError(f"bias: expected [{len(weight)}], got {list(bias.shape)}")
    dtype = _working(features)
    return weight.to(dtype), None if bias is None else bias.to(dtype)


def _working(features: Tensor) -> torch.dtype:
    return torch.float64 if features.dtype == torch.float64 else torch.float32
