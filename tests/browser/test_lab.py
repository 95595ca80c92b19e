"""The labs in a real JupyterLab: a notebook cell is run, buttons are pressed, curves grow."""

import base64
import io
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator

import fronts
import pandas as pd
import pytest
from fronts import Server, open_notebook, run_all, write_notebook
from pages import fresh_page

CHAPTER = fronts.ROOT / "book" / "1-collapse" / "collapse.ipynb"
GROKKING = "from ncbook import labs\n\nlabs.grokking()"
_BARRIERS = """async () => {
  const where = { include: [".jp-OutputArea-output .widget-vbox"] };
  const { violations } = await axe.run(where, { resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => [id, html, failureSummary]));
}"""
PATIENCE = 300  # seconds to wait for anything, for a machine under test is not quiet; the fixture `page` waits as long


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory) -> Iterator[Server]:
    """That of this environment."""
    with fronts.started(tmp_path_factory.mktemp("jupyterlab"), fronts.JUPYTERLAB, sys.executable) as server:
        yield server


class Lab:
    """The lab on the page, as a reader uses it; where there are several, the one of the cell at `place`."""

    def __init__(self, page, place: int = 0) -> None:
        self.page = page
        self.cell = page.locator(".jp-CodeCell").nth(place)
        self.status = self.cell.get_by_role("status").filter(has_text=re.compile("No run yet|Epoch|Step|measurement"))
        self.message = self.cell.locator("[role=alert]").filter(has_text=re.compile("Not |Training"))
        self.picture = self.cell.locator("img.nc-lab-picture")
        self.table = self.cell.locator("table")

    def press(self, name: str) -> None:
        self.cell.get_by_role("button", name=name, exact=True).click()

    def field(self, label: str):
        return self.cell.get_by_label(label, exact=True)

    def type(self, label: str, value: str) -> None:
        self.field(label).fill(value)

    def type_keys(self, label: str, value: str) -> None:
        """As a hand does it: the page sends a message a key, and keeps back those that the kernel has no time for."""
        self.field(label).press("Control+A")
        self.field(label).press_sequentially(value)

    def epoch(self) -> int:
        """Or the step."""
        found = re.search(r"(?:Epoch|Step) (\d+)", self.status.inner_text())
        return int(found.group(1)) if found else 0

    def next_picture(self, before: str) -> str:
        """The address of the picture once it is no longer `before`."""
        changed = "([cell, before]) => { const image = cell.querySelector('img.nc-lab-picture');"
        changed += " return image && image.src !== before && image.complete; }"
        self.page.wait_for_function(changed, arg=[self.cell.element_handle(), before])
        return self.picture.get_attribute("src")

    def wait_until(self, met: Callable[[], bool]) -> None:
        limit = time.monotonic() + PATIENCE
        while not met():
            assert time.monotonic() < limit, self.status.inner_text()
            self.page.wait_for_timeout(100)

    def wait_for_status(self, text: str | re.Pattern) -> None:
        self.status.filter(has_text=text).wait_for()

    def wait_for_end(self, how: str) -> None:
        self.cell.get_by_text(re.compile(f"{how} after")).wait_for()

    def download(self, link: str) -> bytes:
        """What a link of Export gives."""
        with self.page.expect_download() as arriving:
            self.cell.get_by_role("link", name=link).click()
        return arriving.value.path().read_bytes()


@pytest.fixture(scope="module")
def notebook(chromium, jupyterlab):
    """One page, one kernel: two labs of collapse, the second large, and a cell that keeps the kernel busy."""
    with fresh_page(chromium) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        write_notebook(
            jupyterlab.root / "labs.ipynb",
            "from ncbook import labs\n\nlabs.collapse(width=16, epochs=5)",
            "labs.collapse(large=True)",
            "1 + 1",
        )
        open_notebook(page, jupyterlab, "labs.ipynb")
        run_all(page)
        Lab(page).status.wait_for()
        Lab(page, 1).status.wait_for()
        yield page
        _assert_no_traceback(page)


@pytest.fixture
def lab(notebook):
    """The first of them, without runs and with its first settings."""
    lab = Lab(notebook)
    lab.cell.scroll_into_view_if_needed()
    lab.press("Reset")
    lab.wait_for_status("No run yet")
    lab.type("Code", "collapse?width=16&epochs=5")
    lab.field("Code").press("Enter")
    lab.wait_until(lambda: lab.field("Epochs").input_value() == "5")
    return lab


def test_curves_grow_while_a_network_trains_and_stop_ends_it(lab):
    lab.type("Epochs", "10000")
    empty = lab.picture.get_attribute("src")
    lab.press("Train")
    first = lab.next_picture(empty)
    reached = lab.epoch()
    lab.next_picture(first)
    lab.wait_until(lambda: lab.epoch() > reached)
    lab.press("Stop")
    lab.wait_for_end("stopped")
    assert lab.cell.get_by_role("button", name="Train", exact=True).is_enabled()
    assert 0 < lab.epoch() < 10000


def test_a_wrong_value_is_answered_in_the_lab(lab):
    for label, value, good in (("Learning rate", "-1", "1e6"), ("Width", "abc", "64")):
        lab.type(label, value)
        lab.press("Train")
        lab.message.filter(has_text=f"{label}: must be").filter(has_text=value).wait_for()
        lab.type(label, good)
    lab.press("Train")
    lab.message.filter(has_text="Training diverged").wait_for()


def test_two_runs_are_compared_and_taken_away(lab):
    lab.press("Train")
    lab.wait_for_end("done")
    lab.type("Weight decay", "0")
    lab.press("Train")
    lab.table.locator("tbody tr").nth(1).wait_for()
    lab.wait_for_end("done")
    at = lab.table.locator("th").all_inner_texts().index("Weight decay")
    rows = [row.locator("td").all_inner_texts() for row in lab.table.locator("tbody tr").all()]
    assert [row[at] for row in rows] == ["0.005", "0"]
    lab.press("Export")
    numbers = pd.read_csv(io.BytesIO(lab.download("The numbers (CSV)")))
    assert numbers.groupby("run")["weight_decay"].unique().str[0].to_dict() == {1: 0.005, 2: 0.0}
    assert numbers.groupby("run")["epoch"].max().tolist() == [5, 5]
    assert lab.download("The picture (PNG)") == base64.b64decode(lab.picture.get_attribute("src").partition(",")[2])
    lines = lab.cell.get_by_text("from ncbook import labs").last.inner_text()
    assert "labs.collapse.run(width=16, epochs=5, weight_decay=0.0)  # run 2" in lines


def test_a_code_that_is_pasted_fills_the_fields_and_a_damaged_one_is_answered(lab, notebook):
    assert lab.field("Code").input_value() == "collapse?width=16&epochs=5"
    notebook.evaluate("navigator.clipboard.writeText('collapse?network=convnet&epochs=7&weight_decay=1e-3')")
    lab.field("Code").press("Control+A")
    lab.field("Code").press("Control+V")
    lab.field("Code").press("Enter")
    lab.wait_until(lambda: lab.field("Epochs").input_value() == "7")
    lab.wait_until(lambda: lab.field("Weight decay").input_value() == "0.001")
    assert lab.field("Network").locator("option:checked").inner_text().split() == ["convolutional", "network"]
    assert lab.field("Width").input_value() == "128"
    lab.type("Code", "grokking?p=11")
    lab.field("Code").press("Enter")
    lab.message.filter(has_text="Not restored").wait_for()
    assert lab.field("Epochs").input_value() == "7"


def test_a_value_typed_while_the_kernel_is_busy_is_trained(lab, notebook):
    """The page holds back what is typed until the kernel has answered, but not the click."""
    notebook.locator(".jp-CodeCell").nth(2).locator(".cm-content").fill("import time\ntime.sleep(4)")
    notebook.locator(".jp-CodeCell").nth(2).locator(".cm-content").press("Control+Enter")
    notebook.get_by_text(re.compile(r"\| Busy$")).wait_for()
    lab.type_keys("Epochs", "12")
    lab.type_keys("Weight decay", "0.0123")
    lab.press("Train")
    lab.wait_for_end("done")
    lab.wait_for_status("Epoch 12")
    assert lab.table.get_by_text("0.0123", exact=True).is_visible()


def test_the_large_form_is_as_wide_as_the_page_and_has_letters_of_20_pixels(notebook):
    lab = Lab(notebook, 1)
    lab.cell.scroll_into_view_if_needed()
    room = lab.cell.locator(".nc-lab-large").evaluate("lab => lab.getBoundingClientRect().width")
    assert lab.picture.evaluate("image => image.getBoundingClientRect().width") > 0.97 * room
    sizes = """lab => [...lab.querySelectorAll("*")].filter((one) => one.checkVisibility() && (one.value ||
      [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) && one.tagName !== "STYLE")
      .map((one) => getComputedStyle(one).fontSize)"""
    assert set(lab.cell.locator(".nc-lab-large").evaluate(sizes)) == {"20px"}
    small = Lab(notebook).picture.evaluate("image => image.naturalWidth")
    assert lab.picture.evaluate("image => image.naturalWidth") > 1.5 * small


def test_the_table_scrolls_by_itself_where_the_page_is_narrow(lab):
    lab.press("Train")
    lab.wait_for_end("done")
    lab.press("Export")
    runs = lab.cell.get_by_role("group", name="All runs")
    whole, seen = runs.evaluate("box => [box.scrollWidth, box.clientWidth]")
    assert whole > seen > 400
    assert lab.cell.locator(".widget-vbox").first.evaluate("box => box.scrollWidth - box.clientWidth") == 0


def test_axe_finds_nothing_inside_the_labs(lab, notebook, axe):
    lab.press("Train")
    lab.wait_for_end("done")
    lab.press("Export")
    lab.cell.get_by_role("link", name="The numbers (CSV)").wait_for()
    lab.type("Width", "0")
    lab.press("Train")
    lab.message.wait_for()
    notebook.add_script_tag(path=axe)
    found = notebook.evaluate(_BARRIERS)
    assert found == []


def test_the_lab_of_the_chapter_trains(page, jupyterlab):
    shutil.copy(CHAPTER, jupyterlab.root)
    open_notebook(page, jupyterlab, CHAPTER.name)
    run_all(page)
    page.locator("img.nc-lab-picture").wait_for(state="attached")
    place = page.evaluate(
        "[...document.querySelectorAll('.jp-CodeCell')].findIndex((cell) => cell.querySelector('.nc-lab-picture'))"
    )
    lab = Lab(page, place)
    empty = lab.picture.get_attribute("src")
    lab.press("Train")
    lab.next_picture(lab.next_picture(empty))
    assert lab.epoch() > 0
    _assert_no_traceback(page)


def test_four_seeds_train_are_stopped_and_continued(page, jupyterlab):
    lab = _open_lab(page, jupyterlab, "grokking.ipynb", GROKKING)
    assert lab.cell.get_by_role("button", name="Continue", exact=True).is_disabled()
    lab.type("Modulus p", "11")
    lab.type("Steps", "40000")
    empty = lab.picture.get_attribute("src")
    lab.press("Train")
    lab.next_picture(lab.next_picture(empty))
    lab.press("Stop")
    lab.wait_for_end("stopped")
    reached = lab.epoch()
    assert 0 < reached < 40000
    lab.type("Steps", "50")
    lab.press("Continue")
    lab.wait_for_end("done")
    assert lab.epoch() > reached
    lab.type("Share to train on", "1")
    lab.press("Train")
    lab.message.filter(has_text="Share to train on: must be a number from 0.05 to 0.95, got '1'").wait_for()
    _assert_no_traceback(page)


def test_a_link_of_the_prose_sets_a_figure_in_jupyterlab(page, jupyterlab):
    text = 'Look at <a href="#nc-bound:drawn=100">collapsed points</a>.'
    write_notebook(jupyterlab.root / "link.ipynb", "from ncbook import explorables\n\nexplorables.bound()", text=text)
    open_notebook(page, jupyterlab, "link.ipynb")
    run_all(page)
    slider = page.locator(".nc-drawn")
    slider.wait_for()
    assert slider.input_value() == "0"
    page.get_by_role("link", name="collapsed points").click()
    assert slider.input_value() == "100"
    assert page.evaluate("document.activeElement.name") == "drawn"
    assert "#nc-" not in page.url
    _assert_no_traceback(page)


def _open_lab(page, server: Server, name: str, cell: str) -> Lab:
    fronts.show(page, server, name, cell)
    lab = Lab(page)
    lab.status.wait_for()
    return lab


def _assert_no_traceback(page) -> None:
    assert page.get_by_text("Traceback").count() == 0
    assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
