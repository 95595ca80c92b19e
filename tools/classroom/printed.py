"""Worksheets as PDF files."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
from playwright.sync_api import Browser
from printing import printer


def write(browser: Browser, html: str, file: Path) -> int:
    """Prints a document, and says how many pages of paper it takes."""
    with TemporaryDirectory() as folder:
        source = Path(folder, "sheet.html")
        source.write_text(html, encoding="utf-8")
        with printer.opened(browser, source, "print") as page:
            printer.to_pdf(page, file)
    with pikepdf.open(file) as pdf:
        return len(pdf.pages)


def join(files: list[Path], file: Path) -> None:
    """One file of all."""
    with pikepdf.new() as joined:
        for each in files:
            with pikepdf.open(each) as pdf:
                joined.pages.extend(pdf.pages)
        joined.save(file)
