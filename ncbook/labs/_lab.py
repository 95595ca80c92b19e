"""What all labs are: train, and watch the curves grow.

Training runs in a thread, so that the kernel stays free to hear Stop. Widgets change in the kernel's main
thread only, in answer to a message from the page: Colab drops what other threads send to it. The page's
messages come from the buttons and, while a network trains, from the ticks of an invisible `Play` widget.
"""

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from ncbook.labs import _words
from ncbook.labs._form import Form, with_tip

_TICK = 350  # milliseconds between two looks at the training
_PATIENCE = 2  # seconds that Stop waits for the unit under way to end


class Lab(widgets.VBox):
    """Fields, the buttons Train, Stop and Reset, curves that grow, and a table of all runs since the last reset.

    A lab of its own defines what begins when Train is pressed (`_begin`, a `Background`), the picture and the words.
    """

    no_run = "No run yet. Choose the settings and press Train."

    def __init__(self, form: Form, buttons: Sequence[widgets.Button] = ()) -> None:
        self.runs: list[Any] = []  # each a Background of the lab's own kind
        self.form = form
        self.train = button("Train", "Train with these settings", self._on_train)
        self.stop = button("Stop", "End the training now and keep its curves", self._on_stop)
        self.reset = button("Reset", "Forget all runs", self._on_reset)
        self.train.button_style = "primary"
        self.progress = with_tip(widgets.IntProgress(layout=widgets.Layout(width="14em")), "How far it is trained")
        self.pace, self.message, self.status, self.table = (widgets.HTML() for _ in range(4))
        self.table.layout.overflow = "auto"  # it scrolls where the screen is narrower
        self.picture = widgets.Image(layout=widgets.Layout(width="100%", max_width="1000px"))
        self.heartbeat = widgets.Play(interval=_TICK, layout=widgets.Layout(display="none"))
        _set(self.heartbeat, "repeat", True)
        self.heartbeat.observe(self._refresh, "value")
        controls = [self.train, self.stop, *buttons, self.reset, self.progress, self.pace]
        row = widgets.HBox(controls, layout=widgets.Layout(flex_flow="row wrap", align_items="center"))
        super().__init__([self.form, row, self.message, self.status, self.picture, self.table, self.heartbeat])
        self._complaint = ""
        self._drawn: list[tuple[Any, ...]] | None = None  # what the picture shows
        self._refresh()

    @property
    def running(self) -> bool:
        return bool(self.runs) and self.runs[-1].running

    def _begin(self, typed: dict[str, str]) -> Any:
        """A Background, not yet started, or ValueError that names the field and its value."""
        raise NotImplementedError

    def _png(self, runs: Sequence[Any]) -> bytes:
        raise NotImplementedError

    def _standing(self, run: Any) -> str:
        """Where a run is, in a sentence or two."""
        raise NotImplementedError

    def _table(self) -> str:
        raise NotImplementedError

    def _on_train(self, _: object) -> None:
        if self.running:
            return
        try:
            run = self._begin(self.form.typed())
        except ValueError as error:
            self._complain(f"Not trained. {error}")
            return
        self.runs.append(run)
        self._go(run)

    def _go(self, run: Any) -> None:
        run.start()
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
        self.progress.max = run.planned if run else 100
        self.progress.value = run.done if run else 0
        self.pace.value = _words.pace(run)
        self.status.value = _words.status(self._standing(run) if run else self.no_run)
        self.message.value = _words.message(self._complaint or (run.message if run else ""))
        self.table.value = self._table()
        if run is not None and running:
            self.picture.value, self._drawn = run.picture or self.picture.value, None
        else:
            self._draw()
            _set(self.heartbeat, "playing", False)

    def _draw(self) -> None:
        """The curves of all runs, unless they stand there already."""
        drawn = [(run, run.done, run.planned, len(run.rows)) for run in self.runs]
        if drawn != self._drawn:
            self.picture.value, self._drawn = self._png(self.runs), drawn


def button(label: str, tip: str, action: Callable[[object], None]) -> widgets.Button:
    """A button that calls `action`."""
    made = widgets.Button(description=label, tooltip=tip, layout=widgets.Layout(width="7em"))
    made.on_click(action)
    return made


def _set(play: widgets.Play, name: str, value: bool) -> None:
    """Set `playing` or `repeat`, which ipywidgets 7, the version that Colab ships, spells with an underscore."""
    setattr(play, name if play.has_trait(name) else f"_{name}", value)
