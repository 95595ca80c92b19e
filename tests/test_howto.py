"""The pages on how to use the package: their form, code that a page shows but does not run, and what it says."""

import importlib.util
import re
import subprocess
import sys
from dataclasses import replace

import chapter_form as form
import notebooks
import pytest
import torch

from ncbook import claims, data, evidence, experiments, metrics, models, results, runs, trainers
from ncbook.experiments import _registry

PAGES = {name: notebooks.read(notebooks.BOOK / f"{page}.ipynb") for name, page in results.HOWTO.items()}
WIDEST = 76  # characters of a line of code that a page shows without scrolling


def prose(name: str) -> str:
    return "\n".join(cell.source for cell in form.prose(PAGES[name]))


def blocks(name: str) -> list[str]:
    """The Python code in the text of a page."""
    return re.findall(r"^```python\n(.*?)^```", prose(name), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_first_what_one_will_have_then_what_one_needs_and_at_last_where_to_go(name):
    first = form.prose(PAGES[name])[0].source
    assert "At the end of this page you have" in first
    words = [word for _, word in form.boxes(PAGES[name])]
    assert words[0] == "Before you start"
    assert words[-1] == "What we know now"
    (start,) = re.findall(r"> \*\*Before you start\.\*\*\n((?:>.*\n?)+)", prose(name))
    assert re.search(r"\d+ minutes", start)
    assert form.words(PAGES[name]) <= form.MOST_WORDS


@pytest.mark.parametrize("name", PAGES)
def test_no_line_of_code_scrolls(name):
    shown = [cell.source for cell in form.code(PAGES[name]) if not form.is_hidden(cell)] + blocks(name)
    assert [line for source in shown for line in source.splitlines() if len(line) > WIDEST] == []


@pytest.mark.parametrize("name", PAGES)
def test_most_of_what_a_page_shows_is_checked(name):
    assert sum(map(notebooks.is_checked, PAGES[name].cells)) >= 3


@pytest.fixture(scope="module")
def names():
    """What the first cells of the page on measuring define, with a network that is not trained."""
    digits = data.digits(train_per_class=20)
    network = models.mlp(digits.input_shape, digits.num_classes).eval()
    return {"trained": network, "batches": {"train": [(digits.train.inputs, digits.train.labels)]}}


@pytest.mark.skipif(not importlib.util.find_spec("torchmetrics"), reason="torchmetrics is not installed")
def test_the_lines_for_torchmetrics_give_what_they_say(names):
    (code,) = [block for block in blocks("measure") if "integrations.torchmetrics" in block]
    exec(code, names)
    assert 0 < names["values"]["nc1"] < names["values"]["nc3"]


@pytest.mark.skipif(not importlib.util.find_spec("pytorch_lightning"), reason="Lightning is not installed")
@pytest.mark.filterwarnings("ignore")
def test_the_lines_for_lightning_make_a_callback():
    (code,) = [block for block in blocks("measure") if "integrations.lightning" in block]
    made: dict = {}
    exec(code, made)
    assert (made["callback"].head, made["callback"].every_n_epochs) == ("head", 10)


def test_what_the_page_says_of_its_numbers_is_so():
    """The outputs that it keeps, which the build makes again."""
    outputs = {cell.id: cell.outputs[0].text for cell in PAGES["measure"].cells if notebooks.is_checked(cell)}
    rows = dict(re.findall(r"^(\w+) +(.*)$", "".join(outputs["beside"]), re.MULTILINE))
    trained, fresh = ({name: float(row.split()[place]) for name, row in rows.items() if name != "split"}
                      for place in (0, 1))  # fmt: skip
    assert fresh["nc1"] > 0.5 > 40 * trained["nc1"] > 0
    assert fresh["nc3"] == pytest.approx(2, abs=0.1)
    assert fresh["nc4"] == pytest.approx(0.9, abs=0.05)
    assert fresh["ncc_error"] < 0.45
    assert trained["nc4"] == trained["ncc_error"] == 0
    assert "1815" in "".join(outputs["gpt"])
    assert "Note" not in "".join(outputs["saved"])


@pytest.mark.parametrize(("dtype", "most"), [(torch.float16, 1e-7), (torch.bfloat16, 1e-5)])
def test_rounding_adds_to_nc1_what_the_page_says(dtype, most):
    """Ten classes at the corners of a simplex away from 0, in directions of their own, with a small spread."""
    generator = torch.Generator().manual_seed(0)
    turned = torch.linalg.qr(torch.randn(128, 128, generator=generator, dtype=torch.float64))[0]
    labels = torch.arange(1000) % 10
    noise = 5e-4 * torch.randn(1000, 128, generator=generator, dtype=torch.float64)
    features = (metrics.simplex_etf(10, 128).double() @ turned + 0.3)[labels] + noise
    added = metrics.nc1(features.to(dtype), labels) - metrics.nc1(features, labels)
    assert most / 20 < added < most
    assert rf"{dtype}".removeprefix("torch.") in prose("measure")


def code(name: str, *cells: str) -> str:
    """The code of some cells of a page, one after the other."""
    sources = {cell.id: cell.source for cell in form.code(PAGES[name])}
    return "\n\n\n".join(sources[cell] for cell in cells)


@pytest.fixture
def widths(tmp_path, monkeypatch):
    """The experiment of the page, from its file."""
    monkeypatch.setattr(_registry, "_OWN", {})
    monkeypatch.setenv("NCBOOK_CACHE", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("NCBOOK_EXPERIMENTS", "widths")
    source = code("experiment", "write-module").partition("\n")[2]  # after %%writefile
    (tmp_path / "widths.py").write_text(source + "\n", encoding="utf-8")
    yield experiments.get("widths")
    del sys.modules["widths"]


def test_the_file_of_the_page_on_experiments_is_in_form_and_about_as_long_as_it_says(widths, tmp_path):
    file = tmp_path / "widths.py"
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert "some seventy lines" in prose("experiment")
    assert 60 <= lines <= 80
    form_of = [sys.executable, "-m", "ruff", "format", "--check", "--line-length", str(WIDEST), str(file)]
    assert subprocess.run(form_of, capture_output=True).returncode == 0


def test_its_experiment_keeps_runs_beside_its_file_and_is_verified(widths, tmp_path):
    path = widths.record("smoke", device="cpu")
    assert path.parent == tmp_path / "recorded"
    run = widths.load("smoke", live=False)
    compared = experiments.verify(widths, run)
    assert (len(compared.arms), compared.missing, compared.wrong) == (2, frozenset(), ())
    other = replace(widths, version=2)
    assert other.file_name("smoke") != widths.file_name("smoke")


def test_the_wider_networks_are_more_collapsed_in_what_the_page_keeps():
    (cell,) = [cell for cell in PAGES["experiment"].cells if cell.id == "at-the-end"]
    rows = re.findall(r"^ *(12|48) +\S+ \((\S+) to (\S+)\)", "".join(cell.outputs[0].data["text/plain"]), re.MULTILINE)
    spread = {width: (float(low), float(high)) for width, low, high in rows}
    assert spread["48"][1] < spread["12"][0]


@pytest.fixture(scope="module")
def of_claim():
    """What the page on claims defines before its run."""
    from dataclasses import dataclass

    import numpy as np

    names = {each.__name__.rpartition(".")[2]: each for each in (
        claims, data, evidence, experiments, metrics, models, runs, trainers
    )} | {"dataclass": dataclass, "replace": replace, "np": np, "__name__": __name__}  # fmt: skip
    exec(code("claim", "train", "judge", "claim-object", "made-up-runs"), names)
    return names


@pytest.mark.parametrize(("steps", "holds"), [(300, False), (400, True)])
def test_what_the_trials_are_said_to_have_shown_they_show(of_claim, steps, holds):
    experiment = experiments.Experiment("trial", "A trial", 1, of_claim["Config"], of_claim["train"], ("seed",))
    run = experiment.run(of_claim["Config"](seeds=(0,), steps=steps), device="cpu")
    assert of_claim["judge"](run).holds == (holds,)


def test_trials_and_presets_share_no_seed(of_claim):
    usual, again = of_claim["Config"].presets().values()
    assert set(range(6)) & {*usual.seeds, *again.seeds} == set()
    assert set(usual.seeds) & set(again.seeds) == set()


def test_the_verdicts_that_the_page_keeps_are_those_of_its_numbers(of_claim):
    """Sixteen seeds that all say yes, from the outputs of its cells."""
    outputs = {cell.id: cell.outputs[0] for cell in PAGES["claim"].cells if notebooks.is_checked(cell)}
    assert "".join(outputs["verdict"].text).startswith("holds\n8 of 8 seeds")
    assert "both: holds, 16 of 16 seeds" in "".join(outputs["again"].text)
    passed = re.search(r"pass: (\d+) of 56", "".join(outputs["sizes"].text))
    assert int(passed[1]) <= 5, "noise passes the rule in more than 10 % of pairs: give it a chance"
    yes = evidence.Evidence.of(range(16), [True] * 16, [2.5] * 16, "")
    assert yes.word == "holds"
