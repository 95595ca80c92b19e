"""Builds the book: python tools/build.py. Chapters that have changed are executed against recorded runs first.

Jupyter Book by itself executes one notebook after the other; here each core takes one. A chapter that fails is not
kept in the cache, so that Jupyter Book executes it again and tells what is wrong.
"""

import hashlib
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
from locks import alone
from matplotlib import font_manager  # noqa: F401 - on a new home it says that it collects fonts: here, and not in a chapter
from notebooks import chapters

from ncbook.figures._narrow import FOLDER

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
WIDGET = "application/vnd.jupyter.widget-view+json"
STATIC = {"NCBOOK_STATIC": "1", "NCBOOK_PRESET": "laptop", "NCBOOK_LIVE": "0"}  # labs show a note in place of widgets


def main() -> int:
    """The exit code of Jupyter Book."""
    os.chdir(ROOT)
    os.environ.update(STATIC)
    os.environ[FOLDER] = str(BUILD / "narrow")
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # see trainers.threads
    with alone(ROOT / ".build.lock", "the book is being built"):
        _forget_figures_of_another_package()
        _execute()
        book = Path(sys.executable).with_name("jupyter-book")
        return subprocess.run([book, "build", ".", "-W", "--keep-going", "-q"]).returncode


def _forget_figures_of_another_package() -> None:
    """When the package has changed, the figures of every chapter may change."""
    files = sorted(path for path in (ROOT / "ncbook").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    digest = hashlib.sha256()
    for path in [*files, ROOT / "constraints.txt"]:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    mark = BUILD / "package"
    if not mark.exists() or mark.read_text() != digest.hexdigest():
        shutil.rmtree(BUILD, ignore_errors=True)
        BUILD.mkdir()
        mark.write_text(digest.hexdigest())


def _execute() -> None:
    cache = get_cache(str(BUILD / ".jupyter_cache"))
    notebooks = [str(chapter) for chapter in chapters()]
    for notebook in notebooks:
        cache.add_nb_to_project(notebook)
    logger = logging.getLogger("execute")
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.StreamHandler())
    timeout = yaml.safe_load((ROOT / "_config.yml").read_text())["execute"]["timeout"]
    load_executor("local-parallel", cache, logger=logger).run_and_cache(filter_uris=notebooks, timeout=timeout)
    _forget_widgets()


def _forget_widgets() -> None:
    """Bars of what was trained while the book was built: no page shows a widget, nor loads what would show it."""
    for path in (BUILD / ".jupyter_cache" / "executed").glob("*/base.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        if notebook.metadata.pop("widgets", None) is not None:
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs = [each for each in cell.outputs if WIDGET not in each.get("data", {})]
            nbformat.write(notebook, path)


if __name__ == "__main__":
    sys.exit(main())
