"""Data sets as tensors on a device. The default ones need no download."""

from ncbook.data.dataset import Dataset, Split
from ncbook.data.digits import digits
from ncbook.data.mixtures import GaussianMixture, gaussian_mixture, hierarchical_mixture
from ncbook.data.modular import modular, modular_pairs
from ncbook.data.real import REAL, real

__all__ = [
    "REAL",
    "Dataset",
    "GaussianMixture",
    "Split",
    "digits",
    "gaussian_mixture",
    "hierarchical_mixture",
    "load",
    "modular",
    "modular_pairs",
    "real",
]


def load(name: str) -> Dataset:
    """The data set called `name`: "digits", or one of the real sets in `REAL`."""
    if name == "digits":
        return digits()
    if name in REAL:
        return real(name)
    raise ValueError(f"name: no data set is called {name!r}; there are {', '.join(['digits', *REAL])}")
