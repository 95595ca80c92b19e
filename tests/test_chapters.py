"""What the first cell of a chapter says: nothing, unless the chapter and what it runs on do not fit."""

from dataclasses import replace

import pytest
import torch

import ncbook
from ncbook import chapters, experiments


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    monkeypatch.delenv("NCBOOK_PRESET", raising=False)


def gpu(monkeypatch, name: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(name))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: name)


def test_where_all_is_as_it_should_be_it_says_nothing(monkeypatch, capsys):
    gpu(monkeypatch, "")
    chapters.begin("collapse", written_for=ncbook.__version__)
    assert capsys.readouterr().out == ""


def test_another_release_is_named(monkeypatch, capsys):
    gpu(monkeypatch, "")
    chapters.begin("collapse", written_for="0.0.1")
    said = capsys.readouterr().out
    assert "written for ncbook 0.0.1" in said
    assert ncbook.__version__ in said


def test_on_a_gpu_the_larger_preset_is_offered_with_its_minutes(monkeypatch, capsys):
    gpu(monkeypatch, "Tesla T4")
    chapters.begin("collapse", written_for=ncbook.__version__)
    said = capsys.readouterr().out
    assert "Tesla T4" in said
    assert 'experiments.collapse.load("gpu")' in said
    assert "minutes on" in said


def test_the_minutes_are_those_of_a_recorded_run_where_there_is_one(monkeypatch, capsys):
    gpu(monkeypatch, "Tesla T4")
    run = experiments.collapse.load("laptop")
    run = replace(run, provenance={**run.provenance, "seconds": 432.0, "hardware": "NVIDIA H100"})
    monkeypatch.setattr(experiments.Experiment, "recorded", lambda self, preset: run)
    chapters.begin("collapse", written_for=ncbook.__version__)
    assert "7 minutes on NVIDIA H100" in capsys.readouterr().out


def test_who_has_chosen_a_preset_is_offered_none(monkeypatch, capsys):
    gpu(monkeypatch, "Tesla T4")
    monkeypatch.setenv("NCBOOK_PRESET", "smoke")
    chapters.begin("collapse", written_for=ncbook.__version__)
    assert capsys.readouterr().out == ""
