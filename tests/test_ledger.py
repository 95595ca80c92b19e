"""The ledger: no claim without an experiment, no verdict without a run, no number that nobody has read."""

import dataclasses
import json
import re
from functools import cache
from pathlib import Path

import notebooks
import pytest

from ncbook import claims, experiments, ledger
from ncbook.__main__ import main
from ncbook.claims import QUOTES, Claim, Evidence
from ncbook.results import RESULTS

ROOT = Path(__file__).parents[1]
CLAIMS = [(name, claim) for name in experiments.names() for claim in experiments.get(name).claims]


# --- the words of a claim

WORDS = (
    "source = zhang2017understanding\nwhere = table 1\nstatement = It is so.\nrule = One.\n  Two.\ncontrol = None.\n"
)


def judge(run):
    return Evidence((True,), (), "")


@pytest.fixture
def words(tmp_path):
    """Writes the file beside a module, and returns the module's name."""

    def write(text: str) -> str:
        (tmp_path / "module.ini").write_text(text, encoding="utf-8")
        return str(tmp_path / "module.py")

    return write


def test_the_words_of_a_claim_are_read_from_the_file_beside_its_judge(words):
    module = words(f"[first]\n{WORDS}cell = fig-a\n\n[second]\nas = first\ncell = fig-b\npreset = laptop-long\n")
    first = Claim("first", "zhang2017understanding", "table 1", "It is so.", "One. Two.", "None.", judge, "fig-a")
    second = dataclasses.replace(first, id="second", cell="fig-b", preset="laptop-long")
    assert claims.read(module, {"first": judge}) == (first, second)


@pytest.mark.parametrize(
    ("text", "judges", "said"),
    [
        (f"[first]\n{WORDS}cell = fig-a\n", ["first", "second"], "'second' has no section"),
        (f"[first]\n{WORDS}cell = fig-a\n", [], "[first] has no judge"),
        (f"[first]\n{WORDS}", ["first"], "[first] lacks ['cell']"),
        (f"[first]\n{WORDS}cell = fig-a\nverdict = reproduced\n", ["first"], "has the unknown ['verdict']"),
        (f"[first]\n{WORDS}cell = fig-a\njudge = yes\n", ["first"], "has the unknown ['judge']"),
    ],
)
def test_words_and_judges_belong_together(words, text, judges, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        claims.read(words(text), dict.fromkeys(judges, judge))


# --- verdicts


@pytest.mark.parametrize(
    ("holds", "verdict"),
    [
        ((True, True), "reproduced"),
        ((True, False), "partly"),
        ((False, False), "not reproduced"),
        ((), "not tested at this scale"),
    ],
)
def test_a_verdict_follows_from_the_trials(holds, verdict):
    assert Evidence(holds, (1.0,), "").verdict == verdict


def test_a_verdict_cannot_be_typed_in():
    with pytest.raises(TypeError):
        Evidence((True,), (1.0,), "", verdict="reproduced")
    with pytest.raises(dataclasses.FrozenInstanceError):
        Evidence((True,), (1.0,), "").verdict = "reproduced"
    assert "verdict" not in {field.name for field in dataclasses.fields(Claim)}


def test_no_module_types_a_verdict_in():
    """The words stand in claims.py, which computes them, in the page's explanation of them, and nowhere else."""
    allowed = {"claims.py", "ledger.py"}
    for path in (ROOT / "ncbook").rglob("*.py"):
        if path.name not in allowed:
            assert not re.search(r"[\"'](reproduced|not reproduced|partly)[\"']", path.read_text()), path


def test_ours_is_the_median_with_its_unit_and_spread():
    evidence = Evidence((True,) * 3, (1.0, 4.0, 2.0), "fold fall")
    assert (evidence.ours, evidence.spread) == ("2-fold fall", "1 to 4")
    assert Evidence((True,), (0.25,), "% of points").ours == "0.25 % of points"
    assert Evidence((True,), (0.25,), "").ours == "0.25"
    assert (Evidence((), (), "fold").ours, Evidence((), (), "").spread) == ("", "")


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


@pytest.mark.parametrize("name", experiments.names())
def test_rules_give_yes_or_no_for_several_trials(name):
    """On the recorded run of the claim's preset; the rule must not change between two looks."""
    experiment = experiments.get(name)
    recorded = cache(experiment.recorded)
    for claim in experiment.claims:
        run = recorded(claim.preset)
        if run is None:
            assert ledger.judged(name, claim, run).verdict == claims.UNTESTED
            continue
        evidence = claim.judge(run)
        assert evidence == claim.judge(run), claim.id
        assert all(type(each) is bool for each in evidence.holds), claim.id
        assert all(type(each) is float for each in evidence.values), claim.id
        assert len(evidence.holds) >= 2 or not evidence.holds, claim.id


# --- faults that must be found out


def entry_of(**changes) -> ledger.Entry:
    claim = dataclasses.replace(experiments.collapse.CLAIMS[0], **changes)
    return ledger.judged("collapse", claim, experiments.get("collapse").recorded(claim.preset))


def test_a_recorded_run_that_no_longer_matches_the_code_gives_no_verdict(monkeypatch):
    assert entry_of().verdict != claims.UNTESTED
    stale_one = dataclasses.replace(experiments.get("collapse"), version=-1)
    monkeypatch.setattr(experiments.collapse, "EXPERIMENT", stale_one)
    stale = entry_of()
    assert (stale.verdict, stale.ours, stale.seeds) == (claims.UNTESTED, "", ())


def test_a_preset_without_a_run_gives_no_verdict():
    assert entry_of(preset="paper").verdict == claims.UNTESTED


def test_the_control_of_the_test_on_quotes():
    """There are unverified numbers that a claim could name by mistake."""
    assert any(not quote.seen for quote in QUOTES.values())


# --- what is printed


@pytest.fixture(scope="module")
def entries() -> list[ledger.Entry]:
    """Judged once for all tests below."""
    return ledger.entries()


@pytest.fixture(autouse=True)
def judged_once(request, monkeypatch):
    if "entries" in request.fixturenames:
        found = request.getfixturevalue("entries")
        monkeypatch.setattr(ledger, "entries", lambda: found)


def test_the_page_is_the_one_that_the_code_gives(entries):
    page = ledger.page()
    assert (ROOT / "book/ledger.md").read_text(encoding="utf-8") == page, "make ledger"
    assert all(page.count(f"({claim.id})=") == 1 for _, claim in CLAIMS)


def test_the_command_prints_a_line_a_claim_the_page_or_json(entries, capsys):
    assert main(["ledger"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [claim.id for _, claim in CLAIMS]
    assert main(["ledger", "--page"]) == 0
    assert capsys.readouterr().out == ledger.page()
    assert main(["ledger", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    named = {"id", "source", "where", "statement", "experiment", "theirs", "ours", "spread", "seeds", "verdict"}
    assert all(named <= set(row) for row in rows)
    assert {row["verdict"] for row in rows} <= set(claims.VERDICTS)
    assert len(rows) == len(CLAIMS)
