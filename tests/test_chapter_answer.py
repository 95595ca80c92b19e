"""The closing chapter: what it says rests on the ledger, and its networks are read as it says."""

import re

import notebooks
import numpy as np
import pytest
from test_prose import QUANTITY

from ncbook import experiments, ledger, runs
from ncbook.ledger import judging
from ncbook.readings import answer

CHAPTER = notebooks.read(notebooks.BOOK / "answer" / "answer.ipynb")
PROSE = "\n".join(cell.source for cell in CHAPTER.cells if cell.cell_type == "markdown")
# Each sentence of the box with the verdicts that it was written for.
BOX = {
    "A training set can collapse while new points do not follow": {
        "test-collapse-follows": "fails", "mnist-no-strong-test-collapse": "holds",
    },
    "networks collapse on labels that mean nothing": {"collapse-brings-generalization": "fails"},
    "above all with weight decay": {"weight-decay-makes-collapse": "holds"},
    "graded pushes against it cost no accuracy": {"spread-in-doses-as-accurate": "holds"},
    "a strong one does": {"collapse-prevented-as-accurate": "fails"},
    "on images the question is open": {"images-prevented-as-accurate-at-strengths": "open"},
    "A factor on the last layer makes a network as flat as one likes, right or wrong": {
        "confident-is-flat-right-or-wrong": "checked",
    },
    "a push towards flat solutions does not make it more accurate": {"images-flatter-no-better": "holds"},
    "networks much sharper than the ordinary one generalize": {
        "low-doses-of-sharpness-cost-nothing": "holds", "only-flat-networks-generalize": "fails",
    },
    "The strongest push towards sharp solutions delays or spoils learning": {
        "strongest-dose-of-sharpness-delays": "holds", "images-anti-flatness-costs-accuracy": "holds",
    },
    "large weights, which delay by themselves": {"norms-alone-delay": "holds"},
    "on images most of the lost accuracy is back when the steps become small": {
        "images-damage-goes-with-step-size": "holds",
    },
    "in arithmetic it is open whether it is most": {"sharpness-hurts-by-the-step-size": "open"},
    "Whether sharpness does anything beyond that is open": {
        "sharpness-beyond-norms-and-loss": "open", "images-rest-for-kappa": "open",
    },
    "more data with true labels": {"test-approaches-train": "holds", "test-collapse-approaches-train": "holds"},
    "where networks grok, weight decay": {"no-grokking-without-decay": "holds"},
}  # fmt: skip


@pytest.fixture(scope="module")
def verdicts():
    return {entry.id: entry.verdict for entry in judging.entries()}


@pytest.mark.parametrize("sentence", BOX)
def test_a_sentence_of_the_box_rests_on_verdicts(sentence, verdicts):
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(line.removeprefix("> ") for line in PROSE.splitlines()))
    assert sentence in plain
    assert {name: verdicts[name] for name in BOX[sentence]} == BOX[sentence]


def test_the_prose_states_no_counts_of_its_own():
    assert QUANTITY.findall(PROSE) == []


def test_every_count_of_the_table_leads_to_its_rule():
    table = ledger.answers()
    rules = (notebooks.BOOK / "rules.md").read_text(encoding="utf-8")
    named = re.findall(r'<a href="../rules.html#([\w-]+)">[\d.]+ of \d+ seeds</a>', table)
    assert len(named) > 20
    assert table.count("<a ") == len(named)
    assert all(f"({name})=" in rules for name in named)
    assert "{" not in table


@pytest.fixture(scope="module")
def networks():
    found = [experiments.get(name).recorded(preset) for name, preset in answer.RUNS]
    return answer.networks(found)


def test_the_message_of_the_figure(networks):
    """Changes that leave the accuracy within two points span as much as the caption says, and some span no accuracy."""
    medians = networks.groupby(["world", "change"])[["spread", "sharpness", "points"]].median()
    kept = medians[medians.points.abs() <= 2].loc[[answer.ARITHMETIC, answer.IMAGES]]
    assert kept.spread.max() >= 100
    assert kept.spread.min() <= 0.01
    assert kept.sharpness.max() >= 1e5
    assert kept.sharpness.min() <= 1e-5
    random = medians.loc[answer.RANDOM]
    assert (random.points < -80).all()
    assert (random.spread < 10).all()
    lost = medians[medians.points < -50].loc[answer.ARITHMETIC]
    assert (lost.spread > 100).all()
    assert (lost.sharpness > 1e5).all()


def test_only_seeds_whose_ordinary_network_had_not_generalized_do_much_better(networks):
    late = set()
    for name, arm in (("interventions", "arm"), ("doses", "kind")):
        for run in (experiments.get(name).recorded(preset) for preset in ("laptop", "laptop-again")):
            frame = run.to_frame()
            steps = run.config["steps"] if name == "doses" else frame.step.max()
            ends = frame[(frame[arm] == "baseline") & (frame.step <= steps)].groupby("seed").test_acc.last()
            late |= set(ends[ends < 0.99].index)
    better = set(networks[networks.points > 5].seed)
    assert better
    assert better <= late


def _made_up(**columns):
    return runs.Run({"release": 2}, columns, {}, {"experiment": "interventions"})


def test_a_network_is_read_at_the_release_and_the_ordinary_one_at_its_end():
    arms = ["baseline"] * 2 + ["confidence"] * 3 + ["prevented"] * 3
    run = _made_up(
        arm=np.array(arms), seed=np.zeros(8, int), step=np.array([1, 2, 1, 2, 3, 1, 2, 3]),
        variance_ratio_train=np.array([9.0, 2.0, 9.0, 6.0, 8.0, 9.0, 9.0, 10.0]),
        relative_flatness=np.array([9.0, 4.0, 9.0, 2.0, 8.0, 9.0, 9.0, 8.0]),
        test_acc=np.array([0.1, 0.5, 0.1, 0.75, 0.9, 0.0, 0.2, 0.25]),
    )  # fmt: skip
    found = answer.networks([run]).set_index("change")
    assert found.loc["confidence", ["spread", "sharpness", "points"]].tolist() == [3.0, 0.5, 25.0]
    assert found.loc["prevented", ["spread", "sharpness", "points"]].tolist() == [5.0, 2.0, -25.0]


def test_a_run_without_an_ordinary_network_is_refused():
    with pytest.raises(ValueError, match="numerics"):
        answer.networks([runs.Run({}, {}, {}, {"experiment": "numerics"})])
