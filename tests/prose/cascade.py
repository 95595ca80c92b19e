"""Numbers of the chapter on cascading collapse."""

import math

from ncbook.readings import cascade as reading
from prose._approximately import about


def _tightened(run):
    """Variance ratio at the first step without a training error over that at the end, a column a layer."""
    then, end = reading.terminal(run, "plain", "variance_ratio_train")
    return then / end


def _folds(run):
    """The fall of the last layer, as whole numbers: in the seed where it is least, and in the middle one."""
    falls = _tightened(run).iloc[:, -1]
    return math.floor(falls.min()), falls.median()


def _first_layer(run):
    change = 1 / _tightened(run).iloc[:, 0] - 1
    return math.ceil(100 * change.abs().max()), (change > 0).sum(), len(change)


def _test_over_train(run):
    sides = (reading.hidden(run, "plain", None, f"variance_ratio_{side}") for side in ("test", "train"))
    test, train = (side.iloc[:, -1].median() for side in sides)
    return about(test / train, 5)


def _plain(run):
    lines = reading.law(run)
    return lines[lines.arm == "plain"]


def _furthest_step(run):
    lines = _plain(run)
    end = lines[lines.step == lines.step.max()]
    return math.ceil(100 * max(1 - end.least.min(), end.most.max() - 1))


def _one_pass(run):
    return run.config["train_per_class"] * reading.layers(run, "plain").num_classes.max() / run.config["batch_size"]


def _slope_grows(run):
    slopes = _plain(run).groupby("step").slope.median()
    return slopes.iloc[-1] / slopes[_one_pass(run)]


def _below_collapse(run, model, num_classes):
    found = reading.theory(run)
    chosen = found[(found.arm == model) & found.num_classes.isin(num_classes)]
    return 100 * (1 - chosen.best.min())


FACTS = {
    "the last layer still tightens more than {twofold}": lambda run: math.floor(_tightened(run).iloc[:, -1].min()),
    "But a fall of {two}- or {threefold} from the last training error on": _folds,
    "its ratio stays within {3} % of what it was, and rises a little in {two} of {three} seeds": _first_layer,
    "ends about {five} times as high as on training images": _test_over_train,
    "differs from the mean by more than {35} %": _furthest_step,
    "After {ten} steps, one pass over the data": _one_pass,
    "the slope grows {sevenfold}": _slope_grows,
    "and by up to {22} %": lambda run: _below_collapse(run, "deep linear", run.config["classes"]),
    "for four classes and {3} % for six": lambda run: _below_collapse(run, "deep relu", [max(run.config["classes"])]),
}
GIVEN = [
    "here, 98 % of the last layer's test accuracy",
    "only two of five other classes",
    "far from the ten times that this book calls collapse",
]
