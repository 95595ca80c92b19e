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
