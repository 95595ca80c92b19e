"""The pages on how to use the package: their form, and code that a page shows but does not run itself."""

import importlib.util
import re

import chapter_form as form
import notebooks
import pytest

from ncbook import data, models, results

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
