"""Numbers in words."""

import pandas as pd

from ncbook import data, readings
from ncbook.readings.moments import COLLAPSED
from prose._approximately import about
from prose._limits import less_than, more_than
from prose._trials import BOTH, SECOND, load, trials_of

PAST = "training-past-zero-error-helps"


def _zero_errors(run):
    """First and last epoch at which a network with the first weight decay has no training error, and the epochs."""
    epochs = _main(run).zero_error_epoch
    return epochs.min(), epochs.max(), run.config["epochs"]


def _main(run, decay=0):
    falls = readings.collapse.falls(run)
    return falls[falls.weight_decay == run.config["weight_decays"][decay]]


def _held(run):
    epochs = run.config["epochs"]
    return run.config["held"] * epochs, epochs


def _ratio_of_decays(run):
    strong, weak = run.config["weight_decays"]
    return strong / weak


def _while_the_rate_falls(run):
    """The epochs, and by how many percent NC1 on test falls in them in the median over the seeds, at most; on train it
    falls to less than half."""
    ends = _main(run).groupby("network")[
        [f"nc1_{side}_{when}" for side in ("train", "test") for when in ("held", "end")]
    ]
    medians = ends.median()
    train, test = medians.nc1_train_end / medians.nc1_train_held, medians.nc1_test_end / medians.nc1_test_held
    less_than(train.max(), 1 / 2)
    held, epochs = _held(run)
    return epochs - held, less_than(100 * (1 - test.min()), 20)


def _nc1_of_the_mlp(run, side):
    arms = _main(run)[_main(run).network == "mlp"]
    return arms[f"nc1_{side}_then"].median(), arms[f"nc1_{side}_end"].median()


def _nc1_at_the_ends(run):
    arms = readings.collapse.falls(run)
    ends = arms[arms.network == "mlp"].groupby("weight_decay").nc1_train_end.median()
    return [ends[decay] for decay in run.config["weight_decays"]]


def _width_of_clouds(nc1, classes=10):
    """Standard deviation of round clouds at the corners of a simplex, in percent of the distance of two corners."""
    return 100 * (nc1 / (2 * (classes - 1))) ** 0.5


def _most_disagreements(run):
    """New images on which the network and the nearest mean differ at the end, in the worst of all trainings."""
    rows, images = run.to_frame(), len(data.load("digits").test)
    last = rows[(rows.epoch == run.config["epochs"]) & (rows.weight_decay == run.config["weight_decays"][0])]
    assert (last.nc4_train == 0).all()
    return last.nc4_test_train_means.max() * images, images


def _lower_past_zero(run, decay):
    arms = _main(run, decay)
    return (arms.test_error_held < arms.test_error_then).sum(), len(arms)


def _back(_run):
    """The seeds of the second run in which no training error comes back, all seeds, and when it does in the others."""
    run = load("collapse")
    arms, rows = _main(run), run.to_frame()
    clean = (arms.phase_start == arms.zero_error_epoch).groupby(arms.seed).agg(["all", "any"])
    assert (clean["all"] == clean["any"]).all()  # both networks, or neither
    (bad,) = clean.index[~clean["all"]]
    late = rows[(rows.seed == bad) & (rows.weight_decay == run.config["weight_decays"][0]) & (rows.epoch > 10)]
    assert set(late[late.train_error > 0].network) == set(run.config["networks"])
    (epoch,) = set(late[late.train_error > 0].epoch)
    return clean["all"].sum(), len(clean), epoch


def _clean(_run):
    return _back(_run)[:2]


def _least_fall(_run):
    arms = pd.concat([_main(load("collapse", preset)) for preset in BOTH])
    arms = arms[arms.phase_tells]
    assert (arms.phase_fall_train >= COLLAPSED).all()
    for name in ("nc2_norms_train", "nc2_angles_train", "nc3_train"):
        assert (arms[f"{name}_end"] <= arms[f"{name}_start"] / 2).all()
    assert (arms.nc4_train_end == 0).all()
    return *_clean(_run), more_than(arms.phase_fall_train.min(), 20)


FACTS = {
    "From epoch {7} on the network makes no error": lambda run: _main(run).zero_error_epoch.median(),
    "After {six} to {nine} epochs of {200}, no training error is left": _zero_errors,
    "Ours is constant for {120} of the {200} epochs": _held,
    "because our {200} epochs are": lambda run: run.config["epochs"],
    "Up to epoch {120} the learning rate does not change": lambda run: _held(run)[0],
    "a standard deviation of {7.5} % of the distance between two corners": lambda _run: _width_of_clouds(0.1),
    "at NC1 = 0.001 it is {0.75} %": lambda _run: _width_of_clouds(0.001),
    "the MLP's NC1 falls from {0.088} to {0.0012} in": lambda run: _nc1_of_the_mlp(run, "train"),
    "it has never seen it falls from {0.14} to {0.042}": lambda run: _nc1_of_the_mlp(run, "test"),
    "In the last {80} epochs, while the learning rate goes to zero, the median NC1 of both networks still falls to "
    "less than half on the training images, and by less than {20} % on new ones": _while_the_rate_falls,
    "on the new ones they differ on {two} of {797} at most": _most_disagreements,
    "except that the weight decay is {ten} times smaller": _ratio_of_decays,
    "NC1 ends at {0.0012} with the larger one and at {0.032} with the smaller one": _nc1_at_the_ends,
    "the test error falls in {ten} of the {ten} trainings with the larger": lambda run: _lower_past_zero(run, 0),
    "it also falls in {ten} of the {ten} trainings with the smaller": lambda run: _lower_past_zero(run, 1),
    "keeps at least {31} % of its value": lambda run: 100 / _main(run, 1).fall_train.max(),
    "trains one of the {two} networks": lambda run: len(run.config["networks"]),
    "it is so in {four} of {five} seeds; in the fifth, both networks made training errors again at epoch {120}": _back,
    "In the second run it falls in {eight} of {eight}": lambda _run: trials_of("collapse", PAST, SECOND),
    "whose errors come back at epoch {120}": lambda run: _back(run)[2],
    "and in {four} of {five} seeds of the second, NC1 fell more than {20}-fold": _least_fall,
    "On test images NC1 fell too, but only about {threefold}": lambda run: about(_main(run).fall_test.median(), 3),
    "In the fifth seed errors came back at epoch {120}": lambda run: _back(run)[2],
}
GIVEN = ["from the last training error on, where we ask for tenfold"]
