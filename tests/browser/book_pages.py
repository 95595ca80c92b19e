"""The pages of the built book, and which of them have what."""

from pathlib import Path

import yaml
from chapter_form import IN_FORM

from ncbook import results

ROOT = Path(__file__).parents[2]
_CONTENTS = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
_ENTRIES = [entry for part in _CONTENTS["parts"] for entry in part["chapters"]]
_FILES = [
    _CONTENTS["root"],
    *(each["file"] for entry in _ENTRIES for each in (entry, *entry.get("sections", ()))),
]
PAGES = [*_FILES, "search", "genindex"]
CHAPTERS = [name for name in _FILES if (ROOT / f"{name}.ipynb").exists()]
CHAPTER = "book/1-collapse/collapse"
HOWTO = [f"book/{page}" for page in results.HOWTO.values()]
# The closing chapter has figures and a table, and neither equations of its own, exercises nor a box of verdicts.
IN_THE_FORM = [name for name in CHAPTERS if Path(name).name in IN_FORM]
WITHOUT_SLIDER = [
    "book/3-representation/contrastive",
    "book/3-representation/deep_unconstrained",
    "book/answer/answer",
    "book/4-grokking/onset",
    *HOWTO,
]
WITH_FIGURES = [name for name in CHAPTERS if name not in ("book/howto/experiment", "book/howto/claim")]
WITH_SLIDER = [name for name in CHAPTERS if name not in WITHOUT_SLIDER]
# Figures that move and have no slider are on these too.
STILL = [name for name in WITHOUT_SLIDER if name != "book/4-grokking/onset"]
MOVING = [name for name in CHAPTERS if name not in STILL]
