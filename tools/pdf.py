"""Makes one PDF of the whole built book: python tools/pdf.py, or make pdf.

The pages become one document, and Chromium prints it: first to learn on which page each place lies, then with these
numbers in the contents and beside links to solutions.
"""

import re
import shutil
import sys
from pathlib import Path

import chromium
import yaml
from playwright.sync_api import Browser
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
    with printer.started() as browser:
        made = make(browser, SITE, contents, SITE.parent / "pdf")
    shutil.move(made, SITE / NAME)
    print(f"The PDF is at {SITE / NAME}")
    return 0


def make(browser: Browser, site: Path, contents: list[pages.Entry], folder: Path) -> Path:
    """Prints the pages of a built book at `site` into a file of `folder`, and returns it; the HTML stays beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    joined = document.Book(site, contents, address(), version(), printer.stills(browser, site, contents)).joined()
    (folder / "book.html").write_text(str(joined), encoding="utf-8")
    printer.print_numbered(browser, folder / "book.html", folder / NAME)
    return folder / NAME


def address() -> str:
    """That of the public site, which ends with a slash."""
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["html"]["baseurl"]


def version() -> str:
    return re.search(r'__version__ = "(.+)"', (ROOT / "ncbook/__init__.py").read_text(encoding="utf-8"))[1]


if __name__ == "__main__":
    sys.exit(main())
