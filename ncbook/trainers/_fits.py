"""Whether a network and its data fit each other, said before a library would say it in words of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from ncbook._checks import described, require, require_instance
from ncbook.data import Split
from ncbook.data.dataset import require_classes
from ncbook.models import Classifier


def require_fit(model: Classifier, train: Split) -> None:
    """ValueError unless `model` can be trained on `train`: on a GPU a label out of range would end the process."""
    require_model(model, "model")
    require_instance("train", train, Split, "a data.Split of inputs and labels")
    require("train", 0, len(train) > 0, "one point at least")
    parameter = next((each for each in model.parameters() if each.is_floating_point()), None)
    require("model", type(model), parameter is not None, "a network with parameters to train")
    assert parameter is not None
    require_split(train, "train", parameter, len(model.head.weight))


def require_model(model: Any, name: str) -> None:
    """An error for a network without `features` or a linear `head`."""
    head = getattr(getattr(model, "head", None), "weight", None)
    fine = isinstance(model, torch.nn.Module) and callable(getattr(model, "features", None))
    fine = fine and isinstance(head, Tensor) and head.ndim == 2
    expected = "a models.Classifier, or a network with features(inputs) and a linear head"
    if not fine:
        error = ValueError if isinstance(model, torch.nn.Module) else TypeError
        raise error(f"{name}: expected {expected}, got {type(model).__name__}")


def require_split(train: Split, name: str, parameter: Tensor, num_classes: int) -> None:
    """ValueError, with the way out, unless a network with this parameter takes the inputs and labels."""
    device, given = parameter.device, train.labels.device
    way = f"use {name}.to({str(device)!r})"
    if device != given:
        raise ValueError(f"{name}: expected on {device}, as the model is; {way}, got {given}")
    require(name, f"the device {device}", device.type != "meta", "numbers")
    inputs = train.inputs
    if inputs.is_floating_point():
        names = str(inputs.dtype).removeprefix("torch."), str(parameter.dtype).removeprefix("torch.")
        if inputs.dtype != parameter.dtype:
            way = f"use {name}.inputs.to(torch.{names[1]}), or the model in {names[0]}"
            raise ValueError(f"{name}.inputs: expected {names[1]}, as the model is; {way}, got {names[0]}")
        finite = inputs.isfinite().flatten(1).all(1) if inputs.ndim > 1 else inputs.isfinite()
        if not bool(finite.all()):
            row = int((~finite).nonzero()[0])
            raise ValueError(f"{name}.inputs: expected finite numbers, got infinite or undefined numbers in row {row}")
    require_classes(train.labels, "labels", num_classes)


@contextmanager
def fitting(inputs: Tensor) -> Iterator[None]:
    """A block in which a network sees its first inputs: ValueError that names them if it does not take them."""
    try:
        yield
    except torch.cuda.OutOfMemoryError:
        raise
    except (RuntimeError, TypeError, IndexError, ValueError) as error:
        raise ValueError(f"train.inputs: expected what the network takes ({error}), got {described(inputs)}") from error
