"""trainers.fit beside a DataLoader with transforms of single images, and a step of the one-layer transformer beside
the network that computes every position."""

import plain_training
import torch
import torch.nn.functional as F

from ncbook import data, models, trainers

MLP = "training a small MLP, 5 epochs of 10,000 glyphs of 28 x 28 pixels, 10 classes, batch 128"
STEP = "one full-batch step of the one-layer transformer, p = 113, 30 % of the pairs"


def _glyphs():
    population = data.GlyphPopulation(data.GLYPH_SCRIPTS["digit"])
    split = population.sample(1000, torch.Generator().manual_seed(0))
    return split, models.mlp((1, 28, 28), 10, width=128, depth=2)


def bench_ours(clock):
    split, model = _glyphs()
    recipe = trainers.Recipe(5 * 78, 0.05, 128, weight_decay=5e-4)
    work = lambda: trainers.fit(model, split, recipe, 0, on_step=lambda step: None)  # noqa: E731
    clock(work, MLP, "ours", "the DataLoader at least 5 times", rounds=3)


def bench_loader(clock):
    split, model = _glyphs()
    low, high = split.inputs.min(), split.inputs.max()
    pixels = ((split.inputs[:, 0] - low) / (high - low) * 255).byte()
    images = plain_training.Images(pixels, split.labels, 0.5, 0.25)
    clock(lambda: plain_training.train(model, images, 128, 5), MLP, "DataLoader, transforms image by image", rounds=3)


def _pairs():
    return data.modular(113, fraction=0.3).train


def bench_step_ours(clock):
    recipe = trainers.Recipe(1000, 1e-3, optimizer="adamw", betas=(0.9, 0.98), weight_decay=1.0)
    training = trainers.Training(models.NandaTransformer(113), _pairs(), recipe, 0)
    clock(training.advance, STEP, "ours", "the plain network at least 4 times", rounds=10)


def bench_step_plain(clock):
    model, pairs = plain_training.Transformer(113), _pairs()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.98), weight_decay=1.0)

    def step():
        optimizer.zero_grad()
        F.cross_entropy(model(pairs.inputs), pairs.labels).backward()
        optimizer.step()

    clock(step, STEP, "all positions, no tables", rounds=10)
