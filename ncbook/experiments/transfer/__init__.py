"""Transfer: what features that were trained on some classes are worth for others.

Two families of pretrainings. In the first, networks learn l source classes of glyphs and are judged on ten classes
that none has seen, from five images of each. In the second, networks learn the super-classes of digits, for long, and
are judged on the digits, layer by layer along the training.
"""

import sys
from functools import partial

import numpy as np

from ncbook import runs, trainers
from ncbook.experiments import _loading
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
    "NAME",
    "TITLE",
    "VERSION",
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

NAME = "transfer"
TITLE = "Transfer"
VERSION = 1


def load(preset: str | None = None, live: bool | None = None, device: str | None = None) -> runs.Run:
    """The run of a preset: recorded, else cached, else trained now with a progress bar. `live=True` always trains."""
    return _loading.load(sys.modules[__name__], preset, live, device)


def run(config: Config, device: str | None = None) -> runs.Run:
    """Train every network of both families and measure it.

    history columns: part ("source" or "groups"), arm, classes (number that was trained), seed, step, epoch (a fraction
    where a step ends within one), layer ("input" are the pixels, "last" what the head sees), train_error, test_error;
    ratio, Tr Sigma_W / Tr Sigma_B of the trained classes on training images; cdnv_train and cdnv_test of the trained
    classes, cdnv_target of those to transfer to; ridge and centre, accuracies on these by a linear probe and by nearest
    class means; recovered, see `probing.recovered`, nan where it was not measured.
    """
    watch, place = _loading.Stopwatch(), trainers.pick_device(device)
    found = sweep(partial(source.rows, config, str(place)), source.arms(config))
    found += sweep(partial(groups.rows, config, str(place)), groups.arms(config))
    rows = [row for each in found for row in each]
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return runs.Run(_loading.plain(config), columns, {}, watch.provenance(NAME, VERSION, config, place))
