"""Frameworks that are there only where somebody uses them."""

import importlib
import sys
from contextlib import suppress
from typing import Any

from ncbook._torchvision import torchvision


def first(names: tuple[str, ...], extra: str) -> Any:
    """The first of these modules that is installed; one that has been imported already comes before the others.

    Raises ImportError that says which extra of ncbook brings it if none is installed.
    """
    with suppress(ImportError):  # they import it wherever it is installed, and may die of that
        torchvision()
    for name in sorted(names, key=lambda name: name not in sys.modules):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name.split(".")[0]:  # it is installed, but something that it needs is not
                raise
    packages = " nor ".join(name.split(".")[0] for name in names)
    raise ImportError(
        f"{'neither ' if len(names) > 1 else ''}{packages} is installed; "
        f'pip install "ncbook[{extra}]", then import this again'
    )
