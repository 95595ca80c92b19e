"""Every control of every explorable is moved; what is drawn and said must be what the run holds for that choice."""

from importlib import import_module
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path

import pytest
from drawings import differences, read, told_by
from expected._arms import described
from fragments import fragment_of, run_of

from ncbook import experiments, explorables

_RECORDER = Path(__file__).with_name("recorder.js")
_SHARES = (0, 0.29, 0.71, 1)  # where a slider is set, of its way
_SET = """(slider, share) => {
  slider.value = Number(slider.min) + share * (slider.max - slider.min);
  for (const name of ["input", "change"]) slider.dispatchEvent(new Event(name, { bubbles: true }));
}"""
_SAID = "parts => Object.fromEntries(parts.map(part => [part, document.querySelector(`.nc-${part}`).textContent]))"
_OPTIONS = "select => [...select.options].filter(each => !each.hidden).map(each => [each.value, each.text])"
_OFFERS = "(select, value) => seen(select) && [...select.options].some(each => !each.hidden && each.value === value)"


def expected_of(name: str):
    """What the explorable has to show: by a module of its own, or by two names in that of the result's figures."""
    if find_spec(f"expected.{name}"):
        return import_module(f"expected.{name}")
    by = import_module(f"pictures.{name}")
    mend = f"say what the explorable has to show: write tests/browser/expected/{name}.py, or ARMS and MEASURES in {by}"
    assert hasattr(by, "ARMS"), mend
    return described(by)


class Shown:
    """A figure in a page, and its controls."""

    def __init__(self, page, name: str):
        self.page, self.expected = page, expected_of(name)
        self.run = run_of(name)
        self.presses, self.history = 0, []

    def controls(self, kind: str):
        """The controls of a kind, as they are at first, with their class names without "nc-"."""
        found = self.page.locator(f".nc-explorable {kind}")
        parts = found.evaluate_all("all => all.map(each => each.classList[0].slice(3))")
        return [(found.nth(place), part) for place, part in enumerate(parts)]

    def moves(self):
        """Moves each control to each of its places, and gives its name and where it stands."""
        yield "", "at first"
        self.page.eval_on_selector_all(".nc-more", "folds => folds.forEach(fold => { fold.open = true; })")
        for select, part in self.controls("select"):
            for value, text in select.evaluate(_OPTIONS):
                if select.evaluate(_OFFERS, value):
                    select.select_option(value)
                    yield part, text
        for slider, part in self.controls("input[type=range]"):
            for share in _SHARES if slider.is_visible() else ():
                slider.evaluate(_SET, share)
                yield part, f"{share:.0%}"
        for box, part in self.controls("input[type=checkbox]"):
            for _ in range(2):
                box.click()
                yield part, "clicked"
        for button in self.page.locator(".nc-explorable .nc-again").all():
            button.click()
            self.presses += 1
            yield "again", "pressed"
        if self.page.locator(".nc-play").count():
            self.page.click(".nc-play")
            self.page.wait_for_timeout(700)
            self.page.click(".nc-play")
            yield "play", "pressed twice"

    def problems(self, control: str) -> list[str]:
        """How the picture and the words differ from those of the present choice."""
        found = told_by(self.page)
        self.history.append((control, found["controls"]))
        chosen = {f"{part}:text": text for part, text in found["chosen"].items()}
        state = found["controls"] | chosen | {"again": self.presses}
        state |= getattr(self.expected, "add_state", lambda *_: {})(self.run, state, self.history)
        canvases = read(found)
        wanted = self.expected.pictures(self.run, state, canvases)
        told = [f"{name}: {each}" for name in canvases for each in differences(canvases[name], wanted[name])]
        words = getattr(self.expected, "words", lambda *_: {})(self.run, state)
        said = self.page.evaluate(_SAID, list(words))
        return told + [
            f"{part} says {said[part]!r}, not {text!r}" for part, text in words.items() if said[part] != text
        ]


def still(show, page, body: str):
    """Shows it without anything that plays by itself."""
    page.emulate_media(reduced_motion="reduce")
    show(body)
    page.emulate_media(reduced_motion="no-preference")
    return page


@pytest.mark.parametrize("name", explorables.__all__)
def test_every_control_shows_what_the_run_holds(show, page, name):
    page.add_init_script(path=_RECORDER)
    figure = Shown(page, name)
    still(show, page, fragment_of(name))
    for control, place in figure.moves():
        told = figure.problems(control)
        assert not told, "\n".join([f"after {control} {place}: {len(told)} differences", *told[:6]])


def test_every_cell_of_the_phase_diagram_answers(show):
    page = show(explorables.grokking(experiments.get("grokking").load("laptop"))._repr_html_())
    cells = page.locator(".nc-cell").all()
    for cell in cells:
        cell.click()
        assert page.text_content(".nc-answer") == cell.get_attribute("aria-label")
    cells[0].focus()
    for key, index in (("ArrowRight", 1), ("ArrowDown", 7), ("ArrowLeft", 6), ("ArrowUp", 0), ("ArrowUp", 0)):
        page.keyboard.press(key)
        assert page.text_content(".nc-answer") == cells[index].get_attribute("aria-label")
        assert page.locator(".nc-cell[tabindex='0']").count() == 1


@pytest.fixture(scope="module")
def fragment(request) -> str:
    return fragment_of(request.param)


def to_another_end(page, control) -> None:
    """By keyboard, from wherever the control in focus stands."""
    before = control.input_value()
    for key in ("End", "Home"):
        if control.input_value() == before:
            page.keyboard.press(key)
    assert control.input_value() != before


EVERY = pytest.mark.parametrize("fragment", explorables.__all__, indirect=True)


@EVERY
def test_it_moves_by_keyboard_and_tells_a_screen_reader(show, fragment):
    page = show(fragment)
    marked = page.locator(".nc-explorable :is(button, input, select)[data-lm-suppress-shortcuts]").count()
    assert marked == page.locator(".nc-explorable :is(button, input, select)").count() >= 3
    assert page.locator(".nc-explorable [role=status]").count() == 1
    assert page.locator(".nc-explorable canvas:not([role=img])").count() == 0
    control = page.locator(".nc-explorable :is(select, input[type=range]):visible").first
    control.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    to_another_end(page, control)
    page.keyboard.press("Tab")
    page.wait_for_timeout(60)
    assert page.text_content(".nc-explorable [role=status]").strip()


@EVERY
@pytest.mark.parametrize("width", [360, 768])
def test_it_fits_a_phone_and_a_tablet_in_both_themes(show, page, fragment, width):
    page.set_viewport_size({"width": width, "height": 740})
    show(fragment)
    light = page.evaluate("document.querySelector('canvas').toDataURL()")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function("before => document.querySelector('canvas').toDataURL() !== before", arg=light)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    scrolls = "[style*=overflow-x] *"  # a table in a box of its own may be wider
    edges = page.evaluate(
        "out => [...document.querySelectorAll('.nc-explorable *')].filter(e => !e.matches(out))"
        ".map(e => e.getBoundingClientRect().right)",
        scrolls,
    )
    assert max(edges) <= width


def outside(found: dict) -> list[str]:
    """The texts of `told_by` that a canvas cuts, or that a script has shortened. Boxes come in whole pixels."""
    cut = []
    for name, canvas in found["canvases"].items():
        for item in (item for item in canvas["items"] if item["kind"] == "text"):
            left, top, right, bottom = item["box"]
            inside = min(left, top) >= -1 and right <= canvas["width"] + 1 and bottom <= canvas["height"] + 1
            if not inside or item["text"].endswith("…"):
                cut.append(f"{name}: {item['text']!r} at {[round(each, 1) for each in item['box']]}")
    return cut


_APART = 2  # px between two texts of one line
_SMALLEST = 12  # px of a letter: that of the numbers on a circle; axes have 13


def small(found: dict) -> list[str]:
    """The texts of `told_by` whose letters are too small to be read."""
    texts = [item for canvas in found["canvases"].values() for item in canvas["items"] if item["kind"] == "text"]
    return [f"{item['text']!r} has {item['letters']} px" for item in texts if item["letters"] < _SMALLEST]


def _marks(item: dict) -> bool:
    """Whether a text is the number of a point, and not of an axis."""
    below, beside = (item["align"], item["baseline"]) == ("center", "top"), item["align"] == "right"
    return item["text"].isdigit() and not (below or beside)


def touching(found: dict) -> list[str]:
    """The texts of `told_by` that run into each other. Numbers that mark points of a picture may."""
    met = []
    for name, canvas in found["canvases"].items():
        texts = [item for item in canvas["items"] if item["kind"] == "text" and item["text"].strip()]
        for one, other in combinations(texts, 2):
            (left, top, right, bottom), box = one["box"], other["box"]
            beside = right + _APART <= box[0] or box[2] + _APART <= left
            if not (beside or bottom <= box[1] or box[3] <= top or (_marks(one) and _marks(other))):
                met.append(f"{name}: {one['text']!r} and {other['text']!r}")
    return met


def unreadable(found: dict) -> list[str]:
    return outside(found) + touching(found) + small(found)


@EVERY
@pytest.mark.parametrize("width", [390, 700])
def test_no_text_of_a_picture_is_small_or_cut_or_runs_into_another(show, page, fragment, width):
    page.set_viewport_size({"width": width, "height": 740})
    page.add_init_script(path=_RECORDER)
    still(show, page, fragment)
    page.eval_on_selector_all(".nc-more", "folds => folds.forEach(fold => { fold.open = true; })")
    page.wait_for_timeout(60)
    assert unreadable(told_by(page)) == []
    for slider in page.locator(".nc-explorable input[type=range]:visible").all():
        slider.evaluate(_SET, 1)
        assert unreadable(told_by(page)) == []


@EVERY
def test_two_copies_do_not_meet(show, page, fragment):
    still(show, page, 2 * fragment)
    assert page.locator(".nc-still").count() == 0
    figures = page.locator(".nc-explorable")
    pictures = "figure => [...figure.querySelectorAll('canvas')].map(canvas => canvas.toDataURL())"
    before = figures.nth(0).evaluate(pictures)
    control = figures.nth(1).locator(":is(select, input[type=range]):visible").first
    control.focus()
    to_another_end(page, control)
    page.wait_for_timeout(60)
    assert figures.nth(0).evaluate(pictures) == before
