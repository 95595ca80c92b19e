"""One row of numbers for each point, from the maps of a convolution or the tokens of a transformer."""

from collections.abc import Callable

import torch
from torch import Tensor

from ncbook import _checks

Pooling = str | Callable[[Tensor], Tensor]
NAMES = ("mean", "flatten", "first", "last", "each")


def require_pooling(pooling: Pooling) -> None:
    """A name that is known, or a callable."""
    if not callable(pooling):
        _checks.require_choice("pooling", pooling, NAMES)


def name_of(pooling: Pooling) -> str:
    """How a result names it."""
    return pooling if isinstance(pooling, str) else str(getattr(pooling, "__name__", type(pooling).__name__))


def pooled(features: Tensor, pooling: Pooling, mask: Tensor | None = None) -> Tensor:
    """Features [B, d] of vectors [B, d] as they are, maps [B, C, H, W] or tokens [B, T, C]; [B T, C] for "each".

    mask [B, T] is 0 at the padding of tokens, which takes no part in "mean" and is neither "first" nor "last".
    Numbers of half precision are averaged in float32. The answer shares no memory with `features`, which the next
    layer may overwrite. Raises ValueError, without the layer's name, for a shape that cannot be pooled so.
    """
    if not features.is_floating_point() or features.ndim < 2:
        raise ValueError(f"gives {features.dtype} {list(features.shape)}, and not features [B, ...]")
    if features.ndim == 2:
        return features.detach().clone()
    rows = pooling(features) if callable(pooling) else _by_name(features, pooling, mask)
    if not isinstance(rows, Tensor) or rows.ndim != 2:
        got = list(rows.shape) if isinstance(rows, Tensor) else type(rows).__name__
        raise ValueError(f"pooling: made {got} of {list(features.shape)}, expected [B, d]")
    return rows.detach().clone()


def _by_name(features: Tensor, pooling: str, mask: Tensor | None) -> Tensor:
    if pooling == "flatten":
        return features.flatten(1)
    if pooling == "mean":
        _require_channels_first(features)
        wide = features.float() if features.dtype in (torch.float16, torch.bfloat16) else features
        return _mean_of_tokens(wide, mask) if features.ndim == 3 else wide.flatten(2).mean(2)
    if features.ndim != 3:
        raise ValueError(f"gives {list(features.shape)}, and pooling={pooling!r} needs tokens [B, T, C]")
    if pooling == "each":
        return features.flatten(0, 1)
    return features[torch.arange(len(features), device=features.device), _place(features, pooling, mask)]


def _require_channels_first(maps: Tensor) -> None:
    """ValueError for maps [B, H, W, C] of a square image, whose mean over H and W would be one over W and C."""
    if maps.ndim == 4 and maps.shape[1] == maps.shape[2] != maps.shape[3]:
        raise ValueError(
            f"gives {list(maps.shape)}, which looks like maps [B, H, W, C]; pooling='mean' takes [B, C, H, W], "
            "and pooling=lambda h: h.mean((1, 2)) these"
        )


def _mean_of_tokens(tokens: Tensor, mask: Tensor | None) -> Tensor:
    shares = _fitting(tokens, mask)
    if shares is None:
        return tokens.mean(1)
    kept = torch.where(shares[..., None], tokens, 0)  # not a product: padding may be infinite
    return kept.sum(1) / shares.sum(1, keepdim=True).clamp(min=1)


def _place(tokens: Tensor, pooling: str, mask: Tensor | None) -> Tensor:
    """[B]: which token is the first, or the last, that is no padding."""
    length = tokens.shape[1]
    real = _fitting(tokens, mask)
    if real is None:
        real = torch.ones(tokens.shape[:2], dtype=torch.bool, device=tokens.device)
    if pooling == "first":
        return real.int().argmax(1)
    return length - 1 - real.flip(1).int().argmax(1)


def _fitting(tokens: Tensor, mask: Tensor | None) -> Tensor | None:
    """The mask as booleans, where it belongs to these tokens."""
    if mask is None or mask.shape != tokens.shape[:2]:
        return None
    return mask.to(tokens.device) != 0
