"""The fields of a lab."""

from collections.abc import Mapping
from html import escape
from typing import TypeVar

import ipywidgets as widgets

from ncbook.labs._plan import Choice, Plan, Real, Setting, Values

Control = TypeVar("Control", bound=widgets.DOMWidget)
_LABEL = {"description_width": "initial"}  # as wide as its text


class Form(widgets.Box):
    """Fields in rows that wrap on a narrow screen; `fields` has each setting's widget by name."""

    def __init__(self, plan: Plan, values: Values) -> None:
        texts = plan.written(values)
        self.fields = {setting.name: _field(setting, texts[setting.name]) for setting in plan.settings}
        super().__init__(list(self.fields.values()), layout=widgets.Layout(flex_flow="row wrap", overflow="visible"))

    def typed(self) -> dict[str, str]:
        """The text of every field."""
        return {name: field.value for name, field in self.fields.items()}

    def fill(self, texts: Mapping[str, str]) -> None:
        """Put a text into every field."""
        for name, text in texts.items():
            self.fields[name].value = text


def _field(setting: Setting, text: str) -> widgets.DOMWidget:
    """A menu, or a number as text: a wrong one is answered when Train is pressed."""
    width = f"{7 + len(setting.label) / 2}em"
    if isinstance(setting, Choice):
        words = max(len(words) for words, _ in setting.options)
        made = widgets.Dropdown(
            options=setting.options, value=text, description=setting.label, style=_LABEL,
            layout=layout(f"{5 + (len(setting.label) + words) / 1.8}em"),
        )  # fmt: skip
    elif isinstance(setting, Real) and setting.usual:
        usual = [setting.written(value) for value in setting.usual]
        made = widgets.Combobox(
            value=text, options=usual, description=setting.label, layout=layout(width), style=_LABEL
        )
    else:
        made = widgets.Text(value=text, description=setting.label, layout=layout(width), style=_LABEL)
    return with_tip(made, setting.tip())


def layout(width: str) -> widgets.Layout:
    """Of a field of that width, which is never wider than the screen."""
    return widgets.Layout(width=width, max_width="100%", margin="2px 1.5em 2px 0")


def with_tip(made: Control, tip: str) -> Control:
    """The widget, with words that show under the pointer: under another name in version 7 of ipywidgets, Colab's.

    Version 8 shows them at fields without a label alone, so that the label gets them too.
    """
    made.set_trait("tooltip" if made.has_trait("tooltip") else "description_tooltip", tip)
    if made.has_trait("description_allow_html") and made.description:
        made.description_allow_html = True
        made.description = f'<span title="{escape(tip)}">{escape(made.description)}</span>'
    return made
