"""Numbers that the prose rounds."""


def about(value: float, stated: float, within: float = 0.1) -> float:
    """`stated` where `value` is that near to it, else `value`."""
    return stated if abs(value - stated) <= within * abs(stated) else value
