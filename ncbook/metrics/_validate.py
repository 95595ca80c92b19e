"""One place for the checks that every metric makes of its arguments."""

import torch
from torch import Tensor


def require_features(features: Tensor) -> None:
    """`features` must be a non-empty floating-point matrix [N, d]."""
    if not features.is_floating_point():
        raise ValueError(f"features: expected a floating-point dtype, got {features.dtype}")
    if features.ndim != 2 or 0 in features.shape:
        raise ValueError(f"features: expected shape [N, d] with N, d >= 1, got {list(features.shape)}")


def require_matrix(name: str, matrix: Tensor, shape: str = "[N, d]") -> None:
    """`matrix` must be floating-point, two-dimensional, non-empty and finite; `shape` says what is expected."""
    if not matrix.is_floating_point() or matrix.ndim != 2 or 0 in matrix.shape:
        raise ValueError(f"{name}: expected non-empty floating-point {shape}, got {matrix.dtype} {list(matrix.shape)}")
    require_finite(name, matrix)


def require_positive(name: str, value: float) -> None:
    """`value` must be a finite number above 0."""
    if not 0 < value < float("inf"):
        raise ValueError(f"{name}: expected a finite number > 0, got {value}")


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


def require_labels(labels: Tensor, features: Tensor, num_classes: int | None) -> int:
    """`labels` must be integers in 0..K-1, one a row of `features`; returns K."""
    if labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
        raise ValueError(f"labels: expected an integer dtype, got {labels.dtype}")
    if labels.shape != features.shape[:1]:
        raise ValueError(
            f"labels: expected shape [{features.shape[0]}] to match features "
            f"{list(features.shape)}, got {list(labels.shape)}"
        )
    if labels.device != features.device:
        raise ValueError(f"labels: on {labels.device}, but features are on {features.device}")
    lowest, highest = (int(value) for value in torch.aminmax(labels))
    if num_classes is None:
        num_classes = highest + 1
    if num_classes < 2:
        raise ValueError(f"num_classes: collapse needs K >= 2 classes, got {num_classes}")
    if lowest < 0 or highest >= num_classes:
        wrong = lowest if lowest < 0 else highest
        raise ValueError(f"labels: {wrong} is outside 0..{num_classes - 1} (num_classes={num_classes})")
    return num_classes


def require_sizes(num_classes: int, dim: int) -> None:
    """K >= 2 classes in d >= 1 dimensions."""
    for name, value, least in (("num_classes", num_classes, 2), ("dim", dim, 1)):
        if value < least:
            raise ValueError(f"{name}: must be at least {least}, got {value}")


def require_batch(features: Tensor, labels: Tensor, num_classes: int, dim: int) -> Tensor:
    """A batch of a stream: features [B, d] of the announced d; returns its labels as int64."""
    require_features(features)
    if features.shape[1] != dim:
        raise ValueError(f"features: expected shape [B, {dim}], got {list(features.shape)}")
    require_labels(labels, features, num_classes)
    return labels.long()


def require_means(class_means: Tensor, dim: int) -> None:
    """`class_means` must be [K, d] with K >= 2, all finite."""
    if class_means.ndim != 2 or len(class_means) < 2 or class_means.shape[1] != dim:
        raise ValueError(f"class_means: expected shape [K, {dim}] with K >= 2, got {list(class_means.shape)}")
    require_finite("class_means", class_means)


def require_head(weight: Tensor, bias: Tensor | None, num_classes: int, dim: int) -> None:
    """`weight` must be [K, d] and `bias` [K] or None, all finite."""
    if list(weight.shape) != [num_classes, dim]:
        raise ValueError(f"weight: expected shape [{num_classes}, {dim}], got {list(weight.shape)}")
    require_finite("weight", weight)
    if bias is not None:
        if list(bias.shape) != [num_classes]:
            raise ValueError(f"bias: expected shape [{num_classes}], got {list(bias.shape)}")
        require_finite("bias", bias)
