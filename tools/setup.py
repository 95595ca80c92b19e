"""Installs into .venv what builds and checks the book. Needs Python alone: python tools/setup.py [--venv FOLDER].

It may be interrupted and repeated; a second one at the same time waits for the first.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from locks import alone

ROOT = Path(__file__).resolve().parents[1]
OLDEST, TRIED = (3, 10), (3, 13)
NO_NETWORK = (
    "NewConnectionError",
    "NameResolutionError",
    "Temporary failure in name resolution",
    "Failed to establish a new connection",
    "getaddrinfo failed",
    "Network is unreachable",
    "connection broken by",
)
TOLD = ("Collecting", "  Downloading", "Installing", "Successfully", "ERROR", "error")  # lines of pip's
SIZES = """Installing into {venv}, which takes a few minutes.
On Linux torch comes with CUDA: about 3 GB to download and 6 GB on disk. The CPU build needs a tenth of the download:
before `make`, set PIP_EXTRA_INDEX_URL to the address that PyTorch's page "Start locally" shows for Pip and CPU.
Windows and Macs get a CPU build anyway. The rest is about 0.3 GB to download and 1 GB on disk."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", type=Path, default=Path(".venv"), help="where to install (default: .venv)")
    parser.add_argument(
        "--requirements", default="requirements.txt", help="what to install (default: requirements.txt)"
    )
    parser.add_argument("--constraints", default="constraints.txt", help="the versions to take; empty for the newest")
    asked = parser.parse_args()
    if sys.version_info < OLDEST:
        print(f"ncbook needs Python 3.10 or newer, and this is {sys.version.split()[0]}: make PYTHON=python3.11")
        return 1
    if sys.version_info[:2] > TRIED:
        print(f"ncbook was tried on Python 3.10 to 3.13; this is {sys.version.split()[0]}. Going on.")
    with alone(ROOT / ".setup.lock", "another set-up is running here"):
        return _install(asked.venv, asked.requirements, asked.constraints)


def _install(venv: Path, requirements: str, constraints: str) -> int:
    pins = ["-c", constraints] if constraints else []
    print(SIZES.format(venv=venv), flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], cwd=ROOT, check=True)
    for what in (
        ["pip", "setuptools", "wheel"],
        ["-r", requirements],
        ["--no-deps", "--no-build-isolation", "-e", "."],
    ):
        if not _pip(venv, ["install", "--no-compile", *pins, *what]):
            return 1
    print("Looking for fonts and compiling what chapters import, once", flush=True)
    subprocess.run([_python(venv), "-c", "from matplotlib import font_manager"], cwd=ROOT, check=True)
    (ROOT / venv / "installed").touch()
    return 0


def _python(venv: Path) -> str:
    return str(ROOT / venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def _pip(venv: Path, arguments: list[str]) -> bool:
    """Whether pip did it. Its words are passed on as they come, but those that say that nothing was to be done."""
    command = [_python(venv), "-m", "pip", "--disable-pip-version-check", "--retries", "3", *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    offline = False
    for line in process.stdout:
        if any(words in line for words in NO_NETWORK):
            offline = True
        elif not offline and line.startswith(
            ("Collecting", "  Downloading", "Installing", "Successfully", "ERROR", "error")
        ):
            print(line.rstrip()[: shutil.get_terminal_size((120, 20)).columns], flush=True)
    if process.wait() and offline:
        print("The packages cannot be downloaded: is there a network? Connect, and give the same command again.")
    return process.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
