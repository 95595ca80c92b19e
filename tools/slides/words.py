"""The few words of slides that are made by hand, from words.yml."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def _all() -> dict[str, Any]:
    return yaml.safe_load(Path(__file__).with_name("words.yml").read_text(encoding="utf-8"))


def chapters() -> list[str]:
    """Those that have words made by hand."""
    return [name for name in _all() if name != "front"]


def known(chapter: str) -> list[str]:
    """The points of its last slide; nothing where there are none."""
    return _all().get(chapter, {}).get("known", [])


def of_section(chapter: str, section: str) -> list[str]:
    """The points of a section, which is named by its id; nothing where there are none."""
    return _all().get(chapter, {}).get("sections", {}).get(section, [])


def asked(chapter: str, section: str) -> list[str]:
    """What is said on a slide in front of the question of a section, which is named by its id; mostly nothing."""
    line = asked_in(chapter).get(section)
    return [line] if line else []


def asked_in(chapter: str) -> dict[str, str]:
    """Those of all sections of a chapter."""
    return _all().get(chapter, {}).get("asked", {})


def figures(part: str) -> list[str]:
    """The figures of a part in the deck of the whole book, as CHAPTER, for its first, or CHAPTER#ID."""
    return _all()["front"]["figures"].get(part, [])
