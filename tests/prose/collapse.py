"""Numbers in words."""

from ncbook import readings


def _zero_errors(run):
    """First and last epoch at which a network with the first weight decay has no training error, and the epochs."""
    falls = readings.collapse.falls(run)
    epochs = falls[falls.weight_decay == run.config["weight_decays"][0]].zero_error_epoch
    return epochs.min(), epochs.max(), run.config["epochs"]


def _ratio_of_decays(run):
    strong, weak = run.config["weight_decays"]
    return strong / weak


FACTS = {
    "After {four} to {six} epochs of {200}, the training set has nothing more to teach": _zero_errors,
    "except that the weight decay is {ten} times smaller": _ratio_of_decays,
    "trains one of the {two} networks": lambda run: len(run.config["networks"]),
}
GIVEN = []
