"""The lab of the chapter on grokking: four seeds at once, stopped and continued, pushed and released."""

from collections.abc import Sequence
from typing import Any

from ncbook.labs import _note
from ncbook.labs._form import Form, choice, number
from ncbook.labs._grokking import curves, words
from ncbook.labs._grokking.settings import ARMS, LONGEST, Settings
from ncbook.labs._grokking.training import Training
from ncbook.labs._lab import Lab, button
from ncbook.labs._reading import whole

_CHAPTER = "4-grokking/grokking"
_WHAT = (
    "It trains four networks on addition modulo p while you watch them memorize and then grok, stops and continues, "
    "and pushes their collapse or their flatness for as long as you ask."
)
_NUMBERS = (
    ("p", "Modulus p", "Numbers on the clock, a whole number from 5 to 113; the cost grows with its square"),
    ("fraction", "Share to train on", "Share of all pairs in the training set, between 0 and 1"),
    ("weight_decay", "Weight decay", "AdamW's; 0 switches it off"),
    ("learning_rate", "Learning rate", "Step size after ten steps of warm-up"),
    ("width", "Width", "Width of the hidden layers, a whole number from 4 to 512; the embedding has half of it"),
)
_LATER = (
    ("strength", "Strength", "Coefficient of the regularizer; a positive number"),
    ("release", "Release at step", "The regularizer is taken away at this step; later than the last step, it stays"),
    ("steps", "Steps", f"Steps of Train, and steps that Continue adds; a whole number up to {LONGEST}"),
    ("seed", "First seed", "Four seeds from this one fix the initial weights and the splits, a whole number from 0"),
)
_PUSHED = "What is added to the loss, as in the chapter on whether collapse is necessary; low confidence caps the head"


def grokking() -> "GrokkingLab | _note.Note":
    """The lab; when $NCBOOK_STATIC is set, a note about it instead, and no widget is made.

    Nothing trains before Train is pressed.

    >>> type(labs.grokking()).__name__
    'GrokkingLab'
    """
    return _note.Note(_WHAT, _CHAPTER) if _note.static() else GrokkingLab()


class GrokkingLab(Lab):
    """Accuracy, relative flatness, variance ratio and the embedding of four seeds; Continue goes on where they are.

    >>> labs.GrokkingLab().resume.description  # trains the last run on
    'Continue'
    """

    def __init__(self) -> None:
        usual = Settings()
        fields = {name: number(label, tip, getattr(usual, name)) for name, label, tip in _NUMBERS}
        fields["regularizer"] = choice("Regularizer", _PUSHED, [(name, name) for name in ARMS], usual.regularizer)
        fields |= {name: number(label, tip, getattr(usual, name)) for name, label, tip in _LATER}
        fields["regularizer"].observe(self._take_usual_strength, "value")
        self.resume = button("Continue", "Train the last run on, for as many steps as the field says", self._on_resume)
        super().__init__(Form(fields, {"weight_decay": (-2, 1), "learning_rate": (-4, -1)}), [self.resume])
        self.picture.layout.max_width = "1300px"  # four panels

    def _take_usual_strength(self, change: dict[str, Any]) -> None:
        """A strength that suits one regularizer is far off for another."""
        self.form.fields["strength"].value = f"{ARMS[change['new']][1]:g}"

    def _begin(self, typed: dict[str, str]) -> Training:
        earlier = tuple(self.runs)
        return Training(Settings.read(typed), lambda run: curves.png([*earlier, run]))

    def _on_resume(self, _: object) -> None:
        if not self._can_go_on():
            return
        try:
            self.runs[-1].extend(whole("steps", self.form.typed()))
        except ValueError as error:
            self._complain(f"Not continued. {error}")
            return
        self._go(self.runs[-1])

    def _can_go_on(self) -> bool:
        return bool(self.runs) and self.runs[-1].state in ("stopped", "done")

    def _refresh(self, change: object = None) -> None:
        super()._refresh(change)
        self.resume.disabled = not self._can_go_on()

    def _png(self, runs: Sequence[Training]) -> bytes:
        return curves.png(runs)

    def _standing(self, run: Training) -> str:
        return words.standing(run)

    def _table(self) -> str:
        return words.table(self.runs)
