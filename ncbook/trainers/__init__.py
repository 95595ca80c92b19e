"""Training on data that already lies on the device: one network with `fit`, many at once with `fit_ensemble`.

A `Recipe` holds how; its losses and regularizers are values too, functions of `Outputs`.

>>> import torch
>>> from ncbook import data, models, trainers
>>> digits = data.digits(train_per_class=20)
>>> with models.seeded(0):
...     network = models.mlp(digits.input_shape, digits.num_classes, width=32)
>>> recipe = trainers.Recipe(steps=60, learning_rate=0.1, batch_size=50)
>>> fitted = trainers.fit(network, digits.train, recipe, seed=0)
>>> fitted.step, fitted.ended
(60, 'steps')
>>> outputs = trainers.Outputs(
...     features=torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]]),
...     logits=torch.tensor([[3.0, 0.0], [0.0, 1.0], [6.0, 0.0]]),
...     labels=torch.tensor([0, 1, 0]),
...     weight=torch.tensor([[3.0, 0.0], [0.0, 1.0]]),
... )
>>> trainers.CrossEntropy()(outputs)
tensor(0.1214)
"""

from ncbook.trainers.attacks import Attack
from ncbook.trainers.checkpoints import DamagedCheckpoint
from ncbook.trainers.devices import pick_device, threads
from ncbook.trainers.ensemble import Ensemble, Member
from ncbook.trainers.fit import EnsembleFitted, Fitted, fit, fit_ensemble, log_spaced
from ncbook.trainers.gradient_filters import Amplified, GradientFilter, Orthogonal
from ncbook.trainers.imbalance import LogitAdjusted, Reweighted
from ncbook.trainers.loop import (
    INTERRUPTED,
    FirstProbesDone,
    after_probe,
    before_training,
    first_probes,
    is_watched,
    progress,
    watched,
)
from ncbook.trainers.losses import (
    CrossEntropy,
    Flooded,
    Focal,
    RateReduction,
    SquaredError,
    StableMax,
    SupervisedContrastive,
)
from ncbook.trainers.outputs import Outputs
from ncbook.trainers.recipe import (
    AccuracyAbove,
    AfterZeroError,
    Cosine,
    Drops,
    LossBelow,
    Recipe,
    Seen,
    WarmUp,
    constant,
    steps_per_epoch,
)
from ncbook.trainers.regularizers import (
    FlatnessBound,
    Floor,
    Regularizer,
    cdnv,
    feature_norm,
    relative_flatness,
    squared_norms,
    uncertainty,
    variance_ratio,
)
from ncbook.trainers.stacked import over_members
from ncbook.trainers.training import Diverged, Training

__all__ = [
    "INTERRUPTED",
    "AccuracyAbove",
    "AfterZeroError",
    "Amplified",
    "Attack",
    "Cosine",
    "CrossEntropy",
    "DamagedCheckpoint",
    "Diverged",
    "Drops",
    "Ensemble",
    "EnsembleFitted",
    "FirstProbesDone",
    "Fitted",
    "FlatnessBound",
    "Flooded",
    "Floor",
    "Focal",
    "GradientFilter",
    "LogitAdjusted",
    "LossBelow",
    "Member",
    "Orthogonal",
    "Outputs",
    "RateReduction",
    "Recipe",
    "Regularizer",
    "Reweighted",
    "Seen",
    "SquaredError",
    "StableMax",
    "SupervisedContrastive",
    "Training",
    "WarmUp",
    "after_probe",
    "before_training",
    "cdnv",
    "constant",
    "feature_norm",
    "first_probes",
    "fit",
    "fit_ensemble",
    "is_watched",
    "log_spaced",
    "over_members",
    "pick_device",
    "progress",
    "relative_flatness",
    "squared_norms",
    "steps_per_epoch",
    "threads",
    "uncertainty",
    "variance_ratio",
    "watched",
]
