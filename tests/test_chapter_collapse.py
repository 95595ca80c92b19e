"""The tables of "Watching a network collapse" say what the run says, and can be shown where it is incomplete."""

import numpy as np
import pandas as pd
import pytest

from ncbook import experiments, readings, runs, tables

reading = readings.collapse
TABLES = (reading.nc1_by_images, reading.nc1_by_decay, reading.errors_by_decay)


@pytest.fixture(scope="module")
def run() -> runs.Run:
    return experiments.collapse.load("laptop", live=False)


def trainings(run: runs.Run, decay: float) -> list[pd.DataFrame]:
    frame = run.to_frame()
    return [rows for _, rows in frame[frame.weight_decay == decay].groupby(["network", "seed"], sort=False)]


def test_nc1_by_images_is_that_of_the_first_epoch_without_an_error_and_of_the_last(run):
    table = reading.nc1_by_images(run)
    for side in ("train", "test"):
        own = table[table["network, images"].str.endswith(f", {side}")]
        rows = trainings(run, 0.005)
        then = [each[each.train_error == 0].iloc[0][f"nc1_{side}"] for each in rows]
        end = [each.iloc[-1][f"nc1_{side}"] for each in rows]
        np.testing.assert_allclose(own["at zero training error"], then)
        np.testing.assert_allclose(own["at the end"], end)
        np.testing.assert_allclose(own["times smaller"], np.divide(then, end))
    arms = ["MLP, train", "MLP, test", "convnet, train", "convnet, test"]
    assert table["network, images"].drop_duplicates().tolist() == arms


@pytest.mark.parametrize("decay", [0.005, 0.0005])
def test_errors_are_in_percent_at_three_moments(run, decay):
    table = reading.errors_by_decay(run)
    own = table[table["weight decay"] == f"{decay:g}"]
    rows = trainings(run, decay)
    then = [100 * each[each.train_error == 0].iloc[0].test_error for each in rows]
    np.testing.assert_allclose(own["at zero training error"], then)
    np.testing.assert_allclose(own["at epoch 120"], [100 * each[each.epoch == 120].test_error.item() for each in rows])
    np.testing.assert_allclose(own["at the end"], [100 * each.iloc[-1].test_error for each in rows])


def test_nc1_by_decay_has_a_row_a_training(run):
    table = reading.nc1_by_decay(run)
    assert table.groupby(["network", "weight decay"]).size().tolist() == [5] * 4
    ends = [each.iloc[-1].nc1_train for each in trainings(run, 0.0005)]
    np.testing.assert_allclose(table[table["weight decay"] == "0.0005"]["NC1 at the end"], ends)


def test_settings_are_those_of_the_run(run):
    told = dict(reading.settings(run).to_numpy())
    assert told["networks"] == "MLP, convnet"
    assert told["learning rate"] == "0.02, falls from epoch 120"
    assert told["weight decay"] == "0.005 or 0.0005"


@pytest.mark.parametrize("read", TABLES)
def test_what_never_got_to_zero_error_is_left_open(run, read):
    history = run.history | {"train_error": np.full_like(run.history["train_error"], 0.5)}
    never = runs.Run(run.config, history, run.arrays, run.provenance)
    keys = [name for name in read(never).columns if name in ("network, images", "network", "weight decay")]
    shown = tables.Table(read(never).groupby(keys, sort=False).agg(tables.spread).reset_index())
    assert tables.MISSING in shown.cells.to_numpy()
