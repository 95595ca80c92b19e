"""Training on data that already lies on the device: one network with `fit`, many at once with `fit_ensemble`.

A `Recipe` holds how; its losses and regularizers are values too, functions of `Outputs`.
"""

from ncbook.trainers.checkpoints import DamagedCheckpoint
from ncbook.trainers.devices import pick_device, threads
from ncbook.trainers.ensemble import Ensemble, Member
from ncbook.trainers.fit import EnsembleFitted, Fitted, fit, fit_ensemble, log_spaced
from ncbook.trainers.gradient_filters import Amplified, GradientFilter, Orthogonal
from ncbook.trainers.loop import INTERRUPTED, FirstProbesDone, after_probe, before_training, first_probes
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
    "LossBelow",
    "Member",
    "Orthogonal",
    "Outputs",
    "RateReduction",
    "Recipe",
    "Regularizer",
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
    "log_spaced",
    "over_members",
    "pick_device",
    "relative_flatness",
    "squared_norms",
    "steps_per_epoch",
    "threads",
    "uncertainty",
    "variance_ratio",
]
