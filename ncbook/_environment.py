"""The environment variables that a reader sets, as people write them: with ~, quotes, blanks, and many words for no.

NCBOOK_CACHE, NCBOOK_DATA: folders. NCBOOK_LIVE, NCBOOK_STATIC: switches. NCBOOK_PRESET, NCBOOK_THREADS,
NCBOOK_EXPERIMENTS: a word, a number, and words.
"""

import os
import tempfile
from pathlib import Path

_ON, _OFF = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def text(name: str) -> str:
    """What a variable says, without blanks and quotes around it; "" where it is not set."""
    value = os.environ.get(name, "").strip()
    while len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1].strip()
    return value


def switch(name: str) -> bool:
    """Whether a switch is on; off where it is not set. Raises ValueError for a word that is neither yes nor no."""
    word = text(name).lower()
    if word not in ("", *_ON, *_OFF):
        raise ValueError(f"{name}: expected one of {', '.join((*_ON, *_OFF))}, or nothing, got {word!r}")
    return word in _ON


def whole(name: str, least: int, otherwise: int) -> int:
    """A whole number of at least `least`; `otherwise` where it is not set. Raises ValueError for anything else."""
    value = text(name) or str(otherwise)
    if not (value.isascii() and value.isdecimal() and int(value) >= least):
        raise ValueError(f"{name}: expected an integer >= {least}, got {value!r}")
    return int(value)


def words(name: str) -> tuple[str, ...]:
    """Words that are separated by commas; none where it is not set."""
    return tuple(filter(None, (word.strip() for word in text(name).split(","))))


def folder(name: str, otherwise: str) -> Path:
    """A folder, with ~ and $VARIABLES put in; where it is not set, `otherwise` in this user's cache.

    Raises ValueError for ~NAME of a user, or for a $VARIABLE, that there is not: a folder of that name would be made.
    """
    given = text(name)
    if not given:
        return cache() / otherwise
    path = os.path.expanduser(os.path.expandvars(given))
    if path.startswith("~") or "$" in path:
        raise ValueError(f"{name}: {given!r} names a user or a variable that there is not; write the folder out")
    return Path(path)


def cache() -> Path:
    """~/.cache/ncbook; where nobody knows the home folder, one among the temporary files."""
    home = os.path.expanduser("~")
    if home.startswith("~"):
        return Path(tempfile.gettempdir(), f"ncbook-{os.getuid() if hasattr(os, 'getuid') else 'cache'}")
    return Path(home, ".cache", "ncbook")
