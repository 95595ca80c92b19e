"""Tries the project as others have it: python tools/trial.py oldest | newest | colab | dist, each in its own place.

oldest  the lower end of every range in requirements.txt: unit tests and two chapters
newest  whatever is newest, without pins: the same
colab   Colab's set of versions, and no ncbook: three chapters, alone in a folder as in a Drive. Their first cell must
        install ncbook, here from this checkout, and change nothing else
dist    what a release publishes, left in dist/: the wheel has all of the package, and the tests run from the sources
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import address
import install
import release

ROOT = Path(__file__).resolve().parents[1]
REPLAY = {"NCBOOK_STATIC": "1", "NCBOOK_PRESET": "laptop", "NCBOOK_LIVE": "0"}
NBVAL = ["--nbval-lax", "--nbval-current-env", "-o", "filterwarnings=default", "-p", "no:cacheprovider"]
CHAPTERS = ["1-collapse/collapse", "4-grokking/grokking", "2-generalization/bound"]
FROM_SOURCES = [
    f"tests/test_{name}.py" for name in ("project", "layers", "runs", "readings", "metrics_collapse", "figures")
]
KERNEL = ["torch", "torchvision", "ipykernel", "nbval", "pytest"]  # Colab has these too, whatever their versions


def main(kind: str) -> int:
    """The exit code of what went wrong first, or 0."""
    if kind == "dist":
        return dist()
    return colab(Path(".venv-colab")) if kind == "colab" else ranges(Path(f".venv-{kind}"), oldest=kind == "oldest")


def ranges(venv: Path, oldest: bool) -> int:
    """Unit tests and two chapters, with the lower ends of all ranges or with what is newest."""
    wanted = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    if oldest:
        wanted = re.sub(r"(?m)^([\w-]+)>=([\d.]+).*$", r"\1==\2.*", wanted)
    (ROOT / venv).mkdir(exist_ok=True)
    file = ROOT / venv / "requirements.txt"
    file.write_text(wanted, encoding="utf-8")
    upgrade = [] if oldest else ["--upgrade"]
    if not install.install(venv, ["--upgrade", *install.TOOLS], [*upgrade, "-r", str(file)], install.PACKAGE):
        return 1
    pytest = [install.python(venv), "-m", "pytest", "-n", "2", "--dist", "loadfile"]
    tests = _run([*pytest, "-p", "no:nbval", "tests", "--ignore=tests/browser", "-o", "filterwarnings=default"])
    chapters = _run([*pytest, *(f"book/{chapter}.ipynb" for chapter in CHAPTERS[:2]), *NBVAL], REPLAY)
    return tests or chapters


def colab(venv: Path) -> int:
    """Three chapters where there is no ncbook."""
    pinned = [[*install.PINNED, *each] for each in (install.TOOLS, KERNEL)]
    if not install.install(venv, *pinned, ["-r", "tools/colab.txt"]):
        return 1
    subprocess.run([install.python(venv), "-m", "pip", "uninstall", "--yes", "--quiet", "ncbook"], check=True)
    before = _installed(venv)
    with tempfile.TemporaryDirectory() as folder:
        drive = Path(folder)
        names = [shutil.copy(ROOT / "book" / f"{chapter}.ipynb", drive) for chapter in CHAPTERS]
        (drive / "google/colab").mkdir(parents=True)  # what a page in Colab can import
        (drive / "google/colab/__init__.py").touch()
        command = [install.python(venv), "-m", "pytest", *names, *NBVAL, "--rootdir", folder]
        wrong = _run(command, REPLAY | _release_from_here(drive / "release.git"), drive)
    added = _installed(venv) - before
    print("Installed by the first cell:", *sorted(added))
    if {line.split("==")[0].split(" ")[0] for line in added} != {"ncbook"} or before - _installed(venv):
        print("The first cell must install ncbook and leave all else as it is.")
        return 1
    return wrong


def _release_from_here(bare: Path) -> dict[str, str]:
    """Settings with which git takes the release of the chapters from this checkout, as committed."""
    slug, _ = address.address()
    url = f"{address.HOST}{slug}"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(ROOT), str(bare)], check=True)
    subprocess.run(["git", "-C", str(bare), "tag", "--force", f"v{release.version()}"], check=True)
    return {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{bare.as_uri()}.insteadOf", "GIT_CONFIG_VALUE_0": url}


def dist() -> int:
    """Builds the distributions of what is committed, and tries them."""
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "checkout"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
        if distributions(checkout, ROOT / "dist"):
            return 1
        (wheel,), (sources,) = (ROOT / "dist").glob("*.whl"), (ROOT / "dist").glob("*.tar.gz")
        tracked = subprocess.run(["git", "ls-files", "-z"], cwd=checkout, capture_output=True, text=True, check=True)
        files = set(filter(None, tracked.stdout.split("\0")))
        with zipfile.ZipFile(wheel) as archive:
            missing = {name for name in files if name.startswith("ncbook/")} - set(archive.namelist())
        with tarfile.open(sources) as archive:
            archive.extractall(folder, filter="data")
        unpacked = Path(folder) / sources.name.removesuffix(".tar.gz")
        missing |= {name for name in files if not (unpacked / name).exists()}
        print(f"{wheel.name}, {sources.name}:", f"missing {sorted(missing)}" if missing else "nothing is missing")
        pytest = [sys.executable, "-m", "pytest", "-p", "no:nbval", "-p", "no:cacheprovider", "-n", "2", *FROM_SOURCES]
        return _run(pytest, {"PYTHONPATH": str(unpacked)}, unpacked) or int(bool(missing))


def distributions(checkout: Path, to: Path) -> int:
    """Puts the sources and the wheel of a checkout into a folder; 0 where it went well."""
    build = "import sys; to = sys.argv[1]; from setuptools import build_meta as b; b.build_sdist(to); b.build_wheel(to)"
    return _run([sys.executable, "-c", build, str(to)], folder=checkout)


def _installed(venv: Path) -> set[str]:
    command = [install.python(venv), "-m", "pip", "freeze"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines())


def _run(command: list[str], settings: dict[str, str] | None = None, folder: Path = ROOT) -> int:
    print(" ".join(command), flush=True)
    return subprocess.run(command, cwd=folder, env=os.environ | {"OMP_NUM_THREADS": "1"} | (settings or {})).returncode


if __name__ == "__main__":
    if sys.argv[1:] not in (["oldest"], ["newest"], ["colab"], ["dist"]):
        sys.exit("usage: python tools/trial.py oldest | newest | colab | dist")
    sys.exit(main(sys.argv[1]))
