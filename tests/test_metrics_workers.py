"""Meters on two workers of torch.distributed, real processes, become the meter of all points."""

import dataclasses
import math

import pytest
import torch
import two_workers
from tables import for_each

from ncbook import metrics

K, D = len(two_workers.COUNTS), two_workers.DIM


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What the two have found, by rank."""
    folder = tmp_path_factory.mktemp("workers")
    processes = torch.multiprocessing.spawn(two_workers.work, (folder,), nprocs=2, join=False)
    while not processes.join(timeout=10):
        pass  # the group itself gives up after two minutes without an answer
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(2)]


def whole(dtype):
    features, labels, weight, logits = two_workers.points(dtype)
    meter = metrics.CollapseMeter(K, D)
    meter.update(features, labels)
    meter.start_second_pass()
    meter.update(features, labels, logits)
    ours, expected = meter.compute(weight), metrics.collapse(features, labels, weight)
    return dataclasses.asdict(dataclasses.replace(expected, nc4=ours.nc4))  # these logits have an offset of their own


@for_each(("dtype", "share"), two_workers.CASES)
@for_each("way", ["two_passes", "one_pass", "torchmetrics_metric"])
def test_workers_find_the_numbers_of_the_whole(found, way, dtype, share):
    if way == "torchmetrics_metric" and ("torchmetrics_metric", dtype, share) not in found[0]:
        pytest.skip("torchmetrics is not installed")
    expected = whole(dtype)
    assert found[0][way, dtype, share] == pytest.approx(found[1][way, dtype, share], rel=0, abs=0, nan_ok=True)
    measured = found[0][way, dtype, share]
    known = {name for name, value in measured.items() if not math.isnan(value)}
    assert known == expected.keys() - (set() if way == "two_passes" else {"nc4", "ncc_error"})
    assert {name: measured[name] for name in known} == pytest.approx({name: expected[name] for name in known}, rel=1e-6)


def test_what_is_sent_are_sums(found):
    for one in found:
        sent = one["sent", "two_passes"]
        question, first, second = min(sent), max(sent), sorted(set(sent))[1]
        assert question < 20
        assert first == 1 + K + K * D
        assert second <= 1 + 5 * K + K * D
        assert max(one["sent", "one_pass"]) == max(K + D * D, K + K * D)


REFUSALS = {
    "means": r"class means, of which sync\(\) before start_second_pass\(\) makes one set",
    "pass": "workers differ in pass: from 1 to 2",
    "sizes": "workers differ in dim: from 6 to 7",
    "sizes of one pass": "workers differ in dim: from 6 to 7",
    "precision": "workers differ in bits of precision: from 32 to 64",
    "calls": "workers differ in calls of sync in this pass: from 0 to 1",
    "update": r"update: sync\(\) has brought in the points of all workers",
    "merge": r"merge: sync\(\) has brought in the points of all workers",
}


def test_what_does_not_fit_together_is_refused_on_all_workers_alike(found):
    first, second = (one["refusals"] for one in found)
    assert first == second
    assert first.keys() == REFUSALS.keys()
    for name, message in REFUSALS.items():
        with pytest.raises(ValueError, match=message):
            raise ValueError(first[name])


def test_nc4_is_known_only_if_every_worker_gave_the_decisions(found):
    for one in found:
        assert {name for name, value in one["without decisions"].items() if math.isnan(value)} == {"nc4"}


def test_workers_that_all_saw_nothing_are_told_so(found):
    for one in found:
        assert one["nothing seen"]["two passes"] == "start_second_pass: the first pass has seen no batch"
        assert "only class [] occurs" in one["nothing seen"]["one pass"]


def test_alone_in_a_group_nothing_happens(found):
    for rank, one in enumerate(found):
        own = two_workers.filled(rank).state_dict()
        assert own.keys() == one["alone"].keys()
        assert all(bool((one["alone"][name] == value).all()) for name, value in own.items() if torch.is_tensor(value))
        assert one["alone"]["synced"] == 0


def test_without_a_group_nothing_happens():
    meter = two_workers.filled(0)
    meter.sync()
    meter.update(*two_workers.points()[:2])
    assert meter.state_dict()["synced"] == 0
