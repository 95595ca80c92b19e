"""Collapse and flatness pushed up and down while networks learn images: the paper's intervention, with controls.

Noisy digits and glyphs, all arms of a seed from the same network and batches; `config.ARMS` names the arms,
`recipes.phases_of` says what each does before and after the release.
"""

from functools import partial

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.image_interventions.claims import CLAIMS, losses
from ncbook.experiments.image_interventions.config import ARMS, Config
from ncbook.experiments.image_interventions.outcomes import by_arm, outcomes
from ncbook.experiments.image_interventions.recipes import phases_of
from ncbook.experiments.image_interventions.training import trained

__all__ = [
    "ARMS",
    "CLAIMS",
    "EXPERIMENT",
    "Config",
    "by_arm",
    "load",
    "losses",
    "outcomes",
    "phases_of",
    "run",
]  # fmt: skip


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every arm of every task from every seed, one network after the other or on joblib's workers.

    history columns: task, arm, seed, step, epoch; train_acc, val_acc, train_loss in nats without regularizers or
    smoothing; kappa and kappa_bound, relative flatness, exact and its bound, of the softmax and the features as they
    are; paper_kappa, the bound as the paper's regularizer has it, at temperature 2 and with features of norm 1;
    uncertainty, mean 1 - ||p||^2; variance_ratio_train, cdnv_train; head_norm ||W||_F, feature_norm, mean ||h||. All
    but val_acc are of the training images, in evaluation mode. No arrays.
    """
    results = sweep(partial(trained, config, device), config.trainings)
    rows = [row for rows in results for row in rows]
    return rows, {}


EXPERIMENT = Experiment(
    "image_interventions", "The interventions on images", 1, Config, train, keys=("seed",), claims=CLAIMS
)
run, load = EXPERIMENT.run, EXPERIMENT.load
