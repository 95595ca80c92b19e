"""Weight decays of `targets` against each other.

TODO: one lever, one question that a reader answers with it.
"""

from ncbook import runs
from ncbook.explorables import _arms, _page

_MEASURES = {"nc1_train": ("NC1, training set", True), "nc1_test": ("NC1, test set", True)}


def targets(run: runs.Run) -> _page.Explorable:
    """Every seed of one measure over the steps, for up to three weight decays."""
    _page.require(run, "targets", history=("weight_decay", "seed", "step", *_MEASURES))
    groups = run.to_frame().groupby("weight_decay", sort=False)
    arms = {decay: _arms.arm(f"weight decay {decay:g}", rows, _MEASURES, "step", None) for decay, rows in groups}
    asked = _arms.Question("TODO: a question?", tuple(arms)[:2], "nc1_train", "TODO: what came out, from the run.")
    text = "TODO: what is told where no HTML is shown."
    return _arms.page(run, "Targets", arms, _MEASURES, "step", {"question": asked}, text)
