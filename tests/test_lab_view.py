"""What a plan shows of its rows is what the lab draws, tells and exports, and what a run without widgets gives."""

import pytest
from lab_driving import stop_all, train

from ncbook import labs, trainers
from ncbook.labs import _curves, _export

PLAN = labs.Plan(
    name="layers",
    chapter="3-representation/cascade",
    question="Which layer?",
    settings=(labs.Whole("layer", "Layer", "Which one is shown", 1, 0, 2),),
    train=lambda layer: measured(),
    view=lambda rows, values: rows[rows.layer == values["layer"]].assign(double=2 * rows.spread),
    panels=(labs.Panel("Twice the spread", "spread", (labs.Curve("double"),)),),
    outcomes=(labs.Outcome("twice the spread", "double"),),
)


def measured():
    rows = []
    with trainers.progress(3, 0, None) as report:
        for step in (1, 2, 3):
            rows += [{"seed": 0, "step": step, "layer": layer, "spread": float(step * layer)} for layer in (0, 1, 2)]
            trainers.after_probe([rows[-3:]])
            report(step)
    return rows


@pytest.fixture
def lab():
    lab = labs.Lab(PLAN)
    yield lab
    stop_all(lab)


def test_the_rows_of_a_run_are_those_of_the_view():
    rows = PLAN.run(layer=2)
    assert rows.layer.unique().tolist() == [2]
    assert rows.double.tolist() == [4, 8, 12]


def test_a_lab_draws_tells_and_exports_the_view(lab):
    train(lab, layer="2")
    (run,) = lab.runs
    assert len(run.rows) == 9
    drawn = _curves.lines(PLAN, PLAN.panels[0], PLAN.panels[0].curves[0], _curves.table(run))
    assert drawn.iloc[:, 0].tolist() == [4, 8, 12]
    assert "twice the spread 12." in lab.status.value
    assert len(_export.csv(PLAN, lab.runs).splitlines()) == 4


def test_before_the_first_measurement_nothing_is_viewed(lab):
    assert PLAN.table([], {"layer": 1}).empty
    assert _export.csv(PLAN, lab.runs) == ""
