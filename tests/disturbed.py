"""Run by test_trainers_checkpoints in a process of its own: trainings that are killed, or whose disk fills up.

python disturbed.py FOLDER MEMORY JOB...: each job is a fork of this process, so that torch is imported once. What it
prints goes to JOB.out and JOB.err in FOLDER, and its exit code is printed here. Forks are safe because this process
has one thread. The job "ballast" has to be allowed to mount a disk.
"""

import os
import shutil
import subprocess
import sys
import traceback
from pathlib import Path

import full_disk
import kills
import torch
from trainings import blobs, network

from ncbook import trainers


def job_kills(folder: Path, memory: Path) -> None:
    """Four kills for each of two recipes."""
    for name in kills.RECIPES:
        kills.main(name, memory, 4)


def job_quota(folder: Path, memory: Path) -> None:
    full_disk.main("quota", folder / "training.pt", folder / "weights.pt")


def job_ballast(folder: Path, memory: Path) -> None:
    """The small disk is gone with this process: what it holds at the end is copied, and its names are printed."""
    small = folder / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=True)
    try:
        full_disk.main("ballast", small / "training.pt", folder / "weights.pt")
    finally:
        print(*sorted(path.name for path in small.iterdir()))
        shutil.copy(small / "training.pt", folder / "training.pt")


def forked(job: str, folder: Path, memory: Path) -> int:
    """The exit code of a fork that does the job."""
    (folder / job).mkdir()
    child = os.fork()
    if child == 0:
        for number, end in ((1, "out"), (2, "err")):
            with open(folder / f"{job}.{end}", "wb") as file:
                os.dup2(file.fileno(), number)
        code = 1
        try:
            globals()[f"job_{job}"](folder / job, memory)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    torch.set_num_threads(1)
    trainers.fit(network(), blobs(), trainers.Recipe(1, 0.1, 8), 0, None, ())  # which imports more
    for job in sys.argv[3:]:
        print(job, forked(job, Path(sys.argv[1]), Path(sys.argv[2])), flush=True)
