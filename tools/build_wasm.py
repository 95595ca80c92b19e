"""Compile the matrix product of the networks that train in the page: `python tools/build_wasm.py`.

Needs clang and wasm-ld (Debian: apt-get install clang lld). The result is kept in git, so that nobody else needs them.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "tools" / "wasm" / "live_product.c"
TARGET = ROOT / "ncbook" / "explorables" / "live_product.wasm"
# no contraction: a product that is rounded before it is added gives what JavaScript gives, to the last bit
_FLAGS = (
    "--target=wasm32", "-nostdlib", "-ffreestanding", "-O2", "-msimd128", "-ffp-contract=off",
    "-Wl,--no-entry", "-Wl,--import-memory", "-Wl,--strip-all",
)  # fmt: skip


def compiler() -> str | None:
    """clang, under one of the names that Debian gives it; None where it or its linker is missing."""
    for version in ("", "-19", "-18", "-17", "-16", "-15", "-14"):
        if shutil.which(f"clang{version}") and shutil.which(f"wasm-ld{version}"):
            return f"clang{version}"
    return None


def built(clang: str) -> bytes:
    """The module, compiled from its source."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / TARGET.name
        subprocess.run([clang, *_FLAGS, "-o", target, SOURCE], check=True)
        return target.read_bytes()


if __name__ == "__main__":
    found = compiler()
    if found is None:
        sys.exit("clang with wasm-ld was not found (Debian: apt-get install clang lld)")
    TARGET.write_bytes(built(found))
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size} bytes")
