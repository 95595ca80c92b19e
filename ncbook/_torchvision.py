"""Import torchvision, also where its compiled operators do not fit the installed torch.

The registry's torchvision is built against the CUDA build of torch. Beside a CPU-only torch its
extension is silently not loaded, and the import then dies with "operator torchvision::nms does not
exist", because two Python modules register extra kernels for operators that were never declared.
Declaring the two is enough: image data sets and classification models never call them.
"""

import importlib
import sys
from types import ModuleType

import torch

_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: list[torch.library.Library] = []  # a Library must stay alive for its declarations to


def torchvision(submodule: str = "") -> ModuleType:
    """The module `torchvision`, or `torchvision.<submodule>`; raises ImportError that says how to install it."""
    name = f"torchvision.{submodule}" if submodule else "torchvision"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != "torchvision":  # a submodule that is not there, or a package that torchvision needs
            raise
        raise ImportError("torchvision is not installed; pip install torchvision, then run this again") from error
    except RuntimeError as error:
        if "operator torchvision::" not in str(error):
            raise
    _declare_operators()
    return importlib.import_module(name)


def _declare_operators() -> None:
    for module in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[module]
    if not _declared:
        library = torch.library.Library("torchvision", "DEF")
        for schema in _OPERATORS:
            library.define(schema)
        _declared.append(library)
