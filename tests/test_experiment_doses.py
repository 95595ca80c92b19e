"""The result `doses`: what is held is held, and its rules give the verdicts that they should on made-up runs."""

import numpy as np
import pandas as pd
import pytest
import torch

from ncbook import experiments, explorables, trainers
from ncbook.evidence import FAILS, HOLDS, OPEN
from ncbook.experiments import doses
from ncbook.readings import doses as reading
from ncbook.runs import Run

CONFIG = doses.Config()
JUDGES = {claim.id: claim.judge for claim in doses.CLAIMS}
SOLUTIONS = {
    "doses/bearable": lambda: _bearable(experiments.doses.load("laptop")),
    "doses/norms-share": lambda: _norms_share(experiments.doses.load("laptop")),
    "doses/settled": lambda: _settled(experiments.doses.load("laptop")),
}


def _bearable(run):
    frame = run.to_frame()
    frame = frame[(frame.kind == "kappa") & (frame.step <= run.config["steps"])]
    best = frame.groupby(["level", "seed"]).test_acc.max().unstack()
    return max(best.index[(best >= 0.99).sum(axis=1) > len(best.columns) / 2])


def _norms_share(run):
    table = reading.outcomes(run)
    ends = {key: rows.accuracy.median() for key, rows in table.groupby(["kind", "like"])}
    whole = ends["baseline", 0.0] - ends["kappa", 1e4]
    return (ends["baseline", 0.0] - ends["norms", 1e4]) / whole


def _settled(run):
    frame = run.to_frame()
    frame = frame[(frame.kind == "kappa") & (frame.level == 1e4)]
    then = frame[frame.step == run.config["steps"]].test_acc.to_numpy()
    return 100 * np.median(frame[frame.step == frame.step.max()].test_acc.to_numpy() - then)


def my_cap(weight, largest):  # as in the chapter's solution
    length = weight.norm()
    return weight * largest / length if length > largest else weight


def _by_one_factor(weight, largest):
    return weight * (largest / weight.norm()) if weight.norm() else weight


def _each_row(weight, largest):
    """Right where rows are equally long."""
    lengths = weight.norm(dim=1, keepdim=True) * len(weight) ** 0.5
    return torch.where(lengths > largest, weight * largest / lengths, weight)


def _over_zero(weight, largest):
    return weight * torch.minimum(weight.norm(), torch.tensor(largest, dtype=weight.dtype)) / weight.norm()


FUNCTIONS = {"doses/write-cap": (my_cap, [lambda weight, _: weight, _by_one_factor, _each_row, _over_zero])}
ALL_AT_600 = {(kind, level): 600 for kind, level, _ in CONFIG.doses}


def _loss_and_norms(kind, level, seed):
    return 1e-3 + level * (kind == "loss"), 1e4 + level * (kind == "norms") + seed


def _product(kind, level, seed):
    """A kappa that is nothing but norms and loss."""
    loss, norms = _loss_and_norms(kind, level, seed)
    return loss * norms


def _as_held(kind, level, seed):
    return 1.0 + level * (kind == "kappa")


def made_up(generalized, kappa=_as_held, settled=None, spread=None):
    """Eight seeds of every dose. generalized: (kind, level) -> step at which test accuracy is 1, 0.5 before and for
    those without one; settled, spread: (kind, level) -> accuracy at the end, R; kappa: of kind, level and seed."""
    rows = []
    for kind, level, like in CONFIG.doses:
        for seed in CONFIG.seeds:
            loss, norms = _loss_and_norms(kind, level, seed)
            for step in range(0, CONFIG.steps + CONFIG.settle + 1, 50):
                there = step >= generalized.get((kind, level), np.inf)
                accuracy = 1.0 if there else 0.5 - 0.01 * (kind == "kappa") * np.log10(max(level, 1))
                if step == CONFIG.steps + CONFIG.settle:
                    accuracy = (settled or {}).get((kind, level), accuracy)
                rows.append({
                    "kind": kind, "level": level, "like": like, "seed": seed, "step": step, "test_acc": accuracy,
                    "relative_flatness": kappa(kind, level, seed),
                    "squared_norms": norms, "train_loss": loss,
                    "variance_ratio_train": (spread or {}).get((kind, level), 5.0),
                })  # fmt: skip
    frame = pd.DataFrame(rows)
    config = {"seeds": list(CONFIG.seeds), "steps": CONFIG.steps, "settle": CONFIG.settle}
    return Run(config, {name: frame[name].to_numpy() for name in frame})


@pytest.mark.parametrize(
    ("claim", "changes", "more", "word"),
    [
        ("low-doses-of-sharpness-cost-nothing", {}, {}, HOLDS),
        ("low-doses-of-sharpness-cost-nothing", {("kappa", 1.0): 800, ("kappa", 10.0): None}, {}, FAILS),
        ("low-doses-of-sharpness-cost-nothing", {("kappa", 1.0): 800}, {}, OPEN),
        ("strongest-dose-of-sharpness-delays", {("kappa", 1e4): None}, {}, HOLDS),
        ("strongest-dose-of-sharpness-delays", {("kappa", 1e4): 700}, {}, FAILS),
        ("strongest-dose-of-sharpness-delays", {("baseline", 0.0): 1600, ("kappa", 1e4): None}, {}, OPEN),
        ("accuracy-falls-with-the-dose", {("kappa", level): None for level in (1e2, 1e3, 1e4)}, {}, HOLDS),
        ("accuracy-falls-with-the-dose", {("baseline", 0.0): None}, {}, FAILS),
        ("only-flat-networks-generalize", {("kappa", level): None for level in (10.0, 1e2, 1e3, 1e4)}, {}, HOLDS),
        ("only-flat-networks-generalize", {}, {}, FAILS),
        ("norms-alone-delay", {("norms", 8e5): 800}, {}, HOLDS),
        ("norms-alone-delay", {}, {}, FAILS),
        ("sharpness-beyond-norms", {("kappa", level): None for level in (1e2, 1e3, 1e4)}, {}, HOLDS),
        ("sharpness-beyond-norms", {("kappa", 1e4): None, ("norms", 8e5): 1650}, {}, FAILS),
        ("sharpness-beyond-norms", {("norms", level): None for level in (6e4, 1.4e5, 8e5)}, {}, OPEN),
        ("sharpness-beyond-norms-and-loss", {("kappa", level): None for level in (1e2, 1e3, 1e4)}, {}, HOLDS),
        ("sharpness-beyond-norms-and-loss", {("kappa", 1e3): 900, ("loss", 0.19): 900}, {}, FAILS),
        ("sharp-less-accurate-than-controls", {("kappa", level): None for level in (1e2, 1e3, 1e4)}, {}, HOLDS),
        ("sharp-less-accurate-than-controls", {}, {}, FAILS),
        ("sharp-less-accurate-than-controls", dict.fromkeys(ALL_AT_600), {}, FAILS),
        ("kappa-is-norms-and-loss", {}, {"kappa": _product}, HOLDS),
        ("kappa-is-norms-and-loss", {}, {}, FAILS),
        ("loss-alone-costs-nothing", {}, {}, HOLDS),
        ("loss-alone-costs-nothing", {("loss", level): 900 for level in (0.013, 0.05, 0.19, 0.33)}, {}, FAILS),
        ("sharpness-hurts-by-the-step-size", {("kappa", 1e4): None}, {"settled": {("kappa", 1e4): 0.9}}, HOLDS),
        ("sharpness-hurts-by-the-step-size", {("kappa", 1e4): None}, {"settled": {("kappa", 1e4): 0.6}}, FAILS),
        ("sharpness-hurts-by-the-step-size", {}, {}, OPEN),
        ("spread-in-doses-as-soon", {}, {}, HOLDS),
        ("spread-in-doses-as-soon", {("spread", level): 1000 for level in (0.3, 1.0, 3.0)}, {}, FAILS),
        ("spread-in-doses-as-accurate", {}, {}, HOLDS),
        (
            "spread-in-doses-as-accurate", {},
            {"settled": {("spread", level): 0.98 for level in (0.3, 1.0, 3.0)}}, FAILS,
        ),
        (
            "spread-in-doses-as-accurate", {},
            {"spread": {("spread", level): level / 2 for level in (0.3, 1.0, 3.0)}}, OPEN,
        ),
    ],
)  # fmt: skip
def test_a_rule_gives_the_word_of_a_made_up_run(claim, changes, more, word):
    steps = {key: step for key, step in (ALL_AT_600 | changes).items() if step is not None}
    found = JUDGES[claim](made_up(steps, **more))
    expected = word if word != OPEN or found.valid else "not tested at this scale"
    assert found.word == expected
    assert set(found.seeds) == set(CONFIG.seeds)


@pytest.mark.parametrize("noise", [0.0, 0.5, 2.0])
def test_the_explained_share_is_that_of_the_definition(noise):
    """One minus the variance that is left over that of log kappa, by the normal equations."""
    generator = np.random.default_rng(0)
    factors = generator.normal(size=(9, 2))
    kappa = 0.3 + factors @ np.array([1.0, 0.7]) + noise * generator.normal(size=9)
    rows = [
        {"kind": "kappa", "level": float(index), "like": 0.0, "seed": 3, "step": step, "test_acc": 1.0,
         "relative_flatness": 10 ** kappa[index], "squared_norms": 10 ** factors[index, 0],
         "train_loss": 10 ** factors[index, 1], "variance_ratio_train": 1.0}
        for index in range(9) for step in (0, 10)
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    run = Run({"seeds": [3], "steps": 10}, {name: frame[name].to_numpy() for name in frame})
    design = np.column_stack([np.ones(9), factors])
    left = kappa - design @ np.linalg.solve(design.T @ design, design.T @ kappa)
    assert reading.explained(run).loc[3] == pytest.approx(1 - (left @ left) / ((kappa - kappa.mean()) ** 2).sum())
    few = Run(run.config, {name: column[:6] for name, column in run.history.items()})
    assert reading.explained(few).isna().all()


@pytest.mark.parametrize(("kind", "level", "_"), CONFIG.doses)
def test_a_recipe_holds_one_thing(kind, level, _):
    recipe, base = (doses.recipe_of(CONFIG, name, level) for name in (kind, "baseline"))
    held = recipe.regularizers
    if kind == "loss":
        assert recipe.loss == trainers.Flooded(base.loss, level)
        assert not held
    elif kind != "baseline":
        (regularizer,) = held
        assert regularizer.shape == trainers.Floor(level)
        assert regularizer.active(recipe.steps - 1)
    assert (recipe.head_norm is None) == (kind != "uncertainty")
    assert recipe.schedule(CONFIG.steps - 1) == 1
    assert recipe.schedule(CONFIG.steps + CONFIG.settle) == pytest.approx(0)


def test_a_kind_that_is_unknown_is_named():
    with pytest.raises(ValueError, match="kind: 'weights' is unknown; use one of baseline, loss, kappa"):
        doses.recipe_of(CONFIG, "weights", 1.0)


@pytest.fixture(scope="module")
def smoke():
    return doses.run(doses.Config.preset("smoke"))


def test_every_dose_and_seed_is_measured_at_every_probe(smoke):
    frame = smoke.to_frame()
    config = doses.Config.preset("smoke")
    assert list(dict.fromkeys(zip(frame.kind, frame.level, frame.like, strict=True))) == config.doses
    counts = frame.groupby(["kind", "level", "seed"]).size()
    assert (counts == (config.steps + config.settle) // config.probe_every + 1).all()
    assert len(counts) == len(config.doses) * len(config.seeds)
    assert np.isfinite(frame.select_dtypes("number").to_numpy()).all()


def test_all_doses_start_from_the_same_network(smoke):
    start = smoke.to_frame().query("step == 0")
    assert (start.groupby("seed").test_acc.nunique() == 1).all()
    assert (start.groupby("seed").squared_norms.nunique() <= 2).all()  # the head is capped where uncertainty is held


# --- what the chapter shows and says


def test_the_tables_of_the_chapter_are_those_of_the_run():
    run = experiments.doses.load("laptop")
    table = reading.against_baseline(run)
    own = table[(table.kind == "norms") & (table.level == 8e5)]
    shown = reading.delays(run).set_index("dose")
    assert shown["norms alone"]["10,000"] == f"{own.times.median():.2f} ({own.reached.sum()} of 8)"
    assert (own.times > 1).sum() == len(own) - 1  # "they delay nearly every network"
    assert shown["norms alone"]["10"] == shown["training loss alone"]["1"] == ""
    assert list(reading.spread_delays(run)["least R"]) == ["0.3", "1", "3"]
    settled = reading.outcomes(run).query("kind == 'kappa' and level == 1e4").settled
    assert reading.settled(run).iloc[-1, 2].startswith(f"{100 * settled.median():.1f} ({100 * settled.min():.1f} to ")


def test_the_sharpest_that_generalize_are_tens_of_thousands_to_millions_of_times_as_sharp():
    times = reading.borne(experiments.doses.load("laptop"))["times as sharp"]
    numbers = sorted(float(each.replace(",", "")) for each in times)
    assert len(numbers) == 8
    assert 1e4 < numbers[0] < 1e5
    assert 1e6 < numbers[-1] < 1e7


def test_the_answers_of_the_explorable_are_those_of_the_run():
    run = experiments.doses.load("laptop")
    asked = explorables.doses(run).data["questions"]
    table = reading.outcomes(run)
    sharp = table[(table.kind == "kappa") & (table.level == 1e4)]
    there = np.isfinite(sharp.generalized).sum()
    for key in ("dose", "norm", "loss", "confidence"):
        assert f"{there} of 8 with sharpness κ at least 10000" in asked[key]["answer"]
        assert f"{100 * sharp.accuracy.median():.0f} %" in asked[key]["answer"]
    assert (
        f"is {100 * sharp.accuracy.median():.0f} % then and {100 * sharp.settled.median():.0f} %"
        in (asked["steps"]["answer"])
    )
