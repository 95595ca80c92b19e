"""Cascading collapse: what happens in the layers before the last.

Deep, narrow networks on digits, measured in every layer along training: as they are, without batch norm, without
activations, with random labels, twice as wide, and on six digits of ten, with linear probes for the others. Beside
them the theory of deep unconstrained features, solved numerically.
"""

from functools import partial
from itertools import product

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.cascade.claims import CLAIMS
from ncbook.experiments.cascade.config import ARMS, Config
from ncbook.experiments.cascade.deep import (
    MODELS,
    Deep,
    collapsed,
    collapsed_point,
    deep_rows,
    descend,
    lowest_curvature,
    schatten,
)
from ncbook.experiments.cascade.probes import probe_accuracy
from ncbook.experiments.cascade.reading import (
    effective_depths,
    hidden,
    law,
    layers,
    part,
    terminal,
    theory,
    tunnels,
    zero_error_steps,
)
from ncbook.experiments.cascade.training import train_arm

__all__ = [
    "ARMS",
    "CLAIMS",
    "EXPERIMENT",
    "Config",
    "Deep",
    "collapsed",
    "collapsed_point",
    "descend",
    "effective_depths",
    "hidden",
    "law",
    "layers",
    "load",
    "lowest_curvature",
    "part",
    "probe_accuracy",
    "run",
    "schatten",
    "terminal",
    "theory",
    "tunnels",
    "zero_error_steps",
]


_SIDES = tuple(f"{name}_{side}" for name in ("ratio", "nc1", "cdnv", "mismatch") for side in ("train", "test"))
COLUMNS: dict[str, object] = {
    "part": "", "arm": "", "kind": "", "seed": -1, "step": -1, "layer": -1, "classes": -1,
    **dict.fromkeys((*_SIDES, "centre_train", "centre_test", "own_centre_test", "train_error"), float("nan")),
    **dict.fromkeys(("probe_seen", "probe_other", "loss", "collapsed", "curvature"), float("nan")),
    **dict.fromkeys(("rank", "inner_rank"), float("nan")),
}  # fmt: skip


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train and measure every network, and solve the theory.

    history has three `part`s, told apart with `part`; columns that a part does not measure are nan.
    layer   one row an arm, seed, probed step and layer (0 is the input): variance ratio, NC1, CDNV, the mismatch NC4
            and the nearest-centre error `centre`, on both splits, test images with their own means; `centre_test` is
            instead with the training means, own_centre_test with their own; the network's train_error
    probe   one row a seed and layer before and after training on six digits: accuracies of linear probes, `rank`
    deep    one row a model (`arm`), number of `classes` and of layers (`layer`), `kind` of start and seed: loss and
            that of the collapsed solution, rank of the logits, smallest rank before, curvature at the collapsed one
    """
    found = sweep(partial(train_arm, config, device), product(config.seeds, ARMS))
    found += sweep(partial(deep_rows, config), product(MODELS, config.classes, config.layers))
    rows = [row for own in found for row in own]
    return rows, {}


EXPERIMENT = Experiment("cascade", "Cascading collapse", 1, Config, train, keys=("seed",), claims=CLAIMS)
run, load = EXPERIMENT.run, EXPERIMENT.load
