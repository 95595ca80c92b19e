"""Streaming meters give the numbers of the whole tensor, in batches, in any order, on several workers."""

import dataclasses
import io
import math

import pytest
import torch
from draws import changed
from hypothesis import given
from hypothesis import strategies as st
from strategies import DTYPES, SEEDS
from tables import for_each

from ncbook import metrics

COUNTS_ONLY = {"nc4", "ncc_error"}
METERS = [metrics.CollapseMeter, metrics.OnePassMeter]


def points(seed=0, counts=(40, 25, 3), dim=7, dtype=torch.float32, offset=0.0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    labels = labels[torch.randperm(len(labels), generator=generator)]
    means = torch.randn(len(counts), dim, generator=generator, dtype=torch.float64)
    noise = 0.5 * torch.randn(len(labels), dim, generator=generator, dtype=torch.float64)
    weight, bias = (torch.randn(len(counts), *shape, generator=generator) for shape in ((dim,), ()))
    return (offset + means[labels] + noise).to(dtype), labels, weight, bias


def batches(*tensors, size=16):
    return list(zip(*(tensor.split(size) for tensor in tensors), strict=True))


def logits_of(features, weight, bias):
    return (features.double() @ weight.double().T + bias.double()).float()


def streamed(features, labels, weight, bias, size=16, meter=None):
    meter = meter or metrics.CollapseMeter(len(weight), features.shape[1])
    for part in batches(features, labels, size=size):
        meter.update(*part)
    meter.start_second_pass()
    for part in reversed(batches(features, labels, logits_of(features, weight, bias), size=size)):
        meter.update(*part)
    return meter.compute(weight)


def assert_same(measured, expected, but=()):
    for field in dataclasses.fields(expected):
        ours, theirs = getattr(measured, field.name), getattr(expected, field.name)
        if field.name in but:
            assert math.isnan(ours), field.name
        else:
            assert ours == pytest.approx(theirs, rel=1e-6, nan_ok=True), field.name


def any_stream(test):
    """Run `test` on streams of all sorts."""
    return given(
        seed=SEEDS,
        counts=st.lists(st.integers(1, 60), min_size=2, max_size=6),
        dim=st.integers(1, 12),
        dtype=DTYPES,
        offset=st.sampled_from([0.0, -3.0, 100.0]),
        size=st.integers(1, 50),
    )(test)


@any_stream
def test_two_passes_equal_the_whole_tensor(seed, counts, dim, dtype, offset, size):
    sample = points(seed, counts, dim, dtype, offset)
    assert_same(streamed(*sample, size=size), metrics.collapse(*sample))


@any_stream
def test_one_pass_equals_the_whole_tensor(seed, counts, dim, dtype, offset, size):
    features, labels, weight, bias = points(seed, counts, dim, dtype, offset)
    meter = metrics.OnePassMeter(len(counts), dim)
    for part in batches(features, labels, size=size):
        meter.update(*part)
    assert_same(meter.compute(weight), metrics.collapse(features, labels, weight, bias), but=COUNTS_ONLY)


@for_each("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_batches(dtype):
    sample = points(dtype=dtype)
    assert_same(streamed(*sample), metrics.collapse(*sample))


def test_inside_automatic_mixed_precision_nothing_is_rounded():
    """Where a network runs, its features are measured too."""
    features, labels, weight, bias = points()
    one = metrics.OnePassMeter(3, 7)
    with torch.autocast("cpu", torch.bfloat16):
        one.update(features, labels)
        found = streamed(features, labels, weight, bias), metrics.collapse(features, labels, weight, bias)
    expected = metrics.collapse(features, labels, weight, bias)
    assert_same(one.compute(weight), expected, but=COUNTS_ONLY)
    for measured in found:
        assert_same(measured, expected)


def test_inside_automatic_mixed_precision_the_sums_are_put_together_without_rounding():
    """What the rounded means are missing is a good part of so small residuals."""
    features, labels, weight, _ = points(dtype=torch.float64)
    meter, features = metrics.CollapseMeter(3, 7), (1000 + 1e-4 * features).float()
    meter.update(features, labels)
    meter.start_second_pass()
    meter.update(features, labels)
    with torch.autocast("cpu", torch.bfloat16):
        inside = meter.compute(weight)
    assert inside.nc1 == meter.compute(weight).nc1


def test_features_whose_sum_leaves_float32_are_measured():
    features, labels, weight, bias = points(offset=5.0)
    sample = 1e37 * features, labels, weight, 1e37 * bias
    assert sample[0].isfinite().all()
    assert sample[0].sum().isinf()
    assert_same(streamed(*sample), metrics.collapse(*sample))


@for_each("kind", ["two passes", "one pass"])
def test_offset_of_1000_with_small_noise_in_float32(kind):
    features, labels, weight, bias = points(dtype=torch.float64)
    features = (1000 + 1e-4 * features).float()
    expected = metrics.collapse(features.double(), labels, weight, bias)
    if kind == "two passes":
        measured = streamed(features, labels, weight, bias)
    else:
        meter = metrics.OnePassMeter(3, 7)
        for part in batches(features, labels):
            meter.update(*part)
        measured = meter.compute(weight)
    for name in ("nc1", "cdnv", "variance_ratio", "nc2_norms", "nc2_angles", "nc3"):
        assert getattr(measured, name) == pytest.approx(getattr(expected, name), rel=1e-3), name


def test_a_class_that_never_occurs_is_left_out():
    features, labels, weight, bias = points(counts=(30, 0, 20, 10))
    measured = streamed(features, labels, weight, bias)
    assert measured.num_classes_present == 3
    assert_same(measured, metrics.collapse(features, labels, weight, bias))


def test_workers_merge_to_the_whole():
    features, labels, weight, bias = points(counts=(90, 60, 30))
    shares = batches(features, labels, logits_of(features, weight, bias), size=50)
    workers = [metrics.CollapseMeter(3, 7) for _ in shares]
    for worker, (share, own, _) in zip(workers, shares, strict=True):
        worker.update(share, own)
    for worker in workers[1:]:
        workers[0].merge(worker)
    workers[0].start_second_pass()
    workers = [workers[0].copy() for _ in shares]
    for worker, share in zip(workers, shares, strict=True):
        worker.update(*share)
    for worker in workers[1:]:
        workers[0].merge(worker)
    assert_same(workers[0].compute(weight), metrics.collapse(features, labels, weight, bias))


def test_a_worker_without_data_merges():
    features, labels, weight, bias = points()
    idle = metrics.CollapseMeter(3, 7)
    idle.merge(metrics.CollapseMeter(3, 7))
    full = metrics.CollapseMeter(3, 7)
    full.update(features, labels)
    idle.merge(full)
    idle.start_second_pass()
    idle.update(features, labels, logits_of(features, weight, bias))
    assert_same(idle.compute(weight), metrics.collapse(features, labels, weight, bias))


def test_one_pass_workers_merge_to_the_whole():
    features, labels, weight, bias = points(counts=(90, 60, 30))
    workers = []
    for share in batches(features, labels, size=50):
        workers.append(metrics.OnePassMeter(3, 7))
        workers[-1].update(*share)
    for worker in workers[1:]:
        workers[0].merge(worker)
    assert_same(workers[0].compute(weight), metrics.collapse(features, labels, weight, bias), but=COUNTS_ONLY)


def test_without_logits_only_nc4_is_missing():
    features, labels, weight, _ = points()
    meter = metrics.CollapseMeter(3, 7)
    meter.update(features, labels)
    meter.start_second_pass()
    meter.update(features, labels)
    measured = dataclasses.asdict(meter.compute(weight))
    assert {name for name, value in measured.items() if math.isnan(value)} == {"nc4"}


def test_without_a_head_its_measures_are_missing():
    features, labels, weight, bias = points()
    meter = metrics.CollapseMeter(3, 7)
    meter.update(features, labels)
    meter.start_second_pass()
    meter.update(features, labels, logits_of(features, weight, bias))
    measured = dataclasses.asdict(meter.compute())
    missing = {name for name, value in measured.items() if math.isnan(value)}
    assert missing == {"nc2_norms_head", "nc2_angles_head", "nc2_equiangularity_head", "nc3", "nc3_etf"}


def test_a_second_pass_over_other_data_is_found_out():
    features, labels, weight, _ = points()
    meter = metrics.CollapseMeter(3, 7)
    meter.update(features, labels)
    meter.start_second_pass()
    meter.update(features[:50], labels[:50])
    with pytest.raises(ValueError, match="second pass saw 50 points, the first 68"):
        meter.compute(weight)


def filled():
    features, labels, _, _ = points()
    meter = metrics.CollapseMeter(3, 7)
    meter.update(features, labels)
    return meter


def test_what_comes_in_the_wrong_order_is_refused():
    started, behind, other = filled(), filled(), metrics.CollapseMeter(3, 7)
    started.start_second_pass()
    other.update(*points(seed=1)[:2])
    other.start_second_pass()
    wide = (*points()[:2], torch.zeros(68, 4))
    for call, message in (
        (filled().compute, "the second pass has not been made"),
        (metrics.CollapseMeter(3, 7).start_second_pass, "the first pass has seen no batch"),
        (started.start_second_pass, "already been started"),
        (lambda: started.merge(behind), "not in the same pass"),
        (lambda: started.merge(other), "other class means"),
        (lambda: behind.update(*points(dtype=torch.float64)[:2]), "earlier batches were computed in torch.float32"),
        (
            lambda: started.update(*wide),
            r"logits: expected shape \[68, 3\], got \[68, 4\]",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@for_each("meter", METERS)
def test_bad_input_is_named(meter):
    features, labels, _, _ = points()
    broken = changed(features, (3, 2), math.nan)
    for call, message in (
        (lambda: meter(1, 7), "num_classes.*got 1"),
        (lambda: meter(3, 0), "dim.*got 0"),
        (lambda: meter(3, 6).update(features, labels), r"features: expected shape \[B, 6\]"),
        (lambda: meter(2, 7).update(features, labels), "labels: 2 is outside"),
        (lambda: meter(3, 7).update(broken, labels), r"features: entry \[3, 2\] is nan"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    stream = meter(3, 7)
    stream.update(torch.ones(4, 7), torch.ones(4, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"only class \[1\] occurs"):
        stream.start_second_pass() if isinstance(stream, metrics.CollapseMeter) else stream.compute()


# --- two passes that differ


def passes(first, second, labels, others=None, size=16):
    """What a meter gives whose second pass sees features `second`, and labels `others` if given."""
    meter = metrics.CollapseMeter(int(labels.max()) + 1, first.shape[1])
    for part in batches(first, labels, size=size):
        meter.update(*part)
    meter.start_second_pass()
    for part in batches(second, labels if others is None else others, size=size + 3):
        meter.update(*part)
    return meter.compute()


def dropped(features, seed):
    kept = torch.rand(features.shape, generator=torch.Generator().manual_seed(seed)) > 0.1
    return features * kept / 0.9


def normalized(features, size):
    """What batch norm in training mode gives for batches of this size."""
    return torch.cat([(part - part.mean(0)) / (part.std(0, correction=0) + 1e-5) for part in features.split(size)])


def noisy(features, seed):
    noise = torch.randn(features.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (features + (0.3 if features.dtype == torch.bfloat16 else 0.05) * noise).to(features.dtype)


@given(
    seed=SEEDS,
    counts=st.lists(st.integers(10, 60), min_size=3, max_size=6),
    dim=st.integers(6, 20),
    dtype=st.sampled_from([torch.bfloat16, torch.float32, torch.float64]),
)
def test_passes_that_differ_are_found_out(seed, counts, dim, dtype):
    features, labels, _, _ = points(seed, counts, dim, dtype)
    for first, second in (
        (dropped(features, seed), dropped(features, seed + 1)),
        (normalized(features, 7), normalized(features, 10)),
        (noisy(features, seed), noisy(features, seed + 1)),
        (features, features + 5),
    ):
        with pytest.raises(ValueError, match=r"two passes saw different features.*dropout or batch norm.*model\.eval"):
            passes(first, second, labels)
    with pytest.raises(ValueError, match="different features"):
        passes(features, features, labels, labels.flip(0))


@given(
    seed=SEEDS,
    counts=st.lists(st.integers(1, 200), min_size=2, max_size=6),
    dim=st.integers(1, 20),
    dtype=st.sampled_from([torch.float16, torch.bfloat16, torch.float32, torch.float64]),
    offset=st.sampled_from([0.0, 30.0, 1000.0]),
    spread=st.sampled_from([0.0, 1e-12, 1e-6, 1e-3, 1.0]),
    size=st.integers(1, 50),
)
def test_honest_passes_never_differ(seed, counts, dim, dtype, offset, spread, size):
    features, labels, _, _ = points(seed, counts, dim, torch.float64)
    means = torch.stack([features[labels == label].mean(0) for label in range(len(counts))])
    features = (offset + means[labels] + spread * (features - means[labels])).to(dtype)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    passes(features, features[order], labels, labels[order], size)


@given(seed=SEEDS, spread=st.sampled_from([0.0, 1e-3, 0.03, 1.0]))
def test_batches_that_are_cut_differently_may_differ_by_rounding(seed, spread):
    """A network in bfloat16 gives other last digits for other sizes of the batch."""
    features, labels, _, _ = points(seed, (80, 50, 20), dtype=torch.float64)
    means = torch.stack([features[labels == label].mean(0) for label in range(3)])
    features = 3 + means[labels] + spread * (features - means[labels])
    last = 1 + 2**-9 * torch.randn(features.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    passes(features.bfloat16(), (features * last).bfloat16(), labels)
    passes(features.bfloat16(), (features * (1 + 2**-9)).bfloat16(), labels)


def steps(kind):
    """What is called on a meter, call by call, for the whole sample."""
    features, labels, weight, bias = points()
    calls = [lambda meter, part=part: meter.update(*part) for part in batches(features, labels)]
    if kind is metrics.CollapseMeter:
        again = batches(features, labels, logits_of(features, weight, bias))
        calls += [lambda meter: meter.start_second_pass()]
        calls += [lambda meter, part=part: meter.update(*part) for part in again]
    return calls


def saved_and_read(state):
    """As it comes back from a file that nobody has to trust."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def same_bits(one, other):
    """Whether two states hold the same bits."""
    assert one.keys() == other.keys()
    return all(
        torch.equal(torch.as_tensor(one[name]), torch.as_tensor(other[name])) for name in one if name != "precision"
    )


@for_each("kind", METERS)
def test_a_state_saved_anywhere_goes_on_to_the_same_bits(kind):
    weight, calls = points()[2], steps(kind)
    straight = kind(3, 7)
    for place, call in enumerate(calls):
        fresh = kind(3, 7)
        fresh.load_state_dict(saved_and_read(straight.state_dict()))
        assert same_bits(fresh.state_dict(), straight.state_dict())
        for rest in calls[place:]:
            rest(fresh)
        call(straight)
        if place == 0:
            expected = fresh.compute(weight)
        assert fresh.compute(weight) == expected
    assert straight.compute(weight) == expected


@for_each("kind", METERS)
def test_a_state_is_no_part_of_the_meter(kind):
    meter, calls = kind(3, 7), steps(kind)
    for call in calls[:-1]:
        call(meter)
    state, other = meter.state_dict(), kind(3, 7)
    other.load_state_dict(state)
    before = saved_and_read(state)
    for one in (meter, other):
        calls[-1](one)
        assert same_bits(state, before)


@for_each("kind", METERS)
def test_a_meter_that_was_reset_is_as_new(kind):
    weight, meter = points()[2], kind(3, 7)
    new = meter.state_dict()
    for call in steps(kind):
        call(meter)
    expected = meter.compute(weight)
    meter.reset()
    assert same_bits(meter.state_dict(), new)
    for call in steps(kind):
        call(meter)
    assert meter.compute(weight) == expected


def tensors_of(part):
    """Every tensor that a meter holds, at any depth."""
    for value in vars(part).values():
        if isinstance(value, torch.Tensor):
            yield value
        elif hasattr(value, "__dict__"):
            yield from tensors_of(value)


@for_each("kind", METERS)
def test_a_meter_moves_as_a_whole(kind):
    meter = kind(3, 7)
    for call in steps(kind)[:-1]:
        call(meter)
    assert meter.to("meta") is meter
    moved = list(tensors_of(meter))
    assert len(moved) >= 4
    assert {tensor.device.type for tensor in moved} == {"meta"}


@for_each("kind", METERS)
def test_a_batch_on_another_device_than_the_meter_is_named(kind):
    features, labels, _, _ = points()
    with pytest.raises(ValueError, match=r"features: on cpu, but the meter is on meta; to\(device\) moves it"):
        kind(3, 7).to("meta").update(features, labels)


@for_each("kind", METERS)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(kind):
    meter, other = kind(3, 7), next(each for each in METERS if each is not kind)
    meter.update(*points()[:2])
    before = meter.state_dict()
    cut = before | {name: value[:2] for name, value in before.items() if getattr(value, "ndim", 0) == 2}
    for state, message in (
        (kind(4, 7).state_dict(), "state: is of 4 classes in 7 dimensions, but this meter of 3 classes in 7"),
        (kind(3, 8).state_dict(), "state: is of 3 classes in 8 dimensions, but this meter of 3 classes in 7"),
        (other(3, 7).state_dict(), "state: has no "),
        (cut, r"state: expected \w+ of shape \[\d, 7\], got \[2, 7\]"),
    ):
        with pytest.raises(ValueError, match=message):
            meter.load_state_dict(state)
        assert same_bits(meter.state_dict(), before)


class TwoLayers(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second, self.head = (torch.nn.Linear(*sizes) for sizes in ((7, 12), (12, 5), (5, 3)))

    def layers(self, inputs):
        first = torch.relu(self.first(inputs))
        return {"first": first.reshape(-1, 3, 4), "second": torch.relu(self.second(first))}


def test_layerwise_equals_each_layer_alone():
    inputs, labels, _, _ = points()
    model = TwoLayers()
    measured = metrics.layerwise(model, batches(inputs, labels), num_classes=3)
    assert list(measured) == ["first", "second"]
    layers = {name: features.flatten(1).detach() for name, features in model.layers(inputs).items()}
    last = metrics.collapse(layers["second"], labels, model.head.weight.detach(), model.head.bias.detach())
    assert_same(measured["second"], last)
    first = metrics.collapse(layers["first"], labels, torch.ones(3, 12))
    assert measured["first"].nc1 == pytest.approx(first.nc1, rel=1e-6)
    assert measured["first"].cdnv == pytest.approx(first.cdnv, rel=1e-6)
    assert math.isnan(measured["first"].nc3)


def test_layerwise_compares_every_layer_with_the_networks_decision():
    inputs, labels, _, _ = points()
    model = TwoLayers()
    layers = model.layers(inputs)
    features = layers["first"].flatten(1)
    means = torch.stack([features[labels == label].mean(0) for label in range(3)])
    nearest = torch.cdist(features, means).argmin(1)
    decisions = model.head(layers["second"]).argmax(1)
    expected = (nearest != decisions).double().mean().item()
    assert metrics.layerwise(model, batches(inputs, labels), 3)["first"].nc4 == expected


def test_layerwise_of_a_generator_is_found_out():
    inputs, labels, _, _ = points()
    with pytest.raises(ValueError, match=r"batches: expected a DataLoader or a list, got a generator"):
        metrics.layerwise(TwoLayers(), (part for part in batches(inputs, labels)), 3)


def test_layerwise_of_nothing():
    with pytest.raises(ValueError, match="batches: there are none"):
        metrics.layerwise(TwoLayers(), [], 3)


class Varying(TwoLayers):
    """A network of layers that vary in training mode."""

    def __init__(self, varying):
        super().__init__()
        self.varying = varying

    def layers(self, inputs):
        return {"first": self.varying(torch.relu(self.first(inputs))), "second": self.second(self.first(inputs))}


@for_each(
    "varying",
    [
        torch.nn.Dropout(0.1),
        torch.nn.BatchNorm1d(12),
        torch.nn.RReLU(),
        torch.nn.Sequential(torch.nn.AlphaDropout(0.2)),
        torch.nn.MultiheadAttention(12, 2, dropout=0.1),
    ],
)
def test_layerwise_refuses_a_network_in_training_mode(varying):
    inputs, labels, _, _ = points()
    model = Varying(varying)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(ValueError, match=r"model: varying.* in training mode.*call model.eval\(\) first"):
        metrics.layerwise(model, batches(inputs, labels), 3)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@for_each("varying", [torch.nn.Dropout(0.1), torch.nn.BatchNorm1d(12)])
def test_layerwise_takes_such_a_network_in_evaluation_mode(varying):
    inputs, labels, _, _ = points()
    assert metrics.layerwise(Varying(varying).eval(), batches(inputs, labels), 3)["first"].num_classes_present == 3


def test_layerwise_takes_dropout_of_nothing():
    inputs, labels, _, _ = points()
    assert metrics.layerwise(Varying(torch.nn.Dropout(0.0)), batches(inputs, labels), 3)
