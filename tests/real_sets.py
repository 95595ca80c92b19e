"""Tiny sets in the formats in which the real ones are published, and a server on the loopback that hands them out.

Written from the descriptions of the formats, with nothing of torchvision but the attributes that say what to fetch.
"""

import gzip
import hashlib
import io
import pickle
import struct
import tarfile
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import numpy as np
from scipy.io import savemat

from ncbook._torchvision import torchvision
from ncbook.data import REAL

SHAPES = dict.fromkeys(REAL, (3, 32, 32)) | dict.fromkeys(("mnist", "fashion_mnist", "emnist"), (1, 28, 28))
SHAPES["stl10"] = (3, 96, 96)
CLASSES = dict.fromkeys(REAL, 10) | {"cifar100": 100, "emnist": 47}
COARSE = [(7 * c + 3) % 20 for c in range(100)]  # the super-class of each class, five each; any such table would do


@dataclass(frozen=True)
class Images:
    pixels: np.ndarray  # [N, C, H, W] bytes, upright
    labels: np.ndarray  # [N]


def images(name: str) -> tuple[Images, Images]:
    """Two training images and one test image of each class, in random order: random bytes, so that nothing shrinks."""
    rng = np.random.default_rng(sorted(REAL).index(name))
    return tuple(
        Images(
            rng.integers(0, 256, (per_class * CLASSES[name], *SHAPES[name]), dtype=np.uint8),
            rng.permutation(np.repeat(np.arange(CLASSES[name], dtype=np.uint8), per_class)),
        )
        for per_class in (2, 1)
    )


# --- formats


def idx(values: np.ndarray) -> bytes:
    """MNIST's: magic number, sizes in big-endian order, bytes; the column runs fastest."""
    return bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">i4").tobytes() + values.tobytes()


def idx_files(sets: tuple[Images, Images], prefixes: tuple[str, str]) -> dict[str, bytes]:
    files = {}
    for prefix, each in zip(prefixes, sets, strict=True):
        files[f"{prefix}-images-idx3-ubyte"] = idx(each.pixels[:, 0])
        files[f"{prefix}-labels-idx1-ubyte"] = idx(each.labels)
    return files


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class _Python2(pickle._Pickler):
    """Writes text and bytes alike as the `str` of Python 2, in which CIFAR was pickled."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_str(self, value):
        content = value if isinstance(value, bytes) else value.encode("latin1")
        self.write(pickle.BINSTRING + struct.pack("<i", len(content)) + content)
        self.memoize(value)

    dispatch[str] = dispatch[bytes] = save_str


def python2_pickle(value) -> bytes:
    buffer = io.BytesIO()
    _Python2(buffer, protocol=2).dump(value)
    return buffer.getvalue()


def cifar_batch(each: Images, **labels) -> bytes:
    return python2_pickle({"data": each.pixels.reshape(len(each.pixels), 3072), "batch_label": "a batch", **labels})


def cifar10_files(sets: tuple[Images, Images]) -> dict[str, bytes]:
    train, test = sets
    files = {"batches.meta": python2_pickle({"label_names": [f"class {k}" for k in range(10)], "num_vis": 3072})}
    parts = [Images(train.pixels[rows], train.labels[rows]) for rows in np.arange(20).reshape(5, 4)]
    for name, each in zip([*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"], [*parts, test], strict=True):
        files[name] = cifar_batch(each, labels=each.labels.tolist())
    return files


def cifar100_files(sets: tuple[Images, Images]) -> dict[str, bytes]:
    names = {
        "fine_label_names": [f"fine {k}" for k in range(100)],
        "coarse_label_names": [f"big {k}" for k in range(20)],
    }
    files = {"meta": python2_pickle(names)}
    for name, each in zip(("train", "test"), sets, strict=True):
        coarse = [COARSE[c] for c in each.labels]
        files[name] = cifar_batch(each, fine_labels=each.labels.tolist(), coarse_labels=coarse)
    return files


def stl10_files(sets: tuple[Images, Images]) -> dict[str, bytes]:
    """Channel by channel, with the row running fastest, and labels from 1."""
    files = {
        "class_names.txt": "".join(f"class {k}\n" for k in range(10)).encode(),
        "unlabeled_X.bin": bytes(3 * 96**2),
    }
    for name, each in zip(("train", "test"), sets, strict=True):
        files[f"{name}_X.bin"] = each.pixels.transpose(0, 1, 3, 2).tobytes()
        files[f"{name}_y.bin"] = (each.labels + 1).astype(np.uint8).tobytes()
    return files


def svhn_file(each: Images) -> bytes:
    """MATLAB's: X [32, 32, 3, N], and y [N, 1] with 10 for the digit 0."""
    buffer = io.BytesIO()
    labels = np.where(each.labels == 0, 10, each.labels).astype(np.uint8)
    savemat(buffer, {"X": each.pixels.transpose(2, 3, 1, 0), "y": labels[:, None]}, do_compression=True)
    return buffer.getvalue()


# --- what each set's class fetches

Damage = Callable[[bytes], bytes]


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def publish(name: str, address: str, patch: Callable, damage: Damage = bytes) -> dict[str, bytes]:
    """The files that a server at `address` must have, after torchvision has been told of them and of their checksums.

    `patch(attribute, value)` sets an attribute of the set's class. `damage` happens before the checksums are taken.
    """
    sets, source = images(name), getattr(torchvision("datasets"), REAL[name])
    if name == "svhn":
        made = zip(("train", "test"), sets, strict=True)
        files = {f"{split}_32x32.mat": damage(svhn_file(each)) for split, each in made}
        patch("split_list", {file[:-10]: [address + file, file, md5(content)] for file, content in files.items()})
    elif name in ("mnist", "fashion_mnist"):
        raw = idx_files(sets, ("train", "t10k"))
        files = {f"{file}.gz": damage(gzip.compress(content)) for file, content in raw.items()}
        patch("mirrors", [address])
        patch("resources", [(file, md5(content)) for file, content in files.items()])
    elif name == "emnist":
        transposed = tuple(Images(each.pixels.transpose(0, 1, 3, 2), each.labels) for each in sets)
        raw = idx_files(transposed, ("emnist-balanced-train", "emnist-balanced-test"))
        files = {"gzip.zip": damage(zipped({f"gzip/{file}.gz": gzip.compress(each) for file, each in raw.items()}))}
        patch("url", address + "gzip.zip")
        patch("md5", md5(files["gzip.zip"]))
    else:
        made = {"cifar10": cifar10_files, "cifar100": cifar100_files, "stl10": stl10_files}[name](sets)
        files = {source.filename: damage(tarred({f"{source.base_folder}/{file}": each for file, each in made.items()}))}
        patch("url", address + source.filename)
        patch("tgz_md5", md5(files[source.filename]))
        for attribute in ("train_list", "test_list"):
            patch(attribute, [[file, md5(made[file])] for file, _ in getattr(source, attribute)])
        if name != "stl10":
            patch("meta", source.meta | {"md5": md5(made[source.meta["filename"]])})
    return files


# --- the server and its faults

PAGE = b"<!DOCTYPE html><html><body>This file has moved.</body></html>"


class Server(ThreadingHTTPServer):
    """Hands out `files` as `answer` says. `patience` seconds after it fell silent it would send the rest after all."""

    daemon_threads = True
    patience = 60.0

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.answer, self.requests, self.closing = "whole", [], threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def handle_error(self, request, client_address):
        """A client that hangs up is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        getattr(self, self.server.answer)(self.server.files[self.path[1:]])

    def whole(self, content: bytes):
        self._head(len(content))
        self.wfile.write(content)

    def broken_off(self, content: bytes):
        self._head(len(content))
        self.wfile.write(content[: len(content) // 2])

    def truncated(self, content: bytes):
        self.whole(content[: len(content) // 2])

    def page(self, content: bytes):
        self.whole(PAGE)

    def missing(self, content: bytes):
        self.send_error(404)

    def stall(self, content: bytes):
        self._head(len(content))
        self.wfile.write(content[:10])
        self.server.closing.wait(self.server.patience)
        self.wfile.write(content[10:])

    def silence(self, content: bytes):
        self.server.closing.wait(self.server.patience)
        self.whole(content)

    def _head(self, length: int):
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *arguments):
        pass
