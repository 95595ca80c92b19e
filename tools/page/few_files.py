"""Sphinx extension: a page loads one style sheet and two scripts in place of thirty files, and nothing for nothing.

The template layout.html gives the parts of a page that name files to `few_files`. Files in a row become one, of which
the first line names its parts; it is written when the build is finished. `UNUSED` is left out, and `UNASKED` removed.
"""

import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from posixpath import relpath
from typing import Any

from sphinx.application import Sphinx

FOLDER = "_static/joined"
# Icons come from fonts, code runs in Colab, nothing has a toggle button, and only the page of results searches.
UNUSED = re.compile(
    r"fontawesome\.js|(?i:thebe)|toggle-?button|toggle(Hint|OpenOnPrint)|rel=\"preload\" as=\"script\""
    r"|searchtools\.js|language_data\.js|searchindex\.js"
)
# Files of the theme and of extensions that no page asks for, once `UNUSED` is left out; .map is for who debugs them.
UNASKED = ("scripts/fontawesome.*", "sphinx-thebe.*", "togglebutton.*", "locales", "**/*.map")
_THEBE = re.compile(
    r"<script type=\"text/x-thebe-config\">.*?</script>\s*(?:<script>kernelName.*?</script>)?", re.DOTALL
)
_TAG = re.compile(r"[ \t]*(?:<script\b[^>]*>.*?</script>|<link\b[^>]*>)\n?", re.DOTALL)
_FILE = re.compile(r"(?:href|src)=\"(?:[^\"]*/)?(?P<path>_static/(?!mathjax/)[^\"?]+\.(?P<kind>css|js))[^\"]*\"")
_IMPORT = re.compile(r"@import \"([^\"]+)\";")
_URL = re.compile(r"url\((?P<quote>[\"']?)(?!data:|#)(?P<path>[^\"')]+)(?P=quote)\)")
_TOLD = re.compile(r"\bconsole\.(?:log|info|debug)\(")  # a theme that tells what it does


def offer(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Gives the template the function `few_files`."""
    address: Callable[..., str] = context["pathto"]

    def few_files(html: str) -> str:
        """The same part of a page, with one file of each kind where the first one stood."""
        tags = [tag for tag in _TAG.findall(html) if not UNUSED.search(tag)]
        files: dict[tuple[str, bool], list[str]] = {}
        for tag in tags:
            if (found := _FILE.search(tag)) and not _is_of_one_page(app, found["path"]):
                files.setdefault((found["kind"], "defer" in tag), []).append(found["path"])
        names = {key: _name(app, key[0], paths) for key, paths in files.items()}

        def joined(match: re.Match[str]) -> str:
            if UNUSED.search(match[0]):
                return ""
            found = _FILE.search(match[0])
            if found is None or _is_of_one_page(app, found["path"]):
                return match[0]
            key = (found["kind"], "defer" in match[0])
            return _tag(*key, address(name, 1)) if (name := names.pop(key, "")) else ""

        return _TAG.sub(joined, html)

    context["few_files"] = few_files
    if "body" in context:
        context["body"] = _THEBE.sub("", context["body"])


def keep_markdown(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """A page in Markdown is not given out beside itself, as notebooks are: its source is on GitHub."""
    if not context.get("sourcename", "").endswith(".md"):
        return
    context["sourcename"] = ""  # then Sphinx copies nothing
    for group in context["header_buttons"]:
        if "buttons" in group:
            group["buttons"] = [each for each in group["buttons"] if each.get("label") != "download-source-button"]


def _is_of_one_page(app: Sphinx, path: str) -> bool:
    """Whether a file is the book's own and not told for all pages: joined, it would make others load all once more."""
    name = path.removeprefix("_static/")
    ours = (Path(app.confdir, folder) for folder in app.config.html_static_path if not Path(folder).is_absolute())
    told = [told for told, _ in [*app.config.html_css_files, *app.config.html_js_files]]  # Sphinx makes pairs of them
    return name not in told and any((folder / name).exists() for folder in ours)


def _tag(kind: str, deferred: bool, address: str) -> str:
    if kind == "css":
        return f'<link rel="stylesheet" href="{address}" />\n'
    return f'<script {"defer " if deferred else ""}src="{address}"></script>\n'


def _name(app: Sphinx, kind: str, paths: list[str]) -> str:
    """The file that joins `paths`, which holds no more than their names until the build is finished."""
    told = " ".join(dict.fromkeys(paths))
    name = f"{FOLDER}/{hashlib.sha256(told.encode()).hexdigest()[:12]}.{kind}"
    file = Path(app.outdir, name)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"/* {told} */\n", encoding="utf-8")
    return name


def join(app: Sphinx, exception: Exception | None) -> None:
    """Writes the files that pages of this build or of earlier ones name."""
    for file in _joined(app) if exception is None else ():
        head, paths = _parts(file)
        read = style if file.suffix == ".css" else script
        file.write_text("\n".join([head, *(read(Path(app.outdir), path) for path in paths)]), encoding="utf-8")


def _joined(app: Sphinx) -> list[Path]:
    return sorted(Path(app.outdir, FOLDER).glob("*.*"))


def _parts(file: Path) -> tuple[str, list[str]]:
    """The first line of a file that joins others, and the paths that it names."""
    head = file.read_text(encoding="utf-8").partition("\n")[0]
    return head, head.removeprefix("/* ").removesuffix(" */").split()


def remove(app: Sphinx, exception: Exception | None) -> None:
    """Removes `UNASKED` from the built book, and what pages have in a joined file; each build writes it anew."""
    if exception is not None:
        return
    site = Path(app.outdir)
    unasked = [path for pattern in UNASKED for path in (site / "_static").glob(pattern)]
    parts = [site / path for file in _joined(app) for path in _parts(file)[1]]
    imported = [part.parent / name for part in parts if part.suffix == ".css" for name in _imports(part)]
    for path in {*unasked, *parts, *imported}:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _imports(sheet: Path) -> list[str]:
    return _IMPORT.findall(sheet.read_text(encoding="utf-8")) if sheet.exists() else []


def style(site: Path, path: str) -> str:
    """The text of a style sheet, with what it imports, and with addresses as seen from `FOLDER`."""
    place = PurePosixPath(path).parent

    def seen_from_here(match: re.Match[str]) -> str:
        return f"url({relpath(place / match['path'], FOLDER)})"

    text = _URL.sub(seen_from_here, (site / path).read_text(encoding="utf-8"))
    return _IMPORT.sub(lambda match: style(site, str(PurePosixPath(relpath(place / match[1], ".")))), text)


def script(site: Path, path: str) -> str:
    """The text of a script that ends in a statement and says nothing in the console but warnings and errors."""
    return _TOLD.sub("void (", (site / path).read_text(encoding="utf-8")) + ";"


def first_page(app: Sphinx, *_: object) -> list[str]:
    """It is written in each build: where no page is, Sphinx copies no style sheets and scripts that could be joined."""
    return [app.config.root_doc]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("env-get-outdated", first_page)
    app.connect("html-page-context", offer, priority=900)
    app.connect("html-page-context", keep_markdown, priority=900)
    app.connect("build-finished", join, priority=700)  # after icons.py
    app.connect("build-finished", remove, priority=700)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
