"""Train a language model on a language of one's own making."""

import pandas as pd

from ncbook import trainers
from ncbook.experiments.next_token import Config, training
from ncbook.labs._plan import Curve, Outcome, Panel, Plan, Real, Rows, Whole
from ncbook.readings.next_token import WIDTH

_PROBES = 20
_USUAL = Config()


def train(
    width: int, followers: int, open_share: float, sentences: int, steps: int, weight_decay: float, seed: int
) -> Rows:
    """The usual network with these settings."""
    config = Config(
        seeds=(seed,), windows=sentences * _USUAL.continued, measured=1500, open_share=open_share, steps=steps,
        width_probes=min(_PROBES, steps), batch_size=min(_USUAL.batch_size, sentences * _USUAL.continued), heads=1,
    )  # fmt: skip
    arm = training.Arm(WIDTH, width, weight_decay, followers, 0, seed)
    return training.train(config, str(trainers.pick_device()), arm)[0]


def _excess(rows: pd.DataFrame) -> float:
    last = rows.iloc[-1]
    return float(last.test_loss - last.best_loss_test)


PLAN = Plan(
    name="next_token",
    chapter="5-using/next_token",
    question="What can collapse in a language, and what does it tell about new sentences?",
    settings=(
        Whole("width", "Width", "Features of a context", _USUAL.width, 2, 128),
        Whole("followers", "Followers", "How many words may follow an open context", _USUAL.followers, 1, 8),
        Real("open_share", "Open contexts", "Share of the pairs of word classes after which several words may follow",
             _USUAL.open_share, 0, 1, usual=(0, 0.5, 1)),
        Whole("sentences", "Sentences", "Of the training text, four contexts each", _USUAL.windows // 4, 50, 20_000),
        Whole("steps", "Steps", "Of 128 contexts; the learning rate falls to 0", _USUAL.steps, 10, 5000),
        Real("weight_decay", "Weight decay", "Of AdamW", _USUAL.weight_decay, 0, 10, usual=(0, 0.01, 1, 2)),
        Whole("seed", "Seed", "Fixes the language, the text, the initial weights and the batches", 0),
    ),
    train=train,
    panels=(
        Panel("Loss", "nats, log scale", (Curve("train_loss", "train"), Curve("test_loss", "test")), scale="log"),
        Panel("CDNV by word", "log scale", (Curve("cdnv_train", "train"), Curve("cdnv_test", "test")), scale="log"),
        Panel("CDNV by kind of context", "log scale",
              (Curve("cdnv_kind_train", "train"), Curve("cdnv_kind_test", "test")), scale="log"),
        Panel("NC1: spread within classes", "log scale", (Curve("nc1_train", "train"),), scale="log"),
    ),
    outcomes=(
        Outcome("best possible loss", "best_loss_test"),
        Outcome("loss above it, new sentences", _excess),
        Outcome("CDNV by word, training contexts", "cdnv_train"),
        Outcome("CDNV by kind, training contexts", "cdnv_kind_train"),
        Outcome("share between kinds", "between_kinds", percent=True),
    ),
)  # fmt: skip
