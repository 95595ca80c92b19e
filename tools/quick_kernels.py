"""Kernels that start at once: python tools/quick_kernels.py COMMAND... runs a command all of whose kernels do.

Importing torch and what else a chapter needs takes seconds in each kernel, and a check of the book starts a hundred of
them. Here one process imports it once, and each kernel is a fork of it, with the environment, the folder and the output
that it was asked for. Jupyter finds these kernels by JUPYTER_PATH, which is set for the command alone.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

_LENGTH = 4  # bytes that say how long an order is
_INLINE = "module://matplotlib_inline.backend_inline"  # what ipykernel asks matplotlib for, before it is imported


def run(command: list[str]) -> int:
    """The exit code of `command`."""
    with tempfile.TemporaryDirectory(prefix="kernels-") as folder:
        address = Path(folder, "socket")
        _write_kernel(Path(folder), address)
        ready, told = os.pipe()
        source = os.fork()
        if source == 0:
            os.close(ready)
            serve(address, told)
        os.close(told)
        os.read(ready, 1)  # comes back without a byte if the source has failed: then no kernel starts, and that is told
        path = os.pathsep.join(filter(None, [folder, os.environ.get("JUPYTER_PATH")]))
        try:
            return subprocess.run(command, env=os.environ | {"JUPYTER_PATH": path}).returncode
        finally:
            os.kill(source, signal.SIGTERM)
            os.waitpid(source, 0)


def _write_kernel(folder: Path, address: Path) -> None:
    """The kernel python3, as Jupyter looks for it in `folder`: a process that stands for the fork, and ends with it."""
    spec = folder / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    # -S: it needs nothing that is installed
    argv = [sys.executable, "-S", __file__, "--stand-for", str(address), sys.executable, "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))


def serve(address: Path, ready: int) -> None:
    """Import all, then fork for every order until a signal ends this process."""
    os.environ |= {"MPLBACKEND": _INLINE, "JPY_PARENT_PID": str(os.getpid())}  # read when these are imported
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    import ipykernel.kernelapp  # noqa: F401
    import matplotlib.pyplot  # noqa: F401
    import sklearn.svm  # noqa: F401

    import ncbook.chapters
    import ncbook.figures
    import ncbook.labs  # noqa: F401

    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(address))
        door.listen()
        os.write(ready, b".")
        while True:
            line, _ = door.accept()
            if os.fork() == 0:
                door.close()
                become(line)
            line.close()


def become(line: socket.socket) -> None:
    """Be the kernel that `line` asks for. It ends when who stands for it does, for its end is all that Jupyter sees."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, outputs, _, _ = socket.recv_fds(line, _LENGTH, 3)
    order = b""
    while len(order) < int.from_bytes(size, "big"):
        order += line.recv(2**16)
    asked = json.loads(order)
    for place, output in enumerate(outputs):
        os.dup2(output, place)
    os.setsid()
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = ["ipykernel_launcher", *asked["arguments"]]
    sys.path[0] = ""  # as ipykernel_launcher leaves it: the folder of the notebook
    line.sendall(os.getpid().to_bytes(_LENGTH, "big"))
    threading.Thread(target=lambda: (line.recv(1), os._exit(0)), daemon=True).start()
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()
    os._exit(0)


def stand_for(address: str, arguments: list[str]) -> None:
    """Order a kernel, pass signals on to it, and end when it ends."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(address)
        asked = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
        order = json.dumps(asked).encode()
        socket.send_fds(line, [len(order).to_bytes(_LENGTH, "big")], [0, 1, 2])
        line.sendall(order)
        kernel = int.from_bytes(line.recv(_LENGTH), "big")
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, frame: os.kill(kernel, number))
        line.recv(1)


if __name__ == "__main__":
    if sys.argv[1] == "--stand-for":
        stand_for(sys.argv[2], sys.argv[4:])
    elif hasattr(os, "fork"):
        sys.exit(run(sys.argv[1:]))
    else:
        sys.exit(subprocess.run(sys.argv[1:]).returncode)
