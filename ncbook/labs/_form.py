"""The fields of a lab."""

import ipywidgets as widgets

from ncbook.labs._settings import Settings

_WHOLE = (
    ("width", "Width", "Width of the hidden layers and number of last-layer features, a whole number from 2 to 2048"),
    ("epochs", "Epochs", "Passes over the training set, a whole number from 1 to 10000"),
    ("seed", "Seed", "Fixes the initial weights and the order of the batches, a whole number from 0"),
)
_REAL = (
    ("weight_decay", "Weight decay", "Coefficient of the L2 penalty on every weight; 0 switches it off", (-5, -1)),
    (
        "learning_rate",
        "Learning rate",
        "Step size at the start; divided by 10 after a third and again after two thirds of the epochs",
        (-4, 1),
    ),
)
_LABEL = {"description_width": "initial"}  # as wide as its text


def _layout(width: str) -> widgets.Layout:
    return widgets.Layout(width=width, max_width="100%", margin="2px 1.5em 2px 0")


class Form(widgets.Box):
    """Fields in rows that wrap on a narrow screen; `fields` has each setting's widget by name."""

    def __init__(self) -> None:
        defaults = Settings()
        self.fields: dict[str, widgets.DOMWidget] = {"network": _networks(defaults.network)}
        boxes = [self.fields["network"]]
        for name, label, tip in _WHOLE:
            self.fields[name] = _text(label, tip, getattr(defaults, name))
            boxes.append(self.fields[name])
        for name, label, tip, decades in _REAL:
            self.fields[name] = _text(label, tip, getattr(defaults, name))
            boxes.append(_with_slider(self.fields[name], label, decades))
        super().__init__(boxes, layout=widgets.Layout(flex_flow="row wrap", overflow="visible"))

    def typed(self) -> dict[str, str]:
        """The text of every field."""
        return {name: field.value.strip() for name, field in self.fields.items()}


def _networks(chosen: str) -> widgets.Dropdown:
    options = [("multilayer perceptron", "mlp"), ("convolutional network", "convnet")]
    return widgets.Dropdown(
        options=options, value=chosen, description="Network", tooltip="Which network to train",
        layout=_layout("19em"), style=_LABEL,
    )  # fmt: skip


def _text(label: str, tip: str, value: float) -> widgets.Text:
    layout = _layout(f"{6 + len(label) / 2}em")
    return widgets.Text(value=f"{value:g}", description=label, tooltip=tip, layout=layout, style=_LABEL)


def _with_slider(text: widgets.Text, label: str, decades: tuple[int, int]) -> widgets.Box:
    """The text field and a logarithmic slider that follow each other. The text decides, for it can hold any value."""
    slider = widgets.FloatLogSlider(
        value=float(text.value), min=decades[0], max=decades[1], step=0.1, readout=False,
        tooltip=f"{label}, from 1e{decades[0]} to 1e{decades[1]}", layout=_layout("10em"),
    )  # fmt: skip

    def follow_slider(change: dict) -> None:
        if _number(text.value) != change["new"]:
            text.value = f"{change['new']:.2g}"

    def follow_text(change: dict) -> None:
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
