"""Any two weight decays of `mnist_grokking` against each other.

TODO: one lever, one question that a reader answers with it.
"""

from ncbook import runs
from ncbook.explorables import _arms, _page

_MEASURES = {"nc1_train": ("NC1, training set", True), "nc1_test": ("NC1, test set", True)}


def mnist_grokking(run: runs.Run) -> _page.Explorable:
    """Every seed of one measure over the steps, for one or two weight decays."""
    _page.require(run, "mnist_grokking", history=("weight_decay", "seed", "step", *_MEASURES))
    groups = run.to_frame().groupby("weight_decay", sort=False)
    arms = [_arms.arm(f"weight decay {decay:g}", rows, _MEASURES, "step", None) for decay, rows in groups]
    return _arms.page(run, "Mnist grokking", arms, _MEASURES, "step", 1, "TODO: what is told where no HTML is shown.")
