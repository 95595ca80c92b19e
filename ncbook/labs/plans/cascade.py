"""One deep network on digits, measured in every layer while it is trained on."""

import pandas as pd

from ncbook import trainers
from ncbook.experiments.cascade import Config
from ncbook.experiments.cascade.training import train_arm
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Values, Whole
from ncbook.readings import cascade as reading
from ncbook.readings import moments

_PROBES = 10  # on a logarithmic axis; the experiment adds every tenth of the training
_USUAL = Config()
_LABELS = (("true", "plain"), ("half of them random", "half random"), ("all random", "all random"))


def train(labels: str, weight_decay: float, depth: int, width: int, steps: int, seed: int) -> Rows:
    """One arm of the experiment."""
    config = Config(seeds=(seed,), depth=depth, width=width, steps=steps, decay=weight_decay, probes=_PROBES)
    return train_arm(config, str(trainers.pick_device()), (seed, labels))


def view(rows: pd.DataFrame, values: Values) -> pd.DataFrame:
    """With the last layer in columns of its own, and the fall of each layer's ratio in the terminal phase."""
    ratio, last = rows.variance_ratio_train, rows.layer == rows.layer.max()
    then = rows[rows.step == _phase(rows[last])].set_index("layer").variance_ratio_train
    return rows.assign(
        fall=rows.layer.map(then) / ratio, last_train=ratio.where(last),
        last_test=rows.variance_ratio_test.where(last), last_fall=(rows.layer.map(then) / ratio).where(last),
    )  # fmt: skip


def _phase(rows: pd.DataFrame) -> float:
    return float(moments.terminal_phase(rows)["phase_start"])


def _start(rows: pd.DataFrame) -> str:
    return moments.when(_phase(rows.dropna(subset=["last_train"])))


def _straightness(rows: pd.DataFrame) -> float:
    return float(reading.lines(reading.separated(rows)).correlation.iloc[-1])


PLAN = Plan(
    name="cascade",
    chapter="3-representation/cascade",
    question="When the last layer collapses, do the layers before it collapse as well?",
    settings=(
        Choice("labels", "Labels", "Those of the training images", "plain", _LABELS),
        Real("weight_decay", "Weight decay", "Coefficient of the L2 penalty; 0 is none", _USUAL.decay, 0, 1,
             usual=(0, 5e-4, 2e-3, 5e-3)),
        Whole("depth", "Hidden layers", "Each linear, then batch norm and ReLU", _USUAL.depth, 2, 16),
        Whole("width", "Width", "Units of a hidden layer", _USUAL.width, 2, 512),
        Whole("steps", "Steps", "Each on a quarter of the images; the learning rate falls to 0 with the last",
              _USUAL.steps, 1, 20_000),
        Whole("seed", "Seed", "Fixes the images, the initial weights and the order of the batches", 0),
    ),
    train=train,
    view=view,
    panels=(
        Panel("Spread by layer", "variance ratio, log scale",
              (Curve("variance_ratio_train", "train"), Curve("variance_ratio_test", "test")), scale="log", x="layer",
              x_label="layer (0: the input)"),
        Panel("Spread, last layer", "variance ratio, log scale",
              (Curve("last_train", "train"), Curve("last_test", "test")), scale="log"),
        Panel("Fall since last error", "fall (times), log scale", (Curve("fall", "train"),), scale="log",
              x="layer", x_label="layer (0: the input)", level=lambda values: moments.COLLAPSED),
    ),
    outcomes=(
        Outcome("training error", "train_error", percent=True),
        Outcome("no training error from step", _start),
        Outcome("variance ratio of the last layer on train", "last_train"),
        Outcome("its fall since then (times)", "last_fall"),
        Outcome("correlation of log D with the layer", _straightness),
    ),
)  # fmt: skip
