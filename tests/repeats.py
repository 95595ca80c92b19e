"""A training is the same each time, and hangs on no other seed of its run."""

from dataclasses import replace

import pandas as pd

from ncbook.experiments import Experiment
from ncbook.runs import Run


def assert_the_last_seed_repeats(experiment: Experiment, config, run: Run) -> None:
    """The rows of the last seed of a run of `config` are to the bit those of a run of that seed alone."""
    seed = config.seeds[-1]
    alone, together = experiment.run(replace(config, seeds=(seed,)), "cpu").to_frame(), run.to_frame()
    assert together.seed.nunique() > 1
    pd.testing.assert_frame_equal(together[together.seed == seed].reset_index(drop=True), alone, check_exact=True)
