"""Recorded runs still belong to the code, and `load` finds, trains and keeps runs as it says."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from ncbook import experiments, runs, trainers
from ncbook.experiments import collapse
from ncbook.experiments._experiment import plain

PROVENANCE = {
    "experiment": str, "version": int, "preset": str, "device": str, "hardware": str, "threads": int,
    "workers": int, "seconds": float,
    "date": str, "ncbook": str, "torch": str, "numpy": str, "python": str,
}  # fmt: skip
EVERY = pytest.mark.parametrize("name", experiments.names())


PAIRS = [(name, preset) for name in experiments.names() for preset in experiments.get(name).presets()]
FILES = {experiments.get(name).file_name(preset) for name, preset in PAIRS}


# --- what ships


@EVERY
def test_the_published_preset_of_every_experiment_is_recorded(name):
    assert (runs.RECORDED / experiments.get(name).file_name("laptop")).exists()


def test_no_recorded_run_is_stale():
    recorded = {path.name for path in runs.RECORDED.glob("*.npz")}
    assert recorded <= FILES


@pytest.fixture(params=sorted(runs.RECORDED.glob("*.npz")), ids=lambda path: path.name)
def recorded(request) -> runs.Run:
    return runs.load(request.param)


def test_a_recorded_run_says_where_it_was_made(recorded):
    about = recorded.provenance
    assert {name: type(value) for name, value in about.items()} == PROVENANCE
    assert about["preset"] in experiments.presets(about["experiment"])
    assert about["seconds"] > 0
    assert all(about[name] for name in ("hardware", "torch", "numpy", "python", "ncbook", "device"))
    assert date.fromisoformat(about["date"]).isoformat() == about["date"]


def test_a_recorded_run_is_of_the_current_config_and_version(recorded):
    experiment, about = experiments.get(recorded.provenance["experiment"]), recorded.provenance
    assert about["version"] == experiment.VERSION
    assert recorded.config == plain(experiment.Config.preset(about["preset"]))


def test_a_recorded_run_has_seed_and_step_and_columns_of_one_length(recorded):
    assert {"seed", "step"} <= set(recorded.history)
    assert len({column.shape for column in recorded.history.values()}) == 1


# --- `collapse`, by which the rest is tried


@pytest.fixture(scope="module")
def laptop() -> runs.Run:
    return collapse.EXPERIMENT.recorded("laptop")


# --- a run made now


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    config = replace(collapse.Config.preset("smoke"), networks=("mlp",), seeds=(4,), epochs=3, probes=2)
    return collapse.run(config, "cpu")


def test_a_run_of_a_custom_config_says_so(tiny):
    assert tiny.provenance["preset"] == "custom"
    assert {name: type(value) for name, value in tiny.provenance.items()} == PROVENANCE


def test_a_run_has_the_columns_of_the_recorded_one(tiny, laptop):
    assert set(tiny.history) == set(laptop.history)
    assert {name.split("/")[1] for name in tiny.arrays} == {name.split("/")[1] for name in laptop.arrays}


def test_a_run_survives_its_file(tiny, tmp_path):
    runs.save(tiny, tmp_path / "run.npz")
    back = runs.load(tmp_path / "run.npz")
    assert back.config == tiny.config
    np.testing.assert_array_equal(back.history["nc1_train"], tiny.history["nc1_train"])


def test_the_same_config_gives_the_same_numbers_to_the_bit(tiny):
    config = collapse.Config(**{name: tuple(v) if isinstance(v, list) else v for name, v in tiny.config.items()})
    again = collapse.run(config, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(again.history[name], column)


@pytest.mark.parametrize(("name", "preset"), PAIRS)
def test_every_preset_has_seeds(name, preset):
    assert len(experiments.get(name).Config.preset(preset).seeds) >= 1


def test_every_preset_has_a_file_name_of_its_own():
    assert len(FILES) == len(PAIRS)


# --- load


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and no settings from outside."""
    monkeypatch.setenv("NCBOOK_CACHE", str(tmp_path))
    for name in ("NCBOOK_PRESET", "NCBOOK_LIVE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def trained(cache, monkeypatch) -> list[tuple]:
    """What `load` asked `run` to train; the training itself is left out."""
    asked: list[tuple] = []

    def pretend(config, device=None):
        asked.append((config, device))
        return runs.Run(plain(config), {"seed": np.array([0]), "step": np.array([len(asked)])}, {}, {})

    monkeypatch.setattr(collapse, "run", pretend)
    return asked


SMOKE = collapse.Config.preset("smoke")


def test_a_recorded_run_is_found_without_training(trained, laptop):
    run = collapse.load("laptop")
    assert trained == []
    assert run.provenance == laptop.provenance


def test_laptop_is_the_default(trained, laptop):
    assert collapse.load().config == laptop.config
    assert trained == []


def test_a_missing_run_is_trained_once_and_then_found(trained, cache):
    first, second = collapse.load("smoke"), collapse.load("smoke")
    assert trained == [(SMOKE, None)]
    assert first.history["step"] == second.history["step"] == 1
    assert [path.name for path in cache.iterdir()] == [collapse.EXPERIMENT.file_name("smoke")]


def test_live_always_trains_and_keeps_the_newest(trained):
    for _ in range(2):
        collapse.load("smoke", live=True)
    assert len(trained) == 2
    assert collapse.load("smoke").history["step"] == 2


def test_live_trains_although_a_run_is_recorded(trained):
    collapse.load("laptop", live=True)
    assert trained == [(collapse.Config.preset("laptop"), None)]


def test_the_device_reaches_the_training(trained):
    collapse.load("smoke", device="cpu")
    assert trained == [(SMOKE, "cpu")]


def test_the_environment_sets_the_preset(trained, monkeypatch):
    monkeypatch.setenv("NCBOOK_PRESET", "smoke")
    collapse.load()
    assert trained == [(SMOKE, None)]


def test_an_argument_goes_before_the_environment(trained, monkeypatch):
    monkeypatch.setenv("NCBOOK_PRESET", "smoke")
    monkeypatch.setenv("NCBOOK_LIVE", "1")
    collapse.load("laptop", live=False)
    assert trained == []


@pytest.mark.parametrize(("value", "trainings"), [("1", 1), ("0", 0), ("", 0)])
def test_the_environment_asks_for_live_training(trained, monkeypatch, value, trainings):
    monkeypatch.setenv("NCBOOK_LIVE", value)
    collapse.load("laptop")
    assert len(trained) == trainings


@pytest.mark.parametrize("preset", ["nonsense", "Laptop"])
def test_an_unknown_preset_is_answered_with_the_presets_that_there_are(trained, preset):
    with pytest.raises(ValueError, match=f"preset: '{preset}' is unknown; use one of smoke, laptop, gpu, paper"):
        collapse.load(preset)


def test_an_unknown_preset_in_the_environment_is_refused(trained, monkeypatch):
    monkeypatch.setenv("NCBOOK_PRESET", "nonsense")
    with pytest.raises(ValueError, match="'nonsense' is unknown"):
        collapse.load()


def test_a_damaged_cached_run_is_named_and_kept_until_a_live_training_replaces_it(trained, cache):
    collapse.load("smoke")
    path = cache / collapse.EXPERIMENT.file_name("smoke")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(runs.DamagedRun, match="live=True") as caught:
        collapse.load("smoke")
    assert str(path) in str(caught.value)
    assert len(trained) == 1
    collapse.load("smoke", live=True)
    assert collapse.load("smoke").history["step"] == 2


def test_a_training_that_fails_leaves_no_file(cache, monkeypatch):
    def fail(config, device=None):
        raise trainers.Diverged("the training loss became nan")

    monkeypatch.setattr(collapse, "run", fail)
    with pytest.raises(trainers.Diverged):
        collapse.load("smoke")
    assert list(cache.iterdir()) == []


def test_an_unknown_experiment_is_answered_with_the_experiments_that_there_are():
    with pytest.raises(ValueError, match="'nothing'; there are: memorization, double_descent, simplex, collapse"):
        experiments.get("nothing")
