"""The network of the book's grokking chapters, trained by the reader's own browser: no kernel, no run, no network."""

import base64
from typing import Any

from ncbook.explorables import _page

_TITLE = "Grok in your browser"
_STEPS = 3000

_SOLID = '<path d="M0 8h26" stroke="var(--nc-text)" stroke-width="2.6"/>'
_DASHED = '<path d="M0 8h26" stroke="var(--nc-second)" stroke-width="2.6" stroke-dasharray="6 4"/>'
_RING = '<circle cx="13" cy="8" r="7" fill="none" stroke="var(--nc-faint)" stroke-width="1.5"/>'

_BODY = """\
<div class="nc-controls">
<button type="button" class="nc-train">Train</button>
<button type="button" class="nc-reset">Reset</button>
<label class="nc-slide">Weight decay <input type="range" class="nc-decay" min="0" max="3" step="0.25" value="1">
<span class="nc-now nc-decay-now" aria-hidden="true"></span></label>
<label class="nc-slide">Training share <input type="range" class="nc-fraction" min="0.3" max="0.9" step="0.05"
value="0.6"> <span class="nc-now nc-fraction-now" aria-hidden="true"></span></label>
<label>Seed <select class="nc-seed">{seeds}</select></label>
</div>
<p class="nc-words" role="status" style="min-height:6em"></p>
<div class="nc-panels">
<div class="nc-panel">
<p class="nc-title">Accuracy</p>
<canvas class="nc-accuracy" style="height:17rem" role="img" aria-label="Accuracy over steps."></canvas>
<ul class="nc-legend"><li>{solid} training <b class="nc-train-accuracy"></b></li>
<li>{dashed} test <b class="nc-test-accuracy"></b></li><li>step <b class="nc-step"></b></li></ul>
</div>
<div class="nc-panel">
<p class="nc-title">Strongest wave of the embedding</p>
<canvas class="nc-plane" style="max-height:19rem" role="img" aria-label="The embedding in a plane."></canvas>
<canvas class="nc-spectrum" style="height:4.5rem" role="img" aria-label="Spectrum of the embedding."></canvas>
<ul class="nc-legend"><li>frequency <b class="nc-frequency"></b></li>
<li>its share of the variance <b class="nc-share"></b></li><li>{ring} radius 1</li></ul>
</div>
<div class="nc-panel">
<p class="nc-title">Relative flatness</p>
<canvas class="nc-flatness" style="height:17rem" role="img" aria-label="Relative flatness over steps."></canvas>
<ul class="nc-legend"><li>κ <b class="nc-kappa"></b></li><li>training loss <b class="nc-loss"></b> nats</li>
<li>norm of all weights <b class="nc-norm"></b></li></ul>
</div>
</div>
<p class="nc-note">The network learns a + b mod {p} from pairs (a, b): <code>PairMLP({p})</code> with an embedding of
{dim} dimensions and {width} units a layer, AdamW with learning rate {rate}, all training pairs in every step, float64.
Pairs (a, b) and (b, a) fall on the same side of the split. Everything is computed in this page, and nothing leaves it.
Memorized means 99 % of the training pairs right; grokked means 99 % of the test pairs.</p>
<p class="nc-note">The plane shows each number's row of the embedding on the cosine and the sine of one frequency k,
scaled to a root mean square radius of 1; the line joins numbers whose angles should be neighbors. Bars: share of each
frequency in the embedding's variance. κ is the exact relative flatness of the last layer on the training pairs; small
is flat. A new setting starts a new network.</p>
"""


def grok_in_your_browser() -> _page.Explorable:
    """A network that learns addition modulo 29 in the page, while the reader watches and changes its settings.

    Accuracies, the embedding and relative flatness over up to 3000 steps of `models.PairMLP` under AdamW, with the
    weight decay, the share of training pairs and the seed to choose. Nothing recorded is shown and no kernel is asked:
    the page computes in a worker, or in slices of its own time where a page may start none. Its split and its initial
    weights follow `data.modular` and `PairMLP` in distribution; the random numbers are its own. Matrix products run in
    WebAssembly, and where a page forbids that in JavaScript, with the same results and several times as slow.
    """
    recipe = {"learningRate": 0.01, "betas": [0.9, 0.98], "eps": 1e-8, "warmUp": 10}
    settings = {"p": 29, "dim": 32, "width": 64, "steps": _STEPS, "recipe": recipe, "compiled": _compiled()}
    data = {"engine": _page._source("live_grokking_engine.js"), "settings": settings}
    text = f"{_TITLE}: a network that learns addition modulo 29 in the page. It has no picture without a script."
    return _page.Explorable(_TITLE, _body(settings), "live_grokking.js", data, text)


def _body(settings: dict[str, Any]) -> str:
    return _BODY.format(
        seeds="".join(f'<option value="{seed}">{seed}</option>' for seed in range(10)),
        solid=_icon(_SOLID),
        dashed=_icon(_DASHED),
        ring=_icon(_RING),
        rate=settings["recipe"]["learningRate"],
        **{name: settings[name] for name in ("p", "dim", "width")},
    )


def _compiled() -> str:
    """The matrix product of tools/wasm, as base64."""
    return base64.b64encode((_page._FOLDER / "live_grokking_product.wasm").read_bytes()).decode()


def _icon(drawing: str) -> str:
    return f'<svg viewBox="0 0 26 16" aria-hidden="true">{drawing}</svg>'
