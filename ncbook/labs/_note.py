"""What stands in for a lab on a page that has no kernel."""

import os
from html import escape
from importlib import metadata

_REPOSITORY = "https://github.com/ncbook/ncbook"  # as in pyproject.toml, for a package that is not installed


def static() -> bool:
    """Whether a page is being made on which widgets could not live: $NCBOOK_STATIC is set."""
    return os.environ.get("NCBOOK_STATIC", "") not in ("", "0")


def repository() -> str:
    """The project's public address, from the installed package."""
    try:
        entries = metadata.metadata("ncbook").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return _REPOSITORY
    urls = dict(entry.split(", ", 1) for entry in entries)
    return str(urls.get("Repository", _REPOSITORY))


def colab(path: str) -> str:
    """The address that opens a file of the repository in Colab."""
    return (
        f"https://colab.research.google.com/github/{repository().removeprefix('https://github.com/')}/blob/main/{path}"
    )


class Note:
    """Says that a lab needs a kernel, and where to get one. Shows as HTML or as text."""

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
