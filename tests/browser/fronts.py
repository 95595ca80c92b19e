"""Front ends in which labs run, JupyterLab and Voila, with the Python of this environment or of another one."""

import json
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
JUPYTERLAB, VOILA = "jupyterlab", "voila"
_PATIENCE = 300  # seconds to wait for the server, for a machine under test is not quiet


class Server(NamedTuple):
    """A running front end: its kind, its address, and the folder that it shows."""

    kind: str
    url: str
    root: Path


@contextmanager
def started(home: Path, kind: str, python: str) -> Iterator[Server]:
    """A front end on a free port of this machine, with settings of its own; `python` runs it and its kernels."""
    root, port = home / "notebooks", _free_port()
    root.mkdir()
    _write_kernel(home / "data", python)
    _write_settings(home / "settings")
    with (home / "log").open("wb") as log:
        command = [python, "-m", *_COMMANDS[kind](root, port)]
        process = subprocess.Popen(command, env=_environment(home), stdout=log, stderr=log)
        try:
            server = Server(kind, f"http://127.0.0.1:{port}", root)
            _wait_until_up(server, process, home / "log")
            yield server
        finally:
            process.terminate()  # it ends its kernels too
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def show(page, server: Server, name: str, *cells: str) -> None:
    """Write a notebook of these cells, open it, and run it."""
    write_notebook(server.root / name, *cells)
    if server.kind == VOILA:
        page.goto(f"{server.url}/voila/render/{name}")
    else:
        open_notebook(page, server, name)
        run_all(page)


def open_notebook(page, server: Server, name: str) -> None:
    """Open the notebook called `name` in the folder of a JupyterLab, and wait for its kernel."""
    page.goto(f"{server.url}/lab/tree/{name}?reset")
    page.get_by_text(re.compile(r"^Python 3.* \| Idle$")).wait_for()  # in the status bar


def run_all(page) -> None:
    """Run all cells of the notebook that is open in JupyterLab."""
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _write_kernel(data: Path, python: str) -> None:
    """The kernel "python3" is that Python, whatever else is installed."""
    folder = data / "kernels" / "python3"
    folder.mkdir(parents=True)
    command = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (folder / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "Python 3", "language": "python"}))


def _write_settings(folder: Path) -> None:
    """JupyterLab does not ask whether to fetch news."""
    path = folder / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"fetchNews": "false"}))


def _jupyterlab(root: Path, port: int) -> list[str]:
    return [
        "jupyterlab", "--no-browser", "--allow-root",
        "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={root}", "--IdentityProvider.token=", "--ServerApp.password=",
        "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]  # fmt: skip


def _voila(root: Path, port: int) -> list[str]:
    return ["voila", "--no-browser", "--Voila.ip=127.0.0.1", f"--port={port}", str(root)]


_COMMANDS = {JUPYTERLAB: _jupyterlab, VOILA: _voila}
_PAGES = {JUPYTERLAB: "api", VOILA: ""}  # which answer once the server is up


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
    address = f"{server.url}/{_PAGES[server.kind]}"
    limit = time.monotonic() + _PATIENCE
    while time.monotonic() < limit and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=10):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"{server.kind} did not start:\n{log.read_text()[-2000:]}")
