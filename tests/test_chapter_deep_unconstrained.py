"""What "Deep unconstrained features" says in words about the recorded run, and its exercises' solutions."""

import numpy as np
import pytest
import torch

from ncbook import experiments, runs
from ncbook.readings import deep_unconstrained as reading

deep = experiments.deep_unconstrained


def _gain() -> float:  # as in the chapter's solution
    found = reading.problems(deep.load("laptop", live=False))
    row = found[(found.arm == "deep linear") & (found.num_classes == 6) & (found.num_layers == 2)]
    return 100 * (1 - row.best.item())


SOLUTIONS = {
    "deep_unconstrained/octahedron": lambda: 3 * 2 ** (2 / 3) / 5,
    "deep_unconstrained/gain": _gain,
}


def my_price(logits, factors):  # as in the chapter's solution
    values = torch.linalg.svdvals(logits)
    return factors * values.pow(2 / factors).sum()


def of_eigenvalues(logits, factors):
    return factors * torch.linalg.eigvals(logits).abs().pow(2 / factors).sum()


FUNCTIONS = {
    "deep_unconstrained/write-price": (
        my_price,
        [
            lambda logits, factors: my_price(logits, factors) / factors,
            lambda logits, factors: 2 * torch.linalg.svdvals(logits).sum(),
            of_eigenvalues,
        ],
    )
}


@pytest.fixture(scope="module")
def run() -> runs.Run:
    return deep.load("laptop", live=False)


@pytest.fixture(scope="module")
def problems(run):
    return reading.problems(run).set_index(["arm", "num_classes", "num_layers"])


def holds(name: str, run) -> tuple[int, int]:
    (claim,) = [each for each in deep.CLAIMS if each.id == name]
    found = claim.judge(run)
    return found.holds.count(True), found.valid


# --- equations


@pytest.mark.parametrize("factors", [2, 3, 4, 5, 6])
def test_the_penalty_of_three_shapes_in_closed_form(factors):
    corners = torch.cat([torch.eye(3), -torch.eye(3)]).double()
    angle = 2 * torch.pi * torch.arange(6).double() / 6
    hexagon = 2**0.5 * torch.stack([angle.cos(), angle.sin()], 1)
    shapes = [torch.eye(6).double() - 1 / 6, corners @ corners.T, hexagon @ hexagon.T]
    costs = [deep.schatten(shape, factors).item() for shape in shapes]
    powers = [5, 3 * 2 ** (2 / factors), 2 * 6 ** (2 / factors)]
    assert costs == pytest.approx([factors * power for power in powers], rel=1e-6)
    assert [reading.penalty(shape, factors) for shape in reading.SHAPES] == pytest.approx(costs, rel=1e-6)
    assert int(np.argmin(costs)) == {2: 0, 3: 1, 4: 1, 5: 1, 6: 2}[factors]


# --- what beats collapse


def test_two_classes_or_one_matrix_are_never_beaten(problems):
    best = problems.best["deep linear"]
    assert (best.loc[2] > 1 - 1e-6).all()
    assert (best.xs(1, level="num_layers") > 1 - 1e-6).all()
    assert best[4, 2] > 1 - 1e-6


def test_low_rank_beats_collapse_in_the_linear_model(run, problems):
    assert holds("deep-collapse-beaten-linear", run) == (4, 4)
    assert holds("deep-solutions-low-rank", run) == (21, 21)
    best, ranks = problems.best["deep linear"], problems["rank"]["deep linear"]
    assert best[6, 2] < 0.95
    assert best.min() == pytest.approx(0.78, abs=0.005)
    assert [ranks[key] for key in ((4, 3), (4, 4), (6, 2), (6, 3), (6, 4))] == [2, 2, 3, 3, 2]


def test_with_relus_only_four_matrices_beat_collapse(run, problems):
    assert holds("deep-collapse-beaten-relu", run) == (2, 2)
    best = problems.best["deep relu"]
    assert best[4, 4] == pytest.approx(0.995, abs=0.001)
    assert best[6, 4] == pytest.approx(0.968, abs=0.001)
    assert best[4, 3] == pytest.approx(1, abs=1e-3)
    assert best[6, 3] > 1.01
    ranks = problems.loc["deep relu"].loc[4:].xs(4, level="num_layers")
    assert (ranks["rank"] == ranks.index).all()
    assert (ranks.inner_rank < ranks["rank"]).all()


def test_collapse_is_a_local_minimum_that_some_starts_find(run, problems):
    assert holds("deep-collapse-local-minimum", run) == (72, 72)
    share = problems.collapsed["deep linear"]
    assert share[4, 3] > 0
    assert share[4, 4] > 0
    assert (share.loc[6].loc[2:] == 0).all()


def test_the_tables_say_what_was_found(run, problems):
    best = reading.best(run).set_index(["K", "m"])
    assert best.linear[6, 4] == "0.778 (2)"
    assert best.ReLU[4, 4] == "0.994 (3)"
    assert len(best) == 12
    stable = reading.stability(run).set_index(["K", "m"])
    assert stable["starts (%)"][4, 2] == round(100 * problems.collapsed["deep linear", 4, 2])
    assert len(stable) == 8


def test_the_lowest_known_loss_is_at_most_that_of_collapse(run):
    ends = reading.descents(run).query("start == 'random' and arm == 'deep relu' and num_classes == 6")
    assert ends[ends.num_layers == 3].relative.min() > 1.01
    assert reading.lowest(ends)[3] == 1
    assert reading.lowest(ends)[4] < 0.97


def test_the_second_run_finds_collapse_where_the_first_does_not():
    again = reading.problems(deep.load("laptop-again", live=False)).set_index(["arm", "num_classes", "num_layers"])
    assert again.best["deep relu", 6, 3] == pytest.approx(1, abs=1e-4)
