"""Sweeps: the same results in the same order, in this process, on its cores, and on a Dask cluster."""

import os
import time
from functools import partial

import dask
import joblib
import numpy as np
import pytest
import torch
from distributed import Client, LocalCluster

from ncbook import trainers
from ncbook.__main__ import main
from ncbook.experiments import collapse
from ncbook.experiments._sweep import sweep

TINY = collapse.Config(networks=("mlp",), weight_decays=(5e-3,), seeds=(0, 1, 2), width=16, epochs=2, probes=2)


def late_first(arm: int) -> tuple[int, int]:
    """The first arm ends last."""
    time.sleep(0.3 if arm == 0 else 0.0)
    return arm, os.getpid()


def threads_seen(arm: int) -> int:
    return torch.get_num_threads()


def failing(arm: int) -> int:
    if arm == 1:
        raise trainers.Diverged(f"arm {arm}")
    return arm


@pytest.fixture(scope="module")
def alone():
    return collapse.run(TINY, "cpu")


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes on this machine, and a client that joblib finds."""
    patience = {f"distributed.comm.timeouts.{what}": "600s" for what in ("connect", "tcp")}
    with (
        dask.config.set(patience),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local,
        Client(local),
    ):
        yield local


def assert_same_run(one, other):
    assert one.config == other.config
    assert list(one.history) == list(other.history)
    for name, column in one.history.items():
        assert np.array_equal(column, other.history[name]), name
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
        run = collapse.run(TINY, "cpu")
    assert_same_run(run, alone)
    assert (alone.provenance["workers"], run.provenance["workers"]) == (1, 2)


def test_a_run_on_two_workers_is_that_of_one(tmp_path, monkeypatch):
    """Here, and not with the other commands, to use the pool of workers that the tests above have started."""
    monkeypatch.setenv("NCBOOK_CACHE", str(tmp_path))
    monkeypatch.delenv("NCBOOK_LIVE", raising=False)
    config = collapse.Config(networks=("mlp",), seeds=(0, 1), width=16, epochs=2, probes=2)
    monkeypatch.setattr(collapse.Config, "presets", classmethod(lambda cls: {"smoke": config}))
    found = []
    for workers in ("1", "2"):
        assert main(["run", "collapse", "--preset", "smoke", "--live", "--workers", workers]) == 0
        found.append(collapse.load("smoke"))
    assert [run.provenance["workers"] for run in found] == [1, 2]
    assert all((found[0].history[name] == column).all() for name, column in found[1].history.items())


def test_on_a_dask_cluster_an_experiment_gives_the_same_numbers(alone, cluster):
    with joblib.parallel_config("dask"):
        run = collapse.run(TINY, "cpu")
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
