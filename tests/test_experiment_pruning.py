"""Points that are not needed: which points are kept, what goes on with them, and the rules on made-up runs."""

import copy
import math
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
import torch

from ncbook import data, experiments, models, runs
from ncbook.evidence import FAILS, HOLDS, UNTESTED, Evidence
from ncbook.experiments.pruning import Config, SmallSteps, base, going_on
from ncbook.experiments.pruning.kept import kept, overlap, within_classes
from ncbook.readings import pruning as reading

COLUMNS = sorted({*reading.KEYS, "epoch", "step", "train_error", "test_error", "nc1_train", *reading.COLUMNS})
TINY = replace(Config.preset("smoke"), seeds=(4, 5), epochs=6, drops=(2, 6), shares=(0.2, 0.05), steps=2, probes=2)


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return experiments.pruning.run(TINY, "cpu")


# --- which points are kept

MARGINS = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
LABELS = torch.tensor([0, 0, 0, 1, 1, 0])


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        (reading.SMALLEST, [0, 1]),
        (reading.LARGEST, [4, 5]),
        (reading.SMALLEST_BALANCED, [0, 3]),
        (reading.LARGEST_BALANCED, [4, 5]),
    ],
)
def test_a_rule_keeps_the_points_that_it_names(rule, rows):
    assert kept(rule, MARGINS, LABELS, 2, seed=0).tolist() == rows


@pytest.mark.parametrize("rule", reading.RULES)
def test_a_balanced_rule_keeps_as_many_of_each_class_and_a_smaller_set_lies_in_a_larger_one(rule):
    chance = torch.Generator().manual_seed(1)
    labels = torch.arange(10).repeat(20)[torch.randperm(200, generator=chance)]
    margins = torch.rand(200, generator=chance)
    small, large = (kept(rule, margins, labels, count, seed=3) for count in (20, 50))
    assert len(small.unique()) == 20
    assert torch.isin(small, large).all()
    if rule in reading.BALANCED:
        assert labels[large].bincount().tolist() == [5] * 10


def test_random_points_do_not_look_at_the_margins_and_differ_between_seeds():
    sets = [kept(reading.RANDOM, torch.rand(500), torch.zeros(500, dtype=torch.long), 50, seed) for seed in (1, 1, 2)]
    assert torch.equal(sets[0], sets[1])
    assert not torch.equal(sets[0], sets[2])


def test_the_places_within_classes_count_up_from_zero():
    assert within_classes(torch.tensor([0.5, 0.1, 0.3, 0.2]), torch.tensor([1, 1, 0, 1])).tolist() == [2, 0, 0, 1]


def test_overlap_is_the_common_part_of_two_sets():
    assert overlap(torch.tensor([1, 2, 3]), torch.tensor([2, 3, 4])) == 2 / 4
    assert overlap(torch.tensor([1, 2]), torch.tensor([1, 2])) == 1


@pytest.mark.parametrize("classes", [1, 4])
def test_chance_is_that_of_drawn_sets(classes):
    chance, found = np.random.default_rng(0), []
    for _ in range(4000):
        sets = [
            {(label, row) for label in range(classes) for row in chance.permutation(40 // classes)[: 12 // classes]}
            for _ in range(2)
        ]
        found.append(len(sets[0] & sets[1]) / len(sets[0] | sets[1]))
    error = 4 * np.std(found) / len(found) ** 0.5
    assert reading.chance_overlap(40, 12, classes) == pytest.approx(np.mean(found), abs=error)
    often = np.mean(np.array(found) >= 0.25)
    assert reading.overlap_chance(40, 12, 0.25, classes) == pytest.approx(often, abs=4 * (0.25 / 4000) ** 0.5)


def test_random_sets_pass_the_rule_of_chance_as_often_as_it_says():
    """The rule: an overlap of 50 of 1,000 points of at most twice the average."""
    (claim,) = [each for each in experiments.pruning.CLAIMS if each.id == "kept-points-agree-by-chance"]
    limit = 2 * reading.chance_overlap(1000, 50)
    passed = 1 - reading.overlap_chance(1000, 50, np.nextafter(limit, 1))
    assert f"in {100 * passed:.0f} % of the cases" in claim.rule


@pytest.mark.parametrize(("share", "count"), [(0.5, 500), (0.01, 10), (0.001, 10), (1.0, 1000)])
def test_a_share_is_of_whole_classes(share, count):
    assert reading.kept_points(1000, share) == count


# --- what goes on


def _start(rows: torch.Tensor) -> going_on.Start:
    dataset = data.digits(20, seed=4)
    with models.seeded(4):
        model = models.build("mlp", dataset.input_shape, 10, 16)
    return going_on.Start({"arm": reading.RANDOM}, model, dataset, rows)


def test_training_goes_on_with_the_points_that_are_kept_and_no_others():
    """The same as a training on a set that has no others, and the start stays as it was."""
    start = _start(torch.arange(0, 200, 4))
    before = {name: value.clone() for name, value in start.model.state_dict().items()}
    config = replace(TINY, width=16)
    _, (found,) = going_on.train(config, [start], 3, {3})
    alone = data.Split(start.dataset.train.inputs[::4], start.dataset.train.labels[::4])
    own = going_on.train(
        config, [replace(start, rows=torch.arange(50), dataset=replace(start.dataset, train=alone))], 3, {3}
    )
    for name, value in own[1][0].state_dict().items():
        torch.testing.assert_close(found.state_dict()[name], value)
        assert torch.equal(start.model.state_dict()[name], before[name])
    assert not torch.equal(found.head.weight, start.model.head.weight)


def test_renormed_by_its_own_training_set_a_network_errs_as_before():
    start = _start(torch.arange(200))
    _, (model,) = going_on.train(TINY, [start], 60, {60})
    with torch.no_grad():
        logits = model(start.dataset.test.inputs)
    error = (logits.argmax(1) != start.dataset.test.labels).double().mean().item()
    assert going_on.renormed_error(model, start.dataset) == pytest.approx(error, abs=0.01)
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm1d):
            layer.running_mean += 5
    assert going_on.renormed_error(model, start.dataset) == pytest.approx(error, abs=0.01)


def test_small_steps_turn_the_weights_as_far_as_before():
    """Half as large weights under batch norm: the same function, and the same turn at a quarter of the rate."""
    start = _start(torch.arange(100))
    small = copy.deepcopy(start.model)
    with torch.no_grad():
        for weight in (each for each in small.blocks.parameters() if each.ndim > 1):
            weight.div_(2)
    rate = going_on.slowdown(start.model, small)
    assert rate == pytest.approx(1 / 4)
    config = replace(TINY, weight_decay=0.0)
    starts = [start, replace(start, model=small)]
    _, networks = going_on.train(config, starts, 1, {1}, [config.learning_rate, rate * config.learning_rate])
    turned = [network.blocks["hidden1"][1].weight for network in networks]
    torch.testing.assert_close(turned[1], turned[0] / 2, rtol=1e-3, atol=1e-5)


def test_a_run_with_small_steps_has_both_rates():
    config = SmallSteps(**{**asdict(replace(TINY, shares=(0.05,))), "seeds": (4,)})
    run = experiments.pruning.run(config, "cpu")
    kept_rows = run.to_frame().query("part == 'kept'")
    assert set(kept_rows.arm) == {reading.ALL, *config.rules}
    rates = kept_rows.groupby("course").learning_rate.unique()
    assert rates[reading.GOING_ON] == pytest.approx(config.learning_rate)
    assert rates[reading.SMALL] != pytest.approx(config.learning_rate)
    table = reading.steps(run)
    assert table.rule.tolist() == list(config.rules)


def test_the_second_network_has_the_same_images_and_other_weights():
    first, second = (base.train(TINY, "cpu", (4, name)) for name in (reading.FIRST, reading.TWIN))
    assert [row["epoch"] for row in first.rows] == [row["epoch"] for row in second.rows] == base.probed_epochs(TINY)
    assert set(first.networks) == {0, *TINY.drops}
    assert not second.networks
    assert not torch.equal(first.margins[0], second.margins[0])
    assert torch.equal(first.margins[2], base.measure(first.networks[2].eval(), base.images(TINY, 4))[1])


def test_the_variance_between_classes_is_that_of_the_class_means():
    labels = torch.tensor([0, 0, 1, 1])
    assert base.between_classes(torch.tensor([1.0, 1.0, 3.0, 3.0]), labels) == 1
    assert base.between_classes(torch.tensor([1.0, 3.0, 1.0, 3.0]), labels) == 0
    assert base.between_classes(torch.tensor([0.0, 2.0, 2.0, 4.0]), labels) == pytest.approx(1 / 2)


def test_two_networks_may_agree_on_classes_and_not_within_them():
    labels = torch.tensor([0, 0, 0, 1, 1, 1])
    first, second = torch.tensor([1.0, 2, 3, 11, 12, 13]), torch.tensor([3.0, 2, 1, 13, 12, 11])
    found = base.rank_correlations(first, second, labels)
    assert found["rank_correlation_within"] == -1
    assert found["rank_correlation"] == pytest.approx(np.corrcoef([1, 2, 3, 4, 5, 6], [3, 2, 1, 6, 5, 4])[0, 1])


# --- the run


def test_a_run_has_every_arm(tiny):
    frame = tiny.to_frame()
    ends = frame[(frame.part == reading.KEPT) & (frame.course == reading.GOING_ON) & (frame.step == TINY.steps)]
    found = ends.groupby("arm").size().to_dict()
    assert found == {reading.ALL: 4} | dict.fromkeys(reading.RULES, 8)
    scratch = frame[(frame.course == reading.SCRATCH)]
    assert set(scratch.dropped) == {TINY.drops[-1]}
    assert set(scratch.arm) == {reading.ALL, reading.RANDOM_BALANCED}
    stages = frame[frame.course == reading.STAGES]
    assert set(stages.share) == {min(TINY.shares)}
    assert sorted(frame) == COLUMNS


def test_balanced_rules_lose_no_class_and_others_may(tiny):
    table = reading.classes(tiny)
    assert (table[list(reading.BALANCED)].dropna() == 10).all(axis=None)
    assert table[reading.SMALLEST].min() < 10


def test_the_readings_are_those_of_the_rows(tiny):
    frame = tiny.to_frame()
    table = reading.accuracies(tiny)
    own = frame[(frame.arm == reading.RANDOM) & (frame.course == reading.GOING_ON) & (frame.step == TINY.steps)]
    own = own[(own.dropped == 2) & (own.share == 0.05) & (own.seed == 5)]
    assert table.loc[(2, 0.05, 5), reading.RANDOM] == pytest.approx(100 * (1 - own.test_error.item()))
    drops = reading.drops(tiny)
    assert drops.gain[6, 4] == pytest.approx(table.loc[(6, 1.0, 4), reading.ALL] - drops.stopped[6, 4])
    pairs = reading.pairs(tiny)
    assert pairs[(pairs.share == 0.05) & (pairs.arm == reading.SMALLEST)].by_chance.unique() == pytest.approx(
        reading.chance_overlap(200, 10)
    )


def test_the_same_settings_give_the_same_run(tiny):
    again = experiments.pruning.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(column, again.history[name])


def test_what_the_recorded_runs_kept_at_random_is_what_the_seed_says():
    """Another processor trains other networks, of which random points know nothing."""
    for preset in ("laptop", "laptop-again"):
        run = experiments.pruning.EXPERIMENT.recorded(preset)
        table, seed = reading.classes(run), run.config["seeds"][1]
        labels = base.images(Config.preset(preset), seed).train.labels
        for share in run.config["shares"]:
            rows = kept(reading.RANDOM, torch.zeros(len(labels)), labels, reading.kept_points(len(labels), share), seed)
            assert table[reading.RANDOM].xs((share, seed), level=("share", "seed")).unique() == len(
                labels[rows].unique()
            )


def test_small_steps_are_a_nineteenth_at_the_last_drop_as_the_chapter_says():
    rows = reading.part(experiments.pruning.load("laptop-small-steps", live=False), reading.KEPT)
    rates = rows.groupby(["course", "seed"]).learning_rate.first()
    assert (rates[reading.GOING_ON] / rates[reading.SMALL]).median() == pytest.approx(19, abs=0.5)


# --- the rules, on made-up runs

DROPS, SHARES = [10, 200], [0.1, 0.05, 0.01]


def judged(
    claim: str,
    late: dict[tuple[str, float], float] | None = None,
    early: dict[tuple[str, float], float] | None = None,
    slowly: dict[tuple[str, float], float] | None = None,
    stopped: float = 98.0,
    overlaps: tuple[float, float] = (0.3, 0.3),
    classes: tuple[int, int] = (10, 10),
    error: float = 0.0,
    collapse: bool = True,
) -> Evidence:
    """Six seeds; accuracies are 98 % but for those that are given, by arm and share."""
    rows = []
    for seed in range(6):
        for dropped, own, ratio, left in zip(DROPS, (early or {}, late or {}), overlaps, classes, strict=True):
            about = {"seed": seed, "step": 5, "train_error": error}
            low = collapse and dropped == DROPS[-1]
            rows.append(about | {"part": reading.BASE, "arm": reading.FIRST, "epoch": dropped,
                                 "test_error": 1 - stopped / 100, "nc1_train": 0.1 if low else 1.0})  # fmt: skip
            rows.append(about | {"part": reading.PAIR, "arm": reading.SMALLEST, "share": 0.05, "epoch": dropped,
                                 "overlap": ratio})  # fmt: skip
            for share in (1.0, *SHARES):
                for arm in (reading.ALL,) if share == 1 else reading.RULES:
                    accuracy = own.get((arm, share), 98.0)
                    kept_rows = about | {"part": reading.KEPT, "arm": arm, "share": share, "dropped": dropped}
                    kept_rows["classes_kept"] = left
                    rows.append(kept_rows | {"course": reading.GOING_ON, "test_error": 1 - accuracy / 100})
                    slow = (slowly or {}).get((arm, share), 98.0)
                    rows.append(kept_rows | {"course": reading.SMALL, "test_error": 1 - slow / 100})
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    history = {name: table[name].to_numpy() for name in table}
    (rule,) = [each.judge for each in experiments.pruning.CLAIMS if each.id == claim]
    return rule(runs.Run({"drops": DROPS, "shares": SHARES, "per_class": 100}, history, {}, {}))


@pytest.mark.parametrize(("claim", "share"), [("dropping-points-harmless", 0.1), ("ninety-nine-percent-can-go", 0.01)])
def test_rules_of_what_dropping_costs(claim, share):
    arm = reading.RANDOM_BALANCED
    assert judged(claim, late={(arm, share): 97.1}).word == HOLDS
    assert judged(claim, late={(arm, share): 97.0}).word == FAILS
    assert judged(claim, early={(arm, share): 50.0}).word == HOLDS  # it is asked at the last drop
    assert judged(claim, error=0.001).word == UNTESTED


def test_rule_of_the_smallest_margins():
    claim, small = "smallest-margins-worse-than-random", reading.SMALLEST
    assert judged(claim, late={(small, 0.05): 96.0, (small, 0.01): 90.0}).word == HOLDS
    assert judged(claim, late={(small, 0.05): 96.1, (small, 0.01): 90.0}).word == FAILS
    assert judged(claim, late={(small, 0.05): 96.0}).word == FAILS


def test_rules_of_small_steps():
    claim, cell = "small-steps-forget-less", (reading.RANDOM, 0.01)
    assert judged(claim, late={cell: 58.0}, slowly={cell: 78.1}).word == HOLDS
    assert judged(claim, late={cell: 58.0}, slowly={cell: 78.0}).word == FAILS
    assert judged(claim, late={cell: 96.1}).word == UNTESTED  # nothing is forgotten
    claim, small = "smallest-margins-worse-in-small-steps", reading.SMALLEST
    assert judged(claim, slowly={(small, 0.05): 96.0, (small, 0.01): 96.0}).word == HOLDS
    assert judged(claim, slowly={(small, 0.05): 96.1, (small, 0.01): 90.0}).word == FAILS


def test_rule_of_the_lost_classes():
    claim, small, balanced = "lost-classes-explain-it", reading.SMALLEST, reading.SMALLEST_BALANCED
    assert judged(claim, late={(small, 0.05): 78.0, (balanced, 0.05): 88.0}).word == HOLDS
    assert judged(claim, late={(small, 0.05): 78.0, (balanced, 0.05): 87.9}).word == FAILS
    assert judged(claim, late={(small, 0.05): 96.1}).word == UNTESTED  # no loss to be explained


def test_rule_of_going_on_with_few():
    claim, few = "going-on-with-few-is-stopping", reading.RANDOM_BALANCED
    assert judged(claim, early={(few, 0.01): 97.0}, stopped=97.0).word == HOLDS
    assert judged(claim, early={(few, 0.01): 97.1}, stopped=97.0).word == FAILS
    assert judged(claim, early={(few, 0.01): 90.0}, stopped=97.8).word == UNTESTED  # nothing left to learn


def test_rules_of_agreement():
    assert judged("kept-points-differ-between-runs", overlaps=(0.9, 0.33)).word == HOLDS
    assert judged("kept-points-differ-between-runs", overlaps=(0.1, 0.34)).word == FAILS
    twice = 2 * reading.chance_overlap(1000, 50)
    assert judged("kept-points-agree-by-chance", overlaps=(0.9, twice)).word == HOLDS
    assert judged("kept-points-agree-by-chance", overlaps=(0.0, twice + 0.001)).word == FAILS


def test_rules_of_collapse():
    claim = "agreement-falls-with-collapse"
    assert judged(claim, overlaps=(0.3, 0.2)).word == HOLDS
    assert judged(claim, overlaps=(0.3, 0.3)).word == FAILS
    assert judged(claim, overlaps=(0.3, 0.2), collapse=False).word == UNTESTED
    claim, cell = "harm-falls-with-collapse", (reading.SMALLEST_BALANCED, 0.01)
    assert judged(claim, early={cell: 90.0}, late={cell: 91.0}).word == HOLDS
    assert judged(claim, early={cell: 90.0}, late={cell: 90.0}).word == FAILS
    assert judged(claim, early={cell: 90.0}, late={cell: 91.0}, collapse=False).word == UNTESTED
    claim = "collapse-loses-classes"
    assert judged(claim, classes=(10, 9)).word == HOLDS
    assert judged(claim, classes=(9, 9)).word == FAILS
    assert judged(claim, classes=(10, 9), collapse=False).word == UNTESTED


# --- exercises, as their folded solutions say


def _cost() -> float:
    run = experiments.pruning.load("laptop")
    table, last = reading.accuracies(run), run.config["drops"][-1]
    whole = reading.at(table, last, 1.0)[reading.ALL]
    return (whole - reading.at(table, last, 0.1)[reading.RANDOM_BALANCED]).median()


SOLUTIONS = {
    "pruning/chance": lambda: 2.5 / 97.5,
    "pruning/classes": lambda: 10 * (1 - 0.9**10),
    "pruning/cost": _cost,
}


def my_kept(margins, labels, share, of_class=None, order=1, rounded=round):
    rows = []
    for label in labels.unique():
        own = (labels == label).nonzero().flatten()
        count = rounded(share * (len(own) if of_class is None else of_class))
        rows.append(own[(order * margins[own]).argsort()[:count]])
    return torch.cat(rows).sort().values


def of_all_together(margins, labels, share):
    return margins.argsort()[: round(share * len(margins))].sort().values


def as_many(margins, labels, share):
    return my_kept(margins, labels, share, of_class=len(labels) / len(labels.unique()))


def the_largest(margins, labels, share):
    return my_kept(margins, labels, share, order=-1)


def rounded_down(margins, labels, share):
    return my_kept(margins, labels, share, rounded=int)


FUNCTIONS = {"pruning/write-kept": (my_kept, [the_largest, of_all_together, as_many, rounded_down])}


def test_the_chance_of_the_exercise_is_near_the_exact_one():
    assert reading.chance_overlap(1000, 50) == pytest.approx(2.5 / 97.5, rel=0.02)
    assert math.isclose(reading.chance_overlap(10, 10), 1)
