"""The network of the book's grokking chapters, trained by the reader's own browser: no kernel, no run, no network."""

from typing import Any

from ncbook.explorables import _live, _page

_TITLE = "Grok in your browser"
_STEPS = 3000


def grok_in_your_browser() -> _page.Explorable:
    """A network that learns addition modulo 29 in the page, while the reader watches and changes its settings.

    Accuracies, the embedding and relative flatness over up to 3000 steps of `models.PairMLP` under AdamW, with the
    weight decay, the share of training pairs and the seed to choose. Nothing recorded is shown and no kernel is asked:
    the page computes in a worker, or in slices of its own time where a page may start none. Its split and its initial
    weights follow `data.modular` and `PairMLP` in distribution; the random numbers are its own. Matrix products run in
    WebAssembly, and where a page forbids that in JavaScript, with the same results and several times as slow.
    """
    recipe = {"learningRate": 0.01, "betas": [0.9, 0.98], "eps": 1e-8, "warmUp": 10}
    settings = {"p": 29, "dim": 32, "width": 64, "steps": _STEPS, "recipe": recipe, "compiled": _live.compiled()}
    data = {"engine": _page.with_references("live_grokking_engine.js"), "settings": settings}
    text = f"{_TITLE}: a network that learns addition modulo 29 in the page. It has no picture without a script."
    return _page.Explorable("grok_in_your_browser", _TITLE, _body(settings), data, text, script="live_grokking.js")


def _body(settings: dict[str, Any]) -> str:
    sizes = {name: settings[name] for name in ("p", "dim", "width")}
    seeds = _page.options(range(10))
    return _page.body("live_grokking", seeds=seeds, rate=settings["recipe"]["learningRate"], **sizes)
