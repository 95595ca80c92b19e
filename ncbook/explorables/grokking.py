"""A network that groks: accuracies, Fourier spectrum and embedding over its training, and when others grok."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings.grokking import phase_cells, power_shares

_NEEDED = ("frames", "spectrum", "circle", "frequency", "phase/memorized", "phase/generalized", "phase/test_acc")
_COLUMNS = ("train_acc", "test_acc", "fourier_gini")
_LINE = '<path d="M0 8h26" stroke="var(--nc-{color})" stroke-width="3"{dash}/>'

_BODY = """\
<div class="nc-controls">
<button type="button" class="nc-play">Play</button>
<label>Seed <select class="nc-seed">{seeds}</select></label>
<label class="nc-slide">Step <input type="range" class="nc-slider" min="0" max="{last}" step="1" value="0">
<span class="nc-now" aria-hidden="true"></span></label>
</div>
<div class="nc-panels">
<div class="nc-panel">
<p class="nc-title">Share of right answers</p>
<canvas class="nc-curves" role="img" aria-label="Train and test accuracy over steps."></canvas>
<ul class="nc-legend">{legend}</ul>
</div>
<div class="nc-panel">
<p class="nc-title">Frequencies in the embedding</p>
<canvas class="nc-spectrum" role="img" aria-label="Power of each frequency."></canvas>
<ul class="nc-legend"><li>Gini coefficient <b class="nc-gini"></b></li></ul>
</div>
<div class="nc-panel">
<p class="nc-title">The numbers 0 to {highest} in one plane</p>
<canvas class="nc-circle nc-plane" role="img" aria-label="Embeddings of the numbers."></canvas>
<ul class="nc-legend"><li>frequency <b class="nc-frequency"></b>; the line goes round its circle</li></ul>
</div>
</div>
<p class="nc-status" role="status"></p>
<p class="nc-note">The plane is the one that cosine and sine of the seed's strongest frequency span at the last step;
it stays the same at all steps.</p>
<p class="nc-title">Steps to grok, by weight decay (rows) and training fraction (columns)</p>
{table}
<p class="nc-answer">Point at a cell, or move through the cells with the arrow keys.</p>
<p class="nc-note">{provenance}</p>
"""


def grokking(run: runs.Run) -> _page.Explorable:
    """One seed over its training: accuracies, the embedding's spectrum and its leading circle; and a phase diagram.

    `run` is one of `experiments.grokking`. Raises ValueError, naming what is missing, for another run.
    """
    _require(run)
    seeds = [_seed(run, index, seed) for index, seed in enumerate(run.config["seeds"])]
    data = {
        "p": run.config["p"],
        "steps": run.arrays["frames"].tolist(),
        "seeds": seeds,
        "spectrum": _page.pack(power_shares(run.arrays["spectrum"])),  # [S, F, p // 2]
        "circle": _page.pack(run.arrays["circle"]),
    }
    title = "A network that groks, step by step"
    return _page.Explorable(title, _body(run), "grokking.js", data, f"{title}. {_summary(run, seeds)}")


def _require(run: runs.Run) -> None:
    for name in _NEEDED:
        if name not in run.arrays:
            raise ValueError(f"run.arrays: has no {name}; this figure shows runs of experiments.grokking")
    for name in _COLUMNS:
        if name not in run.history:
            raise ValueError(f"run.history: has no column {name}; this figure shows runs of experiments.grokking")


def _seed(run: runs.Run, index: int, seed: int) -> dict[str, Any]:
    """Name, strongest frequency, and train and test accuracy and Gini coefficient [F] of one seed."""
    history, frames = run.history, run.arrays["frames"]
    own = (history["seed"] == seed) & (history["weight_decay"] == run.config["weight_decays"][0])
    own &= np.isin(history["step"], frames)
    values = {name: [round(float(value), 4) for value in history[name][own]] for name in _COLUMNS}
    return {"seed": seed, "frequency": int(run.arrays["frequency"][index])} | values


def _body(run: runs.Run) -> str:
    return _BODY.format(
        seeds="".join(f'<option value="{index}">{seed}</option>' for index, seed in enumerate(run.config["seeds"])),
        last=len(run.arrays["frames"]) - 1,
        highest=run.config["p"] - 1,
        legend=_legend(),
        table=_table(run),
        provenance=escape(runs.provenance_line(run)),
    )


def _legend() -> str:
    lines = (("class0", "", "training set"), ("class1", ' stroke-dasharray="6 4"', "test set"))
    return "".join(
        f'<li><svg viewBox="0 0 26 16" aria-hidden="true">{_LINE.format(color=color, dash=dash)}</svg> {name}</li>'
        for color, dash, name in lines
    )


def _table(run: runs.Run) -> str:
    """The phase diagram as a table of buttons, largest weight decay first, medians over its seeds."""
    cells, budget = phase_cells(run), run.config["phase_steps"]
    fractions = "".join(f'<th scope="col">{fraction:g}</th>' for fraction in run.config["phase_fractions"])
    rows = ""
    for decay in reversed(run.config["phase_decays"]):
        buttons = "".join(_cell(cell, budget) for cell in cells.loc[[decay]].itertuples())
        rows += f'<tr><th scope="row">{decay:g}</th>{buttons}</tr>'
    head = f'<tr><th scope="col">decay</th>{fractions}</tr>'
    return (
        f'<div style="overflow-x:auto"><table class="nc-phase"><thead>{head}</thead><tbody>{rows}</tbody></table></div>'
    )


def _cell(cell: Any, budget: int) -> str:
    """A button that shows the steps of a row of `phase_cells`, with a whole sentence in its label."""
    decay, fraction = cell.Index
    grokked = np.isfinite(cell.generalized)
    shown = f"{cell.generalized:.0f}" if grokked else "–"
    dark = f"{np.log(cell.generalized) / np.log(budget):.2f}" if grokked else ""
    memorized, generalized = (
        f"at step {moment:.0f}" if np.isfinite(moment) else f"not within {budget} steps"
        for moment in (cell.memorized, cell.generalized)
    )
    sentence = (
        f"Weight decay {decay:g}, fraction {fraction:g}: memorized {memorized}, grokked {generalized}; "
        f"test accuracy {cell.test_acc:.2f} at the end."
    )
    return f'<td><button type="button" class="nc-cell" data-dark="{dark}" aria-label="{sentence}">{shown}</button></td>'


def _summary(run: runs.Run, seeds: Sequence[Mapping[str, Any]]) -> str:
    """What a reader learns where no HTML is shown."""
    ends = ", ".join(f"seed {each['seed']} {each['test_acc'][-1]:.2f}" for each in seeds)
    return f"Test accuracy at the last step: {ends}. {runs.provenance_line(run)}"
