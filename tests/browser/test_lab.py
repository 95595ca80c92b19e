"""The labs in a real JupyterLab: a notebook cell is run, buttons are pressed, curves grow."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = ROOT / "book" / "1-collapse" / "collapse.ipynb"
CELL = "from ncbook import labs\n\nlabs.collapse()"
GROKKING = "from ncbook import labs\n\nlabs.grokking()"
PATIENCE = 300  # seconds to wait for anything, for a machine under test is not quiet; the fixture `page` waits as long


class Server(NamedTuple):
    """A running JupyterLab: its address, and the folder that it shows."""

    url: str
    root: Path


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory) -> Iterator[Server]:
    """JupyterLab on a free port of this machine, with settings of its own and the kernel of this Python."""
    home = tmp_path_factory.mktemp("jupyterlab")
    root, port = home / "notebooks", _free_port()
    root.mkdir()
    _write_kernel(home / "data")
    _write_settings(home / "settings")
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(_command(root, port), env=_environment(home), stdout=log, stderr=log)
        try:
            server = Server(f"http://127.0.0.1:{port}", root)
            _wait_until_up(server, process, home / "log")
            yield server
        finally:
            process.terminate()  # it ends its kernels too
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def open_notebook(page, server: Server, name: str) -> None:
    """Open the notebook called `name` in the server's folder, and wait for its kernel."""
    page.goto(f"{server.url}/lab/tree/{name}?reset")
    page.get_by_text(re.compile(r"^Python 3.* \| Idle$")).wait_for()  # in the status bar


def run_all(page) -> None:
    """Run all cells of the notebook that is open."""
    page.locator(".lm-MenuBar-itemLabel").get_by_text("Run", exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Run All Cells", exact=True).click()


def write_notebook(path: Path, *cells: str, text: str = "") -> None:
    """A notebook of code cells, below one of `text` where there is any."""
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    written = [{**code, "id": f"cell-{n}", "source": source} for n, source in enumerate(cells)]
    if text:
        written.insert(0, {"cell_type": "markdown", "metadata": {}, "id": "text", "source": text})
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": written,
    }
    path.write_text(json.dumps(notebook))


class Lab:
    """The lab on the page, as a reader uses it."""

    def __init__(self, page) -> None:
        self.page = page
        self.status = page.get_by_role("status").filter(has_text=re.compile("No run yet|Epoch|Step|measurement"))
        self.message = page.locator("[role=alert]").filter(has_text=re.compile("Not trained|Training"))
        self.picture = page.locator("img.widget-image")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def type(self, label: str, value: str) -> None:
        self.page.get_by_label(label, exact=True).fill(value)

    def epoch(self) -> int:
        """Or the step."""
        found = re.search(r"(?:Epoch|Step) (\d+)", self.status.inner_text())
        return int(found.group(1)) if found else 0

    def next_picture(self, before: str) -> str:
        """The address of the picture once it is no longer `before`."""
        changed = "([image, before]) => image.src !== before && image.complete"
        self.page.wait_for_function(changed, arg=[self.picture.element_handle(), before])
        return self.picture.get_attribute("src")

    def wait_until(self, met: Callable[[], bool]) -> None:
        limit = time.monotonic() + PATIENCE
        while not met():
            assert time.monotonic() < limit, self.status.inner_text()
            self.page.wait_for_timeout(100)

    def wait_for_status(self, text: str) -> None:
        self.status.filter(has_text=text).wait_for()


def test_curves_grow_while_a_network_trains_and_stop_ends_it(page, jupyterlab):
    lab = _open_lab(page, jupyterlab, "grow.ipynb")
    lab.type("Epochs", "10000")
    empty = lab.picture.get_attribute("src")
    lab.press("Train")
    first = lab.next_picture(empty)
    reached = lab.epoch()
    lab.next_picture(first)
    lab.wait_until(lambda: lab.epoch() > reached)
    lab.press("Stop")
    page.get_by_text(re.compile("stopped after")).wait_for()
    assert page.get_by_role("button", name="Train", exact=True).is_enabled()
    assert 0 < lab.epoch() < 10000
    _assert_no_traceback(page)


def test_a_wrong_value_is_answered_in_the_lab(page, jupyterlab):
    lab = _open_lab(page, jupyterlab, "wrong.ipynb")
    for label, name, value in (("Learning rate", "learning_rate", "-1"), ("Width", "width", "abc")):
        lab.type(label, value)
        lab.press("Train")
        lab.message.filter(has_text=f"{name}: must be").filter(has_text=value).wait_for()
        lab.type(label, "1e6" if name == "learning_rate" else "64")
    lab.press("Train")
    lab.message.filter(has_text="Training diverged").wait_for()
    _assert_no_traceback(page)


def test_the_lab_of_the_chapter_trains(page, jupyterlab):
    shutil.copy(CHAPTER, jupyterlab.root)
    open_notebook(page, jupyterlab, CHAPTER.name)
    run_all(page)
    lab = Lab(page)
    lab.status.wait_for(state="attached")
    empty = lab.picture.get_attribute("src")
    lab.press("Train")
    lab.next_picture(lab.next_picture(empty))
    assert lab.epoch() > 0
    _assert_no_traceback(page)


def test_four_seeds_train_are_stopped_and_continued(page, jupyterlab):
    lab = _open_lab(page, jupyterlab, "grokking.ipynb", GROKKING)
    assert page.get_by_role("button", name="Continue", exact=True).is_disabled()
    lab.type("Modulus p", "11")
    lab.type("Steps", "40000")
    empty = lab.picture.get_attribute("src")
    lab.press("Train")
    lab.next_picture(lab.next_picture(empty))
    lab.press("Stop")
    page.get_by_text(re.compile("stopped after")).wait_for()
    reached = lab.epoch()
    assert 0 < reached < 40000
    lab.type("Steps", "50")
    lab.press("Continue")
    lab.wait_for_status(f"Step {reached + 50} of {reached + 50}")
    lab.type("Share to train on", "1")
    lab.press("Train")
    lab.message.filter(has_text="fraction: must lie between 0 and 1, got 1.0").wait_for()
    _assert_no_traceback(page)


def test_a_link_of_the_prose_sets_a_figure_in_jupyterlab(page, jupyterlab):
    text = 'Look at <a href="#nc-bound:drawn=100">collapsed points</a>.'
    write_notebook(jupyterlab.root / "link.ipynb", "from ncbook import explorables\n\nexplorables.bound()", text=text)
    open_notebook(page, jupyterlab, "link.ipynb")
    run_all(page)
    slider = page.locator(".nc-drawn")
    slider.wait_for()
    assert slider.input_value() == "0"
    page.get_by_role("link", name="collapsed points").click()
    assert slider.input_value() == "100"
    assert page.evaluate("document.activeElement.name") == "drawn"
    assert "#nc-" not in page.url
    _assert_no_traceback(page)


def _open_lab(page, server: Server, name: str, cell: str = CELL) -> Lab:
    write_notebook(server.root / name, cell)
    open_notebook(page, server, name)
    run_all(page)
    lab = Lab(page)
    lab.status.wait_for()
    return lab


def _assert_no_traceback(page) -> None:
    assert page.get_by_text("Traceback").count() == 0
    assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _write_kernel(data: Path) -> None:
    """The kernel "python3" is this Python, whatever else is installed."""
    folder = data / "kernels" / "python3"
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (folder / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "Python 3", "language": "python"}))


def _write_settings(folder: Path) -> None:
    """JupyterLab does not ask whether to fetch news."""
    path = folder / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"fetchNews": "false"}))


def _command(root: Path, port: int) -> list[str]:
    return [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
        "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={root}", "--IdentityProvider.token=", "--ServerApp.password=",
        "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdates",
        "--LabApp.extension_manager=readonly",
    ]  # fmt: skip


def _environment(home: Path) -> dict[str, str]:
    """Everything that Jupyter keeps lies in `home`; the kernel imports this working tree and shows live labs."""
    folders = {
        "HOME": "", "IPYTHONDIR": "ipython", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime", "JUPYTERLAB_SETTINGS_DIR": "settings",
    }  # fmt: skip
    environment = os.environ | {name: str(home / folder) for name, folder in folders.items()}
    environment |= {"JUPYTER_PREFER_ENV_PATH": "0", "PYTHONPATH": str(ROOT)}
    environment.pop("NCBOOK_STATIC", None)
    return environment


def _wait_until_up(server: Server, process: subprocess.Popen, log: Path) -> None:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/api", timeout=10):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")
