"""Gives the project its next version, in every place: make release VERSION=0.2.0. What is to be done then is printed.

A chapter installs the release that it was written for, and so names it; CITATION.cff, the front page, the page on
citing and the changelog do too.
"""

import re
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
THEN = """Look at the changes, then:
  git commit -am "Version {version}"
  git tag v{version}
  git push origin HEAD v{version}     # the tag starts the workflow that publishes"""


def version(root: Path = ROOT) -> str:
    """The present one, from ncbook/__init__.py, which is where it stands."""
    return re.search(r'__version__ = "(.+)"', (root / "ncbook/__init__.py").read_text(encoding="utf-8"))[1]


def change(new: str, root: Path = ROOT) -> list[Path]:
    """Writes the new version into every file that names the old one, and returns those files."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", new):
        sys.exit(f"VERSION={new!r} is not of the form 1.2.3")
    old = re.escape(version(root))
    today, cited = date.today(), [root / "book/welcome.md", root / "book/citing.md"]
    chapters = sorted((root / "book").rglob("*.ipynb"))
    rules = [
        ([root / "ncbook/__init__.py"], rf'__version__ = "{old}"', f'__version__ = "{new}"'),
        ([root / "CITATION.cff"], rf"version: {old}\ndate-released: .*", f"version: {new}\ndate-released: {today}"),
        (cited, rf"(version *= )\{{{old}\}}", rf"\g<1>{{{new}}}"),
        (cited, r"(year *= )\{\d+\}", rf"\g<1>{{{today:%Y}}}"),
        ([root / "book/citing.md"], rf"(\bv|version ){old}\b", rf"\g<1>{new}"),
        (chapters, rf"@v{old}\b", f"@v{new}"),
        (chapters, rf'written_for=\\"{old}\\"', rf'written_for=\\"{new}\\"'),
        ([root / "CHANGELOG.md"], r"## Unreleased\n", f"## Unreleased\n\n## {new}, {today}\n"),
    ]
    changed = set()
    for paths, pattern, text in rules:
        for path in paths:
            before = path.read_text(encoding="utf-8")
            after = re.sub(pattern, text, before)
            if after != before:
                path.write_text(after, encoding="utf-8")
                changed.add(path)
    return sorted(changed)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make release VERSION=1.2.3")
    for file in change(sys.argv[1]):
        print(file.relative_to(ROOT))
    print(THEN.format(version=sys.argv[1]))
