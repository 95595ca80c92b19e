"""One archive for a room without a network: python tools/offline.py.

It holds the packages for this system and this version of Python, the built book, notebooks of both kinds, slides and
worksheets, and a script that sets all of it up. `make offline` makes what it needs before.
"""

import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import release
import trial

ROOT = Path(__file__).resolve().parents[1]
FILES = Path(__file__).parent / "offline"
WANTED = ("jupyterlab", "ipykernel")  # beside ncbook and what it needs
PARTS = {"book": "html", "slides": "slides", "notebooks/student": "class/student",
         "notebooks/teacher": "class/instructor", "worksheets": "class/worksheets"}  # fmt: skip


def main() -> int:
    """0 where the archive was made."""
    build = ROOT / "_build"
    missing = [f"_build/{source}" for source in PARTS.values() if not (build / source).exists()]
    if missing:
        print(f"Not made yet: {', '.join(missing)}. `make offline` makes them first.")
        return 1
    name = f"ncbook-{release.version()}-offline-{system()}"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / name
        place.mkdir()
        if not packages(place / "wheels"):
            return 1
        collect(place, build)
        archive = pack(place, build)
    print(f"{archive.relative_to(ROOT)}: {archive.stat().st_size / 1e6:.0f} MB, for {system()}")
    return 0


def system() -> str:
    """What the packages are for: Python's version, the system and its processor."""
    return f"py{sys.version_info[0]}.{sys.version_info[1]}-{platform.system().lower()}-{platform.machine().lower()}"


def packages(wheels: Path) -> bool:
    """Whether all that students install could be put into `wheels`: ncbook as committed, and what it needs."""
    wheels.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "checkout"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
        if trial.distributions(checkout, Path(folder)):
            return False
        own = Path(shutil.copy(next(Path(folder).glob("*.whl")), wheels))
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--progress-bar", "off",
               "--only-binary", ":all:", "--constraint", str(ROOT / "constraints.txt"),
               "--dest", str(wheels)]  # fmt: skip
    print("Downloading packages, which takes a few minutes.", flush=True)
    return subprocess.run([*command, "--quiet", str(own), *WANTED]).returncode == 0


def collect(place: Path, build: Path) -> None:
    """Copies the parts, the script and the word for its reader into `place`."""
    for part, source in PARTS.items():
        shutil.copytree(build / source, place / part, ignore=shutil.ignore_patterns("_sources", ".ipynb_checkpoints"))
    (place / "python-version").write_text(f"{sys.version_info[0]}.{sys.version_info[1]}\n", encoding="utf-8")
    shutil.copy(FILES / "start.sh", place)
    words = (FILES / "README.txt").read_text(encoding="utf-8")
    (place / "README.txt").write_text(words.format(version=release.version(), system=system()), encoding="utf-8")


def pack(place: Path, build: Path) -> Path:
    """The archive, which is in its place only when it is whole. Wheels are compressed already."""
    archive = build / f"{place.name}.tar"
    unfinished = archive.with_suffix(".part")
    with tarfile.open(unfinished, "w") as tar:
        tar.add(place, place.name)
    return unfinished.replace(archive)


if __name__ == "__main__":
    sys.exit(main())
