"""A small network that collapses in the reader's own browser: no kernel, no run, no network."""

import json
from typing import Any

from ncbook.explorables import _legend, _live, _page

_TITLE = "Collapse live in the page"
_DECAYS = (0, 0.001, 0.003, 0.01, 0.03)
_WIDTHS = (8, 16, 32, 64)  # ten classes form a simplex in nine dimensions, for which eight are too few
_LABELS = {"true": "true", "random": "random"}
_GROWTH = 1.05  # from one measurement to the next, which is finer than in the recorded run
_CURVES = {
    "error": "Error",
    "nc1": "NC1: variability within classes",
    "angles": "NC2: angles off the simplex",
    "nc3": "NC3: classifier off the means",
    "nc4": "NC4: nearest mean disagrees",
}


def live_collapse() -> _page.Explorable:
    """A network that learns real 8 x 8 digits in the page, and trains on past its last error while the reader watches.

    The plane of three class means, the error and NC1 to NC4 of the training set and of the test set. A recorded run of
    the same engine is shown first (tools/record_collapse.mjs makes it); then the page trains in a worker, or in slices
    of its own time where it may start none, with the weight decay, the width, the labels and the seed to choose. NC1 to
    NC4 are those of `metrics.collapse`; the random numbers are the page's own. Matrix products run in WebAssembly, and
    where a page forbids that in JavaScript, with the same results.
    """
    recording = json.loads(_page._source("live_collapse_recorded.json"))
    settings = recording.pop("settings")
    images = "".join(_page._source("live_collapse_digits.txt").split())
    shown = settings | {"growth": _GROWTH, "images": images, "compiled": _live.compiled()}
    engine = _page.with_references("live_collapse_engine.js")
    data = {"engine": engine, "settings": shown, "recording": recording}
    return _page.Explorable("live_collapse", _TITLE, _body(shown, recording), data, _text(settings, recording))


def _body(settings: dict[str, Any], recording: dict[str, Any]) -> str:
    recipe, classes = settings["recipe"], settings["classes"]
    train = settings["perClass"] * classes
    return _page.body(
        "live_collapse",
        last=len(recording["steps"]) - 1,
        decays=_page.options({decay: decay for decay in _DECAYS}, recipe["weightDecay"]),
        widths=_page.options({width: width for width in _WIDTHS}, settings["width"]),
        labels=_page.options(_LABELS, "random" if settings["random"] else "true"),
        seeds=_page.options(range(10), settings["seed"]),
        classes=_legend.entries(_legend.CLASSES[:3], settings["planeClasses"]),
        curves="\n".join(_curve(name, title) for name, title in _CURVES.items()),
        train=train, test=len(settings["images"]) // 64 - train, epochs=recording["epochs"][-1],
        depth=settings["depth"], drawn=settings["drawn"], momentum=recipe["momentum"], batch=recipe["batch"],
        rate=recipe["learningRate"],
    )  # fmt: skip


def _curve(name: str, title: str) -> str:
    """The panel of one measure over the epochs."""
    more = _numbers("lengths differ by", "norms") if name == "angles" else ""
    sides = (f"<li>{_legend.PICTURES[picture]} {side} <b class=\"nc-{part}-{name}\"></b></li>"
             for picture, side, part in (("trained", "training", "train"), ("tested", "test", "test")))  # fmt: skip
    canvas = f'<canvas class="nc-{name}" style="height:16rem" role="img" aria-label="{title}, over epochs."></canvas>'
    legend = f'<ul class="nc-legend">{"".join(sides)}{more}</ul>'
    return f'<div class="nc-panel">\n<p class="nc-title">{title}</p>\n{canvas}\n{legend}\n</div>'


def _numbers(words: str, name: str) -> str:
    """A measure that is told and not drawn."""
    return f'<li>{words} <b class="nc-train-{name}"></b> and <b class="nc-test-{name}"></b></li>'


def _text(settings: dict[str, Any], recording: dict[str, Any]) -> str:
    """What a reader learns where no HTML is shown."""
    falls = " and ".join(
        f"{recording[side]['nc1'][0]:.3g} to {recording[side]['nc1'][-1]:.3g}" for side in ("train", "test")
    )
    return (
        f"{_TITLE}: a network that learns {settings['perClass'] * settings['classes']} digits in the page. In the "
        f"recorded run NC1 goes from {falls} (training and test, epoch 0 to {recording['epochs'][-1]})."
    )
