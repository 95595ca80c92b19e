"""Numbers of the chapter on deep unconstrained features."""

from ncbook.readings import deep_unconstrained as reading
from prose._counts import every
from prose._trials import FIRST, answers


def _below_collapse(run, model, num_classes):
    found = reading.problems(run)
    chosen = found[(found.arm == model) & found.num_classes.isin(num_classes)]
    return 100 * (1 - chosen.best.min())


def _low_rank(run):
    """Random starts below the collapsed loss, if all have a low rank."""
    return every(answers("deep_unconstrained", "deep-solutions-low-rank", FIRST))


def _disturbed(run):
    """Trials, disturbances in each problem, and problems of the linear model, if all come back."""
    linear = reading.problems(run).query("arm == 'deep linear'")
    trials = every(answers("deep_unconstrained", "deep-collapse-local-minimum", FIRST))
    return trials, len(run.config["seeds"]), len(linear)


def _starts(run):
    return len(run.config["seeds"])


FACTS = {
    "and by up to {22} %": lambda run: _below_collapse(run, "deep linear", run.config["classes"]),
    "for four classes and {3} % for six": lambda run: _below_collapse(run, "deep relu", [max(run.config["classes"])]),
    "by L-BFGS from {six} random starts": _starts,
    "each of the {21} random starts": _low_rank,
    "in all {72} trials, {six} disturbances in each of {twelve} problems": _disturbed,
}
GIVEN = ["only two of five other classes", "three or four matrices both"]
