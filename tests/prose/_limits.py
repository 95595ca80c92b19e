"""Numbers that the prose gives as limits: what is compared has to be on the right side, and not far from them."""


def more_than(value: float, stated: float) -> float:
    assert stated < value <= 2 * stated, f"more than {stated}: the run gives {value}"
    return stated


def less_than(value: float, stated: float) -> float:
    assert stated / 2 <= value < stated, f"less than {stated}: the run gives {value}"
    return stated
