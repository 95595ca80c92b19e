"""Makes one PDF of the whole built book: python tools/pdf.py, or make pdf.

The pages become one document, and Chromium prints it: first to learn on which page each place lies, then with these
numbers in the contents and beside links to solutions.
"""

import re
import sys
from pathlib import Path

import chromium
import yaml
from printing import document, pages, printer

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
NAME = "neural-collapse.pdf"


def main() -> int:
    """0 where the PDF could be made, else 1, after a word that says why."""
    if chromium.path() is None:
        print("No Chromium was found (Debian: apt-get install chromium-headless-shell).")
        return 1
    contents = pages.contents(ROOT / "_toc.yml")
    print(f"Printing {len(contents)} pages of the book, which takes a few minutes.", flush=True)
    make(SITE, contents, SITE / NAME)
    print(f"The PDF is at {SITE / NAME}")
    return 0


def make(site: Path, contents: list[pages.Entry], file: Path) -> None:
    """Prints the pages of a built book at `site` into `file`; its HTML is left in pdf/ beside `site`."""
    folder = site.parent / "pdf"
    folder.mkdir(exist_ok=True)
    with printer.started() as browser:
        stills = printer.stills(browser, site, contents)
        joined = document.Book(site, contents, address(), version(), stills).joined()
        (folder / "book.html").write_text(str(joined), encoding="utf-8")
        printer.print_numbered(browser, folder / "book.html", file)


def address() -> str:
    """That of the public site, which ends with a slash."""
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["html"]["baseurl"]


def version() -> str:
    return re.search(r'__version__ = "(.+)"', (ROOT / "ncbook/__init__.py").read_text(encoding="utf-8"))[1]


if __name__ == "__main__":
    sys.exit(main())
