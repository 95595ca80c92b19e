"""One run of a lab, in the background."""

from collections.abc import Callable, Mapping
from typing import Any

from ncbook import trainers
from ncbook.labs._background import Background
from ncbook.labs._plan import Plan, Values


class Training(Background):
    """Trains what `plan` declares with `values`; `draw(self)` gives its picture.

    rows: those that the probes gave so far, and at the end those that `plan.train` returns.
    """

    def __init__(self, plan: Plan, values: Values, draw: Callable[["Training"], bytes]) -> None:
        self.plan, self.values, self.unit = plan, values, plan.unit
        self._before, self._latest = 0, 0  # steps of the trainings that are over, and of the one under way
        super().__init__(0, lambda: draw(self))
        self.message = plan.caution(values)

    def _train(self) -> None:
        with trainers.watched(self._on_step, self._on_probe):
            rows = list(self.plan.train(**self.values))
        self.rows = [dict(row) for row in rows]

    def _on_step(self, step: int, steps: int) -> None:
        if step <= self._latest:  # the next training has begun
            self._before += self._latest
        self._latest = step
        self.planned = max(self._before + steps, self.plan.trainings * steps)
        self._finished(self._before + step)

    def _on_probe(self, result: Any) -> None:
        # told apart by the training that they belong to until the experiment names them
        self.rows += [{"training": self._before} | row for row in rows_of(result)]


def rows_of(result: Any) -> list[dict[str, Any]]:
    """The rows in what a probe returned: a row, or a sequence of rows and of things that are none."""
    if isinstance(result, Mapping):
        return [dict(result)]
    if isinstance(result, list | tuple):
        return [row for part in result for row in rows_of(part)]
    return []
