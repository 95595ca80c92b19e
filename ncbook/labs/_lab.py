"""The lab of the chapter on collapse: train a network, and watch its last layer collapse.

Training runs in a thread, so that the kernel stays free to hear Stop. Widgets change in the kernel's main
thread only, in answer to a message from the page: Colab drops what other threads send to it. The page's
messages come from the buttons and, while a network trains, from the ticks of an invisible `Play` widget.
"""

from collections.abc import Callable

import ipywidgets as widgets

from ncbook.labs import _curves, _note, _words
from ncbook.labs._form import Form
from ncbook.labs._settings import Settings
from ncbook.labs._training import Training

_TICK = 350  # milliseconds between two looks at the training
_PATIENCE = 2  # seconds that Stop waits for the epoch to end
_CHAPTER = "book/1-collapse/watching-a-network-collapse.ipynb"
_WHAT = "It trains a network while you watch its errors and its collapse, and compares the settings that you choose."


def collapse(dataset: str = "digits") -> "CollapseLab | _note.Note":
    """The lab; when $NCBOOK_STATIC is set, a note about it instead, and no widget is made.

    `dataset` is a name that `data.load` knows. Nothing trains or is loaded before Train is pressed.
    """
    return _note.Note(_WHAT, _CHAPTER) if _note.static() else CollapseLab(dataset)


class CollapseLab(widgets.VBox):
    """Fields, the buttons Train, Stop and Reset, curves that grow, and a table of all runs since the last reset."""

    def __init__(self, dataset: str = "digits") -> None:
        self.dataset = dataset
        self.runs: list[Training] = []
        self.form = Form()
        self.train = _button("Train", "Train a network with these settings", self._on_train)
        self.stop = _button("Stop", "End the training after this epoch and keep its curves", self._on_stop)
        self.reset = _button("Reset", "Forget all runs", self._on_reset)
        self.train.button_style = "primary"
        self.progress = widgets.IntProgress(tooltip="Epochs trained", layout=widgets.Layout(width="14em"))
        self.pace, self.message, self.status, self.table = (widgets.HTML() for _ in range(4))
        self.table.layout.overflow = "auto"  # it scrolls where the screen is narrower
        self.picture = widgets.Image(layout=widgets.Layout(width="100%", max_width="1000px"))
        self.heartbeat = widgets.Play(interval=_TICK, layout=widgets.Layout(display="none"))
        _set(self.heartbeat, "repeat", True)
        self.heartbeat.observe(self._refresh, "value")
        buttons = [self.train, self.stop, self.reset, self.progress, self.pace]
        row = widgets.HBox(buttons, layout=widgets.Layout(flex_flow="row wrap", align_items="center"))
        super().__init__([self.form, row, self.message, self.status, self.picture, self.table, self.heartbeat])
        self._complaint = ""
        self._refresh()

    @property
    def running(self) -> bool:
        return bool(self.runs) and self.runs[-1].running

    def _on_train(self, _: object) -> None:
        if self.running:
            return
        try:
            settings = Settings.read(self.form.typed())
        except ValueError as error:
            self._complain(f"Not trained. {error}")
            return
        earlier = tuple(self.runs)
        self.runs.append(Training(settings, self.dataset, lambda run: _curves.png([*earlier, run])))
        _set(self.heartbeat, "playing", True)
        self._complain("")

    def _on_stop(self, _: object) -> None:
        if self.runs:
            self.runs[-1].stop()
            self.runs[-1].thread.join(_PATIENCE)  # a page that was reloaded has stopped ticking: show the end now
        self._refresh()

    def _on_reset(self, _: object) -> None:
        if not self.running:
            self.runs.clear()
            self._complain("")

    def _complain(self, text: str) -> None:
        """Say what is wrong with the settings."""
        self._complaint = text
        self._refresh()

    def _refresh(self, _: object = None) -> None:
        """Show where the last run is."""
        run = self.runs[-1] if self.runs else None
        running = run is not None and run.running  # asked once, and first: all that follows then shows the end
        self.train.disabled = self.reset.disabled = running
        self.stop.disabled = not running
        self.progress.max = run.settings.epochs if run else 100
        self.progress.value = run.epoch if run else 0
        self.pace.value, self.status.value = _words.pace(run), _words.status(run)
        self.message.value = _words.message(self._complaint or (run.message if run else ""))
        self.table.value = _words.table(self.runs)
        if run is not None and running:
            self.picture.value = run.picture or self.picture.value
        else:
            self.picture.value = _curves.png(self.runs)
            _set(self.heartbeat, "playing", False)


def _button(label: str, tip: str, action: Callable[[object], None]) -> widgets.Button:
    button = widgets.Button(description=label, tooltip=tip, layout=widgets.Layout(width="7em"))
    button.on_click(action)
    return button


def _set(play: widgets.Play, name: str, value: bool) -> None:
    """Set `playing` or `repeat`, which ipywidgets 7, the version that Colab ships, spells with an underscore."""
    setattr(play, name if play.has_trait(name) else f"_{name}", value)
