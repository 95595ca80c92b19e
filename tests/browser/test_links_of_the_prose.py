"""A link of the prose sets the figure as a hand would, leads there, and fails aloud where it names nothing there is."""

from urllib.parse import urlencode

import pytest
from explorable_links import LINKS
from fragments import fragment_of

from ncbook import explorables

_ABOVE = '<p><a href="{href}">show me</a></p><div style="height: 3000px"></div>'
# where a control stands: the words of a choice, if a choice is named by words, the value of a named place, or the value
_STANDS = """([name, value]) => {
  const control = document.querySelector(`.nc-explorable [name="${name}"]`);
  if (control.type === "checkbox") return control.checked ? "on" : "off";
  if (control.options) {
    const words = [...control.options].some(({ text }) => text === value);
    return words ? control.selectedOptions[0].text : control.value;
  }
  const values = control.dataset.values?.split(" ");
  return values ? values[Number(control.value)] : control.value;
}"""
# sets a control to another place than the one that it has
_AWAY = """name => {
  const control = document.querySelector(`.nc-explorable [name="${name}"]`);
  if (control.type === "checkbox") control.checked = !control.checked;
  else if (control.options) control.selectedIndex = control.selectedIndex ? 0 : 1;
  else control.value = control.value === control.max ? control.min : control.max;
  for (const kind of ["input", "change"]) control.dispatchEvent(new Event(kind, { bubbles: true }));
}"""
_SEEN = """() => {
  const { top, bottom } = document.querySelector(".nc-explorable").getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}"""
_PICTURES = "[...document.querySelectorAll('.nc-explorable canvas')].map(canvas => canvas.toDataURL())"


def follow(show, page, href: str, name: str, controls: tuple[str, ...] = ()):
    """The pictures before and after a click on the link, which stands far above the figure, whose `controls` it names.

    Before the click they stand elsewhere.
    """
    page.emulate_media(reduced_motion="reduce")
    show(_ABOVE.format(href=href) + fragment_of(name))
    return clicked(page, controls)


def clicked(page, controls: tuple[str, ...] = ()):
    """The same with a figure that is there."""
    if controls:
        page.click("p > a")  # from where it leads, every control is moved away
    for control in controls:
        page.evaluate(_AWAY, control)
    before = page.evaluate(_PICTURES)
    page.click("p > a")
    page.wait_for_timeout(60)
    return before, page.evaluate(_PICTURES)


@pytest.mark.parametrize("name", sorted({link.name for link in LINKS}))
def test_every_link_sets_what_it_names(show, page, name):
    page.emulate_media(reduced_motion="reduce")
    show(_ABOVE.format(href="") + fragment_of(name))
    for link in (each for each in LINKS if each.name == name):
        page.evaluate("href => document.querySelector('p > a').setAttribute('href', href)", link.href)
        before, after = clicked(page, tuple(control for control, _ in link.settings))
        for control, value in link.settings:
            assert page.evaluate(_STANDS, [control, value]) == value, link
        assert before != after, f"{link}: nothing has changed"
        assert page.evaluate(_SEEN), link
        assert page.evaluate("document.activeElement.name") == link.settings[-1][0], link
        assert page.text_content(".nc-explorable [role=status]").strip(), link


# name and value of another place of a control, in the words that a link would use; hidden choices are none
_ANOTHER = """control => {
  if (control.type === "checkbox") return [control.name, control.checked ? "off" : "on"];
  if (control.options) {
    const other = [...control.options].find(option => !option.hidden && !option.selected);
    return [control.name, other?.text ?? control.selectedOptions[0].text];
  }
  const values = control.dataset.values?.split(" ");
  return [control.name, values ? values[Math.floor(values.length / 2)] : String(Number(control.max))];
}"""


@pytest.mark.parametrize("name", explorables.__all__)
def test_a_link_can_set_every_control_of_every_figure(show, page, name):
    page.emulate_media(reduced_motion="reduce")
    show(_ABOVE.format(href="") + fragment_of(name))
    controls = page.locator(".nc-explorable :is(select, input)")
    for control in controls.all():
        own, value = control.evaluate(_ANOTHER)
        href = f"#nc-{name}:{urlencode({own: value})}"
        page.evaluate("href => document.querySelector('p > a').setAttribute('href', href)", href)
        page.click("p > a")
        assert page.evaluate(_STANDS, [own, value]) == value, href


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("epok=48", "no control named epok"),
        ("epoch=900", "control epoch has no value 900"),
        ("epoch=", "control epoch has no value"),
        ("network=resnet", "control network has no value resnet"),
    ],
)
def test_a_link_that_names_what_is_not_there_says_so(show, page, query, said):
    before, after = follow(show, page, f"#nc-collapse:{query}", "collapse")
    assert before == after
    assert len(page.problems) == 1
    assert said in page.problems.pop()


def test_a_choice_may_be_named_by_its_words_and_a_slider_takes_the_nearest_place(show, page):
    page.emulate_media(reduced_motion="reduce")
    follow(show, page, "#nc-collapse:measure=NC3: classifier off the means&epoch=51", "collapse")
    assert page.evaluate(_STANDS, ["measure", "nc3"]) == "nc3"
    epochs = page.get_attribute(".nc-slider", "data-values").split()
    nearest = min(epochs, key=lambda epoch: abs(int(epoch) - 51))
    assert page.evaluate(_STANDS, ["epoch", nearest]) == nearest


def test_of_two_copies_the_first_answers_and_other_links_are_left_alone(show, page):
    show(_ABOVE.format(href="#nc-collapse:epoch=0") + '<a href="#nc-other:epoch=1" id="other">other</a>'
         + 2 * fragment_of("collapse"))  # fmt: skip
    for slider in page.locator(".nc-slider").all():
        slider.fill("5")
    page.click("p > a")
    assert [slider.input_value() for slider in page.locator(".nc-slider").all()] == ["0", "5"]
    page.click("#other")
    assert page.evaluate("location.hash") == "#nc-other:epoch=1"


def test_a_link_ends_the_playing_and_the_arrow_keys_go_on_from_there(show, page):
    page.emulate_media(reduced_motion="reduce")
    page.clock.install()
    show(_ABOVE.format(href="#nc-collapse:epoch=4") + fragment_of("collapse"))
    page.click(".nc-play")
    page.click("p > a")
    place = page.input_value(".nc-slider")
    page.clock.run_for(10_000)
    assert page.input_value(".nc-slider") == place
    assert page.text_content(".nc-play") == "Play"
    page.keyboard.press("ArrowRight")
    assert page.input_value(".nc-slider") == str(int(place) + 1)


def test_a_figure_that_has_gone_answers_no_more(show, page):
    show(_ABOVE.format(href="#nc-collapse:epoch=4") + fragment_of("collapse"))
    page.evaluate("document.querySelector('.nc-explorable').remove()")
    page.click("p > a")
    assert page.evaluate("location.hash") == "#nc-collapse:epoch=4"


_WHOLE = """() => {
  const { top, bottom } = document.querySelector(".nc-explorable").getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}"""


def test_the_figure_is_reached_even_if_the_way_there_is_cut_short(show, page):
    show(_ABOVE.format(href="#nc-collapse:epoch=4") + fragment_of("collapse") + '<div style="height: 3000px"></div>')
    assert not page.evaluate(_WHOLE)
    page.evaluate("document.querySelector('p > a').click(); scrollTo({ top: 1, behavior: 'instant' })")
    page.wait_for_function(_WHOLE)


def test_whoever_scrolls_on_is_not_led_back(show, page):
    show(_ABOVE.format(href="#nc-collapse:epoch=4") + fragment_of("collapse") + '<div style="height: 3000px"></div>')
    page.evaluate("""document.querySelector('p > a').click();
        dispatchEvent(new WheelEvent('wheel'));
        scrollTo({ top: 1, behavior: 'instant' })""")
    page.wait_for_timeout(700)
    assert page.evaluate("scrollY") == 1
