"""Every lab, driven from here as a page would drive it: it trains, draws and tells what it declares."""

from html import escape

import numpy as np
import pandas as pd
import pytest
from lab_driving import SMALL, fill, train

from ncbook import labs, trainers
from ncbook.labs import _curves
from ncbook.labs._training import rows_of

# Outcomes that need a longer training than that.
NOT_YET = {"at step (median)", "cosine with max-margin"}
EARLY = {"flatness", "numerics"}  # these end before their last step where there is nothing left to see
MEASUREMENTS = 3
# Settings at the edge of what is allowed: each trains, or says why not.
EXTREME = {
    "bound": [
        {"weight_decay": "1", "difficulty": "1", "steps": "1"},
        {"weight_decay": "0", "difficulty": "0", "steps": "10"},
    ],
    "cascade": [
        {"steps": "1", "labels": "half random", "width": "2"},
        {"steps": "20", "weight_decay": "1", "depth": "16"},
    ],
    "corrupted_labels": [
        {"epochs": "1", "label_noise": "1", "arm": "rate reduction"},
        {"epochs": "2", "label_noise": "0", "arm": "label smoothing"},
    ],
    "doses": [
        {"level": "1e-9"},
        {"level": "1e9"},
        {"kind": "loss", "level": "1e9"},
    ],
    "double_descent": [
        {"per_class": "2", "largest": "1.2", "noise": "1"},
        {"per_class": "3", "ridge": "1e300", "draws": "1"},
    ],
    "flatness": [
        {"factor": "1e-3"},
        {"change": "last", "factor": "1e3"},
        {"learning_rate": "10"},
    ],
    "implicit_bias": [
        {"dim": "50", "points": "2", "clearance": "1.5"},
        {"method": "gd", "dim": "2", "points": "200", "clearance": "0", "steps": "1"},
    ],
    "information_bottleneck": [
        {"steps": "1", "noise": "1e-9", "bin_size": "1e-6", "bin_count": "10000"},
        {"steps": "20", "noise": "1e6", "bin_size": "1e6", "bin_count": "1", "activation": "relu"},
    ],
    "interventions": [
        {"way": "up", "strength": "1e3"},
        {"level": "1e3", "strength": "1e3"},
        {"fraction": "0.95"},
    ],
    "margins": [
        {"per_class": "5", "width": "8", "labels": "random", "steps": "30"},
        {"learning_rate": "1", "weight_decay": "0.1", "steps": "200"},
        {"per_class": "150", "steps": "1"},
    ],
    "numerics": [
        {"head_factor": "1e3"},
        {"loss": "stablemax", "head_factor": "1e-3"},
        {"weight_decay": "100"},
    ],
    "settings": [
        {"epochs": "5", "weight_decay": "1", "loss": "mse_rescaled"},
        {"epochs": "5", "network": "mlp_no_bn", "weight_decay": "0", "dataset": "glyphs"},
        {"epochs": "5", "network": "convnet", "loss": "focal"},
    ],
    "simplex": [
        {"steps": "10", "classes": "2", "dim": "1"},
        {"steps": "10", "classes": "10", "dim": "128", "weight_decay": "1"},
    ],
    "test_collapse": [
        {"difficulty": "1", "stop": "1"},
        {"difficulty": "0", "weight_decay": "1", "rule": "epochs", "stop": "30"},
    ],
    "transfer": [
        {"epochs": "1", "width": "2", "task": "random"},
        {"epochs": "2", "weight_decay": "1", "dataset": "mnist5k"},
    ],
    "unconstrained": [
        {"steps": "200", "weight_decay": "0.2", "feature_decay": "0.2"},
        {"steps": "200", "classes": "20", "per_class": "50", "dim": "1", "weight_decay": "0", "feature_decay": "0"},
        {"steps": "200", "classes": "2", "dim": "64", "weight_decay": "0.2", "loss": "square", "method": "adam"},
    ],
}


every = pytest.mark.parametrize("name", sorted(SMALL))


def filled(name: str, **typed: str) -> labs.Lab:
    """The lab of that name with small settings."""
    lab = labs.OFFERS[name]()
    fill(lab, **SMALL[name] | typed)
    return lab


def test_no_lab_is_left_out():
    assert set(SMALL) == set(labs.OFFERS)


@every
def test_a_lab_trains_and_shows_all_that_it_declares_and_its_line_of_python_does_the_same(name):
    lab, streamed = filled(name), []
    train(lab)
    run, plan = lab.runs[0], lab.plan
    assert (run.state, run.message) == ("done", "")
    assert run.done == run.planned or name in EARLY
    rows = _curves.table(run)
    assert rows[plan.x].nunique() >= MEASUREMENTS
    for panel in plan.panels:
        drawn = [_curves.lines(plan, panel, curve, rows) for curve in panel.curves]
        assert all(np.isfinite(values.to_numpy()).any() for values in drawn), panel.title
    untold = {outcome.heading for outcome in plan.outcomes if outcome.told(rows, plan.x) == "–"}
    assert untold <= NOT_YET
    assert all(escape(outcome.heading) in lab.table.value for outcome in plan.outcomes)
    with trainers.watched(lambda step, steps: None, lambda result: streamed.extend(rows_of(result))):
        again = eval(plan.recipe(run.values, f"labs.{name}"), {"labs": labs})
    pd.testing.assert_frame_equal(again, rows)
    assert len(streamed) == len(run.rows)  # else the curves would jump at the end


@every
def test_a_wrong_value_is_named_in_every_field(name):
    lab = filled(name)
    for setting in lab.plan.settings:
        if isinstance(setting, labs.Choice):
            continue  # a menu offers no other
        before = lab.form.fields[setting.name].value
        train(lab, **{setting.name: "many"})
        assert f"Not trained. {setting.label}: " in lab.message.value
        assert lab.runs == []
        fill(lab, **{setting.name: before})


@pytest.mark.parametrize(
    ("name", "typed"), [(name, typed) for name, several in EXTREME.items() for typed in several], ids=str
)
def test_settings_at_the_edge_train_or_are_answered_in_a_sentence(name, typed):
    lab = filled(name, **typed)
    train(lab)
    run = lab.runs[0]
    assert run.state == "done" or (run.state == "diverged" and run.message.endswith(".")), run.message
    assert lab.picture.value
