"""One palette for figures, explorables and labs, whose colors can be told apart, by color-blind readers too."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import ncbook
from ncbook import look

_LEAST = 0.08  # of the distance in OKLab, where black and white are 1 apart
# What is left of a color, in linear RGB, where one kind of cone is missing (Machado et al., 2009).
_SEEN = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
# From linear RGB to the cones, and from their cube roots to OKLab (Ottosson, 2020).
_CONES = np.array([
    [0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
])  # fmt: skip
_OKLAB = np.array([
    [0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
])  # fmt: skip


def sheets() -> dict[str, dict[str, str]]:
    """The colors of core.css by theme and name, as "#RRGGBB"."""
    text = (Path(ncbook.__file__).parent / "explorables" / "core.css").read_text()
    light, dark = re.findall(r"\{\n  --nc-back.*?\n\}", text, re.DOTALL)
    found = {"light": light, "dark": dark}
    return {
        theme: {name: color.upper() for name, color in re.findall(r"--nc-(\w+): (#\w{6});", sheet)}
        for theme, sheet in found.items()
    }


def palette(theme: str) -> list[str]:
    return [sheets()[theme][name] for name in ("train", "test", "class0", "class1", "class2", "class3")]


def linear(color: str) -> np.ndarray:
    """RGB in proportion to the light."""
    value = np.array(to_rgb(color))
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def distance(one: str, other: str, seen: np.ndarray) -> float:
    first, second = (_OKLAB @ np.cbrt(_CONES @ np.clip(seen @ linear(color), 0, 1)) for color in (one, other))
    return float(np.linalg.norm(first - second))


def test_figures_and_explorables_in_the_light_share_their_colors():
    assert palette("light") == [look.TRAIN, look.TEST, *look.ARMS]


@pytest.mark.parametrize("seen", _SEEN)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_any_two_colors_can_be_told_apart(theme, seen):
    near = [pair for pair in combinations(palette(theme), 2) if distance(*pair, np.array(_SEEN[seen])) < _LEAST]
    assert near == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colors_stand_out_from_the_page(theme):
    """By the contrast of 3 that WCAG 2 asks of graphics."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    back = weights @ linear(sheets()[theme]["back"] if theme == "dark" else "#FFFFFF")
    for color in palette(theme):
        dark, light = sorted((back, weights @ linear(color)))
        assert (light + 0.05) / (dark + 0.05) >= 3


def test_red_and_green_of_one_lightness_would_be_noticed():
    """The control: far apart with all cones, near with two."""
    assert distance("#C0504D", "#7F8A3C", np.eye(3)) > _LEAST
    assert distance("#C0504D", "#7F8A3C", np.array(_SEEN["deuteranopia"])) < _LEAST
