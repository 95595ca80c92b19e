"""Small pictures for the legends, in the colors of core.css, drawn as the scripts draw the thing itself."""

from collections.abc import Iterable


def _picture(drawing: str) -> str:
    return f'<svg viewBox="0 0 26 16" aria-hidden="true">{drawing}</svg>'


def line(color: str, dashes: str = "", width: float = 2.6, opacity: float = 1) -> str:
    """A piece of a curve. `dashes` are lengths in pixels, as in "7 4"."""
    more = f' stroke-dasharray="{dashes}"' if dashes else ""
    more += f' opacity="{opacity}"' if opacity < 1 else ""
    return _picture(f'<path d="M0 8h26" stroke="var(--nc-{color})" stroke-width="{width}"{more}/>')


def entries(pictures: Iterable[str], names: Iterable[str]) -> str:
    """The entries of a legend, a picture and a name each."""
    return "".join(f"<li>{picture} {name}</li>" for picture, name in zip(pictures, names, strict=True))


_FILLS = (
    '<circle cx="13" cy="8" r="6" fill="var(--nc-class0)"/>',
    '<path d="M8 3h10v10h-10z" fill="var(--nc-class1)"/>',
    '<path d="M13 1l6.5 12h-13z" fill="var(--nc-class2)"/>',
    '<path d="M13 1l7 7-7 7-7-7z" fill="var(--nc-class3)"/>',
)
CLASSES = tuple(map(_picture, _FILLS))  # one outline a class

# what every template may show under these names
PICTURES = {f"class{c}": picture for c, picture in enumerate(CLASSES)} | {
    "pair0": line("text"),  # the styles of PAIR in core.js, and of the third arm in _arms.js
    "pair1": line("class1", "7 4"),
    "pair2": line("class0", "10 3 2 3"),
    "trained": line("train"),  # the styles of TRAIN_AND_TEST
    "tested": line("test", "6 4"),
    "restricted": line("class0", "2 4"),  # the styles of curves of circuits.js
    "excluded": line("class3"),
    "filled": _picture('<circle cx="13" cy="8" r="4.5" fill="var(--nc-muted)"/>'),
    "hollow": _picture('<circle cx="13" cy="8" r="4.5" fill="none" stroke="var(--nc-muted)" stroke-width="1.6"/>'),
    "mean": _picture(
        '<path d="M0 8h20" stroke="var(--nc-muted)" stroke-width="5"/>'
        '<circle cx="19" cy="8" r="6" fill="var(--nc-muted)" stroke="var(--nc-text)" stroke-width="2"/>'
    ),
    "arrow": _picture(
        '<g fill="none" stroke="var(--nc-text)" stroke-width="1.8">'
        '<path d="M0 8h23" stroke-dasharray="6 4"/><path d="M17 4l7 4-7 4"/></g>'
    ),
    "simplex": _picture(
        '<path d="M13 0l9 15h-18z" fill="none" stroke="var(--nc-faint)" stroke-width="1.5" stroke-dasharray="2 3"/>'
    ),
}
