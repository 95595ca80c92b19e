"""Questions to the networks of `corrupted_labels` that are trained on wrong labels: one measure over the epochs."""

from dataclasses import replace

from ncbook import runs
from ncbook.explorables import _arms, _page
from ncbook.explorables._arms import Question
from ncbook.readings.corrupted_labels import CE, LONGER, MATCHED, MCR2, TRAINING, at_all_ratios, by_rates
from ncbook.readings.words import cell

# column -> name on the page, and whether its axis is logarithmic
_MEASURES = {
    "own_test": ("Test accuracy", False),
    "own_train": ("Training accuracy, labels as given", False),
    "unit_variance_ratio_train": ("Variance ratio, training images", True),
    "unit_variance_ratio_test": ("Variance ratio, test images", True),
}
_Key = tuple[str, float]  # arm, corruption ratio


def corrupted_trainings(run: runs.Run) -> _page.Explorable:
    """Up to three trainings of `run`, one of `experiments.corrupted_labels`, over the epochs: nine questions.

    Raises ValueError for a run without the part "training".
    """
    if TRAINING not in run.history.get("part", ()):
        raise ValueError("run.history: has no part 'training'; this figure shows runs of experiments.corrupted_labels")
    groups = dict(iter(at_all_ratios(run).groupby(["arm", "label_noise"], sort=False)))
    arms = {key: _arms.arm(_label(key), rows, _MEASURES, "epoch", None) for key, rows in groups.items()}
    title, told = "Two losses on wrong labels", _answer(run, "own_test", *arms)
    made = _arms.page(run, title, arms, _MEASURES, "epoch", _questions(run), told, log_time=True)
    return replace(made, name="corrupted_trainings")


def _questions(run: runs.Run) -> dict[str, Question]:
    """The two losses against each other, what wrong labels do to each of them, and two controls."""
    ratios = run.config["noises"]
    clean, top = ratios[0], ratios[-1]
    both, entropy, reduction = (
        ((CE, top), (MCR2, top)),
        [(CE, each) for each in ratios],
        [(MCR2, each) for each in ratios],
    )
    asked = {
        "ahead": (f"How far do they part at a ratio of {top:g}?", "own_test", both),
        "clean": ("Are they equal with clean labels?", "own_test", ((CE, clean), (MCR2, clean))),
        "entropy": ("What do wrong labels do to cross-entropy?", "own_test", entropy),
        "reduction": ("What do they do to rate reduction?", "own_test", reduction),
        "fitted": ("Which of them fits the wrong labels?", "own_train", both),
        "collapse": ("Which of them collapses?", "unit_variance_ratio_train", both),
        "dilation": ("What becomes of the test classes?", "unit_variance_ratio_test", entropy),
        "schedule": ("Is it the schedule?", "own_test", ((CE, top), (MATCHED, top), (MCR2, top))),
        "longer": ("Does rate reduction stay ahead?", "own_test", (*both, (LONGER, top))),
    }
    return {
        key: Question(text, tuple(keys), name, _answer(run, name, *keys)) for key, (text, name, keys) in asked.items()
    }


def _answer(run: runs.Run, column: str, *keys: _Key) -> str:
    """Where the trainings end."""
    last = at_all_ratios(run).groupby(["arm", "label_noise", "seed"], sort=False)[column].last()
    ends = last.groupby(["arm", "label_noise"]).median()
    name, log = _MEASURES[column]
    told = [
        f"{cell(ends[key], '{:.2g}') if log else cell(100 * ends[key], '{:.0f} %')} with {_label(key)}" for key in keys
    ]
    return f"{name}, median at the last epoch: {'; '.join(told)}."


def _label(key: _Key) -> str:
    arm, ratio = key
    loss = arm if arm == CE or by_rates(arm) else f"{CE}, {arm}"
    return f"{loss}, ratio {ratio:g}"
