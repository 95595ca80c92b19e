"""Numbers from what a reader typed. ValueErrors name the field."""

from collections.abc import Mapping


def whole(name: str, typed: Mapping[str, str]) -> int:
    """The whole number in the field `name`."""
    try:
        return int(typed[name])
    except ValueError:
        raise ValueError(f"{name}: must be a whole number, got {typed[name]!r}") from None


def real(name: str, typed: Mapping[str, str]) -> float:
    """The number in the field `name`."""
    try:
        return float(typed[name])
    except ValueError:
        raise ValueError(f"{name}: must be a number such as 0.005 or 5e-3, got {typed[name]!r}") from None


def require_within(name: str, value: int, bounds: tuple[int, int]) -> None:
    """ValueError for a value outside lowest..highest."""
    lowest, highest = bounds
    if not lowest <= value <= highest:
        raise ValueError(f"{name}: must lie in {lowest}..{highest}, got {value}")
