"""What every experiment gets from `Experiment`: presets, load, cache, recorded runs, provenance; also one from outside.

The experiment here is none of the book's: it stands outside the package, and trains nothing.
"""

import contextlib
import json
import sys
import warnings
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from ncbook import experiments, ledger, readings, runs, trainers
from ncbook.__main__ import main
from ncbook.claims import Claim
from ncbook.evidence import Evidence
from ncbook.experiments import _registry
from ncbook.experiments._experiment import history, plain
from ncbook.ledger import judging

ABOUT = {
    "experiment": str, "version": int, "preset": str, "device": str, "hardware": str, "threads": int, "workers": int,
    "seconds": float, "date": str, "ncbook": str, "torch": str, "numpy": str, "python": str,
}  # fmt: skip


@dataclass(frozen=True)
class Config(experiments.Presets):
    seeds: tuple[int, ...] = (1, 2)
    scale: float = 1.0

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        return {"smoke": cls(scale=0.5), "laptop": cls(), "gpu": cls(scale=2.0), "paper": cls(scale=4.0)}


def train(config: Config, device: str) -> tuple[experiments.Rows, experiments.Arrays]:
    TRAINED.append((config, device))
    rows = [{"seed": seed, "step": step, "nc1_train": config.scale / 3} for seed in config.seeds for step in (0, 1)]
    return rows, {"numbers": np.arange(3)}


def judge(run: runs.Run) -> Evidence:
    return Evidence.compared(run.history["seed"], run.history["nc1_train"], "<", 1, "")


CLAIM = Claim("toy-claim", "papyan2020prevalence", "results", "It is small.", "Below 1.", "None.", judge, "fig-toy")
TRAINED: list[tuple[Config, str]] = []
SMOKE, LAPTOP = Config.presets()["smoke"], Config()


@pytest.fixture
def toy(tmp_path, monkeypatch) -> experiments.Experiment:
    """The experiment, with an empty cache and an empty folder of recorded runs, and no settings from outside."""
    monkeypatch.setenv("NCBOOK_CACHE", str(tmp_path / "cache"))
    for name in ("NCBOOK_PRESET", "NCBOOK_LIVE", "NCBOOK_EXPERIMENTS"):
        monkeypatch.delenv(name, raising=False)
    TRAINED.clear()
    return experiments.Experiment(
        "toy", "A toy", 1, Config, train, keys=("seed",), claims=(CLAIM,), folder=tmp_path / "recorded"
    )


@pytest.fixture
def registered(toy, monkeypatch) -> experiments.Experiment:
    monkeypatch.setattr(_registry, "_OWN", {})
    return experiments.register(toy)


# --- presets


def test_the_preset_is_the_argument_else_the_environment_s_else_laptop(toy, monkeypatch):
    assert toy.presets() == experiments.PRESETS
    assert Config.preset("gpu").scale == 2
    assert Config.preset() == LAPTOP
    monkeypatch.setenv("NCBOOK_PRESET", "smoke")
    assert Config.preset() == SMOKE
    assert Config.preset("paper").scale == 4
    assert toy.load().provenance["preset"] == "smoke"


@pytest.mark.parametrize("preset", ["nonsense", "Laptop"])
def test_an_unknown_preset_is_answered_with_those_that_there_are(toy, monkeypatch, preset):
    message = f"preset: '{preset}' is unknown; use one of smoke, laptop, gpu, paper"
    with pytest.raises(ValueError, match=message):
        toy.load(preset)
    monkeypatch.setenv("NCBOOK_PRESET", "nonsense")
    with pytest.raises(ValueError, match="preset: 'nonsense' is unknown; use one of smoke"):
        toy.load()
    assert TRAINED == []


@pytest.mark.parametrize("name", experiments.names())
def test_the_book_s_experiments_have_the_presets_and_files_of_their_own(name):
    experiment = experiments.get(name)
    assert set(experiments.PRESETS) <= set(experiment.presets())
    assert len({experiment.file_name(preset) for preset in experiment.presets()}) == len(experiment.presets())
    assert all(len(experiment.Config.preset(preset).seeds) for preset in experiment.presets())
    module = sys.modules[f"ncbook.experiments.{name}"]
    assert getattr(experiments, name) is module
    assert (module.Config, module.CLAIMS) == (experiment.Config, experiment.claims)
    assert module.load == experiment.load
    assert module.run == experiment.run
    assert experiment.keys[-1] == "seed"


# --- run


def test_a_run_says_where_it_was_made_and_keeps_reals_in_single_precision(toy):
    run = toy.run(LAPTOP)
    assert {name: type(value) for name, value in run.provenance.items()} == ABOUT
    assert (run.provenance["experiment"], run.provenance["version"], run.provenance["preset"]) == ("toy", 1, "custom")
    assert date.fromisoformat(run.provenance["date"])
    assert run.config == {"seeds": [1, 2], "scale": 1.0} == plain(LAPTOP)
    assert run.history["nc1_train"].dtype == np.float32
    assert replace(toy, exact=("nc1_train",)).run(LAPTOP).history["nc1_train"].dtype == np.float64
    assert run.arrays["numbers"].tolist() == [0, 1, 2]


def test_a_history_says_what_a_row_lacks():
    rows = [{"seed": 1, "arm": "a", "x": 0.5, "yes": True}, {"seed": 2, "layer": 3, "z": 2.0}]
    found = {name: column.tolist() for name, column in history(rows).items()}
    assert found.pop("x")[0] == 0.5
    assert np.isnan(history(rows)["x"][1])
    assert np.isnan(history(rows)["z"][0])
    assert found["seed"] == [1, 2]
    assert found["arm"] == ["a", ""]
    assert found["layer"] == [-1, 3]
    assert found["yes"] == [True, False]


def test_a_device_that_is_not_there_is_refused_before_training(toy):
    with pytest.raises(ValueError, match="'toaster'"):
        toy.load("smoke", device="toaster")
    assert TRAINED == []


# --- load


def test_a_missing_run_is_trained_once_and_then_found(toy):
    first, second = toy.load("smoke"), toy.load("smoke")
    assert TRAINED == [(SMOKE, "cpu")] or TRAINED == [(SMOKE, "cuda")]
    assert first.provenance == second.provenance
    assert first.provenance["preset"] == "smoke"
    assert [path.name for path in runs.cache_folder().iterdir()] == [toy.file_name("smoke")]
    assert toy.state("smoke") == "cached"


def test_a_recorded_run_goes_before_a_cached_one(toy):
    toy.load("laptop", device="cpu")
    path = toy.record("laptop", device="cpu")
    assert path == toy.record_path("laptop")
    assert toy.state("laptop") == "recorded"
    assert toy.find("laptop") == path
    TRAINED.clear()
    assert toy.load().provenance["preset"] == "laptop"
    assert TRAINED == []


@pytest.mark.parametrize(("live", "value", "trainings"), [
    (True, None, 1), (None, "1", 1), (None, "0", 0), (None, "", 0), (False, "1", 0), (True, "0", 1),
])  # fmt: skip
def test_live_trains_although_a_run_is_at_hand(toy, monkeypatch, live, value, trainings):
    toy.load("smoke")
    TRAINED.clear()
    if value is not None:
        monkeypatch.setenv("NCBOOK_LIVE", value)
    toy.load("smoke", live=live)
    assert len(TRAINED) == trainings


def test_another_version_or_config_is_another_run(toy):
    toy.load("smoke")
    assert replace(toy, version=2).find("smoke") is None
    assert toy.find("laptop") is None


def test_a_recorded_run_of_other_code_is_said_before_training_in_its_place(toy):
    toy.record("laptop")
    newer = replace(toy, version=2)
    with pytest.warns(UserWarning, match="toy-laptop-.*made by ncbook .* with other settings.*training now"):
        assert newer.load("laptop").provenance["version"] == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        newer.load("smoke")  # none was ever recorded
        newer.load("laptop", live=True)  # training is what was asked for


def test_a_damaged_run_is_named_and_kept_until_a_live_training_replaces_it(toy):
    toy.load("smoke")
    path = toy.find("smoke")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(runs.DamagedRun, match="live=True") as caught:
        toy.load("smoke")
    assert str(path) in str(caught.value)
    toy.load("smoke", live=True)
    assert toy.load("smoke").provenance["preset"] == "smoke"


def test_a_training_that_fails_leaves_no_file(toy):
    def fail(config, device):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(toy, train=fail).load("smoke")
    assert list(runs.cache_folder().iterdir()) == []


# --- a run is never lost


def test_a_cache_that_cannot_be_written_is_said_before_training(toy, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NCBOOK_CACHE", str(tmp_path / "file" / "cache"))
    order = []

    def watched(config, device):
        order.append("trained")
        return train(config, device)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match=r"The run to come cannot be kept in .*set NCBOOK_CACHE"):
            replace(toy, train=watched).load("smoke")
    assert order == []
    with pytest.warns(UserWarning, match="cannot be kept in") as said:
        run = replace(toy, train=watched).load("smoke")
    assert run.history["seed"].tolist() == [1, 1, 2, 2]
    assert [str(each.message).split(" cannot")[0] for each in said] == ["The run to come", "The run"]


def test_a_full_disk_does_not_lose_the_run(toy, monkeypatch):
    def full(run, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs, "save", full)
    with pytest.warns(UserWarning, match=r"The run cannot be kept in .* \(No space left on device\)"):
        run = toy.load("smoke")
    assert run.provenance["preset"] == "smoke"


# --- record


def test_a_new_recorded_run_replaces_those_of_older_configs(toy):
    folder = toy.folder
    folder.mkdir()
    old, other = folder / "toy-laptop-0123456789ab.npz", folder / "toy-laptop-again-0123456789ab.npz"
    old.touch()
    other.touch()
    path = toy.record("laptop")
    assert sorted(folder.iterdir()) == sorted([path, other])
    assert toy.recorded("laptop").provenance["preset"] == "laptop"


def test_recording_into_a_folder_that_cannot_be_written_is_refused_before_training(toy, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        replace(toy, folder=tmp_path / "file" / "recorded").record("smoke")
    assert TRAINED == []


# --- an experiment of your own


def judged_if_a_toy(judged, name, claim, of_presets):
    """The book's own claims are judged in test_ledger."""
    return judged(name, claim, of_presets if name == "toy" else {})


def test_a_registered_experiment_is_known_everywhere(registered, capsys, monkeypatch):
    assert experiments.names()[-1] == "toy"
    assert experiments.get("toy") is registered
    registered.record("laptop")
    monkeypatch.setattr(judging, "judged", partial(judged_if_a_toy, judging.judged))
    (entry,) = [entry for entry in ledger.entries() if entry.experiment == "toy"]
    assert (entry.id, entry.verdict, entry.cell) == ("toy-claim", "open", "fig-toy")
    assert main(["list", "--json"]) == 0
    assert {"experiment": "toy", "preset": "laptop", "run": "recorded"} in json.loads(capsys.readouterr().out)
    assert main(["run", "toy"]) == 0
    assert capsys.readouterr().out.startswith("toy, preset laptop: 4 measurements")
    assert main(["record", "toy", "--preset", "smoke"]) == 0
    assert capsys.readouterr().out == f"recorded in {registered.record_path('smoke')}\n"
    assert runs.provenance_line(registered.load()).startswith("Run: toy, preset laptop;")


def test_the_command_line_imports_the_modules_that_the_environment_names(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(_registry, "_OWN", {})
    own = Path(__file__).read_text(encoding="utf-8").split("# --- presets")[0]
    own += '\nexperiments.register(experiments.Experiment("my_own", "Mine", 1, Config, train, keys=("seed",)))\n'
    (tmp_path / "my_module.py").write_text(own, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("NCBOOK_EXPERIMENTS", "my_module")
    assert main(["list"]) == 0
    assert "my_own" in capsys.readouterr().out


def test_other_seeds_are_tried_out_and_not_kept(registered, capsys, tmp_path):
    assert main(["run", "toy", "--seeds", "90", "91", "--json"]) == 0
    ends = json.loads(capsys.readouterr().out)["ends"]
    assert [(row["seed"], row["step"]) for row in ends] == [(90, 1), (91, 1)]
    assert main(["run", "toy", "--preset", "smoke", "--seeds", "90"]) == 0
    table = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert table[1][table[0].index("seed")] == "90"
    assert TRAINED[-1][0] == replace(SMOKE, seeds=(90,))
    assert not list(tmp_path.rglob("*.npz"))


@pytest.mark.parametrize("name", ["collapse", "toy"])
def test_a_name_is_given_once(registered, name):
    with pytest.raises(ValueError, match=f"name: '{name}' is the name of another experiment"):
        experiments.register(replace(registered, name=name))
    assert experiments.register(registered) is registered  # a module that is imported again


def test_an_unknown_experiment_is_answered_with_those_that_there_are():
    with pytest.raises(ValueError, match="'nothing'; there are: collapse, simplex, settings"):
        experiments.get("nothing")


# --- what ships


RECORDED = sorted(runs.RECORDED.glob("*.npz"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_run_belongs_to_the_code_and_says_where_it_was_made(path):
    run = runs.load(path)
    about = run.provenance
    said = {name: type(value) for name, value in about.items()}
    said.pop("note", None)  # what was done to a recorded run later
    assert said == ABOUT
    experiment = experiments.get(about["experiment"])
    assert path.name == experiment.file_name(about["preset"]), f"python -m ncbook record {experiment.name}"
    assert run.config == plain(experiment.Config.preset(about["preset"]))
    assert about["version"] == experiment.version
    assert about["seconds"] > 0
    assert {"step", *experiment.keys} <= set(run.history)
    assert len({column.shape for column in run.history.values()}) == 1


@pytest.mark.parametrize("name", experiments.names())
def test_the_published_preset_is_recorded(name):
    assert experiments.get(name).recorded("laptop") is not None, f"python -m ncbook record {name} --workers 2"


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_every_column_is_defined(path):
    """In `readings.measures` where several results have it, in the result's reading where one has."""
    run = runs.load(path)
    own = getattr(readings, run.provenance["experiment"]).COLUMNS
    unknown = [name for name in run.history if name not in own and name not in readings.measures.SHARED]
    assert not unknown, f"define them in ncbook/readings/{run.provenance['experiment']}.py"


def test_no_column_is_defined_twice():
    seen: dict[str, object] = dict(readings.measures.SHARED)
    for name in experiments.names():
        for column, measure in getattr(readings, name).COLUMNS.items():
            assert seen.setdefault(column, measure) is measure, f"{column} of readings.{name} is another elsewhere"


# --- verify


@dataclass(frozen=True)
class FromZero(experiments.Presets):
    seeds: tuple[int, ...] = (0, 1)

    @classmethod
    def presets(cls) -> dict[str, "FromZero"]:
        return dict.fromkeys(experiments.PRESETS, cls())


def seeded_rows(config: FromZero, device: str) -> tuple[experiments.Rows, experiments.Arrays]:
    return [{"seed": seed, "step": 0, "train_loss": 1.0 + seed} for seed in config.seeds], {}


def forgetful_rows(config: FromZero, device: str) -> tuple[experiments.Rows, experiments.Arrays]:
    return [{"seed": seed, "step": 0, "train_loss": 1.0} for seed in config.seeds], {}


def test_verify_notices_code_that_has_forgotten_the_seed(toy):
    good = replace(toy, Config=FromZero, train=seeded_rows)
    run = good.run(FromZero(), "cpu", "laptop")
    assert experiments.verify(good, run).wrong == ()
    assert experiments.verify(replace(good, train=forgetful_rows), run).wrong


@dataclass(frozen=True)
class Chaotic(FromZero):
    """How much training magnifies a difference of the weights."""

    magnified: float = 1.0


def trained_rows(config: Chaotic, device: str) -> tuple[experiments.Rows, experiments.Arrays]:
    rows: list[dict[str, float]] = []
    for seed in config.seeds:
        weight = torch.full((4,), 0.1 + seed / 10)
        trainers.before_training([weight])
        measured = [{"seed": seed, "step": 0, "train_loss": (config.magnified * weight.double()).sin().mean().item()}]
        rows += measured
        with contextlib.suppress(trainers.FirstProbesDone):
            trainers.after_probe(measured)
    return rows, {}


@pytest.mark.parametrize(("magnified", "excused"), [(1.0, False), (1e7, True)])
def test_verify_excuses_what_the_last_digit_of_the_weights_decides(toy, magnified, excused):
    chaotic = replace(toy, Config=Chaotic, train=trained_rows)
    run = chaotic.run(Chaotic(magnified=magnified), "cpu", "laptop")
    run.history["train_loss"] = run.history["train_loss"] * 1.04
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Chaotic, "presets", classmethod(lambda cls: {"laptop": cls(magnified=magnified)}))
        assert (experiments.verify(chaotic, run).wrong == ()) == excused
