"""What two processes of a torch.distributed group do for test_metrics_workers.py: all in one go, as they start slowly.

Each saves what it found; `pytest` compares that with the whole tensor.
"""

import dataclasses
import importlib.util
from contextlib import contextmanager
from datetime import timedelta

import torch
from torch import distributed

from ncbook import metrics

COUNTS, DIM = (40, 25, 3), 7
CASES = [(dtype, share) for dtype in ("float32", "bfloat16", "float64") for share in ("uneven", "empty")]


def points(dtype="float32", offset=300.0):
    """Features far from 0 compared with their spread, labels, weight and logits."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.repeat_interleave(torch.arange(len(COUNTS)), torch.tensor(COUNTS))
    labels = labels[torch.randperm(len(labels), generator=generator)]
    means, weight = torch.randn(2, len(COUNTS), DIM, generator=generator, dtype=torch.float64)
    features = offset + 4 * means[labels] + torch.randn(len(labels), DIM, generator=generator, dtype=torch.float64)
    features = features.to(getattr(torch, dtype))
    return features, labels, weight.float(), ((features.double() - offset) @ weight.T).float()


def batches(rank, share, *tensors):
    """Of the first worker 50 points, or all; the second has what is left."""
    cut = 50 if share == "uneven" else len(tensors[0])
    mine = [tensor[:cut] if rank == 0 else tensor[cut:] for tensor in tensors]
    return list(zip(*(tensor.split(16) for tensor in mine), strict=True)) if len(mine[0]) else []


def two_passes(rank, share, dtype):
    features, labels, weight, logits = points(dtype)
    meter = metrics.CollapseMeter(len(COUNTS), DIM)
    for batch in batches(rank, share, features, labels):
        meter.update(*batch)
    for _ in range(2):
        meter.sync()
    meter.start_second_pass()
    for batch in batches(rank, share, features, labels, logits):
        meter.update(*batch)
    for _ in range(2):
        meter.sync()
    return dataclasses.asdict(meter.compute(weight))


def one_pass(rank, share, dtype):
    features, labels, weight, _ = points(dtype)
    meter = metrics.OnePassMeter(len(COUNTS), DIM)
    for batch in batches(rank, share, features, labels):
        meter.update(*batch)
    between = meter.copy()
    between.sync()
    for _ in range(2):
        meter.sync()
    assert meter.compute(weight) == between.compute(weight)
    return dataclasses.asdict(meter.compute(weight))


def torchmetrics_metric(rank, share, dtype):
    from ncbook.integrations.torchmetrics import NeuralCollapse

    features, labels, weight, _ = points(dtype)
    metric = NeuralCollapse(len(COUNTS), DIM, weight=weight)
    for batch in batches(rank, share, features, labels):
        metric.update(*batch)
    return {name: value.item() for name, value in metric.compute().items()}


def filled(rank, kind=metrics.CollapseMeter, dim=DIM):
    meter = kind(len(COUNTS), dim)
    for features, labels in batches(rank, "uneven", *points()[:2]):
        meter.update(features[:, :dim], labels)
    return meter


def refusals(rank):
    """What each worker is told where the meters do not fit together."""
    apart, ahead, half, open_ = (filled(rank) for _ in range(4))
    apart.start_second_pass()
    if rank == 0:
        ahead.start_second_pass()
    other = filled(rank, dim=DIM - rank)
    other_one_pass = filled(rank, metrics.OnePassMeter, DIM - rank)
    double = metrics.CollapseMeter(len(COUNTS), DIM)
    double.update(torch.ones(1, DIM, dtype=(torch.float32, torch.float64)[rank]), torch.tensor([1]))
    if rank == 0:  # one that has been synced elsewhere
        half.load_state_dict(half.state_dict() | {"synced": 1})
    open_.sync()
    calls = {
        "means": apart.sync,
        "pass": ahead.sync,
        "sizes": other.sync,
        "sizes of one pass": other_one_pass.sync,
        "precision": double.sync,
        "calls": half.sync,
        "update": lambda: open_.update(*points()[:2]),
        "merge": lambda: filled(rank).merge(open_),
    }
    return {name: refusal(call) for name, call in calls.items()}


def refusal(call):
    try:
        call()
    except ValueError as error:
        return str(error)
    return "nothing"


def without_decisions(rank):
    """One of the two does not give logits."""
    features, labels, weight, logits = points()
    meter = filled(rank)
    meter.sync()
    meter.start_second_pass()
    for h, y, z in batches(rank, "uneven", features, labels, logits):
        meter.update(h, y, z if rank == 0 else None)
    meter.sync()
    return dataclasses.asdict(meter.compute(weight))


def nothing_seen():
    meter, one = metrics.CollapseMeter(len(COUNTS), DIM), metrics.OnePassMeter(len(COUNTS), DIM)
    meter.sync()
    one.sync()
    return {"two passes": refusal(meter.start_second_pass), "one pass": refusal(one.compute)}


def alone(rank):
    """In groups of one worker, of which this process belongs to one."""
    groups = [distributed.new_group([member]) for member in range(2)]
    meter = filled(rank)
    for group in groups:
        meter.sync(group)
    return meter.state_dict()


@contextmanager
def messages():
    """The numbers of entries that are sent."""
    sent, all_reduce = [], distributed.all_reduce

    def counted(tensor, *arguments, **options):
        sent.append(tensor.numel())
        return all_reduce(tensor, *arguments, **options)

    distributed.all_reduce = counted
    try:
        yield sent
    finally:
        distributed.all_reduce = all_reduce


def work(rank, folder):
    """Run by both processes."""
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", f"file://{folder}/meet", rank=rank, world_size=2, timeout=timedelta(seconds=120)
    )
    ways = [two_passes, one_pass]
    if importlib.util.find_spec("torchmetrics"):
        ways.append(torchmetrics_metric)
    found = {}
    for dtype, share in CASES:
        for way in ways:
            with messages() as sent:
                found[way.__name__, dtype, share] = way(rank, share, dtype)
            found["sent", way.__name__] = sent
    found["refusals"] = refusals(rank)
    found["without decisions"] = without_decisions(rank)
    found["nothing seen"] = nothing_seen()
    found["alone"] = alone(rank)
    torch.save(found, folder / f"{rank}.pt")
    distributed.destroy_process_group()
