"""Verdicts, not bits, are those of another processor: whole experiments, trained again without its vector units."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from ncbook import experiments
from ncbook.evidence import FAILS, HOLDS

# They cover random features, minimization in closed form, and trained networks; one seed of each is trained again.
NAMES = ("double_descent", "unconstrained", "circuits")
SEEDS = 1
# What double descent trains over time takes five times as long as all its random features.
LEFT_OUT = {"double_descent": ("test-error-rises-then-falls", "second-descent-over-time-wins")}

# Other kernels in torch, other kernels in its linear algebra: sums in another order.
OTHER = {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE", "OMP_NUM_THREADS": "1"}
TRAIN = """
import json, sys
from dataclasses import replace
from ncbook import experiments
experiment = experiments.get(sys.argv[1])
config, claims, moved = experiment.Config.preset("laptop"), sys.argv[2].split(","), tuple(map(int, sys.argv[3:]))
drawn = {name: value for name, value in {"seeds": moved, "time_seeds": ()}.items() if hasattr(config, name)}
run, told = experiment.run(replace(config, **drawn), "cpu"), {}
for claim in experiment.claims:
    if claim.id in claims:
        found = claim.judge(run)
        told[claim.id] = [found.seeds, found.holds, found.values]
print(json.dumps(told))
"""


@pytest.mark.parametrize("name", NAMES)
def test_its_verdicts_are_the_same(name):
    experiment = experiments.get(name)
    recorded, again = experiment.recorded("laptop"), experiment.recorded("laptop-again")
    moved = recorded.config["seeds"][:SEEDS]
    claims = [each for each in experiment.claims if each.preset == "laptop" and each.id not in LEFT_OUT.get(name, ())]
    command = [sys.executable, "-c", TRAIN, name, ",".join(claim.id for claim in claims), *map(str, moved)]
    done = subprocess.run(command, env=os.environ | OTHER, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told, words = json.loads(done.stdout.splitlines()[-1]), {}
    for claim in claims:
        here = claim.judge(recorded)
        seeds, holds, values = map(tuple, told[claim.id])
        elsewhere = replace(here, seeds=seeds, holds=holds, values=values).of_seeds(moved)
        second = claim.judge(again)
        rest = here.of_seeds(set(here.seeds) - set(moved)) + second.of_seeds(set(second.seeds) - set(here.seeds))
        words[claim.id] = ((here.of_seeds(moved) + rest).word, (elsewhere + rest).word)
    assert {claim: pair for claim, pair in words.items() if pair[0] != pair[1]} == {}
    assert {pair[0] for pair in words.values()} & {HOLDS, FAILS}
