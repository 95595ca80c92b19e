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
    "margins": [{"per_class": "5", "width": "8", "labels": "random"}, {"learning_rate": "10"}, {"steps": "1"}],
    "test_collapse": [
        {"per_class": "2", "stop": "1"}, {"difficulty": "0", "rule": "epochs", "stop": "3"}, {"weight_decay": "1"},
    ],
}  # fmt: skip
ENDS = ("done", "diverged", "failed")


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


def test_without_widgets_it_trains_the_same(lab):
    again = labs.OFFERS[lab.plan.name].run(**lab.runs[0].values)
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
