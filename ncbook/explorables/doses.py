"""Any two doses of the experiment `doses` against each other: every seed of one measure over the training steps."""

from ncbook import runs
from ncbook.explorables import _arms, _page
from ncbook.readings.doses import KAPPA, KINDS, outcomes
from ncbook.readings.moments import NEVER

# column -> name on the page, and whether its axis is logarithmic
_MEASURES = {
    "test_acc": ("Test accuracy", False),
    "train_acc": ("Train accuracy", False),
    "relative_flatness": ("Relative flatness κ", True),
    "squared_norms": ("Squared norms", True),
    "train_loss": ("Train loss", True),
    "variance_ratio_train": ("Variance ratio R", True),
}


def doses(run: runs.Run) -> _page.Explorable:
    """Any one or two doses of `run`, one of `experiments.doses`, over the steps, in one of six measures.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _page.require(run, "doses", history=("kind", "level", "seed", "step", *_MEASURES))
    groups = dict(iter(run.to_frame().groupby(["kind", "level"], sort=False)))
    arms = [_arms.arm(_label(*key), rows, _MEASURES, "step", run.config["steps"]) for key, rows in groups.items()]
    second = list(groups).index((KAPPA, max(level for kind, level in groups if kind == KAPPA)))
    return _arms.page(run, "Two doses, compared", arms, _MEASURES, "step", second, _told(run))


def _label(kind: str, level: float) -> str:
    return f"{KINDS[kind]}, at least {level:g}" if level else KINDS[kind]


def _told(run: runs.Run) -> str:
    """What a reader learns where no HTML is shown."""
    reached = outcomes(run).groupby(["kind", "level"], sort=False).generalized
    return " ".join(
        f"{_label(*key)}: {(steps != NEVER).sum()} of {len(steps)} seeds reach 99 % test accuracy."
        for key, steps in reached
    )
