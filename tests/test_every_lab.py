"""Every lab, driven from here as a page would drive it: it trains, draws and tells what it declares."""

from html import escape

import numpy as np
import pytest
from lab_driving import fill, stop_all, train

from ncbook import labs, trainers
from ncbook.labs import _curves
from ncbook.labs._training import rows_of

# Settings with which a lab trains in a second or two.
SMALL = {
    "collapse": {"width": "8", "epochs": "25"},
    "double_descent": {"per_class": "3", "draws": "2"},
    "grokking": {"p": "7", "width": "8", "steps": "500"},
    "settings": {"epochs": "25"},
    "simplex": {"steps": "60"},
    "unconstrained": {"steps": "200"},
}
NOT_YET = {"grokking": {"at step (median)"}}  # outcomes that need a longer training
MEASUREMENTS = 20  # fewer make no curve that grows
# Settings at the edge of what is allowed: each trains, or says why not.
EXTREME = {
    "double_descent": [
        {"per_class": "2", "largest": "1.2", "noise": "1"},
        {"per_class": "3", "ridge": "1e300", "draws": "1"},
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
    "unconstrained": [
        {"steps": "200", "weight_decay": "0.2", "feature_decay": "0.2"},
        {"steps": "200", "classes": "20", "per_class": "50", "dim": "1", "weight_decay": "0", "feature_decay": "0"},
        {"steps": "200", "classes": "2", "dim": "64", "weight_decay": "0.2", "loss": "square", "method": "adam"},
    ],
}


@pytest.fixture(params=labs.OFFERS)
def lab(request):
    """A lab with small settings; whatever still trains at the end is stopped."""
    lab = labs.OFFERS[request.param]()
    fill(lab, **SMALL[request.param])
    yield lab
    stop_all(lab)


def test_a_lab_trains_and_shows_all_that_it_declares(lab):
    train(lab)
    run = lab.runs[0]
    assert (run.state, run.message) == ("done", "")
    rows = _curves.table(run)
    assert rows[lab.plan.x].nunique() >= MEASUREMENTS
    assert run.done == run.planned
    for panel in lab.plan.panels:
        drawn = [_curves.lines(lab.plan, panel, curve, rows) for curve in panel.curves]
        assert all(np.isfinite(values.to_numpy()).any() for values in drawn), panel.title
    untold = {outcome.heading for outcome in lab.plan.outcomes if outcome.told(rows, lab.plan.x) == "–"}
    assert untold == NOT_YET.get(lab.plan.name, set())
    assert all(escape(outcome.heading) in lab.table.value for outcome in lab.plan.outcomes)


def test_what_a_lab_streams_is_what_it_returns(lab):
    """Else the curves would jump at the end."""
    seen = []
    values = lab.plan.read(lab.form.typed())
    with trainers.watched(lambda step, steps: None, lambda result: seen.extend(rows_of(result))):
        returned = list(lab.plan.train(**values))
    assert len(seen) == len(returned)


def test_a_wrong_value_is_named_in_every_field(lab):
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
    lab = labs.OFFERS[name]()
    train(lab, **SMALL[name] | typed)
    run = lab.runs[0]
    assert run.state == "done" or (run.state == "diverged" and run.message.endswith(".")), run.message
    assert lab.picture.value
