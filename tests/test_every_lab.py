"""Every lab, driven from here as a page would drive it: it trains, draws and tells what it declares."""

import numpy as np
import pytest
from lab_driving import fill, stop_all, train

from ncbook import labs, trainers
from ncbook.labs import _curves
from ncbook.labs._training import rows_of

# Settings with which a lab trains in a second or two.
SMALL = {
    "cascade": {"depth": "2", "width": "64", "steps": "250"},
    "collapse": {"width": "8", "epochs": "25"},
    "corrupted_labels": {"epochs": "30"},
    "grokking": {"p": "7", "width": "8", "steps": "120"},
    "information_bottleneck": {"steps": "200", "sampled": "32"},
    "transfer": {"width": "8", "epochs": "24"},
}
MEASUREMENTS = 20  # fewer make no curve that grows
# Settings at the edge of what is allowed: each trains, or says why not.
EXTREME = {
    "cascade": [
        {"steps": "1", "labels": "half random", "width": "2"},
        {"steps": "20", "weight_decay": "1", "depth": "16"},
    ],
    "corrupted_labels": [
        {"epochs": "1", "label_noise": "1", "arm": "rate reduction"},
        {"epochs": "2", "label_noise": "0", "arm": "label smoothing"},
    ],
    "information_bottleneck": [
        {"steps": "1", "noise": "1e-9", "bin_size": "1e-6", "bin_count": "10000"},
        {"steps": "20", "noise": "1e6", "bin_size": "1e6", "bin_count": "1", "activation": "relu"},
    ],
    "transfer": [
        {"epochs": "1", "width": "2", "task": "random"},
        {"epochs": "2", "weight_decay": "1", "dataset": "mnist5k"},
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
    for outcome in lab.plan.outcomes:
        assert outcome.told(rows, lab.plan.x) != "–", outcome.heading
        assert outcome.heading.replace("<", "&lt;") in lab.table.value


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
"""Each lab, driven without a browser: what holds of all of them, with settings so small that a run takes a second."""

import lab_driving
import pytest

from ncbook import labs
from ncbook.labs._curves import lines, table

# settings with which a lab trains in a second or two
SMALL = {
    "bound": {"per_class": "5", "steps": "12", "population": "10"},
    "implicit_bias": {"steps": "60"},
    "margins": {"per_class": "10", "width": "16", "steps": "24"},
    "test_collapse": {"per_class": "10", "stop": "24"},
}
# allowed values at the ends of what a field takes, which train or end in a sentence
EXTREME = {
    "bound": [{"per_class": "3", "weight_decay": "1", "difficulty": "1", "steps": "1"}, {"difficulty": "0"}],
    "implicit_bias": [
        {"dim": "50", "points": "2", "clearance": "1.5"}, {"method": "gd", "clearance": "0", "steps": "1"},
    ],
    "margins": [{"per_class": "5", "width": "2", "labels": "random"}, {"learning_rate": "1e6"}, {"steps": "1"}],
    "test_collapse": [
        {"per_class": "2", "stop": "1"}, {"difficulty": "0", "rule": "epochs", "stop": "3"}, {"weight_decay": "1e6"},
    ],
}  # fmt: skip
ENDS = ("done", "diverged")


def trained(lab, typed):
    """The last run, after the page's clicks and ticks."""
    lab_driving.fill(lab, **typed)
    lab.train.click()
    lab.heartbeat.value += 1  # the first tick reads the fields
    lab_driving.tick_until(lab, lambda: not lab_driving.ticking(lab))
    return lab.runs[-1]


@pytest.fixture(scope="module", params=sorted(SMALL))
def lab(request):
    """A lab after one small run."""
    lab = getattr(labs, request.param)()
    trained(lab, SMALL[request.param])
    return lab


def test_every_lab_has_small_settings():
    assert set(SMALL) <= set(labs.OFFERS)


def test_it_asks_before_it_trains(lab):
    fresh = labs.OFFERS[lab.plan.name]()
    assert fresh.runs == []
    assert lab.plan.question.endswith("?")
    assert lab.plan.question[:-1] in fresh.question.value


def test_a_run_ends_done_and_every_panel_has_a_curve(lab):
    run = lab.runs[0]
    assert (run.state, run.message) == ("done", "")
    assert run.done == run.planned > 0
    rows = table(run)
    for panel in lab.plan.panels:
        for curve in panel.curves:
            assert len(lines(lab.plan, panel, curve, rows).dropna()) > 1, curve.column


def test_curves_grow_while_it_trains(lab):
    """What the probes sent is what the run has in the end."""
    seen = []
    run = lab._training(lab.runs[0].values)
    run._on_probe, keep = lambda result: (seen.append(result), keep(result)), run._on_probe
    run.start()
    run.thread.join(lab_driving.SECONDS)
    assert len(seen) >= min(10, len(run.rows))


def test_every_outcome_is_told(lab):
    for outcome in lab.plan.outcomes:
        assert outcome.heading in lab.status.value
        assert outcome.heading in lab.table.value


def test_the_line_of_python_trains_the_same(lab):
    again = eval(lab.plan.recipe(lab.runs[0].values), {"labs": labs})
    assert again[lab.plan.x].max() == table(lab.runs[0])[lab.plan.x].max()
    for outcome in lab.plan.outcomes:
        assert outcome.told(again, lab.plan.x) in lab.status.value


def test_a_wrong_value_is_named_and_nothing_trains(lab):
    fresh = labs.OFFERS[lab.plan.name]()
    for setting in lab.plan.settings:
        if isinstance(setting, labs.Choice):
            continue
        lab_driving.fill(fresh, **{setting.name: "-1"})
        fresh.train.click()
        fresh.heartbeat.value += 1
        assert fresh.runs == []
        assert f"Not trained. {setting.label}: " in fresh.message.value
        lab_driving.fill(fresh, **{setting.name: setting.written(setting.default)})


@pytest.mark.parametrize(("name", "typed"), [(name, typed) for name in sorted(EXTREME) for typed in EXTREME[name]])
def test_extreme_values_train_or_end_in_a_sentence(name, typed):
    run = trained(labs.OFFERS[name](), SMALL[name] | typed)
    assert run.state in ENDS
    assert (run.state == "done") != run.message.startswith("Training ")
"""Every lab, driven without a browser at small settings: it trains, draws, tells, and refuses in words."""

import pytest

from ncbook import labs
from ncbook.labs import _curves

# what makes a run of a lab a matter of seconds
SMALL = {
    "collapse": {"width": "8", "epochs": "4"},
    "doses": {"steps": "12", "settle": "4", "seeds": "2"},
    "flatness": {"epochs": "25", "labels": "stopped"},
    "grokking": {"p": "7", "width": "8", "steps": "30"},
    "interventions": {"steps": "12", "release": "6", "seeds": "2"},
    "numerics": {"steps": "50", "seeds": "2", "head_factor": "10"},
}
# values at a limit, one after the other; each run trains, or ends in a sentence
EXTREME = {
    "doses": [{"level": "1e-9"}, {"level": "1e9"}, {"kind": "loss", "level": "1e9"}],
    "flatness": [{"factor": "1e-3"}, {"change": "last", "factor": "1e3"}, {"learning_rate": "10"}],
    "interventions": [{"way": "up", "strength": "1e3"}, {"level": "1e3", "strength": "1e3"}, {"fraction": "0.95"}],
    "numerics": [{"head_factor": "1e3"}, {"loss": "stablemax", "head_factor": "1e-3"}, {"weight_decay": "100"}],
}  # fmt: skip
PATIENCE = 600  # seconds for a run, far more than any needs, for a machine may be busy
each = pytest.mark.parametrize("name", sorted(SMALL))


def filled(name: str, **typed: str) -> labs.Lab:
    lab = labs.OFFERS[name]()
    for field, text in (SMALL[name] | typed).items():
        lab.form.fields[field].value = text
    return lab


def tick(lab: labs.Lab) -> None:
    lab.heartbeat.value = (lab.heartbeat.value + 1) % 100


def trained(name: str, **typed: str) -> labs.Lab:
    """After Train was clicked, and the page has ticked until the end."""
    lab = filled(name, **typed)
    lab.train.click()
    tick(lab)
    lab.runs[-1].thread.join(PATIENCE)
    tick(lab)
    assert not lab.running
    return lab


def test_every_lab_is_driven_here():
    assert set(labs.OFFERS) == set(SMALL)


@each
def test_a_run_draws_into_every_panel_and_tells_every_outcome(name):
    lab = trained(name)
    run = lab.runs[0]
    assert run.state == "done", run.message
    assert run.done == run.planned or name == "flatness"  # which stops at zero error
    for panel in lab.plan.panels:
        drawn = [_curves.lines(lab.plan, panel, curve, _curves.table(run)) for curve in panel.curves]
        assert all(len(lines.dropna(how="all")) for lines in drawn), panel.title
    for outcome in lab.plan.outcomes:
        assert f"{outcome.heading} " in lab.status.value


@each
def test_a_lab_gives_by_its_line_of_python_what_it_has_drawn(name):
    run = trained(name).runs[0]
    plan = labs.OFFERS[name].plan
    assert eval(plan.recipe(run.values), {"labs": labs}).equals(_curves.table(run))


@each
def test_a_value_out_of_its_limits_is_named(name):
    for setting in labs.OFFERS[name].plan.settings:
        if isinstance(setting, labs.Choice):
            continue
        lab = filled(name, **{setting.name: "-1"})
        lab.train.click()
        tick(lab)
        assert lab.runs == []
        assert f"Not trained. {setting.label}: must be" in lab.message.value


@pytest.mark.parametrize(("name", "typed"), [(name, typed) for name, all_ in EXTREME.items() for typed in all_])
def test_extreme_values_train_or_end_in_a_sentence(name, typed):
    run = trained(name, **typed).runs[0]
    assert run.state == "done" or (run.state == "diverged" and run.message.endswith("."))
