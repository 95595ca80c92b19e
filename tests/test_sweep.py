"""Sweeps: the same results in the same order, in this process, on its cores, and on a Dask cluster."""

import multiprocessing.forkserver
import os
from functools import partial

import dask
import joblib
import numpy as np
import pytest
from arms import failing, late_first, threads_seen
from distributed import Client, LocalCluster

from ncbook import trainers
from ncbook.__main__ import main
from ncbook.experiments import circuits
from ncbook.experiments._sweep import sweep
from ncbook.readings.grokking import PAIR

# Three networks in random batches, on data that come without scikit-learn: each worker would take seconds to import it.
TINY = circuits.Config(
    seeds=(0, 1), networks=(PAIR,) * 3, operations=("subtraction", "division", "multiplication"), p=(7,) * 3,
    fractions=(0.5,) * 3, dims=(8,) * 3, widths=(8,) * 3, learning_rates=(1e-2,) * 3, steps=(20,) * 3, every=(10,) * 3,
    batches=(8,) * 3,
)  # fmt: skip


@pytest.fixture(scope="module")
def alone():
    return circuits.run(TINY, "cpu")


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes on this machine, and a client that joblib finds. The workers are forked from a process that
    has imported what takes seconds; torch loads the last module by itself when it makes an optimizer."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(
        ["distributed", "ncbook.experiments", "joblib", "torch._dynamo"]
    )
    multiprocessing.forkserver.ensure_running()
    settings = {f"distributed.comm.timeouts.{what}": "600s" for what in ("connect", "tcp")}
    settings["distributed.worker.multiprocessing-method"] = "forkserver"
    with (
        dask.config.set(settings),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local,
        Client(local),
    ):
        yield local


def assert_same_run(one, other):
    assert one.config == other.config
    assert list(one.history) == list(other.history)
    assert len(one.history["step"]) == 18
    for name, column in one.history.items():
        assert np.array_equal(column, other.history[name]), name
    assert one.arrays
    assert one.arrays.keys() == other.arrays.keys()
    assert all(np.array_equal(array, other.arrays[name]) for name, array in one.arrays.items())


def test_without_a_configuration_arms_run_here_one_after_the_other():
    assert sweep(late_first, range(3)) == [(arm, os.getpid()) for arm in range(3)]


def test_on_two_cores_the_results_keep_the_order_of_the_arms():
    with joblib.parallel_config("loky", n_jobs=2):
        results = sweep(late_first, range(6))
    assert [arm for arm, _ in results] == list(range(6))
    assert os.getpid() not in {process for _, process in results}


def test_on_two_cores_an_experiment_gives_the_same_numbers(alone):
    with joblib.parallel_config("loky", n_jobs=2):
        run = circuits.run(TINY, "cpu")
    assert_same_run(run, alone)
    assert (alone.provenance["workers"], run.provenance["workers"]) == (1, 2)


def test_a_run_on_two_workers_is_that_of_one(tmp_path, monkeypatch):
    """Here, and not with the other commands, to use the pool of workers that the tests above have started."""
    monkeypatch.setenv("NCBOOK_CACHE", str(tmp_path))
    monkeypatch.delenv("NCBOOK_LIVE", raising=False)
    monkeypatch.setattr(circuits.Config, "presets", classmethod(lambda cls: {"smoke": TINY}))
    found = []
    for workers in ("1", "2"):
        assert main(["run", "circuits", "--preset", "smoke", "--live", "--workers", workers]) == 0
        found.append(circuits.load("smoke"))
    assert [run.provenance["workers"] for run in found] == [1, 2]
    assert all((found[0].history[name] == column).all() for name, column in found[1].history.items())


def test_on_a_dask_cluster_an_experiment_gives_the_same_numbers(alone, cluster):
    with joblib.parallel_config("dask"):
        run = circuits.run(TINY, "cpu")
    assert_same_run(run, alone)


def test_on_a_dask_cluster_the_workers_do_the_work(cluster):
    with joblib.parallel_config("dask"):
        results = sweep(late_first, range(6))
    assert [arm for arm, _ in results] == list(range(6))
    assert {process for _, process in results} <= {worker.pid for worker in cluster.workers.values()}


@pytest.mark.parametrize("count", [1, 2])
def test_workers_use_the_threads_that_were_asked_for(monkeypatch, count):
    monkeypatch.setenv("NCBOOK_THREADS", str(count))
    assert sweep(threads_seen, range(2)) == [count] * 2


@pytest.mark.parametrize("settings", [{}, {"backend": "loky", "n_jobs": 2}], ids=["here", "two cores"])
def test_the_error_of_an_arm_ends_the_sweep_and_keeps_its_kind(settings):
    with joblib.parallel_config(**settings), pytest.raises(trainers.Diverged, match="arm 1"):
        sweep(failing, range(3))


def test_a_sweep_over_nothing_is_empty():
    assert sweep(partial(late_first), []) == []
