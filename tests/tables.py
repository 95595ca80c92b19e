"""Many small cases in one test."""

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence

import pytest


def for_each(names: str | Sequence[str], cases: Iterable) -> Callable:
    """`pytest.mark.parametrize` for cases of a few milliseconds: one test runs them all and names the first that fails.

    Decorators stack as those of pytest do, a case may be a `pytest.param`, and each has a monkeypatch of its own.
    """
    names, cases = [names] if isinstance(names, str) else list(names), list(cases)

    def decorate(test: Callable) -> Callable:
        assert inspect.isfunction(test), f"{test} is no function"

        @functools.wraps(test)
        def every(**fixtures) -> None:
            for case in cases:
                values = getattr(case, "values", case) if len(names) > 1 or hasattr(case, "marks") else (case,)
                with pytest.MonkeyPatch.context() as patch:
                    own = fixtures | ({"monkeypatch": patch} if "monkeypatch" in fixtures else {})
                    _run(test, own | dict(zip(names, values, strict=True)), getattr(case, "id", None) or values)

        inner = inspect.signature(test)
        rest = [parameter for name, parameter in inner.parameters.items() if name not in names]
        every.__signature__ = inner.replace(parameters=rest)
        return every

    return decorate


def _run(test: Callable, arguments: dict, name: object) -> None:
    try:
        test(**arguments)
    except (Exception, pytest.fail.Exception) as error:  # the second is what `pytest.raises` raises
        raise AssertionError(f"in the case {name!r:.300}: {error}") from error
