"""Training ResNet-18 on 32 x 32 color glyphs in bfloat16 beside bare matrix products of as many operations."""

import pytest
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from ncbook import data, models, trainers

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
GROUP = "20 steps of ResNet-18 on 32 x 32 color glyphs, batch 1024, bfloat16"
STEPS, BATCH, SIDE = 20, 1024, 8192


def _operations() -> int:
    """Of one image forwards and backwards, counted on the CPU."""
    model, images = models.resnet18((3, 32, 32), 10), torch.randn(2, 3, 32, 32)
    with FlopCounterMode(display=False) as counter:
        F.cross_entropy(model(images), torch.tensor([0, 1])).backward()
    return counter.get_total_flops() // 2


def bench_ours(clock):
    population = data.GlyphPopulation(range(10), size=32, color=True)
    split = population.sample(2000, torch.Generator("cuda").manual_seed(0))
    recipe = trainers.Recipe(10_000, 0.05, BATCH, weight_decay=5e-4, precision="bfloat16", compile=True)
    training = trainers.Training(models.resnet18((3, 32, 32), 10).to("cuda"), split, recipe, 0)

    def advance():
        for _ in range(STEPS):
            training.advance()
        torch.cuda.synchronize()

    goal = "40 % of the rate of matrix products: at most 2.5 times their time"
    clock(advance, GROUP, "ours", goal, images=STEPS * BATCH)


def bench_matrix_products(clock):
    left, right = (torch.randn(SIDE, SIDE, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    products = max(1, round(_operations() * STEPS * BATCH / (2 * SIDE**3)))

    def multiply():
        for _ in range(products):
            left @ right
        torch.cuda.synchronize()

    clock(multiply, GROUP, f"{products} bare products of {SIDE} x {SIDE} matrices")
