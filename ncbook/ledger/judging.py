"""One row for each claim: its words, and what its trials say over all recorded runs."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from tqdm.auto import tqdm

from ncbook import experiments
from ncbook.claims import QUOTES, THEOREM, Claim
from ncbook.evidence import CHECKED, FAILS, HOLDS, NOISY, Evidence
from ncbook.experiments import Experiment
from ncbook.readings.moments import when
from ncbook.results import RESULTS
from ncbook.runs import Run

AGAIN = "-again"  # what the preset of the second run is called, after that of the first
RULES = "2026-11-28"  # when rules were last changed after a run had been seen: later runs of other seeds are blind


@dataclass(frozen=True)
class Verdict:
    """A word of `evidence.WORDS`, and the numbers behind it: "23 of 24 seeds (0.80 to 0.99)", empty without any."""

    verdict: str
    counted: str

    @property
    def said(self) -> str:
        """Both, as they are printed: "holds, 23 of 24 seeds (0.80 to 0.99)"."""
        return ", ".join(filter(None, (self.verdict, self.counted)))


@dataclass(frozen=True)
class Recorded(Verdict):
    """What one recorded run says, with its preset and seeds.

    `blind`: its seeds were drawn after the rules had been committed.
    """

    preset: str
    seeds: tuple[int, ...]
    blind: bool


@dataclass(frozen=True)
class Entry(Verdict):
    """One row. None or empty text where there is nothing to say; unbounded numbers are infinite.

    Attributes:
        kind: one of `claims.KINDS`
        seeds: those that can answer
        trials, valid: how many there are, and how many can answer
        holds, share: how many of the seeds say yes, a fraction where their trials differ
        interval: 95 %, of share
        effect: median over seeds, in `unit`
        effect_interval: 95 %, by bootstrap over seeds
        limit, turns: the rule's threshold, and the nearest with which the verdict would be another
        chance: how often noise passes the rule, in a seed
        presets, runs: the recorded runs that were pooled, and what each says by itself
        theirs, ours, spread: text with units
        cell: chapter and cell that show it: "4-grokking/grokking#gini"

    >>> from ncbook.evidence import WORDS
    >>> entries[0].verdict in WORDS
    True
    """

    id: str
    source: str
    where: str
    kind: str
    statement: str
    rule: str
    control: str
    experiment: str
    cell: str
    seeds: tuple[int, ...]
    trials: int
    valid: int
    holds: float
    share: float | None
    interval: tuple[float, float] | None
    effect: float | None
    effect_interval: tuple[float, float] | None
    unit: str
    limit: float | None
    turns: float | None
    chance: float
    presets: tuple[str, ...]
    runs: tuple[Recorded, ...]
    theirs: str
    ours: str
    spread: str

    @property
    def disagrees(self) -> bool:
        """Whether one of the recorded runs holds and another fails."""
        return {HOLDS, FAILS} <= {each.verdict for each in self.runs}

    @property
    def noisy(self) -> bool:
        """Whether noise passes the rule so often that it must be said."""
        return self.chance > NOISY


def sources() -> list[str]:
    """Keys of the bibliography that have claims."""
    return sorted({claim.source for name in experiments.names() for claim in experiments.get(name).claims})


def entries(source: str | None = None) -> list[Entry]:
    """All claims, or those of one source, in the order of the book. Reads recorded runs only: nothing is trained.

    >>> {entry.source for entry in ledger.entries("power2022grokking")}
    {'power2022grokking'}
    """
    with tqdm(experiments.names(), unit="experiment", delay=2, leave=False, disable=None) as names:
        return [entry for name in names for entry in of_experiment(experiments.get(name), source)]


def of_experiment(experiment: Experiment, source: str | None = None) -> list[Entry]:
    """The claims, of all sources or of one, that one experiment decides.

    >>> len(ledger.of_experiment(experiments.get("simplex"))) == len(experiments.get("simplex").claims)
    True
    """
    return _judge(experiment, [claim for claim in experiment.claims if source in (None, claim.source)])


def of_claims(ids: Collection[str]) -> list[Entry]:
    """The claims of these ids, in the order of the book, without judging any other."""
    found = (experiments.get(name) for name in experiments.names())
    return [
        entry
        for experiment in found
        for entry in _judge(experiment, [claim for claim in experiment.claims if claim.id in ids])
    ]


def _judge(experiment: Experiment, claims: Iterable[Claim]) -> list[Entry]:
    recorded = cache(experiment.recorded)

    def runs_of(claim: Claim) -> dict[str, Run]:
        presets = [each for each in (claim.preset, claim.preset + AGAIN) if each in experiment.presets()]
        found = {preset: recorded(preset) for preset in presets}
        return {preset: run for preset, run in found.items() if run is not None}

    return [judged(experiment.name, claim, runs_of(claim)) for claim in claims]


def judged(experiment: str, claim: Claim, runs: Mapping[str, Run]) -> Entry:
    """One claim of an experiment, judged on recorded runs by their presets; without one it is untested.

    >>> experiment = experiments.get("simplex")
    >>> ledger.judged("simplex", experiment.claims[0], {}).verdict
    'not tested at this scale'
    """
    each, pooled = {}, Evidence()
    for preset, run in runs.items():
        found = claim.judge(run)
        # What hangs on no seed, such as a closed form that is computed, is the same in every run: it counts once.
        each[preset] = found.of_seeds(set(found.seeds) - set(pooled.seeds))
        pooled = pooled + each[preset]
    low, high = pooled.effect[1:]
    median, told = pooled.effect[0], pooled.valid > 0
    measured = told and not math.isnan(median)
    return Entry(
        id=claim.id, source=claim.source, where=claim.where, kind=claim.kind, statement=claim.statement,
        rule=claim.rule, control=claim.control, experiment=experiment, cell=_place(experiment, claim),
        **_words(pooled, claim.kind),
        seeds=tuple(pooled.by_seed), trials=len(pooled.seeds), valid=pooled.valid, holds=pooled.yes,
        share=pooled.share if told else None, interval=pooled.interval if told else None,
        effect=median if measured else None, effect_interval=(low, high) if measured else None, unit=pooled.unit,
        limit=pooled.limit, turns=pooled.turns, chance=pooled.chance, presets=tuple(runs),
        runs=tuple(
            Recorded(
                preset=preset, seeds=tuple(runs[preset].config["seeds"]), blind=_blind(preset, runs[preset]),
                **_words(found, claim.kind),
            )
            for preset, found in each.items()
        ),
        theirs=QUOTES[claim.theirs].text if claim.theirs else "",
        ours=_number(median, pooled.unit) if measured else "",
        spread=f"{_short(low)} to {_short(high)}" if measured else "",
    )  # fmt: skip


def _blind(preset: str, run: Run) -> bool:
    return preset.endswith(AGAIN) and run.provenance.get("date", "") >= RULES


def _words(evidence: Evidence, kind: str) -> dict[str, str]:
    """The fields of `Verdict`. A theorem that comes out in every trial is checked; else it is counted as ever."""
    if kind == THEOREM and evidence.share == 1:
        return {"verdict": CHECKED, "counted": f"in {evidence.valid} trials"}
    if not evidence.valid:
        return {"verdict": evidence.word, "counted": ""}
    low, high = evidence.interval
    counted = f"{_short(evidence.yes)} of {len(evidence.by_seed)} seeds ({low:.2f} to {high:.2f})"
    return {"verdict": evidence.word, "counted": counted}


def as_json(found: Iterable[Entry]) -> list[dict[str, Any]]:
    """Entries as JSON values; what is infinite becomes a word.

    >>> ledger.as_json(entries)[0]["experiment"]
    'simplex'
    """
    return [_plain(asdict(entry)) for entry in found]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return _short(value) if isinstance(value, float) and not math.isfinite(value) else value


def _place(experiment: str, claim: Claim) -> str:
    """Chapter and cell; the cell alone for an experiment that no chapter teaches."""
    return f"{RESULTS[experiment]}#{claim.cell}" if experiment in RESULTS else claim.cell


def _number(value: float, unit: str) -> str:
    """With its unit: "3.1 %", "12-fold fall"; of what never came, the word alone."""
    if not math.isfinite(value):
        return _short(value)
    return f"{_short(value)}{'-' if unit.startswith('fold') else ' '}{unit}".strip()


def _short(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else when(value)
