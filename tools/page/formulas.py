"""Sphinx extension: of MathJax a page loads one script, and no more than what sets formulas.

The parts of MathJax that its own `tex-chtml.js` joins are joined here without the menu, which is two fifths of it;
`formula_menu.js` loads that for a reader who asks for it. Parts and fonts that nobody asks for are not kept.
"""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

FOLDER = "_static/mathjax"
NAME = "formulas.js"
PARTS = ("core", "input/tex", "output/chtml", "output/chtml/fonts/tex", "a11y/assistive-mml")
MENU = "ui/menu.js"
# What MathJax loads by itself where a formula needs it.
EXTENSIONS = (
    "action", "amscd", "bbox", "boldsymbol", "braket", "bussproofs", "cancel", "color", "enclose", "extpfeil", "html",
    "mhchem", "unicode", "verb",
)  # fmt: skip
KEPT = (NAME, MENU, *(f"input/tex/extensions/{name}.js" for name in EXTENSIONS), "output/chtml/fonts/woff-v2")


def choose(app: Sphinx, config: Config) -> None:
    """Pages with formulas name the joined script."""
    config.mathjax_path = f"mathjax/{NAME}"


def join(app: Sphinx, exception: Exception | None) -> None:
    """Writes the script, and removes what is not in `KEPT`."""
    folder = Path(app.outdir, FOLDER)
    if exception is not None or not (folder / "startup.js").exists():
        return
    known = ",".join(f'"{part}{".js" if "fonts" in part else ""}"' for part in PARTS)
    scripts = [(folder / f"{part}.js").read_text(encoding="utf-8") for part in ("startup", *PARTS)]
    (folder / NAME).write_text(";\n".join([*scripts, f"MathJax.loader.preLoad({known});\n"]), encoding="utf-8")
    for path in sorted(folder.rglob("*"), reverse=True):  # what stands in a folder comes before the folder
        if path.is_file() and not path.relative_to(folder).as_posix().startswith(KEPT):
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", choose, priority=900)  # after sphinx-mathjax-offline, which copies all of MathJax
    app.connect("build-finished", join, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
