"""Transfer: what features that were trained on some classes are worth for others.

Two families of pretrainings. In the first, networks learn l source classes of glyphs and are judged on ten classes
that none has seen, from five images of each. In the second, networks learn the super-classes of digits, for long, and
are judged on the digits, layer by layer along the training.
"""

from functools import partial

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.transfer import groups, source
from ncbook.experiments.transfer.claims import CLAIMS
from ncbook.experiments.transfer.config import Config
from ncbook.experiments.transfer.groups import ARMS, COARSE, probe_epochs, trained_labels
from ncbook.experiments.transfer.probing import few_shot, linear_probe, recovered
from ncbook.experiments.transfer.reading import ends, final_layers, part, rank_correlation, since_zero_error
from ncbook.experiments.transfer.source import split_classes

__all__ = [
    "ARMS",
    "CLAIMS",
    "COARSE",
    "EXPERIMENT",
    "Config",
    "ends",
    "few_shot",
    "final_layers",
    "linear_probe",
    "load",
    "part",
    "probe_epochs",
    "rank_correlation",
    "recovered",
    "run",
    "since_zero_error",
    "split_classes",
    "trained_labels",
]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every network of both families and measure it.

    history columns: part ("source" or "groups"), arm, classes (number that was trained), seed, step, epoch (a fraction
    where a step ends within one), layer ("input" are the pixels, "last" what the head sees), train_error, test_error;
    ratio, Tr Sigma_W / Tr Sigma_B of the trained classes on training images; cdnv_train and cdnv_test of the trained
    classes, cdnv_target of those to transfer to; ridge and centre, accuracies on these by a linear probe and by nearest
    class means; recovered, see `probing.recovered`, nan where it was not measured.
    """
    found = sweep(partial(source.rows, config, device), source.arms(config))
    found += sweep(partial(groups.rows, config, device), groups.arms(config))
    rows = [row for each in found for row in each]
    return rows, {}


EXPERIMENT = Experiment("transfer", "Transfer", 1, Config, train, keys=("seed",), claims=CLAIMS)
run, load = EXPERIMENT.run, EXPERIMENT.load
