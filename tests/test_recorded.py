"""Runs belong to the code: the first probes of every arm of every recorded run, trained again, are those recorded."""

from dataclasses import replace

import pytest

from ncbook import experiments, trainers
from ncbook.experiments._verify import verify

RECORDED = [
    (name, preset)
    for name in experiments.names()
    for preset in experiments.get(name).presets()
    if experiments.get(name).recorded(preset) is not None
]

# Where the first seed alone is not the smallest whole: what of the config is made again.
SMALLER: dict[str, dict] = {
    "margins": {"family_seeds": 0},
}

# Parts of which a test of their own compares what is stable: values of the first key column.
# families: recorded at the ends of trainings alone, where another processor ends elsewhere.
APART: dict[str, set[str]] = {"margins": {"families"}}

# Where two probes come before training has done anything that can be seen: how many are made again.
PROBES: dict[str, int] = {"test_collapse": 8, "bound": 4, "margins": 4}


def compared(name: str, preset: str):
    experiment = experiments.get(name)
    config = experiment.Config.preset(preset)
    config = replace(config, **({"seeds": config.seeds[:1]} | SMALLER.get(name, {})))
    with trainers.threads(1):
        return verify(experiment, experiment.recorded(preset), config, PROBES.get(name, 2))


@pytest.mark.parametrize(("name", "preset"), RECORDED)
def test_the_code_still_gives_the_recorded_numbers(name, preset):
    found = compared(name, preset)
    assert not found.wrong, "\n".join(found.wrong[:10])
    missing = {arm for arm in found.missing if arm[0] not in APART.get(name, ())}
    assert not missing, f"nothing was trained again of {sorted(missing, key=str)[:10]}"
    assert found.rows > 0
