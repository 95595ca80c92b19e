"""Numbers in words."""

from ncbook import readings
from prose._approximately import about
from prose._counts import none, yes
from prose._trials import BOTH, FIRST, SECOND, answers, load

CLASSES = 10  # of the digits


def _digits(run, label_noise):
    arms = readings.memorization.interpolations(run)
    return arms[(arms.dataset == "digits") & (arms.network == "mlp") & (arms.label_noise == label_noise)]


def _erring(run):
    """The perceptrons on random digit labels that had no training error, and have some at the end."""
    arms = _digits(run, 1.0)
    return arms[(arms.zero_error_epoch < run.config["epochs"]) & (arms.train_error_end > 0)]


def _errors(run):
    counts = _erring(run).train_error_end * CLASSES * run.config["train_per_class"]
    return counts.min(), counts.max()


def _descents(preset):
    return readings.double_descent.descents(load("double_descent", preset))


def _bumps_judged(preset):
    return yes(answers("double_descent", "test-error-rises-then-falls", preset))


def _full(preset):
    """The trainings that make a full double descent, on glyphs with SGD alone, and how many there are in all."""
    found = _descents(preset)
    full = found[found.full]
    assert set(full.dataset) == {"glyphs"}
    assert set(full.optimizer) == {"sgd"}
    return full, len(found)


def _full_first(_run):
    full, count = _full(FIRST)
    return len(full), count, (full.label_noise == full.label_noise.min()).sum()


def _full_again(_run):
    full, count = _full(SECOND)
    assert set(full.label_noise) == {_descents(SECOND).label_noise.min()}
    return len(full), count


def _ends(_run):
    """Trainings that show the bump, those that can answer, those with a lower end, and those with the bump again."""
    bumps, judged = yes(answers("double_descent", "test-error-rises-then-falls", *BOTH))
    lower, risen = yes(answers("double_descent", "second-descent-over-time-wins", *BOTH))
    assert bumps == risen
    return bumps, judged, lower, risen


def _bumps(optimizer, preset=FIRST):
    found = _descents(preset)
    return found[found.optimizer == optimizer].bump


def _early_peaks(_run):
    found = _descents(FIRST)
    bumps = found[(found.optimizer == "sgd") & found.bump]
    return (bumps.peak_epoch < bumps.zero_error_epoch).sum(), len(bumps)


def _errs(run):
    """Test errors in percent at the end, on true and on random digit labels."""
    return [100 * _digits(run, noise).test_error_end.median() for noise in (0.0, 1.0)]


def _promised(run):
    """The gap between guessing and the training error on random labels, and the test error on true ones, in percent."""
    guessing = 1 - 1 / CLASSES
    return 100 * (guessing - _digits(run, 1.0).train_error_end).median(), _errs(run)[0]


def _of_settings(_run):
    """Test error in percent of the perceptron without weight decay and with the largest, on digits."""
    run = load("settings", FIRST)
    decays = run.config["weight_decays"]
    arms = readings.settings.around_base(readings.settings.outcomes(run), run, dataset="digits", weight_decay=decays)
    errors = 100 * arms.groupby("weight_decay").test_error_end.median()
    return errors[0.0], errors[max(decays)]


def _fitted(run):
    assert run.config["weight_decay"] > 0
    return yes(answers("memorization", "random-labels-are-fitted", FIRST))


FACTS = {
    "errs on {1.1} % of new images, the one on random labels on {91} %": _errs,
    "is a test error below {90} %, where it has {1.1} %": _promised,
    "the random labels were fitted nevertheless, in {12} of {12}": _fitted,
    "it erred on {1.4} % of the new digits, against {1.2} % with the largest weight decay": _of_settings,
    "between {one} percent and guessing": lambda run: about(_errs(run)[0], 1, within=0.2),
    "{Two} of the {four} perceptrons with batch norm reached zero error on their random digit labels": lambda run: (
        len(_erring(run)),
        len(_digits(run, 1.0)),
    ),
    "make {one} or {two} errors at the very last measurement": _errors,
    "With SGD {28} of {32} trainings show a rise and a fall": lambda _run: yes(_bumps("sgd")),
    "In {27} of the {28} bumps with SGD the test error is highest before zero training error": _early_peaks,
    "with AdamW none of the {32} does": lambda _run: none(_bumps("adamw")),
    "With AdamW there is none in {32}, and in the second run {three} of {32}": lambda _run: (
        none(_bumps("adamw")),
        *yes(_bumps("adamw", SECOND)),
    ),
    "is there in {five} of {64}, all of them on glyphs with SGD, {four} with the smaller noise": _full_first,
    "leave {38} of the {64} with a terminal phase that is long enough for the ledger, and {17} of these": (
        lambda _run: (_bumps_judged(FIRST)[1], len(_descents(FIRST)), _bumps_judged(FIRST)[0])
    ),
    "in the second run it is {21} of {39}.": lambda _run: _bumps_judged(SECOND),
    "in the second run in {five} of {64}, all of them on glyphs with SGD and the smaller noise": _full_again,
    "the peak at $ appeared in {59} of {60} trials": lambda _run: yes(
        answers("double_descent", "double-descent-peak", *BOTH)
    ),
    "helped in {20} of {28} trainings with wrong labels": lambda _run: yes(
        answers("memorization", "early-stopping-regularizes", *BOTH)
    ),
    "{38} of the {77} trainings that can answer show the bump, and {ten} of these {38} end below": _ends,
}
GIVEN = ["A network has a test error of 2 % against true labels"]
