"""Numbers of the chapter on cascading collapse."""

from ncbook.readings import cascade as reading
from prose._counts import yes
from prose._ledger import no_seed, seeds
from prose._trials import SECOND, answers


def _tightened(run, arm="plain"):
    """Variance ratio at the start of the terminal phase over that at the end: a row a seed, a column a layer."""
    then, end = reading.over_phase(run, arm, "variance_ratio_train")
    return then / end


def _range(values):
    return values.min(), values.max()


def _layers(run):
    """The falls of the layer before the last, least and most, of the fourth, and of the first in percent."""
    falls = _tightened(run)
    first = 100 * (1 - 1 / falls[1])
    assert round(falls[4].min(), 1) == round(falls[4].max(), 1)
    return (*_range(falls.iloc[:, -2]), falls[4].median(), *_range(first))


def _test_over_train(run):
    sides = (reading.hidden(run, "plain", None, f"variance_ratio_{side}") for side in ("test", "train"))
    test, train = (side.iloc[:, -1].median() for side in sides)
    return test / train


def _passes(run):
    """Three and a little more: after 13 steps."""
    images = run.config["train_per_class"] * reading.layers(run, "plain").num_classes.max()
    passes = 13 * run.config["batch_size"] / images
    assert 3 < passes < 3.5
    return 13


def _wrong_at_13(run):
    return _range(100 * reading.layers(run, "plain").query("step == 13").train_error)


def _lose_no_more_again(_run):
    """Networks of the second run that lose no more in the tunnel than before training, and all."""
    held, trials = yes(answers("cascade", "tunnel-hurts-other-classes", SECOND))
    return trials - held, trials


def _fewest_folds(run):
    """Whole times by which the last layer's ratio falls at least."""
    return int(_tightened(run).iloc[:, -1].min())


def _setting(run):
    """Steps, and that there are four seeds."""
    assert len(run.config["seeds"]) == 4
    return run.config["steps"]


FACTS = {
    "None of the {eight} seeds of both runs does so": lambda _run: no_seed("cascade", "cascade-earlier-collapse"),
    "leaves the claim **open**, with {four} of {eight}": lambda _run: seeds("cascade", "separation-law-quarter-decay"),
    "{Three} of {eight} seeds of both runs": lambda _run: seeds("cascade", "effective-depth-random-labels"),
    "in the second run {one} of {four} networks": _lose_no_more_again,
    "It learns 100 images of each digit for {2,000} steps, from four seeds": _setting,
    "lasts for the rest of the {2,000} steps": lambda run: reading.layers(run, "plain").step.max(),
    "variance ratio falls more than {25}-fold": _fewest_folds,
    "its ratio falls {25}- to {37}-fold": lambda run: _range(_tightened(run).iloc[:, -1]),
    "falls {6.4}- to {8.6}-fold, the fourth {1.8}-fold, and the first by {2} to {5} %": _layers,
    "ends about {27} times as high as on training images": _test_over_train,
    "tightens {4.3}- to {5.1}-fold, and": lambda run: _range(_tightened(run, "quarter decay").iloc[:, -1]),
    "tightens only {1.5}- to {2.4}-fold": lambda run: _range(_tightened(run, "no decay").iloc[:, -1]),
    "After {13} steps, little more than three passes": _passes,
    "when {42} to {87} % of the training images": _wrong_at_13,
}
GIVEN = [
    "here, with 98 % of its test accuracy",
    "where this book speaks of collapse from ten times on",
    "asks for a tenfold fall in the layer before the last",
    "whoever is content with a fall of six times",
    "only the last collapses tenfold",
    "an error of at most 1 %",
    "above the dotted line, a tenfold fall",
    "How many tighten tenfold now?",
]
