"""metrics.collapse on a GPU beside copies of the features: a pass that reads them at half the copy bandwidth takes as
long as one copy, which reads and writes them."""

import pytest
import samples
import torch

from ncbook import metrics

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
GROUP = "collapse on a GPU, N = 50,000, d = 2048, K = 100"


def bench_ours(clock):
    data = samples.classes(50_000, 2048, 100, "cuda")
    clock(lambda: metrics.collapse(*data), GROUP, "ours", "two passes at half the copy bandwidth: at most two copies")


def bench_two_copies(clock):
    features, _, _ = samples.classes(50_000, 2048, 100, "cuda")
    target = torch.empty_like(features)

    def copy_twice():
        target.copy_(features)
        target.copy_(features)
        torch.cuda.synchronize()

    clock(copy_twice, GROUP, "two copies of the features", rounds=20)
