"""Gives the project another public address, in every file: make address URL=https://github.com/OWNER/NAME BRANCH=main.

What links to the repository, opens a chapter in Colab, Kaggle or Binder, or installs the package names that address.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOST = "https://github.com/"
BINARY = {".npz", ".png", ".svg", ".wasm"}


def text_files(root: Path = ROOT) -> list[Path]:
    """All that git keeps and that is text; where there is no git, all but what was installed or built."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True)
    if listed.stdout:
        found = [root / name for name in listed.stdout.split("\0") if name]
    else:
        found = [path for path in root.rglob("*") if not _made(path.relative_to(root))]
    return sorted(path for path in found if path.is_file() and path.suffix not in BINARY)


def _made(path: Path) -> bool:
    return any(part.startswith((".venv", "_build", "node_modules", "__pycache__")) for part in path.parts) or any(
        part.startswith(".") and part.endswith("_cache") for part in path.parts
    )


def address(root: Path = ROOT) -> tuple[str, str]:
    """The slug OWNER/NAME and the branch, as _config.yml has them."""
    config = (root / "_config.yml").read_text(encoding="utf-8")
    url, branch = (re.search(rf"(?m)^  {key}: (.+)$", config)[1] for key in ("url", "branch"))
    return url.removeprefix(HOST), branch


def site(slug: str) -> str:
    """Where GitHub shows the built book of a repository OWNER/NAME, without https://."""
    owner, name = slug.split("/")
    host = f"{owner.lower()}.github.io/"
    return host if f"{name.lower()}/" == host else f"{host}{name}/"


def change(url: str, branch: str, root: Path = ROOT) -> list[Path]:
    """Writes the new address into every file that has the old one, and returns those files."""
    old_slug, old_branch = address(root)
    slug = _slug(url)
    rules = [
        (rf"(?<=github\.com/){re.escape(old_slug)}(?![\w.-])", slug),
        (rf"(?<=/github/){re.escape(old_slug)}(?![\w.-])", slug),
        (rf"(?<=/gh/){re.escape(old_slug)}(?![\w.-])", slug),
        (rf"(?<=https://){re.escape(site(old_slug))}", site(slug)),
        (rf"(?<={re.escape(slug)}/)(blob|tree|raw)/{re.escape(old_branch)}(?=/)", rf"\1/{branch}"),
        (rf"(?m)^(  branch: ){re.escape(old_branch)}$", rf"\g<1>{branch}"),
        (rf"branches: \[{re.escape(old_branch)}\]", f"branches: [{branch}]"),
    ]
    changed = []
    for path in text_files(root):
        before = after = path.read_text(encoding="utf-8")
        for pattern, new in rules:
            after = re.sub(pattern, new, after)
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(path)
    return changed


def _slug(url: str) -> str:
    slug = url.removesuffix("/").removesuffix(".git").removeprefix(HOST)
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", slug):
        sys.exit(f"URL={url!r} is not of the form {HOST}OWNER/NAME, which is what Colab opens notebooks from")
    return slug


if __name__ == "__main__":
    if len(sys.argv) != 3 or not all(sys.argv[1:]):
        sys.exit("usage: make address URL=https://github.com/OWNER/NAME BRANCH=main")
    for file in change(*sys.argv[1:]):
        print(file.relative_to(ROOT))
