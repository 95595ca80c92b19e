"""A training is the same each time, and hangs on no other seed of its run."""

from dataclasses import replace

import pandas as pd

from ncbook.experiments import Experiment
from ncbook.runs import Run


def assert_the_last_seed_repeats(experiment: Experiment, config, run: Run, part: str | None = None) -> None:
    """The rows of the last seed of a run of `config`, or of a part of it, are to the bit those of that seed alone."""
    seed = config.seeds[-1]
    alone, together = experiment.run(replace(config, seeds=(seed,)), "cpu").to_frame(), run.to_frame()
    if part is not None:
        alone, together = (frame[frame.part == part].reset_index(drop=True) for frame in (alone, together))
    assert together.seed.nunique() > 1
    pd.testing.assert_frame_equal(together[together.seed == seed].reset_index(drop=True), alone, check_exact=True)
