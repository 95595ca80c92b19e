"""fit_ensemble beside single runs: eight embedding perceptrons on addition modulo 29, 20 steps of each."""

import torch

from ncbook import data, models, trainers
from ncbook.trainers import Ensemble, Member
from ncbook.trainers.stacked import EAGER_STEPS

GROUP = "8 members on addition modulo 29, 20 steps each"
MEMBERS, STEPS, ROUNDS = 8, 20, 15
RECIPE = trainers.Recipe(
    steps=EAGER_STEPS + STEPS * (ROUNDS + 2),
    learning_rate=1e-2,
    optimizer="adamw",
    betas=(0.9, 0.98),
    weight_decay=1.0,
    schedule=trainers.WarmUp(10),
    loss=trainers.CrossEntropy(float64=True),
)


def build(seed):
    torch.manual_seed(seed)
    return models.PairMLP(29, embedding_dim=32, width=64)


def started(train: data.Split, members: int) -> Ensemble:
    """An ensemble whose steps are traced by now, and captured on a GPU."""
    ensemble = Ensemble(build, train, RECIPE, [Member(seed) for seed in range(members)])
    for _ in range(EAGER_STEPS):
        ensemble.advance()
    return ensemble


def bench_ours(clock):
    ensemble = started(data.modular(29, fraction=0.6).train, MEMBERS)

    def advance():
        for _ in range(STEPS):
            ensemble.advance()

    goal = "ours at least 1.5 times as many steps per CPU-second"
    clock(advance, GROUP, "ours", goal, rounds=ROUNDS)


def bench_single_runs(clock):
    train = data.modular(29, fraction=0.6).train
    runs = [trainers.Training(build(seed), train, RECIPE, seed) for seed in range(MEMBERS)]

    def advance():
        for run in runs:
            for _ in range(STEPS):
                run.advance()

    clock(advance, GROUP, "single runs", rounds=ROUNDS)
