"""The circuit of one network over its training: accuracies, both losses, spectrum, and the circle of a frequency."""

from html import escape
from typing import Any

import numpy as np

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings.circuits import ADDITION, adding, arrays_of, first_adding, phases
from ncbook.readings.grokking import power_shares

_COLUMNS = ("train_acc", "test_acc", "restricted_acc", "restricted_loss", "excluded_loss", "test_loss")
_ARRAYS = ("frames", "spectrum", "keys", "circled", "circles")
_MOMENTS = ("memorized", "formed", "cleanup", "generalized")
_SMALLEST = 1e-8  # nats; smaller losses are drawn there
_LINE = '<path d="M0 8h26" stroke="var(--nc-{color})" stroke-width="3"{dash}/>'
_LINES = {"class0": "", "class1": ' stroke-dasharray="7 5"', "class2": ' stroke-dasharray="2 4"'}

_BODY = """\
<div class="nc-controls">
<button type="button" class="nc-play">Play</button>
<label>Seed <select class="nc-seed">{seeds}</select></label>
<label>Circle of frequency <select class="nc-wave"></select></label>
<label class="nc-slide">Step <input type="range" class="nc-slider" min="0" max="{last}" step="1" value="{last}">
<span class="nc-now" aria-hidden="true"></span></label>
</div>
<div class="nc-panels">
<div class="nc-panel">
<p class="nc-title">Share of right answers</p>
<canvas class="nc-accuracies" role="img" aria-label="Accuracies over steps."></canvas>
<ul class="nc-legend">{accuracies}</ul>
</div>
<div class="nc-panel">
<p class="nc-title">Losses in nats (log scale)</p>
<canvas class="nc-losses" role="img" aria-label="Restricted, excluded and test loss over steps."></canvas>
<ul class="nc-legend">{losses}</ul>
</div>
<div class="nc-panel">
<p class="nc-title">Frequencies in the embedding</p>
<canvas class="nc-spectrum" role="img" aria-label="Power of each frequency."></canvas>
<ul class="nc-legend"><li>bright bars: key frequencies of the end</li></ul>
</div>
<div class="nc-panel">
<p class="nc-title">The numbers 0 to {highest} in one plane</p>
<canvas class="nc-circle nc-plane" role="img" aria-label="Embeddings of the numbers."></canvas>
<ul class="nc-legend"><li>unevenness of the radii <b class="nc-uneven"></b></li></ul>
</div>
</div>
<p class="nc-phase" style="margin-top: 8px"></p>
<p class="nc-status" role="status"></p>
<p class="nc-note">Key frequencies and planes are those of the last step, at all steps. Restricted: test pairs, only the
key frequencies, projected from test pairs alone. Excluded: training pairs, without them.</p>
<p class="nc-note">{provenance}</p>
"""


def circuits(run: runs.Run) -> _page.Explorable:
    """One seed of the first network of `run` that adds, step by step; `run` is one of `experiments.circuits`.

    Raises ValueError, naming what is missing, for another run.
    """
    _require(run)
    arrays, found = arrays_of(run), phases(run)
    found = found[(found.operation == ADDITION) & (found.network == first_adding(run))]
    seeds = [_seed(run, arrays, index, moments) for index, moments in enumerate(found.to_dict("records"))]
    data = {
        "p": int(arrays["circles"].shape[3]),
        "steps": arrays["frames"].tolist(),
        "seeds": seeds,
        "spectrum": _page.pack(power_shares(arrays["spectrum"])),  # [S, F, p // 2]
        "circles": _page.pack(arrays["circles"].swapaxes(1, 2)),  # [S, C, F, p, 2]
    }
    title = "The circuit, step by step"
    return _page.Explorable(title, _body(run, data), "circuits.js", data, f"{title}. {_summary(run, seeds)}")


def _require(run: runs.Run) -> None:
    for column in ("network", "operation", "seed", "step", *_COLUMNS):
        if column not in run.history:
            raise ValueError(f"run.history: has no column {column}; this figure shows runs of experiments.circuits")
    for name in _ARRAYS:
        if name not in arrays_of(run):
            missing = f"{first_adding(run)}-{ADDITION}/{name}"
            raise ValueError(f"run.arrays: has no {missing}; this figure shows runs of experiments.circuits")


def _seed(run: runs.Run, arrays: dict[str, np.ndarray], index: int, moments: dict[str, Any]) -> dict[str, Any]:
    """Name, key and drawn frequencies, moments (None for never), and the columns [F] of one seed."""
    seed, rows = run.config["seeds"][index], adding(run)
    own = rows[(rows.seed == seed) & rows.step.isin(arrays["frames"])]
    about = {"seed": seed, "keys": np.flatnonzero(arrays["keys"][index]).tolist()}
    about |= {"circled": arrays["circled"][index].tolist()}
    about |= {name: int(moments[name]) if np.isfinite(moments[name]) else None for name in _MOMENTS}
    return about | {column: _rounded(column, own[column].to_numpy()) for column in _COLUMNS}


def _rounded(column: str, values: np.ndarray) -> list[float]:
    """Accuracies to four places, losses to four digits and at least `_SMALLEST`."""
    if column.endswith("_acc"):
        return [round(float(value), 4) for value in values]
    return [float(f"{max(float(value), _SMALLEST):.3e}") for value in values]


def _body(run: runs.Run, data: dict[str, Any]) -> str:
    return _BODY.format(
        seeds="".join(f'<option value="{index}">{own["seed"]}</option>' for index, own in enumerate(data["seeds"])),
        last=len(data["steps"]) - 1,
        highest=data["p"] - 1,
        accuracies=_legend("training set", "test set", "restricted, test set"),
        losses=_legend("excluded, training set", "test loss", "restricted, test set"),
        provenance=escape(runs.provenance_line(run)),
    )


def _legend(*names: str) -> str:
    return "".join(
        f'<li><svg viewBox="0 0 26 16" aria-hidden="true">{_LINE.format(color=color, dash=dash)}</svg> {name}</li>'
        for (color, dash), name in zip(_LINES.items(), names, strict=True)
    )


def _summary(run: runs.Run, seeds: list[dict[str, Any]]) -> str:
    """What a reader learns where no HTML is shown."""
    told = [
        f"Seed {own['seed']}: key frequencies {', '.join(map(str, own['keys']))}; circuit {_at(own['formed'])}, "
        f"cleanup {_at(own['cleanup'])}, grokked {_at(own['generalized'])}."
        for own in seeds
    ]
    return " ".join([*told, runs.provenance_line(run)])


def _at(moment: int | None) -> str:
    return "never" if moment is None else f"at step {moment}"
