"""The explorables as pieces of a page, of the runs that the book shows."""

from ncbook import experiments, explorables

WITHOUT_RUN = ("bound", "grok_in_your_browser", "live_collapse")


def shown(name: str):
    make = getattr(explorables, name)
    return make() if name in WITHOUT_RUN else make(experiments.get(name).load("laptop"))


def fragment_of(name: str) -> str:
    return shown(name)._repr_html_()
