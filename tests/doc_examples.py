"""Examples of docstrings, run one after the other as a reader would."""

import doctest

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def run(text: str, name: str, names: dict[str, object]) -> int:
    """Runs the examples of a docstring, which see and may change `names`; returns how many there are."""
    test = doctest.DocTestParser().get_doctest(text, names, name, None, None)
    test.globs = names  # not a copy
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append, clear_globs=False)
    assert result.failed == 0, "".join(said)
    return result.attempted
