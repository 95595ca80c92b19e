"""Claims of the literature, each beside the experiment that tests it, with the rule by which a run decides.

A rule looks at a run and answers for each trial; what the answers of all runs say is in `ncbook.evidence`. A rule is
committed before the runs that it judges, but for the first run of each experiment, which most rules have seen.

>>> from ncbook import claims, experiments
>>> first = experiments.get("collapse").claims[0]
>>> first.source
'papyan2020prevalence'
"""

from collections.abc import Callable, Mapping
from configparser import ConfigParser
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

from ncbook.evidence import Evidence
from ncbook.runs import Run

STATED, THEOREM, OURS = "stated", "theorem", "ours"
KINDS = {
    STATED: "the source says it",
    THEOREM: "an identity or a proved statement: a check of the code, not a finding",
    OURS: "our reading or extension of the source",
}

Judge = Callable[[Run], Evidence]


def not_tested(run: Run) -> Evidence:
    """The judge of a claim that cannot be tested at this scale; its rule says why.

    >>> claims.not_tested(experiments.collapse.load("laptop", live=False)).valid
    0
    """
    return Evidence()


@dataclass(frozen=True)
class Claim:
    """One claim of one source.

    Attributes:
        id: short name, unique in the book
        source: key in references.bib
        where: section, equation, figure or table
        kind: one of `KINDS`
        statement: the claim in our words
        rule: in words, what `judge` asks of each trial
        control: what else was run, so that the answer means something
        judge: the rule itself
        cell: the cell that shows it, in the chapter of its experiment: "fig-angles"
        preset: the run that decides, pooled with the one from other seeds that is recorded as PRESET-again
        theirs: the source's number, as the key of a `Quote`; None where it states none that may be quoted

    >>> first.kind in claims.KINDS
    True
    """

    id: str
    source: str
    where: str
    statement: str
    rule: str
    control: str
    judge: Judge
    cell: str
    preset: str = "laptop"
    kind: str = STATED
    theirs: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"[{self.id}] kind: {self.kind!r} is none of {', '.join(KINDS)}")


def read(module: str, judges: Mapping[str, Judge]) -> tuple[Claim, ...]:
    """The claims whose words stand beside `module`, a Python file, in the file of its name that ends in .ini.

    A section a claim, by its id, with the fields of `Claim`; a line that goes on is indented. With `as` a claim takes
    what it does not say, and its judge, from another. Raises ValueError, naming it, for a claim without a judge, a
    judge without a claim, and a field that is missing or unknown.

    >>> import ncbook.experiments.collapse.claims as module
    >>> judges = {claim.id: claim.judge for claim in experiments.get("collapse").claims}
    >>> claims.read(module.__file__, judges) == experiments.get("collapse").claims
    True
    """
    path = Path(module).with_suffix(".ini")
    parser = ConfigParser(delimiters=("=",), interpolation=None)
    parser.read_string(path.read_text(encoding="utf-8"), str(path))
    sections = {name: {key: " ".join(text.split()) for key, text in parser[name].items()} for name in parser.sections()}
    for name in judges.keys() - sections.keys():
        raise ValueError(f"judges: {name!r} has no section in {path}; write its words there")
    return tuple(_worded(name, sections, judges, path) for name in sections)


def _worded(name: str, sections: Mapping[str, Mapping[str, str]], judges: Mapping[str, Judge], path: Path) -> Claim:
    own = dict(sections[name])
    like = own.pop("as", name)
    if like not in judges:
        raise ValueError(f"{path}: [{name}] has no judge; give one for {like!r} in {path.with_suffix('.py').name}")
    words = {**sections[like], **own}
    known = {field.name: field.default is MISSING for field in fields(Claim) if field.name not in ("id", "judge")}
    missing = [field for field, needed in known.items() if needed and field not in words]
    unknown = [field for field in words if field not in known]
    if missing or unknown:
        raise ValueError(f"{path}: [{name}] lacks {missing} and has the unknown {unknown}; a claim has {[*known]}")
    return Claim(id=name, judge=judges[like], **words)


@dataclass(frozen=True)
class Quote:
    """A number that a source states. `seen`: read in the source itself or its code, so that it may be printed.

    >>> claims.Quote("0.5", source="papyan2020prevalence", where="table 1", seen=False).seen
    False
    """

    text: str
    source: str
    where: str
    seen: bool


# Numbers of the sources, also such as nobody here has seen in print: a claim that uses one of those fails a test.
QUOTES = {
    "etf-savings": Quote("8 to 50 %", "agarwal2022what", "section 5, of Zhou et al. (2022)", seen=True),
    "reduced-dimension-savings": Quote("8 to 20 %", "agarwal2022what", "section 5, of Zhou et al. (2022)", seen=True),
    "anti-flatness-kappa": Quote("2209.94", "han2025flatness", "section 6, ResNet-18, CIFAR-10", seen=True),
    "collapse-prevented-accuracy": Quote(
        "78 % with and without, ResNet-18 on CIFAR-10", "han2025flatness", "figures 2 and 3", seen=True
    ),
    "anti-flatness-accuracy": Quote(
        "60 %, and 78 % once released; ResNet-18 on CIFAR-10", "han2025flatness", "section 6, figure 4", seen=True
    ),
    "papyan-cifar10-resnet": Quote("88.72 % to 89.44 %", "papyan2020prevalence", "table 1", seen=False),
    "corruption-clean": Quote(
        "93.9 % by cross-entropy, 94.0 % by rate reduction", "agarwal2022what", "section 4.2, table", seen=True
    ),
    "corruption-gap": Quote(
        "at a ratio of 0.4, 72.4 % by cross-entropy, 86.6 % by rate reduction",
        "agarwal2022what",
        "section 4.2, table",
        seen=True,
    ),
    "anti-correlation-loss": Quote("1e-6", "agarwal2022what", "figure 7, of Hui et al. (2022)", seen=True),
    "power-decay-samples": Quote("more than halving", "power2022grokking", "on sample efficiency", seen=True),
}
