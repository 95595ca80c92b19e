"""One place for the checks that metrics make of their tensors; those of numbers and options are in `ncbook._checks`."""

import numpy as np
import torch
from torch import Tensor

from ncbook._checks import described, require_integer

_LABEL_DTYPES = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)


def require_tensor(name: str, tensor: object) -> None:
    """`tensor` must be a dense tensor that holds numbers."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name}: expected a torch.Tensor, got {described(tensor)}{_as_tensor(name, tensor)}")
    if tensor.layout is not torch.strided:
        raise TypeError(f"{name}: expected a dense tensor, got {tensor.layout}; use {name}.to_dense()")


def require_tensors(**tensors: Tensor) -> None:
    """Each must be a tensor, and all must lie on the device of the first, where there are numbers."""
    for name, tensor in tensors.items():
        require_tensor(name, tensor)
    (first, reference), *others = tensors.items()
    if reference.is_meta:
        raise ValueError(f"{first}: expected on the CPU or a GPU, got meta, a device without numbers")
    for name, tensor in others:
        if tensor.device != reference.device:
            raise ValueError(
                f"{name}: expected on {reference.device} as {first}, got {tensor.device}; use {name}.to({first}.device)"
            )


def require_floating(name: str, tensor: Tensor) -> None:
    """`tensor` must hold floating-point numbers."""
    if not tensor.is_floating_point():
        hint = "" if tensor.is_complex() else f"; use {name}.float()"
        raise ValueError(f"{name}: expected a floating-point dtype, got {tensor.dtype}{hint}")


def require_features(features: Tensor) -> None:
    """`features` must be a non-empty floating-point matrix [N, d]."""
    require_tensors(features=features)
    require_floating("features", features)
    if features.ndim != 2 or 0 in features.shape:
        hint = "; use features.flatten(1)" if features.ndim > 2 else ""
        raise ValueError(f"features: expected shape [N, d] with N, d >= 1, got {list(features.shape)}{hint}")


def require_matrix(name: str, matrix: Tensor, shape: str = "[N, d]") -> None:
    """`matrix` must be floating-point, two-dimensional, non-empty and finite; `shape` says what is expected."""
    require_tensors(**{name: matrix})
    if not matrix.is_floating_point() or matrix.ndim != 2 or 0 in matrix.shape:
        raise ValueError(f"{name}: expected non-empty floating-point {shape}, got {matrix.dtype} {list(matrix.shape)}")
    require_finite(name, matrix)


class NotFinite(ValueError):
    """A feature, a logit or a weight is infinite or undefined, as after a training that diverged.

    >>> try:
    ...     metrics.nc1(torch.tensor([[0.0], [float("nan")]]), torch.tensor([0, 1]))
    ... except metrics.NotFinite as error:
    ...     print(error)
    features: entry [1, 0] is nan; all must be finite
    """


def require_finite(name: str, tensor: Tensor) -> None:
    """Every entry of `tensor` must be finite; NotFinite names the first one that is not."""
    finite = torch.isfinite(tensor)
    if not bool(finite.all()):
        where = (~finite).nonzero()[0].tolist()
        raise NotFinite(f"{name}: entry {where} is {tensor[tuple(where)].item()}; all must be finite")


def require_labels(
    labels: Tensor, features: Tensor, num_classes: int | None, names: tuple[str, str] = ("labels", "features")
) -> int:
    """`labels` must be integers in 0..K-1, one a row of `features`; returns K. `names`: what the caller calls them."""
    name, _ = names
    if num_classes is not None:
        require_integer("num_classes", num_classes, 2)
    require_vector_of_labels(labels, features, names)
    lowest, highest = (int(value) for value in torch.aminmax(labels))
    size = highest + 1 if num_classes is None else num_classes
    if lowest < 0 or highest >= size:
        wrong = lowest if lowest < 0 else highest
        raise ValueError(f"{name}: {wrong} is outside 0..{max(size, 1) - 1} (num_classes={max(size, 1)})")
    if size < 2:
        raise ValueError(f"{name}, num_classes: expected K >= 2 classes, got {size} from the labels")
    return size


def require_vector_of_labels(labels: Tensor, features: Tensor, names: tuple[str, str] = ("labels", "features")) -> None:
    """`labels` must be integers, one a row of `features`, wherever they lie."""
    name, of = names
    require_tensors(**{of: features, name: labels})
    points = len(features)
    if labels.dtype not in _LABEL_DTYPES:
        raise ValueError(f"{name}: expected an integer dtype, got {labels.dtype}{_as_labels(name, labels, points)}")
    if labels.shape != features.shape[:1]:
        raise ValueError(
            f"{name}: expected shape [{points}] to match {of} {list(features.shape)}, got {list(labels.shape)}"
            + _as_labels(name, labels, points)
        )


def require_sizes(num_classes: int, dim: int) -> None:
    """K >= 2 classes in d >= 1 dimensions."""
    require_integer("num_classes", num_classes, 2)
    require_integer("dim", dim, 1)


def require_batch(features: Tensor, labels: Tensor, num_classes: int, dim: int) -> Tensor:
    """A batch of a stream: features [B, d] of the announced d; returns its labels as int64."""
    require_features(features)
    if features.shape[1] != dim:
        raise ValueError(f"features: expected shape [B, {dim}], got {list(features.shape)}")
    require_labels(labels, features, num_classes)
    return labels.long()


def require_means(class_means: Tensor, dim: int | None = None, name: str = "class_means") -> None:
    """`class_means` must be floating-point [K, d] with K >= 2, all finite; d is `dim`, if that is known."""
    require_tensors(**{name: class_means})
    require_floating(name, class_means)
    fits = class_means.ndim == 2 and len(class_means) >= 2 and class_means.shape[1] > 0
    if not fits or dim not in (None, class_means.shape[1]):
        expected = "[K, d] with d >= 1 and" if dim is None else f"[K, {dim}] with"
        raise ValueError(f"{name}: expected shape {expected} K >= 2, got {list(class_means.shape)}")
    require_finite(name, class_means)


def require_weight(weight: Tensor, features: Tensor, least: int = 1) -> int:
    """`weight` must be floating-point [K, d] for features [N, d], K at least `least`; returns K. Reads no entry."""
    require_features(features)
    require_tensors(features=features, weight=weight)
    require_floating("weight", weight)
    dim = features.shape[1]
    if weight.ndim != 2 or len(weight) < least:
        raise ValueError(f"weight: expected shape [K, {dim}] with K >= {least}, got {list(weight.shape)}")
    require_shape("weight", weight, [len(weight), dim])
    return len(weight)


def require_logits(logits: Tensor, features: Tensor) -> int:
    """`logits` must be floating-point [N, K] for features [N, d]; returns K."""
    require_features(features)
    require_tensors(features=features, logits=logits)
    require_floating("logits", logits)
    if logits.ndim != 2 or len(logits) != len(features):
        raise ValueError(f"logits: expected shape [{len(features)}, K], got {list(logits.shape)}")
    return logits.shape[1]


def require_head(weight: Tensor, bias: Tensor | None, num_classes: int, dim: int) -> None:
    """`weight` must be floating-point [K, d] and `bias` [K] or None, all finite."""
    require_tensors(weight=weight)
    require_floating("weight", weight)
    require_shape("weight", weight, [num_classes, dim])
    require_finite("weight", weight)
    if bias is not None:
        require_tensors(weight=weight, bias=bias)
        require_floating("bias", bias)
        require_shape("bias", bias, [num_classes])
        require_finite("bias", bias)


def require_shape(name: str, tensor: Tensor, shape: list[int]) -> None:
    """`tensor` must have this shape."""
    if list(tensor.shape) != shape:
        transposed = tensor.ndim == 2 and tensor.shape[0] == shape[-1]
        hint = f"; if it is transposed, use {name}.T" if transposed else ""
        raise ValueError(f"{name}: expected shape {shape}, got {list(tensor.shape)}{hint}")


def as_numbers(name: str, values: object) -> Tensor:
    """A float64 tensor of a number, a list of numbers or an array, where the values are or else on the CPU."""
    numbers = values if isinstance(values, Tensor) else _read(values)
    if numbers is None or numbers.is_complex() or numbers.dtype == torch.bool or numbers.is_meta or not numbers.numel():
        raise TypeError(f"{name}: expected numbers, got {described(values)}")
    return numbers.double()


def _read(values: object) -> Tensor | None:
    """A float64 tensor, or None of what is no array of real numbers."""
    try:
        array = np.asarray(values)
    except ValueError:  # lists of different lengths
        return None
    return torch.from_numpy(array.astype(np.float64)) if array.dtype.kind in "iuf" else None


def _as_tensor(name: str, value: object) -> str:
    """How to make a tensor of what was given."""
    if isinstance(value, np.ndarray):
        return f"; use torch.from_numpy({name})"
    if hasattr(value, "to_numpy"):  # a table or column of pandas or polars
        return f"; use torch.from_numpy({name}.to_numpy())"
    return f"; use torch.tensor({name})" if isinstance(value, list | tuple) else ""


def _as_labels(name: str, labels: Tensor, points: int) -> str:
    """How to make labels [N] of what was given."""
    if labels.shape == (points, 1):
        return f"; use {name}.squeeze(1)" + ("" if labels.dtype in _LABEL_DTYPES else ".long()")
    if labels.ndim == 2 and len(labels) == points:
        return f"; if they are one-hot, use {name}.argmax(1)"
    return "" if labels.dtype in (*_LABEL_DTYPES, torch.complex64, torch.complex128) else f"; use {name}.long()"
