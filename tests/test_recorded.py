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
    "image_interventions": {"seeds": (401, 411), "seeds_of_task": (1, 1)},
    "double_descent": {"per_class": (10,), "factors": (1.0,), "ridges": (0.0,), "time_seeds": (0,)},
    # its phase diagram, leak and written-down weights are arrays and no rows: test_experiment_grokking
    "grokking": {"phase_decays": (0.0,), "phase_fractions": (0.6,), "leak_seeds": (341,), "gromov_moduli": (29,)},
    "numerics": {"stuck_seeds": (381,), "slingshot_seeds": (381,)},
    "onset": {"control_seeds": 1, "digits_seeds": (375,), "classes": (10,)},
}
# Where two probes come before training has done anything that can be seen: how many are made again.
PROBES: dict[str, int] = {
    "test_collapse": 8,
    "cascade": {"classes": (2, 4), "layers": (1, 3), "starts": 1},
}


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
    assert not found.missing, f"nothing was trained again of {sorted(found.missing, key=str)[:10]}"
    assert found.rows > 0
