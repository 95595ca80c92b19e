"""The lab of the chapter on collapse: train a network, and watch its last layer collapse."""

from collections.abc import Sequence

from ncbook.labs import _note
from ncbook.labs._collapse import curves, words
from ncbook.labs._collapse.settings import Settings
from ncbook.labs._collapse.training import Training
from ncbook.labs._form import Form, choice, number
from ncbook.labs._lab import Lab

_CHAPTER = "1-collapse/collapse"
_WHAT = "It trains a network while you watch its errors and its collapse, and compares the settings that you choose."
_NETWORKS = (("multilayer perceptron", "mlp"), ("convolutional network", "convnet"))
_NUMBERS = (
    ("width", "Width", "Width of the hidden layers and number of last-layer features, a whole number from 2 to 2048"),
    ("epochs", "Epochs", "Passes over the training set, a whole number from 1 to 10000"),
    ("seed", "Seed", "Fixes the initial weights and the order of the batches, a whole number from 0"),
    ("weight_decay", "Weight decay", "Coefficient of the L2 penalty on every weight; 0 switches it off"),
    (
        "learning_rate",
        "Learning rate",
        "Step size for the first three fifths of the epochs; it then falls smoothly to 0",
    ),
)


def collapse(dataset: str = "digits") -> "CollapseLab | _note.Note":
    """The lab; when $NCBOOK_STATIC is set, a note about it instead, and no widget is made.

    `dataset` is a name that `data.load` knows. Nothing trains or is loaded before Train is pressed.

    >>> type(labs.collapse("digits")).__name__
    'CollapseLab'
    """
    return _note.Note(_WHAT, _CHAPTER) if _note.static() else CollapseLab(dataset)


class CollapseLab(Lab):
    """Errors and collapse of one network after another.

    >>> labs.CollapseLab("digits").train.description  # nothing trains before it is pressed
    'Train'
    """

    def __init__(self, dataset: str = "digits") -> None:
        self.dataset, usual = dataset, Settings()
        fields = {"network": choice("Network", "Which network to train", _NETWORKS, usual.network)}
        fields |= {name: number(label, tip, getattr(usual, name)) for name, label, tip in _NUMBERS}
        super().__init__(Form(fields, {"weight_decay": (-5, -1), "learning_rate": (-4, 1)}))

    def _begin(self, typed: dict[str, str]) -> Training:
        earlier = tuple(self.runs)
        return Training(Settings.read(typed), self.dataset, lambda run: curves.png([*earlier, run]))

    def _png(self, runs: Sequence[Training]) -> bytes:
        return curves.png(runs)

    def _standing(self, run: Training) -> str:
        return words.standing(run)

    def _table(self) -> str:
        return words.table(self.runs)
