"""Write `_toc.yml` from the registry of results: `python tools/contents.py write | check`.

A part has a page of its own, `book/PART/part.md`, and below it the chapters of its results, in their order. What else
the file lists stays as it is.
"""

import sys
from pathlib import Path

import yaml

from ncbook.results import RESULTS

TOC = Path(__file__).resolve().parents[1] / "_toc.yml"


def written() -> str:
    """The file as it should be."""
    contents = yaml.safe_load(TOC.read_text(encoding="utf-8"))
    pages = (page for block in contents["parts"] for page in block["chapters"])
    for page in (page for page in pages if page["file"].endswith("/part")):
        folder = Path(page["file"]).parent.name
        chapters = dict.fromkeys(chapter for chapter in RESULTS.values() if chapter.split("/")[0] == folder)
        page["sections"] = [{"file": f"book/{chapter}"} for chapter in chapters]
    return yaml.safe_dump(contents, sort_keys=False, allow_unicode=True)


def main(command: str) -> int:
    """Write the file, or return 1 where it is not as it should be."""
    if command == "write":
        TOC.write_text(written(), encoding="utf-8")
        return 0
    return int(yaml.safe_load(TOC.read_text(encoding="utf-8")) != yaml.safe_load(written()))


if __name__ == "__main__":
    if sys.argv[1:] not in (["write"], ["check"]):
        sys.exit("usage: python tools/contents.py write | check")
    sys.exit(main(sys.argv[1]))
