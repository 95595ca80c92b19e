"""The network of the book's grokking chapters, trained by the reader's own browser: no kernel, no run, no network."""

import json
from typing import Any

from ncbook.explorables import _live, _page
from ncbook.readings import moments

_TITLE = "Grok in your browser"


def grok_in_your_browser() -> _page.Explorable:
    """A network that learns addition modulo 29 in the page, while the reader watches and changes its settings.

    Accuracies and relative flatness over the steps of `models.PairMLP` under AdamW, the embedding's frequencies and its
    strongest circle at one of them. A recorded run of the same engine is shown first (tools/record_grokking.mjs makes
    it); then the page trains in a worker, or in slices of its own time where a page may start none, with the weight
    decay, the share of training pairs and the seed to choose. Its split and its initial weights follow `data.modular`
    and `PairMLP` in distribution; the random numbers are its own. Matrix products run in WebAssembly, and where a page
    forbids that in JavaScript, with the same results and several times as slow.
    """
    recording = json.loads(_page._source("live_grokking_recorded.json"))
    settings, recorded = recording["settings"], recording["found"]
    engine = _page.with_references("live_grokking_engine.js")
    data = {"engine": engine, "settings": settings | {"compiled": _live.compiled()}, "recorded": recorded}
    body, text = _body(settings, len(recorded) - 1), _text(recorded)
    return _page.Explorable("grok_in_your_browser", _TITLE, body, data, text, script="live_grokking.js")


def _body(settings: dict[str, Any], last: int) -> str:
    recipe = settings["recipe"]
    return _page.body(
        "live_grokking",
        last=last,
        decay=recipe["weightDecay"],
        fraction=settings["fraction"],
        seeds=_page.options(range(10), settings["seed"]),
        rate=recipe["learningRate"],
        **{name: settings[name] for name in ("p", "dim", "width")},
    )


def _text(recorded: list[dict[str, Any]]) -> str:
    """What a reader learns where no HTML is shown."""
    levels = {"train": moments.MEMORIZED, "test": moments.GENERALIZED}
    memorized, grokked = (
        next(each["step"] for each in recorded if each[side]["accuracy"] >= level) for side, level in levels.items()
    )
    return (
        f"{_TITLE}: a network that learns addition modulo 29 in the page. In the recorded run it knows the training "
        f"pairs at step {memorized} and the test pairs at step {grokked}."
    )
