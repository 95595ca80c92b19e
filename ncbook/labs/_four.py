"""Four networks that learn modular addition as one ensemble, and can be trained on."""

from dataclasses import replace
from functools import partial
from typing import Any

import torch

from ncbook import metrics, trainers
from ncbook.experiments import interventions
from ncbook.experiments.grokking import Config
from ncbook.experiments.grokking.training import build, datasets
from ncbook.experiments.interventions.measure import measured
from ncbook.labs._plan import Rows, Values
from ncbook.readings import interventions as reading

MEMBERS = 4  # seeds of a run, trained as one ensemble
LONGEST = 50_000  # steps of a run, with all that Continue adds
USUAL = interventions.Config()
NONE = "none"
_STRENGTHS = {
    "encouraged": USUAL.collapse_strength,
    "prevented": USUAL.collapse_strength,
    "anti_released": USUAL.flatness_strength,
    "confidence": USUAL.flatness_strength,  # with a capped head
    "norms_released": USUAL.flatness_strength,
}
# regularizer, as the chapter calls it -> its arm in the experiment `interventions`, and the strength that it has there
ARMS = {NONE: ("baseline", 1.0)} | {
    reading.ARMS[arm].removesuffix(", released"): (arm, strength) for arm, strength in _STRENGTHS.items()
}
_COLUMNS = ("train_acc", "test_acc", "relative_flatness", "variance_ratio_train")


class Four:
    """Four networks on their way; `train` may be called again, and goes on where they are.

    rows: a row a measurement and seed, with fourier_gini of the embedding, which is nan for a seed that diverged.
    """

    def __init__(self, values: Values) -> None:
        self.rows: list[dict[str, Any]] = []
        self._seeds = tuple(range(values["seed"], values["seed"] + MEMBERS))
        config = Config(
            p=values["p"], dim=values["width"] // 2, width=values["width"], fraction=values["fraction"]
        )  # the embedding has half as many dimensions
        sets = datasets(config, self._seeds, str(trainers.pick_device()))
        self._train, self._test = [each.train for each in sets], [each.test for each in sets]
        members = [trainers.Member(seed) for seed in self._seeds]
        self.ensemble = trainers.Ensemble(partial(build, config), self._train, recipe(values), members)
        self._measure()

    def train(self, until: int) -> Rows:
        """Up to the step `until`; raises Diverged where no seed is finite any more."""
        with trainers.progress(until, self.ensemble.step, None) as report:
            while self.ensemble.step < until:
                self.ensemble.advance()
                if _is_probed(self.ensemble.step):
                    if all(self.ensemble.diverged):
                        raise trainers.Diverged(f"no seed is finite at step {self.ensemble.step}")
                    self._measure()
                report(self.ensemble.step)
        return self.rows

    @torch.no_grad()
    def _measure(self) -> None:
        columns = {name: values.tolist() for name, values in self._columns().items() if name in _COLUMNS}
        embeddings = self.ensemble.parameters["blocks.hidden1.embedding"]
        columns["fourier_gini"] = [
            metrics.fourier_gini(own).item() if own.isfinite().all() else float("nan") for own in embeddings
        ]
        new = [
            {"seed": seed, "step": self.ensemble.step} | {name: values[index] for name, values in columns.items()}
            for index, seed in enumerate(self._seeds)
        ]
        self.rows += new
        trainers.after_probe([new])

    def _columns(self) -> dict[str, torch.Tensor]:
        return measured(self.ensemble, self._train, self._test)


def _is_probed(step: int) -> bool:
    """Often while the network memorizes."""
    return step % 25 == 0 or (step <= 100 and step % 10 == 0)


def recipe(values: Values) -> trainers.Recipe:
    """The arm of `experiments.interventions`, released as asked, for as long as Continue may ask."""
    arm, _ = ARMS[values["regularizer"]]
    config = replace(
        USUAL, arms=(arm,), steps=(LONGEST,), learning_rate=values["learning_rate"],
        weight_decay=values["weight_decay"], release=values["release"], collapse_strength=values["strength"],
        flatness_strength=values["strength"],
    )  # fmt: skip
    whole = interventions.recipe_of(config, arm)
    return replace(whole, regularizers=tuple(replace(term, stop=values["release"]) for term in whole.regularizers))
