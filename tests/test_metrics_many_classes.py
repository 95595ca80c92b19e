"""metrics.collapse where classes are more than dimensions, up to a vocabulary: the definitions, and no K x K matrix."""

import math
from dataclasses import asdict

import pytest
import reference
import torch
from draws import exact, gaussians, normal
from hypothesis import given
from hypothesis import strategies as st
from strategies import DTYPES, SEEDS
from tables import for_each
from torch.utils._python_dispatch import TorchDispatchMode

from ncbook import metrics
from ncbook.metrics import _axes, _classes, _many, _pairs, _scans


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    """So that a few classes already need several tiles, and the bound by leading coordinates is tried."""
    for module, name, size in ((_pairs, "_TILE", 3), (_scans, "_TILE", 4), (_scans, "_PROBES", 6)):
        monkeypatch.setattr(module, name, size)


def head_of(kind, features, labels, seed):
    """A random head, the nearest-mean rule itself, or that with some noise; weight [K, d] and bias [K]."""
    means = metrics.class_means(features, labels).nan_to_num()
    if kind == "random":
        return normal(*means.shape, seed=seed), normal(len(means), seed=seed + 1)
    weight = means - means.mean(0)
    if kind == "noisy":
        weight = weight + 0.1 * normal(*means.shape, seed=seed)
    return weight, -weight.square().sum(1) / 2 - weight @ means.mean(0)


def assert_agrees(features, labels, weight, bias):
    measured = asdict(metrics.collapse(features, labels, weight, bias))
    expected = reference.collapse(exact(features), labels.numpy(), exact(weight), exact(bias))
    for name, doubt in (("nc4", "doubtful"), ("ncc_error", "doubtful_error")):
        assert abs(measured.pop(name) - expected.pop(name)) <= expected.pop(doubt) + 1e-12
    assert measured == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(
    counts=st.lists(st.integers(1, 6), min_size=9, max_size=24),
    dim=st.integers(2, 7),
    seed=SEEDS,
    dtype=DTYPES,
    offset=st.sampled_from([0.0, 50.0]),
    spread=st.sampled_from([1e-3, 0.1, 1.0]),
    kind=st.sampled_from(["random", "dual", "noisy"]),
    missing=st.integers(0, 30),
)
def test_agrees_with_the_definitions(counts, dim, seed, dtype, offset, spread, kind, missing):
    features, labels = gaussians(counts, dim, seed, dtype, offset, spread)
    kept = labels != missing
    weight, bias = head_of(kind, features[kept], labels[kept], seed)
    weight, bias = (part.to(dtype) for part in (weight, bias))
    if len(weight) == len(counts):  # the last class is one of those that occur
        assert_agrees(features[kept], labels[kept], weight, bias)


@for_each("dim", [7, 8, 9, 10, 11])
def test_the_two_ways_meet(dim):
    """K = 9 from more classes than dimensions to fewer, across K = d and K = d + 1."""
    features, labels = gaussians([5] * 9, dim, spread=0.7)
    assert_agrees(features, labels, *head_of("noisy", features, labels, 3))


@given(seed=SEEDS, rank=st.integers(1, 3))
def test_means_on_a_plane_of_fewer_dimensions(seed, rank):
    flat = normal(20, rank, seed=seed) @ normal(rank, 6, seed=seed + 1)
    labels = torch.arange(20).repeat(4)
    features = flat[labels] + 0.3 * normal(80, 6, seed=seed + 2)
    features = features - metrics.class_means(features, labels)[labels] + flat[labels]
    assert_agrees(features, labels, *head_of("random", features, labels, seed))


@given(seed=SEEDS, dtype=DTYPES, noise=st.sampled_from([0.0, 1e-9, 1e-7, 1e-3]))
def test_close_calls_are_those_of_float64(seed, dtype, noise):
    """Classes in pairs that float32 hardly tells apart, or not at all: then the first of both is nearest."""
    means = normal(10, 4, seed=seed).repeat_interleave(2, 0) + noise * normal(20, 4, seed=seed + 1)
    labels = torch.arange(20).repeat(2)
    features = (means[labels] + 0.05 * normal(40, 4, seed=seed + 2)).to(dtype)
    features[20:] = (2 * means - features[:20]).to(dtype)
    meant = metrics.class_means(features, labels)
    away = torch.cdist(features.double(), meant, compute_mode="donot_use_mm_for_euclid_dist")
    lead = away.topk(2, largest=False).values.diff(dim=1).squeeze(1)
    weight, sure = meant.to(dtype), (lead > 1e-12) | (lead == 0)
    logits = features.double() @ weight.double().T
    measured = metrics.collapse(features, labels, weight)
    doubtful = (~sure).double().mean().item() + 1e-12
    assert abs(measured.ncc_error - (away.argmin(1) != labels).double().mean().item()) <= doubtful
    top = logits.topk(2).values.diff(dim=1).squeeze(1).abs()
    doubtful += (top < 1e-13).double().mean().item()
    assert abs(measured.nc4 - (away.argmin(1) != logits.argmax(1)).double().mean().item()) <= doubtful


@for_each("dtype", [torch.float16, torch.float32])
def test_a_head_that_prefers_a_class_by_less_than_float32_sees(dtype):
    """Classes in pairs of one row each: the bias decides for the second of them, also where the first is nearest."""
    features, labels = gaussians([4] * 20, 6, dtype=dtype, spread=1e-3)
    weight = metrics.class_means(features, labels)[::2].repeat_interleave(2, 0).to(torch.float32)
    bias = -weight.double().square().sum(1) / 2 + 1e-11 * (torch.arange(20) % 2)
    away = torch.cdist(features.double(), weight[::2].double())
    nearest = torch.cdist(features.double(), metrics.class_means(features, labels)).argmin(1)
    expected = (2 * away.argmin(1) + 1 != nearest).double().mean().item()
    assert 0.4 < expected < 1
    assert metrics.collapse(features, labels, weight, bias).nc4 == expected


@for_each("scale", [1e-25, 1.0, 1e25])
@for_each("case", ["zeros", "masked"])
def test_heads_of_unusual_size(scale, case):
    """A head of zeros decides by its bias, and so does a class that is masked by a huge one."""
    features, labels = gaussians([4] * 12, 5, dtype=torch.float32)
    weight, bias = torch.zeros(12, 5), torch.zeros(12)
    bias[7] = 1.0
    if case == "masked":
        weight, bias = (part.float() for part in head_of("noisy", features, labels, 0))
        bias = torch.where(torch.arange(12) == 2, -1e9, bias)
        weight, bias = weight / scale, bias
    decisions = ((scale * features).double() @ weight.double().T + bias.double()).argmax(1)
    nearest = torch.cdist(features.double(), metrics.class_means(features, labels)).argmin(1)
    measured = metrics.collapse(scale * features, labels, weight, bias)
    assert measured.nc4 == (decisions != nearest).double().mean().item()


@for_each(("spread", "leading"), [(1e-4, True), (30.0, False)])
def test_the_bound_is_used_where_it_saves_work(spread, leading):
    features, labels = gaussians([8] * 40, 32, spread=spread)
    classes, _ = _classes.group(features, labels, None)
    rules = _many.ManyClasses(classes, _axes.between_class_axes(classes), None, None)
    residuals = classes.residuals_of(features, classes.index)
    nearest, _ = rules.decide(
        features, residuals, residuals @ _axes.between_class_axes(classes).vectors, residuals, classes.index
    )
    away = torch.cdist(features, classes.means)
    assert torch.equal(nearest, away.argmin(1))
    assert bool(rules.centers.leading) is leading


def test_streams_give_the_numbers_of_the_whole():
    features, labels = gaussians([5] * 30, 6, dtype=torch.float32)
    weight, bias = head_of("noisy", features, labels, 1)
    logits = features.double() @ weight.T + bias
    meter = metrics.CollapseMeter(30, 6)
    for part in zip(features.split(40), labels.split(40), strict=True):
        meter.update(*part)
    meter.start_second_pass()
    for part in zip(features.split(17), labels.split(17), logits.split(17), strict=True):
        meter.update(*part)
    assert asdict(meter.compute(weight)) == pytest.approx(asdict(metrics.collapse(features, labels, weight, bias)))


def test_mismatch_against_means_of_another_set():
    features, labels = gaussians([5] * 30, 6, spread=1.0)
    weight, bias = head_of("noisy", features, labels, 1)
    means = metrics.class_means(*gaussians([5] * 30, 6, spread=0.2))
    expected = torch.cdist(features, means).argmin(1) != (features @ weight.T + bias).argmax(1)
    assert metrics.nearest_mean_mismatch(features, means, weight, bias) == expected.double().mean().item()


# --- memory


class Largest(TorchDispatchMode):
    """Keeps the number of entries of the largest tensor, and the places of the float64 tensors of `watched` entries."""

    def __init__(self, watched=math.inf):
        super().__init__()
        self.entries, self.watched, self.places = 0, watched, set()

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        result = function(*arguments, **(keywords or {}))
        for each in result if isinstance(result, tuple) else (result,):
            if isinstance(each, torch.Tensor) and each.layout is torch.strided:
                storage = each.untyped_storage()
                self.entries = max(self.entries, storage.nbytes() // each.element_size())
                if each.dtype == torch.float64 and storage.nbytes() // 8 >= self.watched:
                    self.places.add(storage.data_ptr())
        return result


@pytest.mark.usefixtures("usual_tiles")
def test_nothing_has_a_size_of_classes_times_classes():
    features, labels = gaussians([2] * 4000, 4, dtype=torch.float32)
    weight, bias = head_of("noisy", features, labels, 1)
    with Largest() as largest:
        metrics.collapse(features, labels, weight, bias)
    assert largest.entries <= 4000**2 / 4
    with Largest() as largest:
        metrics.cdnv(features, labels)
    assert largest.entries <= 4000**2 / 4


@pytest.fixture
def usual_tiles(monkeypatch, small_tiles):
    for module, name, size in ((_pairs, "_TILE", 512), (_scans, "_TILE", 1024)):
        monkeypatch.setattr(module, name, size)


def test_a_wide_layer_has_one_float64_matrix_of_its_means():
    """Of 30 classes in 100,000 dimensions: sums become the means in place, and all else works in blocks of columns."""
    features, labels = gaussians([3] * 30, 100_000, dtype=torch.float32)
    meter = metrics.CollapseMeter(30, 100_000)
    with Largest(watched=30 * 100_000) as largest:
        for part in zip(features.split(10), labels.split(10), strict=True):
            meter.update(*part)
        meter.start_second_pass()
        for part in zip(features.split(10), labels.split(10), strict=True):
            meter.update(*part)
        meter.compute()
    assert len(largest.places) == 1
