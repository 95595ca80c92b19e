"""What stands in for a lab on a page that has no kernel."""

from html import escape
from importlib import metadata

from ncbook import _environment

_CHAPTERS = "https://github.com/ncbook/ncbook/blob/main/book"  # as in pyproject.toml, for a package not installed


def static() -> bool:
    """Whether a page is being made on which widgets could not live: $NCBOOK_STATIC is set."""
    return _environment.switch("NCBOOK_STATIC")


def chapters() -> str:
    """The public address of the chapters, from the installed package."""
    try:
        entries = metadata.metadata("ncbook").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return _CHAPTERS
    urls = dict(entry.split(", ", 1) for entry in entries)
    return str(urls.get("Chapters", _CHAPTERS))


def colab(chapter: str) -> str:
    """The address that opens a chapter, such as 4-grokking/onset, in Colab."""
    return f"https://colab.research.google.com/github/{chapters().removeprefix('https://github.com/')}/{chapter}.ipynb"


class Note:
    """Says that a lab needs a kernel, and where to get one. Shows as HTML or as text.

    >>> labs.Note("This lab", "1-collapse/collapse").link.rsplit("/", 1)[1]
    'collapse.ipynb'
    """

    def __init__(self, what: str, chapter: str) -> None:
        self.what, self.link = what, colab(chapter)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._html(), "text/plain": self._text()}

    def _html(self) -> str:
        style = "border:1px solid rgba(128,128,128,.5);border-radius:6px;padding:.2em 1.2em;margin:1em 0"
        return (
            f'<div role="note" style="{style}"><p><b>A lab for a live kernel.</b> {escape(self.what)} '
            f'<a href="{escape(self.link)}" style="color:inherit;text-decoration:underline">'
            "Open this chapter in Colab</a>, "
            f"or run it on your machine: <code>make lab</code>.</p></div>"
        )

    def _text(self) -> str:
        return (
            f"A lab for a live kernel. {self.what} Open this chapter in Colab ({self.link}), "
            "or run it on your machine: make lab."
        )
