"""Runs belong to the code: the first probes of every arm of every recorded run, trained again, are those recorded."""

import pytest

from ncbook import experiments, trainers

RECORDED = [
    (name, preset)
    for name in experiments.names()
    for preset in experiments.get(name).presets()
    if experiments.get(name).recorded(preset) is not None
]


@pytest.mark.parametrize(("name", "preset"), RECORDED)
def test_the_code_still_gives_the_recorded_numbers(name, preset):
    experiment = experiments.get(name)
    with trainers.threads(1):
        found = experiments.verify(experiment, experiment.recorded(preset))
    assert not found.wrong, "\n".join(found.wrong[:10])
    assert not found.missing, f"nothing was trained again of {sorted(found.missing, key=str)[:10]}"
    assert found.rows > 0
