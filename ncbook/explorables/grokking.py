"""A network that groks: accuracies, Fourier spectrum and embedding over its training, and when others grok."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings.grokking import phase_cells, power_shares

_NEEDED = ("frames", "spectrum", "circle", "frequency", "phase/memorized", "phase/generalized", "phase/test_acc")
_COLUMNS = ("train_acc", "test_acc", "fourier_gini")


def grokking(run: runs.Run) -> _page.Explorable:
    """One seed over its training: accuracies, the embedding's spectrum and its leading circle; and a phase diagram.

    `run` is one of `experiments.grokking`. Raises ValueError, naming what is missing, for another run.
    """
    _page.require(run, "grokking", arrays=_NEEDED, history=_COLUMNS)
    seeds = [_seed(run, index, seed) for index, seed in enumerate(run.config["seeds"])]
    data = {
        "p": run.config["p"],
        "steps": run.arrays["frames"].tolist(),
        "seeds": seeds,
        "spectrum": _page.pack(power_shares(run.arrays["spectrum"])),  # [S, F, p // 2]
        "circle": _page.pack(run.arrays["circle"]),
    }
    title = "A network that groks, step by step"
    return _page.Explorable("grokking", title, _body(run), data, f"{title}. {_summary(run, seeds)}")


def _seed(run: runs.Run, index: int, seed: int) -> dict[str, Any]:
    """Name, strongest frequency, and train and test accuracy and Gini coefficient [F] of one seed."""
    history, frames = run.history, run.arrays["frames"]
    own = (history["seed"] == seed) & (history["weight_decay"] == run.config["weight_decays"][0])
    own &= np.isin(history["step"], frames)
    values = {name: [round(float(value), 4) for value in history[name][own]] for name in _COLUMNS}
    return {"seed": seed, "frequency": int(run.arrays["frequency"][index])} | values


def _body(run: runs.Run) -> str:
    last, highest = len(run.arrays["frames"]) - 1, run.config["p"] - 1
    seeds = _page.options(run.config["seeds"])
    return _page.body("grokking", run, seeds=seeds, last=last, highest=highest, table=_table(run))


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
