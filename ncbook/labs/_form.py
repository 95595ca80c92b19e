"""The fields of a lab."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import ipywidgets as widgets

Control = TypeVar("Control", bound=widgets.DOMWidget)
_LABEL = {"description_width": "initial"}  # as wide as its text


def _layout(width: str) -> widgets.Layout:
    return widgets.Layout(width=width, max_width="100%", margin="2px 1.5em 2px 0")


class Form(widgets.Box):
    """Fields in rows that wrap on a narrow screen; `fields` has each setting's widget by name.

    `decades` has, for those that get a slider, the decimal logarithms of its ends.
    """

    def __init__(self, fields: Mapping[str, widgets.DOMWidget], decades: Mapping[str, tuple[int, int]]) -> None:
        self.fields = dict(fields)
        boxes = [
            _with_slider(field, decades[name]) if name in decades else field for name, field in self.fields.items()
        ]
        super().__init__(boxes, layout=widgets.Layout(flex_flow="row wrap", overflow="visible"))

    def typed(self) -> dict[str, str]:
        """The text of every field."""
        return {name: field.value.strip() for name, field in self.fields.items()}


def choice(label: str, tip: str, options: Sequence[tuple[str, str]], value: str) -> widgets.Dropdown:
    """One of several (words, value)."""
    made = widgets.Dropdown(options=options, value=value, description=label, layout=_layout("19em"), style=_LABEL)
    return with_tip(made, tip)


def number(label: str, tip: str, value: float) -> widgets.Text:
    """A number, as text: a wrong one is answered when Train is pressed."""
    layout = _layout(f"{6 + len(label) / 2}em")
    return with_tip(widgets.Text(value=f"{value:g}", description=label, layout=layout, style=_LABEL), tip)


def with_tip(made: Control, tip: str) -> Control:
    """The widget, with words that show under the pointer: under another name in version 7 of ipywidgets, Colab's."""
    made.set_trait("tooltip" if made.has_trait("tooltip") else "description_tooltip", tip)
    return made


def _with_slider(text: widgets.Text, decades: tuple[int, int]) -> widgets.Box:
    """The text field and a logarithmic slider that follow each other. The text decides, for it can hold any value."""
    slider = widgets.FloatLogSlider(
        value=float(text.value), min=decades[0], max=decades[1], step=0.1, readout=False, layout=_layout("10em")
    )
    with_tip(slider, f"{text.description}, from 1e{decades[0]} to 1e{decades[1]}")

    def follow_slider(change: dict[str, Any]) -> None:
        if _number(text.value) != change["new"]:
            text.value = f"{change['new']:.2g}"

    def follow_text(change: dict[str, Any]) -> None:
        value = _number(change["new"])
        if 10 ** decades[0] <= value <= 10 ** decades[1]:
            slider.value = value

    slider.observe(follow_slider, "value")
    text.observe(follow_text, "value")
    return widgets.HBox([text, slider], layout=widgets.Layout(flex_flow="row wrap", overflow="visible"))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
