"""Installs into .venv what builds and checks the book, and needs Python alone: python tools/install.py.

It may be interrupted and repeated; a second one at the same time waits for the first.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from locks import alone

ROOT = Path(__file__).resolve().parents[1]
OLDEST, TRIED = (3, 10), (3, 13)
PINNED = ["-c", "constraints.txt"]
TOOLS = ["pip", "setuptools", "wheel"]
PACKAGE = ["--no-deps", "--no-build-isolation", "-e", "."]
SIZES = """Installing into {venv}, which takes a few minutes.
On Linux torch comes with CUDA: 3 GB to download and 6 GB on disk. Without a GPU, the build for the CPU is enough, a
tenth of that: book/installing.md says how to get it. All the rest: 0.3 GB to download and 1.3 GB on disk."""
NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|name resolution|establish a new connection|getaddrinfo failed|"
    r"Network is unreachable|connection broken by"
)
# What almost every page and test imports, in two halves, for two processes.
IMPORTED = (
    "torch._dynamo, distributed, nbformat, jsonschema",
    "ncbook.labs, ncbook.figures, hypothesis, pytest, scipy.stats, sklearn.datasets, sklearn.linear_model, sklearn.svm",
)
PROGRESS = re.compile(r"Progress (\d+) of (\d+)")  # a line of pip's, several a second
LARGE = 50e6  # bytes of a file that takes so long that one asks how far it is
TOLD = ("Collecting", "  Downloading", "Installing", "Successfully", "ERROR", "error:")  # lines of pip's


def main() -> int:
    """0 where all is installed, else 1, after a word that says why."""
    if sys.version_info < OLDEST:
        print(f"ncbook needs Python 3.10 or newer, and this is {sys.version.split()[0]}: make PYTHON=python3.11")
        return 1
    if sys.version_info[:2] > TRIED:
        print(f"ncbook was tried on Python 3.10 to 3.13; this is {sys.version.split()[0]}. Going on.")
    venv = Path(".venv")
    if not install(venv, [*PINNED, *TOOLS], [*PINNED, "-r", "requirements.txt"], PACKAGE):
        return 1
    failed = compile_and_try(venv)
    if failed:  # the same command then tries again
        (ROOT / venv / "installed").unlink()
    return failed


def install(venv: Path, *wanted: list[str]) -> bool:
    """Whether everything could be installed into `venv`; each of `wanted` is the arguments of one `pip install`.

    The first brings a pip that can tell how far a file is.
    """
    with alone(ROOT / ".install.lock", "another installation is running in this folder"):
        print(SIZES.format(venv=venv), flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(venv)], cwd=ROOT, check=True)
        # Half of pip's time would go into compiling modules that nobody imports; Python compiles the others itself.
        for arguments, bar in zip(wanted, ["off", *["raw"] * len(wanted)], strict=False):
            if not _pip(venv, ["install", "--no-compile", "--progress-bar", bar, *arguments]):
                return False
        (ROOT / venv / "installed").touch()
        return True


def compile_and_try(venv: Path) -> int:
    """0 where what is installed can be imported; Python then keeps it compiled, and the first page opens at once."""
    print("Importing it all once, so that Python compiles it.", flush=True)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = [subprocess.Popen([python(venv), "-c", f"import {names}"], cwd=ROOT, env=env) for names in IMPORTED]
    answers = [process.wait() for process in started]
    return int(any(answers))


def python(venv: Path) -> str:
    """The Python of an environment."""
    return str(ROOT / venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def _pip(venv: Path, arguments: list[str]) -> bool:
    """Whether pip did it. What it says is passed on, but for what was there already and how it tries to connect."""
    command = [python(venv), "-m", "pip", "--disable-pip-version-check", "--retries", "3", *arguments]
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
    with subprocess.Popen(command, cwd=ROOT, **pipe) as process:
        offline, tenths = False, 0
        for line in process.stdout:
            if match := PROGRESS.match(line):
                done, size = map(int, match.groups())
                before, tenths = tenths, 10 * done // max(size, 1)
                if size > LARGE and tenths > before:
                    print(f"    {10 * tenths} % of {size / 1e6:.0f} MB", flush=True)
                continue
            offline = offline or NO_NETWORK.search(line) is not None
            if line.startswith(TOLD) and not offline:
                print(line.rstrip().split(" (from")[0][:110], flush=True)
    if process.returncode and offline:
        print("The packages cannot be downloaded: is there a network? Connect, and give the same command again.")
    return process.returncode == 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted. The same command goes on.")
