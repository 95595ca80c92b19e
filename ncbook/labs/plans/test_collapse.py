"""Train on few or many glyphs, stop somewhere, and see how far new images follow the training set."""

import pandas as pd

from ncbook import trainers
from ncbook.experiments import test_collapse as experiment
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Values, Whole

_USUAL = experiment.Config()
_CLASSES = 10


def train(per_class: int, weight_decay: float, difficulty: float, rule: str, stop: int, seed: int) -> Rows:
    """One arm of the experiment, which ends where the rule says."""
    images = _CLASSES * per_class
    batch = min(images, _USUAL.batch_size)
    config = experiment.Config(
        sizes=(per_class,), weight_decays=(weight_decay,), difficulties=(difficulty,), seeds=(seed,), batch_size=batch,
        steps=stop if rule == "steps" else stop * trainers.steps_per_epoch(images, batch),
    )  # fmt: skip
    rows, _ = experiment.train(config, str(trainers.pick_device()))
    return rows


def _equal_loss(values: Values) -> float:
    return _USUAL.stop_loss


def _at_equal_loss(column: str, heading: str) -> Outcome:
    """The column where the training loss is first measured at the one by which the chapter compares."""

    def there(rows: pd.DataFrame) -> float:
        reached = rows[rows.train_loss <= _USUAL.stop_loss]
        return float(reached[column].iloc[0]) if len(reached) else float("nan")

    return Outcome(f"{heading} at loss {_USUAL.stop_loss}", there)


_SETTINGS = (
    Whole("per_class", "Images a class", "To train on, of each of the ten classes", 40, 2, 320),
    Real("weight_decay", "Weight decay", "Coefficient of the L2 penalty; 0 is none", 2e-3, 0, 1, usual=(0, 5e-4, 2e-3)),
    Real("difficulty", "Difficulty", "How strongly the glyphs are turned, blurred and covered", 0.85, 0, 1,
         usual=(0.55, 0.65, 0.75, 0.85)),
    Choice("rule", "Stop", "What the next field counts", "steps",
           (("after steps", "steps"), ("after epochs", "epochs"))),
    Whole("stop", "Steps or epochs", "After so many the training ends", _USUAL.steps, 1, 2048),
    Whole("seed", "Seed", "Fixes the images, the initial weights and the order of the batches", 0),
)  # fmt: skip

PLAN = Plan(
    name="test_collapse",
    chapter="2-generalization/test_collapse",
    question="When the training images collapse, do new images follow, and does it help to have more images?",
    settings=_SETTINGS,
    train=train,
    panels=(
        Panel("Spread within over between", "ratio, log scale",
              (Curve("variance_ratio_train", "train"), Curve("variance_ratio_test", "test")), scale="log"),
        Panel("New images, weak ratio", "ratio, log scale", (Curve("variance_ratio_weak", "test"),), scale="log"),
        Panel("Training loss", "loss, log scale", (Curve("train_loss", "train"),), scale="log", level=_equal_loss),
    ),
    outcomes=(
        Outcome("training loss", "train_loss"),
        Outcome("ratio on train", "variance_ratio_train"),
        Outcome("ratio on new images", "variance_ratio_test"),
        Outcome("weak ratio on new images", "variance_ratio_weak"),
        Outcome("test error", "test_error", percent=True),
        _at_equal_loss("variance_ratio_train", "ratio on train"),
        _at_equal_loss("variance_ratio_test", "ratio on new images"),
    ),
    lines=("per_class", "seed"),
    log_x=True,
)  # fmt: skip
