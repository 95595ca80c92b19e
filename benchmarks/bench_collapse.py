"""metrics.collapse beside a plain float64 implementation, and beside the floor of the work itself."""

import subprocess
import sys

import peer
import plain
import pytest
import samples
import torch

from ncbook import metrics

SIZES = [(512, 10), (2048, 100), (2048, 1000)]
POINTS = 50_000
GOALS = {
    (512, 10): "plain at least 8, the peer at least 4, ours at most 2 floors",
    (2048, 100): "plain at least 12, the peer at least 10, ours at most 2 floors",
    (2048, 1000): "ours at most 2 floors",
}


def _group(dim, classes):
    return f"collapse, N = 50,000, d = {dim}, K = {classes}"


@pytest.mark.parametrize(("dim", "classes"), SIZES)
def bench_ours(clock, dim, classes):
    data = samples.classes(POINTS, dim, classes)
    extra = _extra_memory(dim, classes)
    clock(lambda: metrics.collapse(*data), _group(dim, classes), "ours", GOALS[dim, classes], extra_mib=extra)


@pytest.mark.parametrize(("dim", "classes"), SIZES[:2])
def bench_plain_float64(clock, dim, classes):
    data = samples.classes(POINTS, dim, classes)
    measured = clock(lambda: plain.collapse(*data), _group(dim, classes), "plain float64, d x d", rounds=1)
    ours = metrics.collapse(*data)
    assert all(getattr(ours, name) == pytest.approx(value, rel=1e-4) for name, value in measured.items())


@pytest.mark.skipif(not peer.INSTALLED, reason="the package neural-collapse is not installed")
@pytest.mark.parametrize(("dim", "classes"), SIZES[:2])
def bench_peer(clock, dim, classes):
    data = samples.classes(POINTS, dim, classes)
    measured = clock(lambda: peer.collapse(*data), _group(dim, classes), "the package neural-collapse", rounds=2)
    assert measured["nc3_etf"] == pytest.approx(metrics.collapse(*data).nc3_etf, rel=1e-3)


@pytest.mark.parametrize(("dim", "classes"), SIZES)
def bench_floor(clock, dim, classes):
    features, _, _ = samples.classes(POINTS, dim, classes)
    columns = torch.randn(2 * classes, dim).T  # one more, since the product takes longer with an odd number
    clock(lambda: plain.floor(features, columns), _group(dim, classes), "floor: one product and one sum")


@pytest.mark.parametrize("points", [10_000, 100_000, 1_000_000])
def bench_cost_in_points(clock, points):
    data = samples.classes(points, 64, 10)
    clock(lambda: metrics.collapse(*data), "collapse, d = 64, K = 10, by number of points", f"N = {points:,}")


@pytest.mark.parametrize("classes", [500, 1000, 2000, 4000, 8000])
def bench_cost_in_classes(clock, classes):
    data = samples.classes(10 * classes, 64, classes)
    group = "collapse, d = 64, N = 10 K, by number of classes: work N K d, memory K d"
    clock(lambda: metrics.collapse(*data), group, f"K = {classes:,}", rounds=2)


def _extra_memory(dim, classes):
    command = [sys.executable, "-m", "memory", str(POINTS), str(dim), str(classes)]
    done = subprocess.run(command, cwd=__file__.rsplit("/", 1)[0], capture_output=True, text=True, check=True)
    return float(done.stdout)
