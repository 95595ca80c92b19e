"""Verdicts, not bits, are those of another processor: whole experiments, trained again without its vector units."""

import json
import os
import subprocess
import sys

import pytest

from ncbook import experiments
from ncbook.evidence import UNTESTED, Evidence

# They cover closed models, minimization in closed form, and trained networks; each takes a minute on one core.
NAMES = ("double_descent", "unconstrained", "circuits")
AGAIN = "laptop-again"

# Other kernels in torch, other kernels in its linear algebra: sums in another order.
OTHER = {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE", "OMP_NUM_THREADS": "1"}
TRAIN = """
import json, sys
from ncbook import experiments
experiment = experiments.get(sys.argv[1])
run = experiment.run(experiment.Config.preset("laptop"), "cpu")
told = {}
for claim in experiment.claims:
    if claim.preset == "laptop":
        found = claim.judge(run)
        told[claim.id] = [found.seeds, found.holds, found.values, found.unit, found.chance]
print(json.dumps(told))
"""


@pytest.mark.parametrize("name", NAMES)
def test_its_verdicts_are_the_same(name):
    command = [sys.executable, "-c", TRAIN, name]
    done = subprocess.run(command, env=os.environ | OTHER, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    experiment, told = experiments.get(name), json.loads(done.stdout.splitlines()[-1])
    again = experiment.recorded(AGAIN)
    words = {}
    for claim in (claim for claim in experiment.claims if claim.preset == "laptop"):
        seeds, holds, values, unit, chance = told[claim.id]
        elsewhere = Evidence(tuple(seeds), tuple(holds), tuple(values), unit, chance)
        here = claim.judge(experiment.recorded("laptop"))
        rest = claim.judge(again) if again is not None else Evidence()
        words[claim.id] = ((here + rest).word, (elsewhere + rest).word)
    assert {name: pair for name, pair in words.items() if pair[0] != pair[1]} == {}
    assert any(pair[0] != UNTESTED for pair in words.values())
