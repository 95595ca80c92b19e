"""Errors that name the argument and its value."""


def require(fine: bool, name: str, rule: str, value: object) -> None:
    """ValueError unless `fine`."""
    if not fine:
        raise ValueError(f"{name}: {rule}, got {value}")
