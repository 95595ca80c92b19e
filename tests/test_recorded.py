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
    "information_bottleneck": {"estimator_seeds": 1, "counts": (250,), "betas": ()},
    "image_interventions": {"seeds": (401, 411), "seeds_of_task": (1, 1)},
}

# Parts of which a test of their own compares what is stable: values of the first key column.
# vib: recorded at its end alone, and its members share the draws of one generator, so that all 24 would be needed.
APART: dict[str, set[str]] = {"information_bottleneck": {"vib"}}


def compared(name: str, preset: str):
    experiment = experiments.get(name)
    config = experiment.Config.preset(preset)
    config = replace(config, **({"seeds": config.seeds[:1]} | SMALLER.get(name, {})))
    with trainers.threads(1):
        return verify(experiment, experiment.recorded(preset), config)


@pytest.mark.parametrize(("name", "preset"), RECORDED)
def test_the_code_still_gives_the_recorded_numbers(name, preset):
    found = compared(name, preset)
    assert not found.wrong, "\n".join(found.wrong[:10])
    missing = {arm for arm in found.missing if arm[0] not in APART.get(name, ())}
    assert not missing, f"nothing was trained again of {sorted(missing, key=str)[:10]}"
    assert found.rows > 0
