"""The letters in the formulas of a chapter, read from TeX."""

import re
from collections.abc import Iterable
from functools import cache

import chapter_form as form
import notebooks

_GREEK = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho varrho "
    "sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell"
)
_LETTER = rf"\\(?:{'|'.join(_GREEK.split())})(?![A-Za-z])|[A-Za-z]"
_ACCENTED = rf"\\(?:hat|bar|tilde|dot|vec|mathbf|mathbb|mathcal|mathfrak)(?![A-Za-z]) ?(?:{_LETTER}|1)"
_WORDS = r"\\(?:operatorname\*?|text|mathrm|begin|end)\s*\{[^{}]*\}"
_OTHER = r"\\rVert_F|\\[A-Za-z]+"  # Frobenius's norm, a function, a relation, a space: no letter
_IN_TEXT = re.compile(r"\$\$(.+?)\$\$|\$([^$]+)\$", re.DOTALL)


def formulas(notebook: notebooks.Node) -> list[str]:
    """Every formula in the prose and in the captions, without its dollar signs."""
    captions = (cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "") for cell in form.code(notebook))
    text = "\n\n".join([*(cell.source for cell in form.prose(notebook)), *captions])
    text = re.sub(r"```.*?```|`[^`]*`", " ", text, flags=re.DOTALL)
    return [displayed or inline for displayed, inline in _IN_TEXT.findall(text)]


def letters(formula: str, declared: Iterable[str]) -> set[str]:
    """The letters of a formula: as declared, with the marks that belong to them, where that is possible, else bare."""
    found = (match.group("letter") for match in _pattern(frozenset(declared)).finditer(normal(formula)))
    return {letter for letter in found if letter}


def normal(formula: str) -> str:
    r"""One spelling of what looks alike: `\bar{\mu}_{k}` and `\bar \mu _k` become `\bar\mu_k`."""
    text = re.sub(rf"{_WORDS}|\^?\{{?\\top\}}?", " ", formula)
    text = re.sub(r"(?<!\\)\{\s*(\\[A-Za-z]+|[A-Za-z0-9])\s*\}", r" \1 ", text)
    text = re.sub(r"\s*([_^])\s*", r"\1", re.sub(r"\s+", " ", text))
    return re.sub(r"(\\[A-Za-z]+) (?=\\)", r"\1", text)


@cache
def _pattern(declared: frozenset[str]) -> re.Pattern[str]:
    """Declared letters, the longest first, before bare ones."""
    longest = sorted(map(normal, declared), key=len, reverse=True)
    known = "|".join(rf"{re.escape(letter)}(?![A-Za-z])" if "\\" in letter else re.escape(letter) for letter in longest)
    return re.compile(rf"(?P<letter>{known}|{_ACCENTED}|{_LETTER})|{_OTHER}")
