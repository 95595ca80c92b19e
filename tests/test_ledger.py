"""The ledger: no claim without an experiment, no verdict without a run, no number that nobody has read."""

import dataclasses
import json
import re
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import front
import notebooks
import pytest

from ncbook import claims, experiments, ledger
from ncbook.__main__ import main
from ncbook.claims import QUOTES, Claim
from ncbook.evidence import UNTESTED, WORDS, Evidence
from ncbook.ledger import judging, page
from ncbook.results import RESULTS
from ncbook.runs import Run

ROOT = Path(__file__).parents[1]
CLAIMS = [(name, claim) for name in experiments.names() for claim in experiments.get(name).claims]


# --- the words of a claim

SECTION = (
    "source = zhang2017understanding\nwhere = table 1\nstatement = It is so.\nrule = One.\n  Two.\ncontrol = None.\n"
)


def judge(run):
    return Evidence((1,), (True,), (1.0,))


@pytest.fixture
def words(tmp_path):
    """Writes the file beside a module, and returns the module's name."""

    def write(text: str) -> str:
        (tmp_path / "module.ini").write_text(text, encoding="utf-8")
        return str(tmp_path / "module.py")

    return write


def test_the_words_of_a_claim_are_read_from_the_file_beside_its_judge(words):
    module = words(f"[first]\n{SECTION}cell = fig-a\n\n[second]\nas = first\ncell = fig-b\npreset = laptop-long\n")
    first = Claim("first", "zhang2017understanding", "table 1", "It is so.", "One. Two.", "None.", judge, "fig-a")
    second = dataclasses.replace(first, id="second", cell="fig-b", preset="laptop-long")
    assert claims.read(module, {"first": judge}) == (first, second)


@pytest.mark.parametrize(
    ("text", "judges", "said"),
    [
        (f"[first]\n{SECTION}cell = fig-a\n", ["first", "second"], "'second' has no section"),
        (f"[first]\n{SECTION}cell = fig-a\n", [], "[first] has no judge"),
        (f"[first]\n{SECTION}", ["first"], "[first] lacks ['cell']"),
        (f"[first]\n{SECTION}cell = fig-a\nverdict = reproduced\n", ["first"], "has the unknown ['verdict']"),
        (f"[first]\n{SECTION}cell = fig-a\njudge = yes\n", ["first"], "has the unknown ['judge']"),
    ],
)
def test_words_and_judges_belong_together(words, text, judges, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        claims.read(words(text), dict.fromkeys(judges, judge))


def test_a_claim_has_one_of_three_kinds(words):
    module = words(f"[first]\n{SECTION}cell = fig-a\nkind = theorem\n")
    (claim,) = claims.read(module, {"first": judge})
    assert claim.kind == claims.THEOREM
    with pytest.raises(ValueError, match=r"\[first\] kind: 'true' is none of stated, theorem, ours"):
        dataclasses.replace(claim, kind="true")


# --- verdicts


def test_a_verdict_cannot_be_typed_in():
    with pytest.raises(TypeError):
        Evidence((1,), (True,), (1.0,), word="holds")
    with pytest.raises(dataclasses.FrozenInstanceError):
        Evidence((1,), (True,), (1.0,)).word = "holds"
    assert "verdict" not in {field.name for field in dataclasses.fields(Claim)}


def test_no_module_types_a_verdict_in():
    """The words stand in evidence.py, which computes them, and nowhere else."""
    for path in (ROOT / "ncbook").rglob("*.py"):
        if path.name != "evidence.py":
            assert not re.search(r"[\"'](holds|fails|open|checked)[\"'](?!:)", path.read_text()), path


def fictional(holds, values=None, kind=claims.STATED, again=None, fixed=False, date=judging.RULES) -> ledger.Entry:
    """What the ledger makes of made-up runs: answers of `laptop`, from seed 0, and of `laptop-again`, from 100."""

    def judge(run: Run) -> Evidence:
        start, answers = 0 if fixed else run.config["first"], run.config["answers"]
        numbers = values or (1.0,) * len(answers)
        return Evidence(tuple(range(start, start + len(answers))), tuple(answers), tuple(numbers), "fold fall")

    claim = dataclasses.replace(experiments.collapse.CLAIMS[0], judge=judge, kind=kind)
    runs = {"laptop": Run({"first": 0, "answers": holds, "seeds": list(range(len(holds)))}, {})}
    if again is not None:
        seeds = list(range(100, 100 + len(again)))
        runs["laptop-again"] = Run({"first": 100, "answers": again, "seeds": seeds}, {}, provenance={"date": date})
    return ledger.judged("collapse", claim, runs)


def test_both_runs_are_pooled_and_shown():
    entry = fictional([True] * 3, again=[True, True, False, True, True])
    assert (entry.verdict, entry.holds, len(entry.seeds)) == ("holds", 7, 8)
    assert entry.said == "holds, 7 of 8 seeds (0.55 to 0.99)"
    assert [(run.preset, run.blind, run.said) for run in entry.runs] == [
        ("laptop", False, "open, 3 of 3 seeds (0.46 to 1.00)"),
        ("laptop-again", True, "open, 4 of 5 seeds (0.37 to 0.98)"),
    ]
    assert not entry.disagrees


def test_a_second_run_that_is_older_than_its_rules_is_not_blind():
    (_, second) = fictional([True], again=[True], date="2026-11-22").runs
    assert not second.blind


def test_what_hangs_on_no_seed_counts_once():
    entry = fictional([True] * 3, again=[True] * 3, fixed=True)
    assert (entry.trials, entry.valid, entry.seeds) == (3, 3, (0, 1, 2))


def test_runs_that_contradict_each_other_are_said_to():
    entry = fictional([True] * 6, again=[False] * 6)
    assert (entry.verdict, entry.disagrees) == ("open", True)


def test_trials_that_cannot_answer_are_shown_and_not_counted():
    entry = fictional([True, None, None])
    assert (entry.trials, entry.valid, entry.seeds) == (3, 1, (0,))
    silent = fictional([None, None], again=[None])
    assert (silent.verdict, silent.share, silent.effect, silent.trials) == ("not tested at this scale", None, None, 3)


def test_a_theorem_is_checked_in_every_trial_or_counted_as_any_other_claim():
    assert fictional([True, True], kind=claims.THEOREM).said == "checked, in 2 trials"
    assert fictional([True] * 7 + [False], kind=claims.THEOREM).said == "holds, 7 of 8 seeds (0.55 to 0.99)"
    assert fictional([None], kind=claims.THEOREM).verdict == "not tested at this scale"


def test_ours_is_the_median_over_seeds_with_its_unit_and_interval():
    entry = fictional([True] * 3, values=(1.0, 4.0, 2.0))
    assert (entry.ours, entry.spread) == ("2-fold fall", "1 to 4")
    assert fictional([True], values=(float("inf"),)).ours == "never"
    assert fictional([]).ours == ""


# --- claims


def test_every_experiment_has_claims():
    assert [name for name in experiments.names() if not experiments.get(name).claims] == []


def test_ids_are_unique():
    ids = [claim.id for _, claim in CLAIMS]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", each) for each in ids)


def test_a_claim_says_all_that_a_reader_needs():
    for name, claim in CLAIMS:
        for field in ("source", "where", "statement", "rule", "control"):
            assert getattr(claim, field).strip(), (claim.id, field)
        assert claim.preset in experiments.get(name).presets(), claim.id


def test_a_claim_names_a_source_of_the_bibliography():
    keys = re.findall(r"^@\w+\{([^,]+),", (ROOT / "book/references.bib").read_text(encoding="utf-8"), re.M)
    assert {claim.source for _, claim in CLAIMS} <= set(keys)


@cache
def code_cells(chapter: str) -> set[str]:
    notebook = notebooks.read(ROOT / "book" / f"{chapter}.ipynb")
    return {cell.id for cell in notebook.cells if cell.cell_type == "code"}


def test_a_claim_is_shown_in_a_cell_that_exists():
    for name, claim in CLAIMS:
        assert claim.cell in code_cells(RESULTS[name]), f"{claim.id}: {RESULTS[name]} has no code cell {claim.cell}"


def test_a_source_s_number_is_one_that_was_read():
    for claim in (claim for _, claim in CLAIMS if claim.theirs is not None):
        assert QUOTES[claim.theirs].seen, f"{claim.theirs} is unverified and must not be printed"
        assert QUOTES[claim.theirs].source == claim.source


@pytest.fixture(scope="module")
def first_look() -> tuple[list[ledger.Entry], dict[tuple[str, str], Evidence]]:
    """All claims, judged once for all tests below, and the evidence by claim and preset."""
    seen, judged = {}, judging.judged

    def remembered(experiment, claim, runs):
        def judge(run):
            seen[claim.id, run.provenance["preset"]] = found = claim.judge(run)
            return found

        return judged(experiment, dataclasses.replace(claim, judge=judge), runs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "judged", remembered)
        return ledger.entries(), seen


@pytest.fixture(scope="module")
def entries(first_look) -> list[ledger.Entry]:
    return first_look[0]


@pytest.mark.parametrize("name", experiments.names())
def test_rules_give_yes_or_no_for_several_trials(name, first_look):
    """On the recorded run of the claim's preset; the rule must not change between two looks."""
    experiment, seen = experiments.get(name), first_look[1]
    recorded = cache(experiment.recorded)
    for claim in experiment.claims:
        run = recorded(claim.preset)
        if run is None or claim.judge is claims.not_tested:
            continue
        evidence = claim.judge(run)
        assert repr(evidence) == repr(seen[claim.id, claim.preset]), claim.id
        assert {type(each) for each in evidence.holds} <= {bool, type(None)}, claim.id
        assert {type(each) for each in evidence.values} == {float}, claim.id
        found = set(evidence.seeds)
        fields = [values for field, values in run.config.items() if field.endswith("seeds")]
        drawn = [set(values) for values in fields if not isinstance(values, int)]  # some only say how many
        beside = f"{claim.id}: trials of the run's seeds beside others"
        assert any(found <= seeds for seeds in drawn) or found.isdisjoint(set().union(*drawn)), beside
        if evidence.valid == 1:  # then the second run has to add some
            evidence += seen[claim.id, claim.preset + judging.AGAIN]
        assert evidence.valid != 1, claim.id


# --- faults that must be found out


def entry_of(**changes) -> ledger.Entry:
    claim = dataclasses.replace(experiments.collapse.CLAIMS[0], **changes)
    return ledger.of_experiment(dataclasses.replace(experiments.get("collapse"), claims=(claim,)))[0]


def test_a_recorded_run_that_no_longer_matches_the_code_gives_no_verdict(monkeypatch):
    assert entry_of().verdict != UNTESTED
    stale_one = dataclasses.replace(experiments.get("collapse"), version=10**6)
    monkeypatch.setattr(experiments.collapse, "EXPERIMENT", stale_one)
    stale = entry_of()
    assert (stale.verdict, stale.ours, stale.seeds) == (UNTESTED, "", ())


def test_a_preset_without_a_run_gives_no_verdict():
    assert entry_of(preset="paper").verdict == UNTESTED


def test_the_control_of_the_test_on_quotes():
    """There are unverified numbers that a claim could name by mistake."""
    assert any(not quote.seen for quote in QUOTES.values())


# --- what is printed


@pytest.fixture(autouse=True)
def judged_once(request, monkeypatch):
    if "entries" in request.fixturenames:
        found = request.getfixturevalue("entries")
        monkeypatch.setattr(
            judging, "entries", lambda source=None: [each for each in found if source in (None, each.source)]
        )


def test_the_pages_are_those_that_the_code_gives(entries):
    text, rules = page.page(), page.rules()
    assert (ROOT / "book/ledger.md").read_text(encoding="utf-8") == text, "make ledger"
    assert (ROOT / "book/rules.md").read_text(encoding="utf-8") == rules, "make ledger"
    assert all(text.count(f"]({claim.id}) | {claim.kind} |") == 1 for _, claim in CLAIMS)
    assert all(rules.count(f"({claim.id})=") == 1 for _, claim in CLAIMS)


def test_the_front_page_counts_the_claims_of_the_ledger(entries):
    line = (ROOT / "book/front/ledger.md").read_text(encoding="utf-8")
    assert line == front.figures(entries), "make ledger"
    told = {name: int(number.replace(",", "")) for number, name in re.findall(r"\*\*([\d,]+)\*\* (.+)", line)}
    assert told["claims"] == len(CLAIMS) == told["judged"] + told["not tested"]
    assert told["judged"] == told["hold"] + told["fail"] + told["open"] + told["theorems checked"]


def test_the_command_prints_a_line_a_claim_the_page_or_json(entries, capsys):
    assert main(["ledger"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [claim.id for _, claim in CLAIMS]
    assert main(["ledger", "--page"]) == 0
    assert capsys.readouterr().out == page.page()
    assert main(["ledger", "--rules"]) == 0
    assert capsys.readouterr().out == page.rules()
    assert main(["ledger", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    named = {
        "id", "source", "kind", "where", "statement", "experiment", "presets", "theirs", "ours", "spread", "seeds",
        "valid", "holds", "share", "interval", "effect", "chance", "verdict",
    }  # fmt: skip
    assert all(named <= set(row) for row in rows)
    assert {row["verdict"] for row in rows} <= set(WORDS)
    assert len(rows) == len(CLAIMS)


def test_the_command_prints_one_paper(entries, capsys):
    assert main(["ledger", "--paper", "hui2022limitations"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        claim.id for _, claim in CLAIMS if claim.source == "hui2022limitations"
    ]
    assert main(["ledger", "--paper", "hui"]) == 2
    assert "--paper: expected one of agarwal2022what" in capsys.readouterr().err


def test_a_chapter_has_a_box_with_its_claims():
    box = ledger.box("collapse")
    assert all(f'href="../rules.html#{claim.id}"' in box for claim in experiments.collapse.CLAIMS)
    assert box.startswith('<details class="ledger-box"><summary>What our runs say of the')


# --- conclusions


@pytest.fixture
def conclude(entries, monkeypatch):
    """What the page makes of these sentences on a paper."""

    def made(text: str) -> str:
        monkeypatch.setattr(page, "_beside", lambda name: f"[paper]\ntext =\n    {text}\n    And so on.\n")
        return page.conclusion("paper", entries)

    return made


def test_a_conclusion_fills_in_the_numbers(entries, conclude):
    entry = next(each for each in entries if each.share is not None)
    counted, interval = entry.counted.removesuffix(")").split(" (")
    low, high = interval.split(" to ")
    expected = f"So it is ([{counted} ({low}&nbsp;to&nbsp;{high})]({entry.id})).\nAnd so on.\n"
    assert conclude(f"So it is ({{{entry.id}: {entry.verdict}}}).") == expected


def test_a_conclusion_written_for_another_verdict_is_refused(entries, conclude):
    entry = next(each for each in entries if each.share is not None)
    other = next(word for word in WORDS if word != entry.verdict)
    with pytest.raises(ValueError, match=f"for {entry.id}: {other}, but: {entry.verdict}"):
        conclude(f"So it is ({{{entry.id}: {other}}}).")


@pytest.mark.parametrize("source", page.SOURCES)
def test_a_source_of_the_book_has_three_to_five_sentences_that_rest_on_verdicts(source):
    written = ConfigParser(interpolation=None)
    written.read(ROOT / "ncbook/ledger/conclusions.ini", encoding="utf-8")
    text = written[source]["text"].strip()
    assert 3 <= len(text.splitlines()) <= 5
    assert len(re.findall(r"\{[\w-]+: [\w ]+\}", text)) >= 3
