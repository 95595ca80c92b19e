"""Every lab in a real front end, through all that the frame offers: `make labs`, which takes some minutes.

It is the JupyterLab of this environment, unless `FRONT=voila` or `ENVIRONMENT=FOLDER` say otherwise, and
`LABS="collapse grokking"` takes these two.
"""

import io
import os
import re
import sys

import fronts
import pandas as pd
import pytest
from lab_driving import SMALL
from pages import fresh_page
from test_lab import _BARRIERS, Lab

from ncbook import labs

FRONT = os.environ.get("NCBOOK_FRONT") or fronts.JUPYTERLAB
ENVIRONMENT = os.environ.get("NCBOOK_ENVIRONMENT")
PYTHON = f"{ENVIRONMENT}/bin/python" if ENVIRONMENT else sys.executable
NAMES = sorted(os.environ.get("NCBOOK_LABS", "").split() or labs.OFFERS)
# A page of Voila waits two seconds for a widget and then shows nothing in its place, for good: too short for many labs.
PAGES = [(name,) for name in NAMES] if FRONT == fronts.VOILA else [tuple(NAMES)]
LETTERS = """lab => [...lab.querySelectorAll("*")].filter((one) => one.checkVisibility() && (one.value ||
  [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) && one.tagName !== "STYLE")
  .map((one) => getComputedStyle(one).fontSize)"""


def every(names: list[str]):
    """Runs a test for each of these labs, `name`, on the page `notebook` that has it."""
    cases = [pytest.param(page, name, id=name) for page in PAGES for name in page if name in names]
    return pytest.mark.parametrize(("notebook", "name"), cases, indirect=["notebook"], scope="module")


@pytest.fixture(scope="module")
def notebook(request, chromium, tmp_path_factory):
    """A page with some labs, and then with each of them large; its server, and with it the kernel, ends with it."""
    home, names = tmp_path_factory.mktemp("front"), request.param
    with fronts.started(home, FRONT, PYTHON) as server, fresh_page(chromium) as page:
        calls = [f"labs.{name}()" for name in names] + [f"labs.{name}(large=True)" for name in names]
        fronts.show(page, server, "every.ipynb", "from ncbook import labs", *calls)
        page.names = names
        yield page
        assert page.get_by_text("Traceback").count() == 0


def opened(notebook, name: str, large: bool = False) -> Lab:
    """The lab, once it is on the page, which draws cells that come near."""
    lab = Lab(notebook, 1 + notebook.names.index(name) + (len(notebook.names) if large else 0))
    lab.cell.scroll_into_view_if_needed()
    lab.picture.wait_for()
    return lab


def restore(lab: Lab, name: str, texts: dict[str, str]) -> None:
    """Give a code, and wait until the fields show it."""
    lab.type("Code", f"{name}?" + "&".join(f"{setting}={text}" for setting, text in texts.items()))
    lab.field("Code").press("Enter")
    labels = {setting.name: setting.label for setting in labs.OFFERS[name].plan.settings}
    for setting, text in texts.items():
        lab.wait_until(lambda label=labels[setting], text=text: text in lab.field(label).evaluate("it => it.value"))


@every(NAMES)
def test_a_lab_trains_compares_refuses_restores_and_is_taken_away(notebook, name, axe):
    lab, plan = opened(notebook, name), labs.OFFERS[name].plan
    chosen = {setting: text for setting, text in SMALL[name].items() if text.replace(".", "").isdigit()}
    restore(lab, name, chosen)
    for runs in (1, 2):
        lab.press("Train")
        lab.table.locator("tbody tr").nth(runs - 1).wait_for()
        lab.wait_for_end("done")
    typed = next(setting for setting in plan.settings if not isinstance(setting, labs.Choice))
    lab.type(typed.label, "many")
    lab.press("Train")
    lab.message.filter(has_text=f"{typed.label}: must be").wait_for()
    restore(lab, name, chosen)
    lab.press("Export")
    numbers = pd.read_csv(io.BytesIO(lab.download("The numbers (CSV)")))
    assert set(numbers["run"]) == {1, 2}
    notebook.add_script_tag(path=axe)
    assert notebook.evaluate(_BARRIERS) == []


@every(NAMES)
def test_a_default_run_is_stopped(notebook, name):
    lab = opened(notebook, name)
    restore(lab, name, {})
    earlier = lab.table.locator("tbody tr").count()
    lab.press("Train")
    lab.table.locator("tbody tr").nth(earlier).wait_for()  # from now on the words are of this run
    lab.cell.get_by_text(re.compile(r"\d+ %, about|done after")).wait_for()
    stop = lab.cell.get_by_role("button", name="Stop", exact=True)
    stop.evaluate("it => it.click()")  # which waits for nothing, where a short run has ended
    lab.wait_until(lab.cell.get_by_role("button", name="Train", exact=True).is_enabled)
    lab.cell.get_by_text(re.compile("(stopped|done) after")).wait_for()


@every(NAMES)
def test_a_field_says_what_it_does_under_the_pointer(notebook, name):
    lab = opened(notebook, name)
    for setting in labs.OFFERS[name].plan.settings:
        label = lab.cell.locator("label", has_text=re.compile(f"^{re.escape(setting.label)}$"))
        assert label.evaluate("it => (it.querySelector('[title]') ?? it).title") == setting.tip()


@every(["grokking"])
def test_a_stopped_run_is_continued(notebook, name):
    lab = opened(notebook, name)
    lab.press("Reset")
    lab.wait_for_status("No run yet")
    restore(lab, name, {"p": "11", "steps": "40000"})
    lab.press("Train")
    lab.wait_until(lambda: lab.epoch() > 0)
    lab.press("Stop")
    lab.wait_for_end("stopped")
    resume = lab.cell.get_by_role("button", name="Continue", exact=True)
    lab.wait_until(resume.is_enabled)  # which the kernel says after the step that was reached
    reached = lab.epoch()
    lab.type("Steps", "none")
    lab.press("Continue")
    lab.message.filter(has_text="Not continued. Steps: must be").wait_for()
    lab.type("Steps", "50")
    lab.press("Continue")
    lab.wait_for_status(f"Step {reached + 50}")
    lab.wait_for_end("done")


@every(NAMES)
def test_the_large_form_has_letters_of_20_pixels_and_the_whole_width(notebook, name):
    lab = opened(notebook, name, large=True)
    large = lab.cell.locator(".nc-lab-large")
    assert set(large.evaluate(LETTERS)) == {"20px"}
    room = large.evaluate("lab => lab.getBoundingClientRect().width")
    assert lab.picture.evaluate("image => image.getBoundingClientRect().width") > 0.97 * room
