"""How sure a network is of new images, how often it is right, and what a factor on its logits changes."""

from collections.abc import Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import data, metrics, models


def errors(model: models.Classifier, known: data.Dataset) -> dict[str, Any]:
    """train_error and test_error."""
    return {
        f"{side}_error": (model(split.inputs).argmax(1) != split.labels).double().mean().item()
        for side, split in (("train", known.train), ("test", known.test))
    }


class Splitter:
    """New images in two halves, every second one: a temperature is fitted on the one and judged on the other.

    `draws` sets of labels are drawn from the softmax to see which ECE a calibrated network would have.
    """

    def __init__(self, labels: Tensor, draws: int, seed: int) -> None:
        self._labels, self._draws, self._seed = labels, draws, seed
        self._fitted = torch.arange(len(labels), device=labels.device) % 2 == 0

    def measure(self, model: models.Classifier, known: data.Dataset) -> dict[str, Any]:
        """Columns of one probe."""
        logits = model(known.test.inputs).double()
        temperature = metrics.best_temperature(logits[self._fitted], self._labels[self._fitted])
        judged, truth = logits[~self._fitted], self._labels[~self._fitted]
        mended = judged / temperature if 0 < temperature < float("inf") else judged
        return self._of(logits) | {
            "temperature": temperature,
            "ece_half": metrics.calibration_error(judged, truth),
            "ece_mended": metrics.calibration_error(mended, truth),
            "loss_half": F.cross_entropy(judged, truth).item(),
            "loss_mended": F.cross_entropy(mended, truth).item(),
        }

    def scaled(self, model: models.Classifier, known: data.Dataset, scales: Iterable[float]) -> list[dict[str, Any]]:
        """A row a factor on the head: confidence, errors, and collapse of the training set."""
        return [self._at_scale(model, known, scale) for scale in scales]

    def _at_scale(self, model: models.Classifier, known: data.Dataset, scale: float) -> dict[str, Any]:
        train, test = known.train, known.test
        weight, bias = scale * model.head.weight.double(), scale * model.head.bias.double()
        logits = F.linear(model.features(test.inputs).double(), weight, bias)
        seen = metrics.collapse(model.features(train.inputs).double(), train.labels, weight, bias)
        return self._of(logits) | {
            "scale": scale,
            "test_error": (logits.argmax(1) != test.labels).double().mean().item(),
            "nc1_train": seen.nc1,
            "nc2_angles_train": seen.nc2_angles,
            "nc3_train": seen.nc3,
        }

    def _of(self, logits: Tensor) -> dict[str, Any]:
        chance = torch.Generator(logits.device).manual_seed(self._seed)
        chances = logits.softmax(1)
        drawn = torch.multinomial(chances, self._draws, replacement=True, generator=chance)
        return {
            "confidence_test": chances.amax(1).mean().item(),
            "test_loss": F.cross_entropy(logits, self._labels).item(),
            "ece_test": metrics.calibration_error(logits, self._labels),
            "ece_calibrated": sum(metrics.calibration_error(logits, each) for each in drawn.T) / self._draws,
        }
