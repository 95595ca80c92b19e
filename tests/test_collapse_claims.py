"""The rules of the experiment `collapse` give the verdict that a made-up run deserves."""

from itertools import product

import numpy as np
import pytest

from ncbook import runs
from ncbook.claims import NOT, PARTLY, REPRODUCED
from ncbook.experiments import collapse

CONFIG = {"networks": ["mlp", "convnet"], "weight_decays": [5e-3, 5e-4], "seeds": [0, 1, 2]}
QUIET = {"nc1": 20.0, "test": 3.0, "norms": 4.0, "angles": 4.0, "nc3": 4.0, "nc4": 0.0, "error": 0.01, "zero": True}


def made_up(change: dict, seeds: tuple[int, ...], control: dict) -> runs.Run:
    """Three epochs an arm: errors, none, none. `change` says how many times a measure falls from the second epoch to
    the third in these seeds at the main weight decay, `control` in all seeds at the other one."""
    rows = []
    for network, decay, seed in product(CONFIG["networks"], CONFIG["weight_decays"], CONFIG["seeds"]):
        told = QUIET | (control if decay == 5e-4 else change if seed in seeds else {})
        for epoch, last in enumerate((False, False, True)):

            def fallen(name: str, told: dict = told, last: bool = last) -> float:
                return 0.4 / (told[name] if last else 1)

            rows.append({
                "network": network, "weight_decay": decay, "seed": seed, "epoch": epoch, "step": epoch,
                "train_error": 0.0 if told["zero"] and epoch else 0.5, "test_error": told["error"] if last else 0.02,
                "nc1_train": fallen("nc1"), "nc1_test": fallen("test"), "nc2_norms_train": fallen("norms"),
                "nc2_angles_train": fallen("angles"), "nc3_train": fallen("nc3"), "nc4_train": told["nc4"],
            })  # fmt: skip
    return runs.Run(CONFIG, {name: np.array([row[name] for row in rows]) for name in rows[0]}, {}, {})


# what breaks the rule of each claim
BROKEN = {
    "variability-collapses": [{"nc1": 9.9}, {"zero": False}],
    "class-means-form-a-simplex": [{"norms": 1.9}, {"angles": 1.9}, {"zero": False}],
    "classifier-meets-the-means": [{"nc3": 1.9}, {"zero": False}],
    "nearest-mean-decides": [{"nc4": 0.001}, {"zero": False}],
    "training-past-zero-error-helps": [{"error": 0.021}, {"zero": False}],
    "no-collapse-on-test": [{"test": 10.1}, {"zero": False}],
}


def test_every_claim_is_tried():
    assert list(BROKEN) == [claim.id for claim in collapse.CLAIMS]


@pytest.mark.parametrize(("name", "change"), [(name, each) for name, changes in BROKEN.items() for each in changes])
def test_a_rule_gives_every_verdict(name, change):
    (claim,) = [claim for claim in collapse.CLAIMS if claim.id == name]
    seen = [claim.judge(made_up(change, seeds, {})) for seeds in ((), (1,), (0, 1, 2))]
    assert [evidence.verdict for evidence in seen] == [REPRODUCED, PARTLY, NOT]
    assert [len(evidence.holds) for evidence in seen] == [6, 6, 6]


@pytest.mark.parametrize("name", BROKEN)
def test_the_control_decides_nothing(name):
    (claim,) = [claim for claim in collapse.CLAIMS if claim.id == name]
    plain, changed = (claim.judge(made_up({}, (), control)) for control in ({}, BROKEN[name][0]))
    assert plain == changed
