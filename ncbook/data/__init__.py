"""Data sets as tensors on a device. The default ones need no download."""

from ncbook.data.dataset import Dataset, Split
from ncbook.data.digits import digits
from ncbook.data.real import REAL, real

__all__ = ["REAL", "Dataset", "Split", "digits", "load", "real"]


def load(name: str) -> Dataset:
    """The data set called `name`: "digits", or one of the real sets in `REAL`."""
    if name == "digits":
        return digits()
    if name in REAL:
        return real(name)
    raise ValueError(f"name: no data set is called {name!r}; there are {', '.join(['digits', *REAL])}")
