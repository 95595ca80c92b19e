"""The arms of an experiment: one after the other, or on as many workers as there are."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from tqdm.auto import tqdm

from ncbook import trainers
from ncbook._checks import as_tuple, require_callable

Arm = TypeVar("Arm")
Result = TypeVar("Result")


def sweep(task: Callable[[Arm], Result], arms: Iterable[Arm]) -> list[Result]:
    """[task(arm) for arm in arms], with a progress bar, on the workers of joblib's configuration.

    That is this process, unless the call stands in a block such as `with joblib.parallel_config("loky", n_jobs=8)`,
    or `parallel_config("dask")` for the cluster of a `distributed.Client`; `task` and its results are then pickled.
    Results come in the order of the arms, whatever the workers. Each worker computes on `trainers.threads()` threads.
    The first error of an arm ends the sweep. In a block of `trainers.first_probes`, arms that train have no result.

    >>> experiments.sweep(lambda seed: seed**2, range(4))
    [0, 1, 4, 9]
    """
    from joblib import Parallel, delayed  # slow to import, and recorded runs need none

    require_callable("task", task, "of an arm")
    arms = as_tuple("arms", arms, "the arms, in a list or another iterable")
    results = Parallel(return_as="generator")(delayed(_on_own_threads)(task, arm) for arm in arms)
    found = tqdm(results, total=len(arms), unit="arm", delay=2, disable=trainers.is_watched())
    return [result for done in found for result in done]


def _on_own_threads(task: Callable[[Arm], Result], arm: Arm) -> list[Result]:
    """The result, or nothing of an arm that was to end after its first probes."""
    with trainers.threads():
        try:
            return [task(arm)]
        except trainers.FirstProbesDone:
            return []
