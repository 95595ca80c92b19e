"""What all labs are: train, and watch the curves grow.

Training runs in a thread, so that the kernel stays free to hear Stop. Widgets change in the kernel's main
thread only, in answer to a message from the page: Colab drops what other threads send to it. The page's
messages come from the buttons and, while a network trains, from the ticks of an invisible `Play` widget.

A page sends what was typed only once the kernel has answered what was typed before; a click is sent at once and may
overtake it. So Train does not train: it starts the ticks, and the first of them, which comes after all that was typed
before the click, reads the fields.
"""

import asyncio
import base64
from collections.abc import Callable, Sequence
from contextlib import suppress
from html import escape
from typing import Any

import ipywidgets as widgets

from ncbook.labs import _curves, _export, _words
from ncbook.labs._form import Form, layout, with_tip
from ncbook.labs._plan import Plan, Values
from ncbook.labs._training import Training

_TICK = 350  # milliseconds between two looks at the training
_PATIENCE = 2  # seconds that Stop waits for the step under way to end
_LARGE = """<style>.nc-lab-large, .nc-lab-large * { font-size: 20px !important; }
.nc-lab-large { --jp-widgets-font-size: 20px; --jp-widgets-inline-height: 40px; --jp-widgets-inline-width: 26em; }
</style>"""


class Lab(widgets.VBox):
    """A question, fields, buttons, curves that grow, and a table of all runs since the last reset.

    `labs.NAME()` makes the one of a chapter; `labs.Lab(plan)` one of your own, of any `labs.Plan`. Beside Train, Stop
    and Reset there is Export (the numbers, the picture, the line of Python that repeats a run) and a code, which
    restores the settings wherever it is pasted.

    >>> lab = labs.Lab(labs.collapse.plan)
    >>> lab.train.description  # nothing trains before it is pressed
    'Train'
    >>> lab.runs
    []
    """

    def __init__(self, plan: Plan, large: bool = False, values: Values | None = None) -> None:
        self.plan, self.large = plan, large
        self.called = "plan"  # what trains the same in Python
        self.runs: list[Any] = []  # each a Training
        self.form = Form(plan, plan.values({}) if values is None else values)
        self.train = button("Train", "Train with these settings", self._on_train)
        self.stop = button("Stop", "End the training now and keep its curves", self._on_stop)
        self.reset = button("Reset", "Forget all runs", self._on_reset)
        self.export = button("Export", "Numbers, picture and lines of Python to take away", self._on_export)
        self.train.button_style = "primary"
        self.progress = with_tip(widgets.IntProgress(layout=widgets.Layout(width="14em")), "How far it is trained")
        self.code = with_tip(
            widgets.Text(description="Code", continuous_update=False, layout=layout("24em")),
            "These settings on one line. Paste another code of this lab here, and press Enter",
        )
        self.question, self.pace, self.message, self.status, self.picture, self.table, self.exported = (
            widgets.HTML() for _ in range(7)
        )
        self.question.value = f'{_LARGE if large else ""}<p style="line-height:1.5"><b>{escape(plan.question)}</b></p>'
        self.heartbeat = widgets.Play(interval=_TICK, layout=widgets.Layout(display="none"))
        _set(self.heartbeat, "repeat", True)
        self.heartbeat.observe(self._on_tick, "value")
        super().__init__(self._children())
        if large:
            self.add_class("nc-lab-large")
        self._complaint = ""
        self._ticks: asyncio.Task[None] | None = None
        self._waiting: Callable[[], None] | None = None  # for the first tick
        self._drawn: list[tuple[Any, ...]] | None = None  # what the picture shows
        self._png = b""
        for field in self.form.fields.values():
            field.observe(self._write_code, "value")
        self.code.observe(self._on_code, "value")
        self._write_code()
        self._refresh()

    def _children(self) -> list[widgets.Widget]:
        controls = [self.train, self.stop, *self._more_buttons(), self.reset, self.export, self.progress, self.pace]
        row = widgets.HBox(controls, layout=widgets.Layout(flex_flow="row wrap", align_items="center"))
        return [
            self.question, self.form, row, self.message, self.status, self.picture, self.table, self.code,
            self.exported, self.heartbeat,
        ]  # fmt: skip

    def _more_buttons(self) -> Sequence[widgets.Button]:
        """Those that a lab has beside Train and Stop."""
        return ()

    @property
    def running(self) -> bool:
        return bool(self.runs) and self.runs[-1].running

    def _training(self, values: Values) -> Training:
        """A run, not yet started."""
        earlier = tuple(self.runs)
        return Training(self.plan, values, lambda run: self._drawing([*earlier, run]))

    def _drawing(self, runs: Sequence[Any]) -> bytes:
        return _curves.png(self.plan, runs, self.large)

    def _on_train(self, _: object) -> None:
        if not self.running:
            self._after_typing(self._begin)

    def _after_typing(self, action: Callable[[], None]) -> None:
        """Do that at the next tick."""
        self._waiting = action
        self._start_ticks()

    def _start_ticks(self) -> None:
        """Until `_refresh` ends them. Version 7 of ipywidgets counts only where Play itself is pressed: tick here."""
        _set(self.heartbeat, "playing", True)
        if self.heartbeat.has_trait("playing") or (self._ticks is not None and not self._ticks.done()):
            return
        with suppress(RuntimeError):  # no kernel
            loop = asyncio.get_running_loop()
            self._ticks = loop.create_task(self._tick())

    async def _tick(self) -> None:
        """In the kernel's main thread, between two messages."""
        while self.heartbeat._playing:
            await asyncio.sleep(_TICK / 1000)
            self._on_tick(None)

    def _on_tick(self, _: object) -> None:
        action, self._waiting = self._waiting, None
        (action or self._refresh)()

    def _begin(self) -> None:
        """Train what stands in the fields, or say what is wrong with it."""
        try:
            run = self._training(self.plan.read(self.form.typed()))
        except ValueError as error:
            self._complain(f"Not trained. {error}")
            return
        self.runs.append(run)
        self._go(run)

    def _go(self, run: Any) -> None:
        run.start()
        self._start_ticks()
        self.exported.value = ""
        self._complain("")

    def _on_stop(self, _: object) -> None:
        if self.runs:
            self.runs[-1].stop()
            self.runs[-1].thread.join(_PATIENCE)  # a page that was reloaded has stopped ticking: show the end now
        self._refresh()

    def _on_reset(self, _: object) -> None:
        if not self.running:
            self.runs.clear()
            self.exported.value = ""
            self._complain("")

    def _on_export(self, _: object) -> None:
        self.exported.value = _export.links(self.plan, self.runs, self._png, self.called)

    def _write_code(self, _: object = None) -> None:
        """The code follows the fields."""
        self.code.value = _export.code(self.plan, self.form.typed())

    def _on_code(self, change: dict[str, Any]) -> None:
        """A code that was pasted fills the fields."""
        if change["new"] == _export.code(self.plan, self.form.typed()):
            return
        try:
            values = _export.settings(self.plan, change["new"])
        except ValueError as error:
            self._complain(f"Not restored. {error}")
            return
        self.form.fill(self.plan.written(values))
        self._complain("")

    def _complain(self, text: str) -> None:
        """Say what is wrong with the settings."""
        self._complaint = text
        self._refresh()

    def _refresh(self) -> None:
        """Show where the last run is."""
        run = self.runs[-1] if self.runs else None
        running = run is not None and run.running  # asked once, and first: all that follows then shows the end
        self.train.disabled = self.reset.disabled = self.export.disabled = running
        self.stop.disabled = not running
        self.progress.max = (run.planned if run else 0) or 100
        self.progress.value = self.progress.max if run and run.state == "done" else run.done if run else 0
        self.pace.value = _words.pace(run)
        told = _words.standing(self.plan, run) if run else "No run yet. Choose the settings and press Train."
        self.status.value = _words.status(told)
        self.message.value = _words.message(self._complaint or (run.message if run else ""))
        self.table.value = _words.table(self.plan, self.runs)
        if run is not None and running:
            self._show(run.picture or self._png, told)
            self._drawn = None
        else:
            self._draw(told)
            _set(self.heartbeat, "playing", self._waiting is not None)

    def _draw(self, told: str) -> None:
        """The curves of all runs, unless they stand there already."""
        drawn = [(run, run.state, run.done, len(run.rows)) for run in self.runs]
        if drawn != self._drawn:
            self._drawn = drawn
            self._show(self._drawing(self.runs), told)

    def _show(self, png: bytes, told: str) -> None:
        """The picture, with what it shows in words."""
        self._png = png
        shows = f"Curves of {', '.join(panel.title for panel in self.plan.panels)}. {told}"
        width = "none" if self.large else f"{340 * len(self.plan.panels)}px"
        self.picture.value = (
            f'<img class="nc-lab-picture" style="width:100%;max-width:{width}" '
            f'alt="{escape(shows)}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'
        )


def button(label: str, tip: str, action: Callable[[object], None]) -> widgets.Button:
    """A button that calls `action`."""
    made = widgets.Button(description=label, tooltip=tip, layout=widgets.Layout(width="7em"))
    made.on_click(action)
    return made


def _set(play: widgets.Play, name: str, value: bool) -> None:
    """Set `playing` or `repeat`, which ipywidgets 7, the version that Colab ships, spells with an underscore."""
    setattr(play, name if play.has_trait(name) else f"_{name}", value)
