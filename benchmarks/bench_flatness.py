"""metrics.relative_flatness beside the logits and their softmax."""

import samples
import torch

from ncbook import metrics

GROUP = "relative flatness, N = 50,000, d = 512, K = 10"


def bench_ours(clock):
    features, _, weight = samples.classes(50_000, 512, 10)
    clock(lambda: metrics.relative_flatness(features, weight), GROUP, "ours", "at most 3 times the logits and softmax")


def bench_logits_and_softmax(clock):
    features, _, weight = samples.classes(50_000, 512, 10)
    clock(lambda: torch.softmax(features @ weight.T, dim=1), GROUP, "logits and softmax")
