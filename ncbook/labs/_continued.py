"""A lab whose last run can be trained on."""

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from ncbook import trainers
from ncbook.labs._four import ARMS, LONGEST, Four
from ncbook.labs._lab import Lab, button
from ncbook.labs._offer import Offer
from ncbook.labs._plan import Plan, Values
from ncbook.labs._training import Training, rows_of


class FourTraining(Training):
    """Four networks, which may be trained on after their last step."""

    def __init__(self, plan: Plan, values: Values, draw: Callable[[Training], bytes]) -> None:
        self.four: Four | None = None
        super().__init__(plan, values, draw)
        self.planned = values["steps"]

    def extend(self, steps: int) -> None:
        """Plan that many steps more. Raises ValueError where that is too many."""
        if self.done + steps > LONGEST:
            raise ValueError(f"Steps: must be at most {LONGEST - self.done} after {self.done} steps, got {steps}")
        self.planned = self.done + steps

    def _train(self) -> None:
        with trainers.watched(self._on_step, self._on_probe):
            if self.four is None:
                self.four = Four(self.values)
            self.four.train(self.planned)

    def _on_probe(self, result: Any) -> None:
        self.rows += rows_of(result)  # all of one training, however often it goes on


class GrokkingLab(Lab):
    """The lab of grokking: Continue goes on where its last run is, and a regularizer brings its own strength.

    >>> labs.grokking().resume.description
    'Continue'
    """

    def __init__(self, plan: Plan, large: bool = False, values: Values | None = None) -> None:
        self.resume = button("Continue", "Train the last run on, for as many steps as the field says", self._on_resume)
        super().__init__(plan, large, values)
        self.form.fields["regularizer"].observe(self._take_usual_strength, "value")

    def _more_buttons(self) -> Sequence[widgets.Button]:
        return (self.resume,)

    def _training(self, values: Values) -> FourTraining:
        earlier = tuple(self.runs)
        return FourTraining(self.plan, values, lambda run: self._drawing([*earlier, run]))

    def _take_usual_strength(self, change: dict[str, Any]) -> None:
        """A strength that suits one regularizer is far off for another."""
        self.form.fields["strength"].value = f"{ARMS[change['new']][1]:g}"

    def _on_resume(self, _: object) -> None:
        if self._can_go_on():
            self._after_typing(self._go_on)

    def _go_on(self) -> None:
        try:
            self.runs[-1].extend(self.plan.read(self.form.typed())["steps"])
        except ValueError as error:
            self._complain(f"Not continued. {error}")
            return
        self._go(self.runs[-1])

    def _can_go_on(self) -> bool:
        return bool(self.runs) and self.runs[-1].state in ("stopped", "done")

    def _refresh(self) -> None:
        super()._refresh()
        # It may have ended meanwhile; what is shown is then of an earlier step, until the next tick.
        self.resume.disabled = self.train.disabled or not self._can_go_on()


class GrokkingOffer(Offer):
    """As any other, with a lab that can go on."""

    kind = GrokkingLab
