"""The torchmetrics metric gives the numbers of the whole, through all that torchmetrics does with a metric.

Two workers that sync through torchmetrics are in test_metrics_workers.py.
"""

import copy
import dataclasses
import importlib.util
import json
import pickle

import pytest
import torch
from doc_examples import run
from draws import gaussians
from tables import for_each
from torch import nn

from ncbook import metrics
from ncbook.integrations import _optional

installed = pytest.mark.skipif(not importlib.util.find_spec("torchmetrics"), reason="torchmetrics is not installed")
pytestmark = pytest.mark.filterwarnings("ignore:.*pkg_resources")  # its older releases import that
K, D = 4, 6


@pytest.fixture(scope="module")
def metric():
    """Makes one, with a head or without."""
    from ncbook.integrations.torchmetrics import NeuralCollapse

    return lambda weight=None, **options: NeuralCollapse(K, D, weight, **options)


def points(dtype=torch.float64):
    return gaussians((20, 15, 9, 16), D, offset=100.0, dtype=dtype)


def head():
    torch.manual_seed(0)
    return nn.Linear(D, K)


def whole(features, labels, weight=None):
    given = torch.ones(K, D) if weight is None else weight.detach()
    measured = dataclasses.asdict(metrics.collapse(features, labels, given))
    headless = {name for name in measured if name.endswith("_head") or name.startswith("nc3")}
    unknown = {"nc4", "ncc_error"} | (headless if weight is None else set())
    return {name: value for name, value in measured.items() if name not in unknown}


def assert_measures(found, expected, rel=1e-7):
    assert {name: value.item() for name, value in found.items()} == pytest.approx(expected, rel=rel)


def updated(metric, features, labels, size=7):
    for batch in zip(features.split(size), labels.split(size), strict=True):
        metric.update(*batch)
    return metric


@installed
@for_each("size", [1, 7, 60])
@for_each("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_batches_of_any_size_and_precision_give_the_whole(metric, dtype, size):
    features, labels = points(dtype)
    rel = 1e-7 if dtype == torch.float64 else 1e-6  # others are multiplied in float32, with roundings of 6e-8
    for source in (None, head(), head().weight, head().weight.detach().bfloat16()):
        weight = source.weight if isinstance(source, nn.Module) else source
        found = updated(metric(source), features, labels, size).compute()
        assert_measures(found, whole(features, labels, weight), rel)


@installed
def test_forward_measures_the_batch_and_goes_on_with_the_whole(metric):
    features, labels = points()
    one = metric(head())
    for start in (0, 30):
        found = one(features[start : start + 30], labels[start : start + 30])
        assert_measures(found, whole(features[start : start + 30], labels[start : start + 30], head().weight))
    assert_measures(one.compute(), whole(features, labels, head().weight))


@installed
def test_fewer_than_two_classes_have_no_measures_yet(metric):
    features, labels = points()
    one = metric()
    found = one(features[labels == 1], labels[labels == 1])
    assert found.keys() == whole(features, labels).keys()
    assert all(bool(value.isnan()) for value in found.values())
    one.update(features[labels != 1], labels[labels != 1])
    assert_measures(one.compute(), whole(features, labels))


@installed
def test_reset_clones_pickles_states_and_merges(metric):
    features, labels = points()
    expected = whole(features, labels)
    one = updated(metric(), features[:33], labels[:33])
    clone, pickled = one.clone(), pickle.loads(pickle.dumps(one))
    one.reset()
    assert one.moments.abs().sum() == 0
    assert one.state_dict() == {}
    clone.persistent(True)
    read = metric()
    read.persistent(True)
    read.load_state_dict(clone.state_dict())
    for other in (clone, pickled, read):
        assert_measures(updated(other, features[33:], labels[33:]).compute(), expected)
    assert_measures(updated(one, features, labels).compute(), expected)
    halves = [updated(metric(), features[part], labels[part]) for part in (slice(33), slice(33, None))]
    halves[0].merge_state(halves[1])
    assert_measures(halves[0].compute(), expected)


@installed
def test_the_weight_is_that_of_the_moment_also_in_clones(metric):
    features, labels = points()
    linear = head()
    ours = [updated(metric(linear), features, labels)]
    ours.append(ours[0].clone())
    network = nn.ModuleDict({"head": linear, "metric": ours[0]})
    copied = copy.deepcopy(network)
    before = whole(features, labels, linear.weight)
    with torch.no_grad():
        linear.weight.add_(torch.randn(K, D, generator=torch.Generator().manual_seed(5)))
    after = whole(features, labels, linear.weight)
    assert before["nc3"] != pytest.approx(after["nc3"], rel=0.01)
    for one in ours:
        assert_measures(one.compute(), after)
        assert list(one.parameters()) == []
    assert_measures(copied["metric"].compute(), before)
    with torch.no_grad():
        copied["head"].weight.copy_(linear.weight)
    copied["metric"]._computed = None
    assert_measures(copied["metric"].compute(), after)


@installed
def test_the_state_moves_with_the_network_and_keeps_its_digits(metric):
    features, labels = points()
    one = updated(metric(), features, labels)
    module = nn.ModuleList([one])
    for change in (module.half, module.bfloat16, lambda: module.to(torch.float16), lambda: one.set_dtype(torch.half)):
        change()
        assert one.moments.dtype == torch.float64
    assert_measures(one.compute(), whole(features, labels))
    module.to("meta")
    assert one.moments.device.type == one.device.type == "meta"
    one.reset()
    assert one.moments.device.type == "meta"
    with pytest.raises(ValueError, match="features: on cpu, but the meter is on meta"):
        one.update(features, labels)


@installed
def test_a_collection_and_batches_seen_in_inference_mode(metric):
    from torchmetrics import MetricCollection

    features, labels = points()
    collection = MetricCollection({"own": metric(), "with_head": metric(head())}, prefix="val_")
    with torch.inference_mode():
        collection.update(features[:30], labels[:30])
    collection.update(features[30:], labels[30:])
    found = collection.compute()
    assert all(name.startswith("val_") for name in found)
    assert found["val_with_head_nc3"] == pytest.approx(whole(features, labels, head().weight)["nc3"])


@installed
def test_it_plots(metric):
    import matplotlib.pyplot as plt

    figure, axes = updated(metric(), *points()).plot()
    assert axes.get_legend_handles_labels()[1]
    plt.close(figure)


@installed
def test_wrong_input_is_named(metric):
    features, labels = points()
    for call, message in (
        (lambda: metric(torch.ones(K, D + 1)), r"weight: expected shape \[4, 6\], got \[4, 7\]"),
        (lambda: metric().update(features[:, 1:], labels), r"features: expected shape \[B, 6\]"),
        (lambda: metric().update(features, labels + 1), "labels: 4 is outside"),
        (lambda: metric().update(features, labels.float()), "labels: expected an integer dtype"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@installed
def test_the_examples_run():
    from ncbook.integrations import torchmetrics

    names = {}
    assert all(run(text, "torchmetrics", names) for text in (torchmetrics.__doc__, torchmetrics.NeuralCollapse.__doc__))


def test_what_is_imported_already_comes_first_and_what_is_missing_is_named_with_the_way_out():
    assert _optional.first(("lacking", "json"), "all") is json
    assert _optional.first(("antigravity", "json"), "all") is json  # the first has not been imported
    with pytest.raises(ImportError, match=r'^neither lacking nor missing is installed; pip install "ncbook\[all\]"'):
        _optional.first(("lacking.part", "missing"), "all")
    with pytest.raises(ModuleNotFoundError, match=r"json\.lacking"):  # json is there, so the fault is another
        _optional.first(("json.lacking",), "all")
