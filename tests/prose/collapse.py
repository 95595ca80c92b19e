"""Numbers in words."""

from ncbook import readings
from ncbook.readings.moments import COLLAPSED
from prose._trials import load


def _zero_errors(run):
    """First and last epoch at which a network with the first weight decay has no training error, and the epochs."""
    falls = readings.collapse.falls(run)
    epochs = falls[falls.weight_decay == run.config["weight_decays"][0]].zero_error_epoch
    return epochs.min(), epochs.max(), run.config["epochs"]


def _ratio_of_decays(run):
    strong, weak = run.config["weight_decays"]
    return strong / weak


def _phase_falls(run, network):
    """Falls of NC1 from the last training error on, with the first weight decay: a number a seed."""
    falls = readings.collapse.falls(run)
    chosen = (falls.network == network) & (falls.weight_decay == run.config["weight_decays"][0])
    return falls[chosen].phase_fall_train


def _since_the_last_error(run):
    falls = _phase_falls(run, "mlp")
    return falls.min(), falls.max()


def _again(_run):
    run = load("collapse")
    assert (_phase_falls(run, "convnet") >= COLLAPSED).all()
    falls = _phase_falls(run, "mlp")
    return (falls >= COLLAPSED).sum(), len(falls)


FACTS = {
    "After {four} to {six} epochs of {200}, the training set has nothing more to teach": _zero_errors,
    "except that the weight decay is {ten} times smaller": _ratio_of_decays,
    "trains one of the {two} networks": lambda run: len(run.config["networks"]),
    "NC1 falls {five}- to {sixfold}": _since_the_last_error,
    "the MLP collapses by this rule in {one} of {five} seeds, and the convolutional network in all": _again,
}
GIVEN = ["not the tenfold that we call collapse"]
