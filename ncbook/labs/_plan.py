"""What a lab declares: settings, what they train, and what is drawn and told of it."""

import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ncbook import trainers
from ncbook._checks import require_choice

SPLITS = ("train", "test")  # a curve may be of neither
SCALES = ("linear", "log", "error")

Values = Mapping[str, Any]  # the value of each setting, by name
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Setting:
    """What a student may set.

    Attributes:
        name: in Python
        label: beside its field
        help: what it does, in a sentence without a full stop; the limits are added
        default: value at the start

    >>> labs.Whole("seed", "Seed", "Fixes the initial weights", default=0, lowest=0, highest=99).read("7")
    7
    """

    name: str
    label: str
    help: str
    default: Any

    def read(self, text: str) -> Any:
        """The value that is meant by `text`; ValueError, naming the field and its limits, for none that is allowed."""
        raise NotImplementedError

    def written(self, value: Any) -> str:
        """The text that `read` takes for `value`."""
        return str(value)

    def tip(self) -> str:
        """Help and limits, as they show under the pointer."""
        return self.help

    def _refused(self, text: str, rule: str) -> ValueError:
        return ValueError(f"{self.label}: must be {rule}, got {text!r}")


@dataclass(frozen=True)
class Whole(Setting):
    """A whole number from `lowest` to `highest`, in `unit`.

    >>> labs.Whole("epochs", "Epochs", "Passes over the data", default=20, lowest=1, highest=100).tip()
    'Passes over the data: a whole number from 1 to 100'
    """

    lowest: int = 0
    highest: int = 2**32 - 1
    unit: str = ""

    def read(self, text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise self._refused(text, self._rule()) from None
        if not self.lowest <= value <= self.highest:
            raise self._refused(text, self._rule())
        return value

    def tip(self) -> str:
        return f"{self.help}: {self._rule()}"

    def _rule(self) -> str:
        return f"a whole number from {self.lowest} to {self.highest} {self.unit}".rstrip()


@dataclass(frozen=True)
class Real(Setting):
    """A number from `lowest` to `highest`, in `unit`; `usual` are offered while one types.

    >>> labs.Real("decay", "Weight decay", "Of every weight", default=0.005, highest=1, usual=(0, 0.005)).read("5e-3")
    0.005
    """

    lowest: float = 0.0
    highest: float = math.inf
    unit: str = ""
    usual: tuple[float, ...] = ()

    def read(self, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise self._refused(text, self._rule()) from None
        if not self.lowest <= value <= self.highest or math.isinf(value):
            raise self._refused(text, self._rule())
        return value

    def written(self, value: Any) -> str:
        if not isinstance(value, numbers.Real):
            return str(value)
        short = f"{value:g}"
        return short if float(short) == value else repr(float(value))  # no digit is lost

    def tip(self) -> str:
        return f"{self.help}: {self._rule()}"

    def _rule(self) -> str:
        upwards = f"at least {self.lowest:g}" if math.isinf(self.highest) else f"{self.lowest:g} to {self.highest:g}"
        return f"a number {'' if math.isinf(self.highest) else 'from '}{upwards} {self.unit}".rstrip()


@dataclass(frozen=True)
class Choice(Setting):
    """One of `options`: (words, value).

    >>> labs.Choice("arm", "Arm", "What is compared", "plain", options=(("as it is", "plain"),)).read("plain")
    'plain'
    """

    options: tuple[tuple[str, str], ...] = ()

    def read(self, text: str) -> str:
        known = [value for _, value in self.options]
        if text not in known:
            raise self._refused(text, f"one of {', '.join(known)}")
        return text

    def words(self, value: str) -> str:
        """What the menu calls `value`."""
        return next(words for words, known in self.options if known == value)


@dataclass(frozen=True)
class Curve:
    """A column of the rows; `split` "train" is drawn solid, "test" dashed, and "" is neither.

    >>> labs.Curve("test_error", "test").split
    'test'
    """

    column: str
    split: str = ""

    def __post_init__(self) -> None:
        if self.split != "":
            require_choice("split", self.split, SPLITS)


@dataclass(frozen=True)
class Panel:
    """Curves on one pair of axes.

    Attributes:
        title: what it shows
        y_label: with the unit
        curves: in the color of their run
        scale: of the vertical axis: "linear", "log", or "error", percentages that are logarithmic above 0.1
        percent: whether the columns are shares, shown as percentages
        limits: of the vertical axis, else those of the curves
        x: column of the horizontal axis, else the plan's; such a panel shows the last measurement alone
        x_label: of that column, or of the plan's
        level: what is drawn as a dotted horizontal line, from the settings; None for none

    >>> labs.Panel("Error", "error (%)", (labs.Curve("train_error", "train"),), percent=True).scale
    'linear'
    """

    title: str
    y_label: str
    curves: tuple[Curve, ...]
    scale: str = "linear"
    percent: bool = False
    limits: tuple[float, float] | None = None
    x: str = ""
    x_label: str = ""
    level: Callable[[Values], float | None] | None = None

    def __post_init__(self) -> None:
        require_choice("scale", self.scale, SCALES)


@dataclass(frozen=True)
class Outcome:
    """A number that the table and the sentence tell of a run.

    Attributes:
        heading: what it is, with the unit
        of: a column, whose last value is taken (the median over lines), or a function of the run's rows as a table
        percent: whether it is a share, told as a percentage

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"step": [0, 10], "test_acc": [0.1, 0.98]})
    >>> labs.Outcome("test accuracy", "test_acc", percent=True).told(rows, "step")
    '98.0 %'
    """

    heading: str
    of: str | Callable[[pd.DataFrame], float | str]
    percent: bool = False

    def told(self, rows: pd.DataFrame, x: str) -> str:
        """As text; "-" where there is none yet."""
        value = self._value(rows, x)
        if isinstance(value, str):
            return value
        if not np.isfinite(value):
            return "–"
        return f"{100 * value:.1f} %" if self.percent else f"{value:.3g}"

    def _value(self, rows: pd.DataFrame, x: str) -> float | str:
        if callable(self.of):
            try:
                return self.of(rows)
            except (KeyError, AttributeError):  # a column of which nothing has come yet
                return float("nan")
        if self.of not in rows:
            return float("nan")
        known = rows.dropna(subset=[self.of])
        return float(known[known[x] == known[x].max()][self.of].median()) if len(known) else float("nan")


@dataclass(frozen=True)
class Plan:
    """A lab's declaration.

    Attributes:
        name: of the result that it belongs to
        chapter: where it stands, such as 2-generalization/margins
        question: what it is for
        settings: what may be set
        train: train(**values) -> rows, as those of an experiment. Whatever `trainers.fit` and `fit_ensemble` train
            in it is watched: its probes' rows are drawn as they come, and its steps move the bar
        panels: what is drawn
        outcomes: what the table and the sentence tell
        view: from the rows as a table, and the settings, to the table that curves, outcomes and exports are made of
        x: column of the horizontal axis;  unit: what that counts
        lines: columns that tell one curve of a run from another: thin ones, with their median
        trainings: how many trainings a run has, for the time left
        log_x: whether the horizontal axis is logarithmic
        moment: where a dotted vertical line stands, from the settings; None for nowhere
        caution: what a student should know of the cost before waiting, from the settings; "" for nothing

    >>> [setting.name for setting in labs.collapse.plan.settings][:2]
    ['dataset', 'network']
    """

    name: str
    chapter: str
    question: str
    settings: tuple[Setting, ...]
    train: Callable[..., Rows]
    panels: tuple[Panel, ...]
    outcomes: tuple[Outcome, ...]
    view: Callable[[pd.DataFrame, Values], pd.DataFrame] = field(default=lambda rows, values: rows)
    x: str = "step"
    unit: str = "step"
    lines: tuple[str, ...] = ("seed",)
    trainings: int = 1
    log_x: bool = False
    moment: Callable[[Values], float | None] = field(default=lambda values: None)
    caution: Callable[[Values], str] = field(default=lambda values: "")

    def run(self, **asked: Any) -> pd.DataFrame:
        """Train with these settings, and the defaults of all others: the rows that the lab draws."""
        values = self.values(asked)
        with trainers.threads():  # as in the lab, to the last digit
            return self.table(self.train(**values), values)

    def table(self, rows: Rows, values: Values) -> pd.DataFrame:
        """What is drawn of a run's rows, which may still be growing."""
        return self.view(pd.DataFrame(list(rows)), values) if rows else pd.DataFrame()

    def values(self, asked: Values) -> dict[str, Any]:
        """Every setting's value: as asked, else by default; ValueError for a name or a value that is unknown."""
        unknown = sorted(set(asked) - {setting.name for setting in self.settings})
        if unknown:
            known = ", ".join(setting.name for setting in self.settings)
            raise ValueError(f"{self.name}: has no setting {unknown[0]!r}; use one of {known}")
        given = {setting.name: setting.written(asked.get(setting.name, setting.default)) for setting in self.settings}
        return self.read(given)

    def read(self, typed: Mapping[str, str]) -> dict[str, Any]:
        """Values from texts; ValueError that names the field."""
        return {setting.name: setting.read(typed[setting.name].strip()) for setting in self.settings}

    def written(self, values: Values) -> dict[str, str]:
        """Texts from values."""
        return {setting.name: setting.written(values[setting.name]) for setting in self.settings}

    def recipe(self, values: Values, called: str) -> str:
        """The line of Python that repeats a run; `called` is what runs this plan."""
        given = [
            f"{setting.name}={values[setting.name]!r}"
            for setting in self.settings
            if values[setting.name] != setting.default
        ]
        return f"{called}.run({', '.join(given)})"
