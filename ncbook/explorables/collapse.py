"""Three classes that collapse, and the measures of it, under one slider over the epochs."""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings import collapse as reading
from ncbook.readings import moments

# what can be chosen, in this order: name on the page, column of the training set, column of the test set
_MEASURES = {
    "nc1": ("NC1: within-class variability", "nc1_train", "nc1_test"),
    "nc2_norms": ("NC2: unequal norms of means", "nc2_norms_train", "nc2_norms_test"),
    "nc2_angles": ("NC2: angles off the simplex", "nc2_angles_train", "nc2_angles_test"),
    "nc3": ("NC3: classifier off the means", "nc3_train", "nc3_test"),
    "nc4": ("NC4: nearest mean disagrees", "nc4_train", "nc4_test_train_means"),
    "error": ("Error (share of points)", "train_error", "test_error"),
}
_ARRAYS = ("epoch", "points", "means", "classifier", "seen", "labels", "test")

# small pictures for the legends, in the colors of core.css; one outline a class, as in collapse.js
_OUTLINES = ('<circle cx="13" cy="8" r="6"{}/>', '<path d="M8 3h10v10h-10z"{}/>', '<path d="M13 1l6.5 12h-13z"{}/>')
_CLASSES = [outline.format(f' fill="var(--nc-class{c})"') for c, outline in enumerate(_OUTLINES)]
_FILLED = '<circle cx="13" cy="8" r="4.5" fill="var(--nc-muted)"/>'
_HOLLOW = '<circle cx="13" cy="8" r="4.5" fill="none" stroke="var(--nc-muted)" stroke-width="1.6"/>'
_MEAN = (
    '<path d="M0 8h20" stroke="var(--nc-muted)" stroke-width="5"/>'
    '<circle cx="19" cy="8" r="6" fill="var(--nc-muted)" stroke="var(--nc-text)" stroke-width="2"/>'
)
_ARROW = (
    '<g fill="none" stroke="var(--nc-text)" stroke-width="1.8">'
    '<path d="M0 8h23" stroke-dasharray="6 4"/><path d="M17 4l7 4-7 4"/></g>'
)
_SIMPLEX = '<path d="M13 0l9 15h-18z" fill="none" stroke="var(--nc-faint)" stroke-width="1.5" stroke-dasharray="2 3"/>'
_SOLID = '<path d="M0 8h26" stroke="var(--nc-text)" stroke-width="2.6"/>'
_DASHED = '<path d="M0 8h26" stroke="var(--nc-second)" stroke-width="2.6" stroke-dasharray="6 4"/>'

_BODY = """\
<div class="nc-controls">
<button type="button" class="nc-play">Play</button>
<label>Network <select class="nc-network">{networks}</select></label>
<label class="nc-slide">Epoch <input type="range" class="nc-slider" min="0" max="{last}" step="1" value="0">
<span class="nc-now" aria-hidden="true"></span></label>
</div>
<div class="nc-panels">
<div class="nc-panel">
<p class="nc-title">Plane of three class means</p>
<canvas class="nc-plane" role="img" aria-label="Features of three classes."></canvas>
<ul class="nc-legend">{plane_legend}</ul>
</div>
<div class="nc-panel">
<p class="nc-title"><label>Curve <select class="nc-measure">{measures}</select></label></p>
<canvas class="nc-curves" role="img" aria-label="A measure over epochs."></canvas>
<ul class="nc-legend"><li>{solid} training <b class="nc-train"></b></li>
<li>{dashed} test <b class="nc-test"></b></li><li>{lines}</li><li class="nc-terminal"></li></ul>
</div>
</div>
<p class="nc-status" role="status"></p>
<p class="nc-note">At this epoch the plane shows <b class="nc-share"></b> of the within-class variance of
the training points drawn; the rest is orthogonal to the plane and not seen. Lengths are in units of the root mean
square radius of the three means; classifier rows are projected, then scaled to the size of the means. NC1 to NC3
measure each set with its own class means; NC4 compares both with the means of the training set.</p>
<p class="nc-note">{provenance} Points, means and arrows: seed {seed}. Weight decay {weight_decay:g} throughout.</p>
"""


def collapse(run: runs.Run) -> _page.Explorable:
    """The plane of three class means beside NC1 to NC4 and the error, at every probed epoch of `run`.

    `run` is one of `experiments.collapse`; its first weight decay is shown, and as points its first seed.
    Raises ValueError, naming what is missing, for a run without a plane or without a column.
    """
    _require(run)
    networks = {name: _network(run, name) for name in run.config["networks"]}
    names = {measure: name for measure, (name, _, _) in _MEASURES.items()}
    data = {
        "classes": run.config["plane_classes"],
        "seeds": run.config["seeds"],
        "measures": names,
        "networks": networks,
    }
    title = "Neural collapse, epoch by epoch"
    return _page.Explorable(title, _body(run, data), "collapse.js", data, f"{title}. {_summary(run, networks)}")


def _require(run: runs.Run) -> None:
    """Raises ValueError that names the first setting, array or column that `run` lacks."""
    if "networks" not in run.config:
        raise ValueError("run.config: has no networks; this figure shows runs of experiments.collapse")
    for name in (f"{network}/{array}" for network in run.config["networks"] for array in _ARRAYS):
        if name not in run.arrays:
            raise ValueError(f"run.arrays: has no {name}, so there is no plane to draw")
        if name.endswith("/means") and run.arrays[name].shape[1:] != (3, 2):
            shape = list(run.arrays[name].shape)
            raise ValueError(f"run.arrays: {name} must be [P, 3, 2], three classes in a plane, got {shape}")
    for name in (column for _, *columns in _MEASURES.values() for column in columns):
        if name not in run.history:
            raise ValueError(f"run.history: has no column {name}")


def _network(run: runs.Run, name: str) -> dict[str, Any]:
    """One network for the page.

    epochs [P]; classOf [n], position of a point's class among the three; test [n], 1 for a test point; points
    [P, n, 2], means and rows [P, 3, 2], packed; seen [P]; terminal, see `_terminal`;
    curves, measure -> {train, test} -> {seeds [S, P], median [P]}.
    """
    arrays = reading.arrays_of(run, name)
    return {
        "epochs": arrays["epoch"].tolist(),
        "classOf": [run.config["plane_classes"].index(label) for label in arrays["labels"]],
        "test": arrays["test"].astype(int).tolist(),
        "points": _page.pack(arrays["points"]),
        "means": _page.pack(arrays["means"]),
        "rows": _page.pack(arrays["classifier"]),
        "seen": [_short(share) for share in arrays["seen"]],
        "terminal": _terminal(run, name),
        "curves": {
            measure: {"train": _curve(_values(run, name, train)), "test": _curve(_values(run, name, test))}
            for measure, (_, train, test) in _MEASURES.items()
        },
    }


def _values(run: runs.Run, network: str, column: str) -> np.ndarray:
    """[S, P]: one column at the first weight decay, a row a seed."""
    table = reading.arm(run, network).pivot(index="seed", columns="epoch", values=column)
    return np.asarray(table.loc[run.config["seeds"]])


def _terminal(run: runs.Run, network: str) -> float | None:
    """First probed epoch with training error 0, the median over the seeds that have one; None where none has."""
    starts = moments.zero_errors(reading.arm(run, network), "epoch")
    return float(np.median(starts)) if starts else None


def _curve(values: np.ndarray) -> dict[str, Any]:
    """Every seed's values [S][P], and their median [P]."""
    return {"seeds": [list(map(_short, row)) for row in values], "median": list(map(_short, np.median(values, axis=0)))}


def _short(value: float) -> float | None:
    """Four significant digits, enough for a picture; None where the value is not defined."""
    return float(f"{value:.4g}") if np.isfinite(value) else None


def _body(run: runs.Run, data: Mapping[str, Any]) -> str:
    """The controls, canvases, legends and notes of `_BODY`, filled in."""
    config, networks = run.config, data["networks"]
    count = len(config["seeds"])
    return _BODY.format(
        last=len(next(iter(networks.values()))["epochs"]) - 1,
        networks=_options({name: name for name in networks}),
        measures=_options(data["measures"]),
        plane_legend=_plane_legend(config["plane_classes"]),
        solid=_icon(_SOLID),
        dashed=_icon(_DASHED),
        lines=f"bold: median of {count} seeds, thin: each seed" if count > 1 else "one seed",
        seed=config["seeds"][0],
        weight_decay=config["weight_decays"][0],
        provenance=escape(runs.provenance_line(run)),
    )


def _plane_legend(classes: list[int]) -> str:
    entries = [(drawing, f"class {name}") for drawing, name in zip(_CLASSES, classes, strict=True)]
    entries += [(_FILLED, "training"), (_HOLLOW, "test"), (_MEAN, "class mean")]
    entries += [(_ARROW, "classifier row"), (_SIMPLEX, "simplex ETF")]
    return "\n".join(f"<li>{_icon(drawing)} {name}</li>" for drawing, name in entries)


def _icon(drawing: str) -> str:
    return f'<svg viewBox="0 0 26 16" aria-hidden="true">{drawing}</svg>'


def _options(names: Mapping[str, str]) -> str:
    """The choices of a select, value -> text."""
    return "".join(f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in names.items())


def _summary(run: runs.Run, networks: Mapping[str, Any]) -> str:
    """What a reader learns where no HTML is shown."""
    lines = []
    for name, network in networks.items():
        medians = [np.median(_values(run, name, column), axis=0) for column in ("nc1_train", "nc1_test")]
        ends = " and ".join(f"{each[0]:.3g} to {each[-1]:.3g}" for each in medians)
        lines.append(f"{name}: NC1 from {ends} (training and test, epoch 0 to {network['epochs'][-1]}).")
    return " ".join([*lines, runs.provenance_line(run)])
