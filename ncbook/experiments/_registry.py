"""Which experiments there are: those of the book, and those that a reader registers."""

from importlib import import_module

from ncbook import _environment
from ncbook._checks import require_instance
from ncbook.experiments._experiment import Experiment
from ncbook.results import RESULTS

_OWN: dict[str, Experiment] = {}


def register(experiment: Experiment) -> Experiment:
    """Make an experiment of your own known to `get`, the command line and the ledger; returns it.

    The command line imports the modules that $NCBOOK_EXPERIMENTS names, separated by commas; they call this. Raises
    ValueError for a name that another experiment has.

    >>> experiments.register(mine).name
    'mine'
    >>> experiments.names()[-1]
    'mine'
    """
    require_instance("experiment", experiment, Experiment, "an experiments.Experiment")
    taken = experiment.name in RESULTS or _OWN.get(experiment.name, experiment) is not experiment
    if taken:
        raise ValueError(f"name: {experiment.name!r} is the name of another experiment; choose a new one")
    _OWN[experiment.name] = experiment
    return experiment


def names() -> tuple[str, ...]:
    """Of all experiments: in the order of the book, then the registered ones.

    >>> experiments.names()[:3]
    ('collapse', 'simplex', 'settings')
    """
    for module in _environment.words("NCBOOK_EXPERIMENTS"):
        import_module(module)
    return (*RESULTS, *_OWN)


def get(name: str) -> Experiment:
    """The experiment called `name`; raises ValueError that lists the experiments.

    >>> experiments.get("grokking").title
    'Grokking'
    """
    known = names()
    require_instance("name", name, str, "the name of an experiment")
    if name not in known:
        raise ValueError(f"name: no experiment is called {name!r}; there are: {', '.join(known)}")
    if name in _OWN:
        return _OWN[name]
    experiment: Experiment = import_module(f"ncbook.experiments.{name}").EXPERIMENT
    return experiment
