"""Train on true or random labels, and watch the margins grow and become alike."""

from ncbook import trainers
from ncbook.experiments.margins import Config
from ncbook.experiments.margins import training as experiment
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Values, Whole

_PROBES = 36  # some of the first steps are the same, so that about 30 are left
_CLASSES = 10
_NOISE = {"true": 0.0, "random": 1.0}  # label -> share of training labels that are drawn anew


def train(
    labels: str, per_class: int, weight_decay: float, learning_rate: float, width: int, steps: int, seed: int
) -> Rows:
    """One network of the experiment's part on training."""
    config = Config(steps=steps, probes=_PROBES)
    net = experiment.Net(
        "training", labels, seed, config.network, _NOISE[labels], per_class, weight_decay, learning_rate, width
    )
    rows, _ = experiment.train(config, str(trainers.pick_device()), net)
    return rows


def _collapsed(values: Values) -> float:
    return experiment.ideal_margin(_CLASSES)


PLAN = Plan(
    name="margins",
    chapter="2-generalization/margins",
    question="Do margins tell a network that has learned something from one that has learned random labels by heart?",
    settings=(
        Choice("labels", "Labels", "Of the training images; those of the test images are true", "true",
               (("true", "true"), ("random", "random"))),
        Whole("per_class", "Images a class", "To train on, of each of the ten digits", 100, 5, 150),
        Real("weight_decay", "Weight decay", "Coefficient of the L2 penalty; 0 is none", 5e-4, 0, 1,
             usual=(0, 5e-4, 5e-3)),
        Real("learning_rate", "Learning rate", "Step size at the start; it falls to 0", 0.05, 1e-9, 1,
             usual=(0.02, 0.05, 0.1)),
        Whole("width", "Width", "Units of a hidden layer, and last-layer features", 128, 8, 512),
        Whole("steps", "Steps", "Of at most 100 images each", 1500, 1, 20_000),
        Whole("seed", "Seed", "Fixes images, random labels, initial weights and the order of the batches", 0),
    ),
    train=train,
    panels=(
        Panel("Error", "error (%)", (Curve("train_error", "train"), Curve("test_error", "test")), percent=True,
              limits=(-2, 102)),
        Panel("Smallest margin, train", "relative margin", (Curve("smallest", "train"),), level=_collapsed),
        Panel("Unequal margins, train", "spread, log scale", (Curve("spread", "train"),), scale="log"),
    ),
    outcomes=(
        Outcome("training error", "train_error", percent=True),
        Outcome("test error", "test_error", percent=True),
        Outcome("smallest margin", "smallest"),
        Outcome("mean margin", "area"),
        Outcome("relative spread", "spread"),
        Outcome("cosine with max-margin", "svm_cosine"),
        Outcome("NC1 on train", "nc1_train"),
    ),
    lines=("labels", "seed"),
    log_x=True,
)  # fmt: skip
