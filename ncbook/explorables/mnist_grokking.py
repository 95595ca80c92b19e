"""Any two arms of `mnist_grokking` against each other, over the share of their steps.

Each large start is trained until decay alone would have brought it to the same size, in as many steps as that takes.
"""

from ncbook import runs
from ncbook.explorables import _arms, _page
from ncbook.readings.mnist_grokking import FAR, over_share

# column -> name on the page, and whether its axis is logarithmic
_MEASURES = {
    "test_acc": ("Test accuracy", False),
    "train_acc": ("Train accuracy", False),
    "ncc_acc_test": ("Nearest-center test accuracy", False),
    "weight_norm": ("Norm of all weights", True),
    "relative_flatness": ("Relative flatness κ", True),
    "variance_ratio_train": ("Variance ratio R", True),
}


def mnist_grokking(run: runs.Run) -> _page.Explorable:
    """Any one or two arms of `run`, one of `experiments.mnist_grokking`, in one of six measures.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _page.require(run, "mnist_grokking", history=("arm", "seed", "step", *_MEASURES))
    shared = over_share(run)
    groups = dict(iter(shared.to_frame().groupby("arm", sort=False)))
    arms = [_arms.arm(arm, rows, _MEASURES, "percent", None) for arm, rows in groups.items()]
    second = list(groups).index(FAR)
    return _arms.page(shared, "Two starts, compared", arms, _MEASURES, "percent", second, _told(run))


def _told(run: runs.Run) -> str:
    """What a reader learns where no HTML is shown."""
    frame = run.to_frame()
    ends = frame.groupby(["arm", "seed"], sort=False).test_acc.last().groupby("arm", sort=False).median()
    return " ".join(f"{arm}: test accuracy {value:.2f} at the end." for arm, value in ends.items())
