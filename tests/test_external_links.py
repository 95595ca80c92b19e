"""`make links` finds what is broken, with the settings of the book, on a server of this machine."""

import json
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
COMMAND = re.search(r"(?m)^links:.*\n\t.*\$\(BIN\)/(jupyter-book .*)$", (ROOT / "Makefile").read_text())[1]
PAGE = """# A page

[There]({0}/there), [gone]({0}/gone), [moved]({0}/moved), and {{cite:p}}`paper2026`.

```{{bibliography}}
```
"""


class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response({"/gone": 404, "/moved": 301}.get(self.path, 200))
        if self.path == "/moved":
            self.send_header("Location", "/there")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *_):
        """Not a word."""


@pytest.fixture
def site():
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def check(folder: Path, page: str, site: str) -> tuple[int, dict[str, str]]:
    """The exit code of the command for a book of one page, and what was found per address."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]
    settings = {name: value for name, value in settings.items() if name.startswith("linkcheck_")}
    (folder / "_config.yml").write_text(
        yaml.safe_dump({"title": "A book", "bibtex_bibfiles": ["references.bib"], "sphinx": {"config": settings}})
    )
    (folder / "_toc.yml").write_text("format: jb-book\nroot: page\n")
    (folder / "references.bib").write_text(
        f"@misc{{paper2026,title={{A}},author={{B}},year={{2026}},url={{{site}/paper}}}}"
    )
    (folder / "page.md").write_text(page)
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    done = subprocess.run([jupyter_book, *COMMAND.split()[1:]], cwd=folder, capture_output=True)
    lines = (folder / "_build/linkcheck/output.json").read_text().splitlines()
    return done.returncode, {each["uri"].removeprefix(site): each["status"] for each in map(json.loads, lines)}


def test_every_address_outside_is_looked_up_and_one_that_is_gone_fails(tmp_path, site):
    code, found = check(tmp_path, PAGE.format(site), site)
    assert found == {"/there": "working", "/gone": "broken", "/moved": "redirected", "/paper": "working"}
    assert code != 0


def test_a_book_whose_addresses_are_all_there_passes(tmp_path, site):
    code, found = check(tmp_path, PAGE.format(site).replace("gone", "here"), site)
    assert set(found.values()) == {"working", "redirected"}
    assert code == 0
