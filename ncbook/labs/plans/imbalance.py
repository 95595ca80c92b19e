"""Train on classes of unequal size, with a remedy or without, and watch the rare classes."""

from ncbook import trainers
from ncbook.experiments.imbalance import Config, networks
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Whole
from ncbook.readings.imbalance import FEW, PLAIN, REMEDIES

_PROBES = 24


def train(arm: str, ratio: int, weight_decay: float, width: int, steps: int, seed: int) -> Rows:
    """One network of the experiment."""
    config = Config(seeds=(seed,), width=width, steps=steps, probes=_PROBES)
    return networks.train(config, str(trainers.pick_device()), networks.Arm(arm, ratio, weight_decay, seed))


PLAN = Plan(
    name="imbalance",
    chapter="5-using/imbalance",
    question="Half of the digits are rare. Which remedy helps them, and does it restore the geometry?",
    settings=(
        Choice("arm", "Remedy", "What is done about the rare classes; with few of every class none is frequent", PLAIN,
               tuple((each, each) for each in (PLAIN, *REMEDIES, FEW))),
        Whole("ratio", "Ratio R", "Images of a frequent digit, of which there are 100, over those of a rare one", 20, 1,
              100),
        Real("weight_decay", "Weight decay", "Coefficient of the L2 penalty; 0 is none", 5e-3, 0, 1,
             usual=(0, 5e-4, 5e-3, 2e-2)),
        Whole("width", "Width", "Units of a hidden layer, and last-layer features", 128, 10, 512),
        Whole("steps", "Steps", "Of at most 100 images each; the learning rate falls to 0", 800, 1, 20_000),
        Whole("seed", "Seed", "Fixes the images, the rare digits, the initial weights and the order of the batches", 0),
    ),
    train=train,
    panels=(
        Panel("New images of rare digits", "right (%)", (Curve("rare_acc_head", "test"),), percent=True,
              limits=(-2, 102)),
        Panel("New images of frequent digits", "right (%)", (Curve("frequent_acc_head", "test"),), percent=True,
              limits=(-2, 102)),
        Panel("Two rare rows of W", "cosine", (Curve("cos_rows_rare", "train"),)),
        Panel("Rows of W to SELI", "distance", (Curve("seli_rows", "train"),)),
    ),
    outcomes=(
        Outcome("training error", "train_error", percent=True),
        Outcome("frequent digits right", "frequent_acc_head", percent=True),
        Outcome("rare digits right", "rare_acc_head", percent=True),
        Outcome("the worst digit", "worst_acc_head", percent=True),
        Outcome("rare digits, logits adjusted afterwards", "rare_acc_shifted", percent=True),
        Outcome("cosine of rare rows", "cos_rows_rare"),
        Outcome("rows to SELI", "seli_rows"),
        Outcome("rows to the simplex", "etf_rows"),
    ),
    log_x=True,
)  # fmt: skip
