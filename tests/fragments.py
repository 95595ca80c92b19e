"""The explorables as pieces of a page, of the runs that the book shows."""

from ncbook import experiments, explorables, runs

WITHOUT_RUN = ("bound", "grok_in_your_browser", "live_collapse")


def run_of(name: str) -> runs.Run | None:
    """The recorded run that an explorable shows; None of one that shows none."""
    return None if name in WITHOUT_RUN else experiments.get(explorables.OTHERS.get(name, name)).load("laptop")


def shown(name: str):
    run, make = run_of(name), getattr(explorables, name)
    return make() if run is None else make(run)


def fragment_of(name: str) -> str:
    return shown(name)._repr_html_()
