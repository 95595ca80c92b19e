"""When each measure of the experiment `onset` crosses, under a rule that the reader chooses."""

from html import escape

import numpy as np
import pandas as pd

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings.onset import ADDITION, leads, scaled

# column -> name on the page, its kind (a mark of core.js), and whether its way is measured in the logarithm
_MEASURES = {
    "relative_flatness": ("Relative flatness κ", 1, True),
    "train_loss": ("Train loss", 1, True),
    "fourier_gini": ("Gini coefficient", 2, True),
    "weight_norm": ("Norm of all weights", 2, True),
    "ncc_acc_test": ("Center accuracy, test", 2, False),
    "cdnv_train": ("CDNV", 0, True),
    "variance_ratio_train": ("Variance ratio R", 0, True),
    "nc1_train": ("NC1", 0, True),
    "rnc1_train": ("RNC1", 0, True),
}
_ENDS = (("", "the end of training"), ("300", "300 steps after generalization"), ("0", "generalization"))
_SHARES = (("0.25", "a quarter"), ("0.5", "half"), ("0.75", "three quarters"))
_SCALES = (("log", "the logarithm"), ("linear", "the value itself"))
_MARKS = (
    '<circle cx="8" cy="8" r="5" fill="var(--nc-class0)"/>',
    '<rect x="3" y="3" width="10" height="10" fill="var(--nc-class1)"/>',
    '<path d="M8 2L14 13H2z" fill="var(--nc-class2)"/>',
)

_BODY = """\
<div class="nc-controls">
<label>The way ends at <select class="nc-end">{ends}</select></label>
<label>A crossing is <select class="nc-share">{shares}</select> of the way</label>
<label>measured in <select class="nc-scale">{scales}</select></label>
</div>
<canvas class="nc-leads" role="img" aria-label="Leads of nine measures."></canvas>
<ul class="nc-legend">{legend}</ul>
<p class="nc-told" style="margin-top: 8px"></p>
<p class="nc-status" role="status"></p>
<p class="nc-note">A mark a seed, {seeds} seeds of modular addition that generalize; the stroke is the median. To the
right of the line a measure crosses before the test accuracy is half-way, to the left after it. The way begins when the
network has memorized. An accuracy is never taken in the logarithm. A measure that hardly changes has no mark.</p>
<p class="nc-note">{provenance}</p>
"""


def onset(run: runs.Run) -> _page.Explorable:
    """The lead of nine measures over the test accuracy in each seed of `run`, one of `experiments.onset`.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    for name in ("part", "seed", "step", "train_acc", "test_acc", *_MEASURES):
        if name not in run.history:
            raise ValueError(f"run.history: has no column {name}; this figure shows runs of experiments.onset")
    frame, found = run.to_frame(), leads(run)
    frame = frame[frame.part == ADDITION]
    data = {
        "steps": np.sort(frame.step.unique()).tolist(),
        "measures": [{"label": text, "kind": kind, "log": log} for text, kind, log in _MEASURES.values()],
        "seeds": found.index.tolist(),
        **{name: found[name].tolist() for name in ("memorized", "generalized", "onset")},
        "curves": [_page.pack(_table(frame, name, found.memorized)) for name in _MEASURES],
        "last": run.config["last"],
        "least": [float(np.log(run.config["least_fold"])), run.config["least_change"]],
    }
    title = "Who comes first, under your rule"
    return _page.Explorable(title, _body(run, len(found)), "onset.js", data, f"{title}. {_summary(run, found)}")


def _table(frame: pd.DataFrame, name: str, memorized: pd.Series) -> np.ndarray:
    """[S, P] of the seeds that generalize: logarithms, less the one at memorization, or the accuracy."""
    table = frame.pivot(index="seed", columns="step", values=name).loc[memorized.index]
    values: np.ndarray = scaled(table.to_numpy(dtype=float), name)
    if not _MEASURES[name][2]:
        return values
    starts = np.searchsorted(table.columns.to_numpy(), memorized.to_numpy())
    values -= values[np.arange(len(values)), starts][:, None]
    return values


def _body(run: runs.Run, seeds: int) -> str:
    kinds = ("collapse of the training set", "flatness and train loss", "others")
    legend = [
        f'<li><svg viewBox="0 0 16 16" aria-hidden="true">{mark}</svg> {kind}</li>'
        for mark, kind in zip(_MARKS, kinds, strict=True)
    ]
    ends, shares, scales = (_choices(each) for each in (_ENDS, _SHARES, _SCALES))
    return _BODY.format(
        ends=ends, shares=shares.replace('value="0.5"', 'value="0.5" selected'), scales=scales,
        legend="".join(legend), seeds=seeds, provenance=escape(runs.provenance_line(run)),
    )  # fmt: skip


def _choices(options: tuple[tuple[str, str], ...]) -> str:
    return "".join(f'<option value="{value}">{text}</option>' for value, text in options)


def _summary(run: runs.Run, found: pd.DataFrame) -> str:
    """What a reader learns where no HTML is shown."""
    told = [f"{label} {_median(found[name])}." for name, (label, *_) in _MEASURES.items()]
    how = "Half of the way to the end of training: median steps by which a measure crosses before the test accuracy."
    return " ".join([how, *told, runs.provenance_line(run)])


def _median(own: pd.Series) -> str:
    return f"{own.median():.0f}" if own.notna().any() else "hardly changes"
