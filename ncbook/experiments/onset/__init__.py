"""What collapses when a network groks, and when: many measures on one axis, and one rule for who comes first.

Four parts. Modular addition in the standard setting, twelve seeds with everything measured; some of them without
weight decay, as the control of the geometry that comes out; digits from a large start and from a usual one; and the
closed forms of Tan et al. (2026) for a circle and a simplex. A run of its own varies the learning rate and the weight
decay of modular addition.
"""

from functools import partial

from ncbook.experiments._experiment import Arrays, Experiment, Rows, Sample
from ncbook.experiments._sweep import sweep
from ncbook.experiments.onset.addition import train_addition, train_rates
from ncbook.experiments.onset.claims import CLAIMS
from ncbook.experiments.onset.codes import critical_penalty, curves
from ncbook.experiments.onset.config import Config, Rates
from ncbook.experiments.onset.digits import train_digits
from ncbook.readings.onset import ADDITION, PARTS, UNDECAYED
from ncbook.readings.rates import BOTH, settings

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "Rates", "critical_penalty", "load", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train all parts.

    history: a row for each part of `readings.onset.PARTS`, seed and probed step, with train_acc, test_acc and the
    `MEASURES`, nan where a part has no such measure. arrays: what `addition.shapes` and `codes.curves` return. Of
    `Rates` the parts are the arms of `readings.rates.settings`, and there are no arrays.
    """
    if isinstance(config, Rates):
        products = settings(vars(config))[BOTH].unique()
        return [row for rows in sweep(partial(train_rates, config, device), sorted(products)) for row in rows], {}
    results = sweep(partial(_train_part, config, device), PARTS)
    arrays = {name: array for _, arrays in results for name, array in arrays.items()}
    return [row for rows, _ in results for row in rows], arrays | curves(config.classes, config.temperature)


def _train_part(config: Config, device: str, part: str) -> tuple[Rows, Arrays]:
    if part in (ADDITION, UNDECAYED):
        return train_addition(config, device, part)
    return train_digits(config, device, part), {}


EXPERIMENT = Experiment(
    "onset",
    "What collapses when a network groks",
    1,
    Config,
    train,
    keys=("part", "seed"),
    claims=CLAIMS,
    sample=Sample({"control_seeds": 1, "digits_seeds": lambda config: config.digits_seeds[:1], "classes": (10,)}),
)
run, load = EXPERIMENT.run, EXPERIMENT.load
