"""The trainings of `test_collapse`, stopped by a rule that the reader chooses: train against new images."""

from html import escape
from typing import Any

import pandas as pd

from ncbook import runs
from ncbook.explorables import _arms, _page
from ncbook.readings import test_collapse as reading

_COLUMNS = (*reading.KEYS, "step", "epoch", "train_loss", "variance_ratio_train", "variance_ratio_test")
_BODY = """\
<div class="nc-controls">
<label>Stop all at <select class="nc-rule">{rules}</select></label>
<label>Weight decay <select class="nc-decay">{decays}</select></label>
</div>
<div class="nc-controls">
<button type="button" class="nc-play">Play</button>
<label class="nc-slide">Stop <input type="range" class="nc-slider" min="0" max="1" step="1" value="0">
<span class="nc-now" style="min-width: 5em" aria-hidden="true"></span></label>
</div>
<canvas class="nc-scatter" role="img" aria-label="Ratio on new images against ratio on training images."></canvas>
<p class="nc-words" style="margin-top: 8px"></p>
<p class="nc-status" role="status"></p>
<p class="nc-note">A line a seed; each number is the training images of a class. Both ratios are
Tr &Sigma;<sub>W</sub> / Tr &Sigma;<sub>B</sub>, each with the class means of its own images. Only trainings that reach
the stop are shown; the axes follow the points. Correlation: Spearman's, over the sizes of a seed, median of the seeds
that have every size.</p>
<p class="nc-note">{provenance}</p>
"""


def test_collapse(run: runs.Run) -> _page.Explorable:
    """Scatter of the two ratios of `run`, one of `experiments.test_collapse`, at any stopping rule and value.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _arms.require_columns(run, _COLUMNS, "test_collapse")
    decays = list(run.config["weight_decays"])
    data = {
        "sizes": list(run.config["sizes"]),
        "seeds": list(run.config["seeds"]),
        "rules": reading.RULES,
        "decays": decays,
        "stop": {"loss": run.config["stop_loss"], "epochs": reading.shared_epochs(run)},
        "arms": [_arm(rows) for _, rows in run.to_frame().groupby(reading.KEYS, sort=False)],
    }
    title = "Collapse on train and on new images, at the stop that you choose"
    text = f"{title}. {len(run.config['seeds'])} seeds, training sets of {_listed(run.config['sizes'])} images a class."
    return _page.Explorable(title, _body(run, decays), "test_collapse.js", data, f"{text} {runs.provenance_line(run)}")


def _arm(rows: pd.DataFrame) -> dict[str, Any]:
    """One training: decay, seed and size; from the first step on step, epoch, loss, train and test [P]."""
    rows = rows[rows.step > 0]
    first = rows.iloc[0]
    return {
        "decay": float(first.weight_decay), "seed": int(first.seed), "size": int(first.per_class),
        "step": rows.step.tolist(), "epoch": rows.epoch.tolist(), "loss": _short(rows.train_loss),
        "train": _short(rows.variance_ratio_train), "test": _short(rows.variance_ratio_test),
    }  # fmt: skip


def _short(values: pd.Series) -> list[float]:
    """Four significant digits, enough for a picture."""
    return [float(f"{value:.4g}") for value in values]


def _body(run: runs.Run, decays: list[float]) -> str:
    rules = [f'<option value="{name}">{label}</option>' for name, label in reading.RULES.items()]
    options = [f'<option value="{decay}">{decay:g}</option>' for decay in decays]
    line = escape(runs.provenance_line(run))
    return _BODY.format(rules="".join(rules), decays="".join(options), provenance=line)


def _listed(sizes: list[int]) -> str:
    return ", ".join(map(str, sizes))
