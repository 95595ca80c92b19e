"""fit_ensemble on a GPU beside one run: 256 embedding perceptrons on addition modulo 29, a step one CUDA graph."""

import pytest
import torch
from bench_ensemble import RECIPE, build, started

from ncbook import data, trainers

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
GROUP = "20 steps of 256 members, and of one run, on a GPU"
STEPS = 20


def bench_ours(clock):
    ensemble = started(data.modular(29, fraction=0.6).train.to("cuda"), 256)
    goal = "256 members in at most 5.12 times the time of one: 50 times the seed-steps per second"
    clock(lambda: _advance(ensemble), GROUP, "ours", goal)


def bench_one_run(clock):
    train = data.modular(29, fraction=0.6).train.to("cuda")
    run = trainers.Training(build(0).to("cuda"), train, RECIPE, 0)
    clock(lambda: _advance(run), GROUP, "one run")


def _advance(training):
    for _ in range(STEPS):
        training.advance()
    torch.cuda.synchronize()
