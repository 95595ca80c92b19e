"""The decks of two chapters in Chromium, without a network: what is on a slide, what keys do, what notes say."""

import os
import warnings
from contextlib import contextmanager

import decks
import pytest
from pages import fresh_page
from printing.pages import Page
from slides import chapter, lessons

CHAPTERS = ("memorization", "grokking")  # with tables, and with the explorable that has most to show
SMALLEST = 20  # pixels of a letter on the stage
DRAWN = 13  # pixels of the smallest letters that an explorable draws, before it is enlarged
LESSON = """# Lesson: Grokking

## Plan
| minutes | what | with |
| --- | --- | --- |
| 90 | Train $K$ numbers. | the explorable |

## Predict
- **Before the eight networks.** Which time changes?
"""
# What lesson plans say, and the section of the chapter at whose slides a teacher wants to see it.
PLACES = {
    "collapse": {
        # a row behind the lab, about a figure in front of it
        "the figure of NC1, test curve": "NC1: each class shrinks to its mean",
        "Why is there a pseudo-inverse": "NC1: each class shrinks to its mean",
        "Before the figure of NC3": "NC3: the classifier becomes the class means",
        "Before the control": "A control: weight decay",
    },
    "cascade": {
        "the figure of effective depth": "Where the nearest mean becomes right",
        "What does the tunnel cost": "What the late layers throw away",
    },
    "grokking": {
        "which test pairs come for free": "Did it cheat? A leak in the test set",
        "How does an analytic solution help": "A solution that nobody trained",
    },
}
# Looks at every slide: its kind, what of it lies off the stage or is cut, its smallest letters, and its notes.
_SLIDES = """() => {
  const outside = (box) => box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
  const hidden = "aside.notes, .nc-status, mjx-container *, script, style, option";
  const seen = (part) => !part.closest(hidden) && part.getClientRects().length > 0;
  const cut = (part) => part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).overflowX !== "visible";
  const written = (part) => [...part.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const size = (part) => {
    const figure = part.closest(".nc-explorable");
    const scale = figure ? figure.getBoundingClientRect().width / figure.offsetWidth : 1;
    return scale * parseFloat(getComputedStyle(part).fontSize);
  };
  return Array.from({ length: Reveal.getTotalSlides() }, (_, number) => {
    Reveal.slide(number);
    const slide = Reveal.getCurrentSlide();
    const parts = [...slide.querySelectorAll("*")].filter(seen);
    const letters = parts.filter(written);
    const figure = slide.querySelector(".nc-explorable");
    return {
      kind: slide.classList[0],
      off: parts.filter((part) => outside(part.getBoundingClientRect()) || cut(part)).map((part) => part.outerHTML),
      smallest: Math.min(...letters.map(size)),
      scale: figure && figure.getBoundingClientRect().width / figure.offsetWidth,
      notes: slide.querySelector("aside.notes").textContent.trim(),
    };
  });
}"""


@pytest.fixture(scope="module")
def folder(book, tmp_path_factory):
    """The decks; without reveal.js the tests skip and say so, and in CI they fail."""
    if not decks.REVEAL.exists():
        message = "NO REVEAL FOUND: the slides were not looked at. Install it: npm ci."
        if os.environ.get("CI"):
            pytest.fail(message)
        warnings.warn(message, stacklevel=1)
        pytest.skip(message)
    made, plans = tmp_path_factory.mktemp("slides"), tmp_path_factory.mktemp("plans")
    (plans / "grokking.md").write_text(LESSON)
    first, *rest = decks.contents(decks.ROOT / "_toc.yml")
    *numbered, closing = decks.chapters([first, *rest])
    some = [entry for entry in numbered if entry.name.split("/")[-1] in CHAPTERS]
    decks.make(book, [first, *some, closing], made, plans)
    return made


@contextmanager
def opened(chromium, folder, name):
    """A deck on a projector; `seen` is what `_SLIDES` saw. Whatever its console says is a problem."""
    with fresh_page(chromium) as page:
        page.set_viewport_size({"width": 1920, "height": 1080})
        page.on("console", lambda message: page.problems.append(message.text))
        page.goto((folder / f"{name}.html").as_uri())
        page.wait_for_selector("html[data-slides=ready]", state="attached")
        page.seen = page.evaluate(_SLIDES)
        yield page
        assert page.problems == []


@pytest.fixture(scope="module", params=CHAPTERS)
def deck(request, chromium, folder):
    with opened(chromium, folder, request.param) as page:
        yield page


def assert_readable(deck):
    """Every slide lies on the stage, with nothing cut and no letters that are too small."""
    assert [slide for slide in deck.seen if slide["off"]] == []
    assert [slide for slide in deck.seen if slide["smallest"] < SMALLEST] == []
    assert [slide for slide in deck.seen if slide["scale"] and slide["scale"] * DRAWN < SMALLEST] == []


def test_every_slide_lies_on_the_stage_and_can_be_read(deck):
    assert_readable(deck)


def test_the_deck_of_the_whole_book_can_be_read_and_leads_to_the_others(chromium, folder):
    with opened(chromium, folder, "index") as page:
        assert_readable(page)
        page.evaluate("Reveal.slide(0)")
        page.locator("a[href='grokking.html']").first.evaluate("(link) => link.click()")
        page.wait_for_url("**/grokking.html**")


def test_a_deck_has_its_slides_and_notes(deck):
    kinds = [slide["kind"] for slide in deck.seen]
    assert 12 <= len(kinds) <= chapter.MOST
    assert [kinds[0], kinds[-1]] == ["slide-title", "slide-known"]
    assert {"slide-figure", "slide-predict", "slide-exercise", "slide-explorable"} <= set(kinds)
    silent = [each for each in deck.seen if each["kind"] in ("slide-figure", "slide-explorable") and not each["notes"]]
    assert silent == []


def test_formulas_are_set_and_pictures_are_there(deck):
    assert deck.locator("mjx-container").count() > 10
    assert deck.evaluate("[...document.images].filter((each) => !each.naturalWidth).map((each) => each.src)") == []


@pytest.fixture
def explorable(deck):
    """The first explorable of a deck, on the stage, with its slider in focus."""
    place = next(number for number, slide in enumerate(deck.seen) if slide["kind"] == "slide-explorable")
    deck.evaluate(f"Reveal.slide({place})")
    deck.locator("section.present input[type=range]").first.focus()
    return deck


def where(deck):
    slider = "document.querySelector('section.slide-explorable input[type=range]').value"
    return deck.evaluate(f"[Reveal.getIndices().h, Number({slider})]")


def test_arrow_keys_stay_in_an_explorable_until_it_is_left(explorable):
    explorable.keyboard.press("Home")
    slide, begin = where(explorable)
    explorable.keyboard.press("ArrowRight")
    assert where(explorable) == [slide, begin + 1]
    explorable.keyboard.press("Escape")
    explorable.keyboard.press("ArrowRight")
    assert where(explorable) == [slide + 1, begin + 1]


_HEIGHTS = "[...document.querySelectorAll('section.present canvas')].map((drawing) => drawing.clientHeight)"


def test_what_a_screen_reader_is_told_makes_no_drawing_lower(chromium, explorable):
    """As where a figure has played to its end before its slide is shown for the first time."""
    slide, _ = where(explorable)
    with fresh_page(chromium) as page:
        page.set_viewport_size({"width": 1920, "height": 1080})
        page.goto(explorable.url.split("#")[0])
        page.wait_for_selector("html[data-slides=ready]", state="attached")
        told = "(parts) => parts.forEach((part) => { part.textContent = 'played to its end '.repeat(20); })"
        page.eval_on_selector_all(".nc-status", told)
        page.evaluate(f"Reveal.slide({slide})")
        assert page.evaluate(_HEIGHTS) == explorable.evaluate(_HEIGHTS)


def test_a_remote_control_turns_the_slides_from_within_an_explorable(explorable):
    slide, value = where(explorable)
    explorable.keyboard.press("PageDown")
    assert where(explorable) == [slide + 1, value]


def test_the_speaker_sees_the_lesson_plan_beside_the_slide(chromium, folder):
    with fresh_page(chromium) as page:
        page.goto((folder / "grokking.html").as_uri() + "#/1")
        page.wait_for_selector("html[data-slides=ready]", state="attached")
        with page.context.expect_page() as opened:
            page.keyboard.press("s")
        notes = opened.value.locator(".speaker-controls-notes .value")
        notes.get_by_text("Minutes 0 to 90.").wait_for()
        assert notes.locator("math").first.is_visible()
        assert page.problems == []


@pytest.mark.parametrize("name", PLACES)
def test_the_lesson_plan_stands_at_the_slides_that_it_is_about(book, name):
    entry = next(each for each in decks.contents(decks.ROOT / "_toc.yml") if each.name.endswith(f"/{name}"))
    slides = chapter.slides(Page(book, entry), "")
    lessons.teach(slides, lessons.read(decks.LESSONS / f"{name}.md"))
    found = {words: [slide.section for slide in slides if words in " ".join(slide.taught)] for words in PLACES[name]}
    assert found == {words: [section] for words, section in PLACES[name].items()}
