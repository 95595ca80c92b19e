"""Packs data, styles and scripts into one self-contained HTML fragment.

Every output of Colab is a sandbox of its own, a file on disk has no server, and a reader may be offline: so a
fragment carries all that it needs, asks for nothing, and does not know of the other fragments on its page.
"""

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ncbook import runs
from ncbook.explorables._legend import PICTURES

_FOLDER = Path(__file__).parent
_LARGEST = 32767  # of a 16-bit integer, kept symmetric around 0
_DESCRIPTION = re.compile(r"^ */\*\*(?:(?!\*/).)*\*/\n", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"^ *//.*\n", re.MULTILINE)
_REFERENCE = re.compile(r'^/// <reference path="([\w.]+)" />\n', re.MULTILINE)
_HOLE = re.compile(r"\$(\w+)")
_PROVENANCE = '<p class="nc-note">$provenance</p>\n'
_shown: Counter[str] = Counter()  # how often each content was shown in this process

_WAITING = "This figure moves when its script may run: run this cell, or trust the notebook."
_FRAGMENT = """\
<div class="nc-explorable nc-still" id="{id}" role="group" aria-label="{title}">
<style>
{css}</style>
<p class="nc-waiting">{waiting} {text}</p>
{body}
<script type="application/json" class="nc-data">{data}</script>
<script>
(() => {{
"use strict";
{scripts}
// The same output can stand twice on a page, under one id: each script starts the first copy that is still.
const root = document.querySelector("#{id}.nc-still");
if (!root) return;
root.classList.remove("nc-still");
root.querySelector(".nc-waiting").remove();
keepKeys(root);
wireLinks(root, "{name}");
explore(root, JSON.parse(root.querySelector(".nc-data").textContent));
}})();
</script>
</div>
"""


@dataclass(frozen=True)
class Explorable:
    """An interactive figure; the last line of a cell shows it.

    name    as in `explorables.NAME`; links of the prose, #nc-NAME:control=value, set the figure by it
    title   names the figure for a screen reader, already safe as HTML
    body    the controls, the canvases and the notes, as HTML
    data    JSON values, and arrays packed by `pack`
    text    what a reader is told where no HTML is shown, or no script runs
    script  file in this folder that defines `explore(root, data)`, where it is not NAME.js
    """

    name: str
    title: str
    body: str
    data: Mapping[str, Any]
    text: str
    script: str = ""

    def _repr_html_(self) -> str:
        """The fragment. The same content has the same bytes, but for the id when it is shown again."""
        # "<" occurs in JSON only inside strings, where the escape means the same and ends no script
        data = json.dumps(self.data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
        parts = {"name": self.name, "title": self.title, "body": self.body, "data": data, "text": escape(self.text)}
        parts |= {"waiting": _WAITING, "css": _source("core.css")}
        script = with_references(self.script or f"{self.name}.js")
        parts["scripts"] = (_source("core.js") + script).replace("</", "<\\/")
        return _FRAGMENT.format(id=_new_id(parts), **parts)

    def __repr__(self) -> str:
        return self.text


def body(name: str, run: runs.Run | None = None, **words: object) -> str:
    """The template `name`.html of this folder, with the words, which are HTML already, in place of their $names.

    The pictures of `_legend` and the line of the run, $provenance, need not be given; where a template does not ask for
    the line, a note at the end says it. ValueError for a word that is asked for and not given, or given and not asked.
    """
    template = _source(f"{name}.html")
    if run is not None:
        template += "" if "$provenance" in template else _PROVENANCE
        words["provenance"] = escape(runs.provenance_line(run))
    asked = set(_HOLE.findall(template)) - PICTURES.keys()
    if asked != words.keys():
        raise ValueError(f"words: {name}.html asks for {sorted(asked)}, got {sorted(words)}")
    return _HOLE.sub(lambda hole: str((PICTURES | words)[hole[1]]), template)


def options(labels: Mapping[Any, object] | Iterable[object], chosen: object = None) -> str:
    """The choices of a select: value -> label, or labels whose values are their places; `chosen` is a value."""
    named = labels if isinstance(labels, Mapping) else dict(enumerate(labels))
    return "".join(
        f'<option value="{escape(str(value))}"{" selected" if value == chosen else ""}>{escape(str(label))}</option>'
        for value, label in named.items()
    )


def require(run: runs.Run, experiment: str, **names: Iterable[str]) -> None:
    """ValueError that names the first entry which the run lacks in its `config`, `arrays` or `history`."""
    for part, asked in names.items():
        for name in asked:
            if name not in getattr(run, part):
                what = f"column {name}" if part == "history" else name
                raise ValueError(f"run.{part}: has no {what}; this figure shows runs of experiments.{experiment}")


def pack(array: np.ndarray) -> dict[str, Any]:
    """Any finite array as base64 of little-endian 16-bit integers, times `scale`.

    An entry is off by at most scale / 2 = max|array| / 65534. Raises ValueError for an entry that is not finite.
    """
    array = np.asarray(array, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"array: all entries must be finite, got {array[~np.isfinite(array)][0]}")
    scale = float(np.abs(array).max(initial=0.0)) / _LARGEST or 1.0
    integers = np.rint(array / scale).astype("<i2")
    return {"shape": list(array.shape), "scale": scale, "int16": base64.b64encode(integers.tobytes()).decode()}


def short(values: Any, gaps: bool = False, digits: int = 4) -> list[Any]:
    """An array as lists of numbers with a few significant digits; with `gaps`, None for what is not finite."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim > 1:
        return [short(row, gaps, digits) for row in array]
    return [None if gaps and not np.isfinite(value) else float(f"{value:.{digits}g}") for value in array]


def with_references(name: str) -> str:
    """The text of a script of this folder, after those that it names in `/// <reference path="..." />`; each once."""
    texts: dict[str, str] = {}

    def add(script: str) -> None:
        for needed in _REFERENCE.findall((_FOLDER / script).read_text(encoding="utf-8")):
            if needed not in texts:
                add(needed)
        texts[script] = _source(script)

    add(name)
    return "".join(texts.values())


def _source(name: str) -> str:
    """The text of a file of this folder; a page does without descriptions of functions and lines of comments."""
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return _COMMENT.sub("", _DESCRIPTION.sub("", text)) if name.endswith(".js") else text


def _new_id(parts: Mapping[str, str]) -> str:
    """`nc-` and a hash of the content; shown again in this process, with a number after it."""
    content = "\0".join(parts[name] for name in sorted(parts))
    name = f"nc-{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    _shown[name] += 1
    return name if _shown[name] == 1 else f"{name}-{_shown[name]}"
