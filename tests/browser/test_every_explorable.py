"""Every control of every explorable is moved; what is drawn and said must then be what the run holds for it."""

from importlib import import_module
from pathlib import Path

import pytest
from drawings import differences, read

from ncbook import experiments, explorables

_RECORDER = Path(__file__).with_name("recorder.js")
_WITHOUT_RUN = ("bound", "grok_in_your_browser")
_SHARES = (0, 0.29, 0.71, 1)  # where a slider is set, of its way
_SET = """(slider, share) => {
  slider.value = Number(slider.min) + share * (slider.max - slider.min);
  for (const name of ["input", "change"]) slider.dispatchEvent(new Event(name, { bubbles: true }));
}"""
_OPTIONS = "select => [...select.options].filter(each => !each.hidden).map(each => [each.value, each.text])"
NAMES = [name for name in explorables.__all__ if name != "grok_in_your_browser"]


def part_of(control) -> str:
    """The class name of a control without "nc-"."""
    return control.get_attribute("class").split()[0].removeprefix("nc-")


class Shown:
    """A figure in a page, and its controls."""

    def __init__(self, page, name: str):
        self.page, self.expected = page, import_module(f"expected.{name}")
        self.run = None if name in _WITHOUT_RUN else experiments.get(name).load("laptop")
        self.presses, self.history = 0, []

    def moves(self):
        """Moves each control to each of its places, and gives its name and where it stands."""
        yield "", "at first"
        for select in self.page.locator(".nc-explorable select").all():
            for value, text in select.evaluate(_OPTIONS):
                if not select.is_visible() or value not in [each for each, _ in select.evaluate(_OPTIONS)]:
                    continue
                select.select_option(value)
                yield part_of(select), text
        for slider in self.page.locator(".nc-explorable input[type=range]").all():
            for share in _SHARES if slider.is_visible() else ():
                slider.evaluate(_SET, share)
                yield part_of(slider), f"{share:.0%}"
        for box in self.page.locator(".nc-explorable input[type=checkbox]").all():
            for _ in range(2):
                box.click()
                yield part_of(box), "clicked"
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
        found = self.page.evaluate("drawn()")
        self.history.append((control, found["controls"]))
        chosen = {f"{part_of(name)}:text": name.evaluate("s => s.selectedOptions[0]?.text")
                  for name in self.page.locator(".nc-explorable select").all()}  # fmt: skip
        state = found["controls"] | chosen | {"again": self.presses}
        state |= getattr(self.expected, "add_state", lambda *_: {})(self.run, state, self.history)
        canvases = read(found)
        wanted = self.expected.pictures(self.run, state, canvases)
        told = [f"{name}: {each}" for name in canvases for each in differences(canvases[name], wanted[name])]
        for part, text in getattr(self.expected, "words", lambda *_: {})(self.run, state).items():
            said = self.page.locator(f".nc-{part}").first.text_content()
            if said != text:
                told.append(f"{part} says {said!r}, not {text!r}")
        return told


@pytest.mark.parametrize("name", NAMES)
def test_every_control_shows_what_the_run_holds(show, page, name):
    page.add_init_script(path=_RECORDER)
    figure = Shown(page, name)
    make = getattr(explorables, name)
    show((make() if name in _WITHOUT_RUN else make(figure.run))._repr_html_())
    for control, place in figure.moves():
        told = figure.problems(control)
        assert not told, "\n".join([f"after {control} {place}: {len(told)} differences", *told[:6]])
