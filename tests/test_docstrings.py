"""The reference: its pages name every public function, each has an example that runs, and each metric a source."""

import ast
import copy
import dataclasses
import inspect
import re
from functools import cache
from importlib import import_module
from types import ModuleType

import api
import pytest
from doc_examples import run
from page import docstrings
from sphinx.ext.napoleon import GoogleDocstring
from sphinx.util.inspect import stringify_signature

from ncbook import labs
from ncbook.experiments import _registry

MODULES = [import_module(f"ncbook.{name}") for _, names in api.PAGES.values() for name in names]
# read now: while tests run, one of these is another, which reads recorded runs once
DOCUMENTED = [
    pytest.param(module, inspect.getdoc(getattr(module, name)) or "", id=f"{module.__name__}.{name}")
    for module in MODULES
    for name in api.explained(module)
]
SOURCE = re.compile(r"\b(19|20)\d\d\b|survey|this (book|package)", re.IGNORECASE)
NOT_RUN = {"ncbook.data.cifar100_super_classes"}  # its answer is in files that have to be downloaded


@pytest.fixture(autouse=True)
def as_a_reader_has_it(monkeypatch):
    """A live kernel on a machine of any kind, and no experiment that stays registered."""
    monkeypatch.delenv("NCBOOK_STATIC", raising=False)
    monkeypatch.setenv("NCBOOK_PRESET", "laptop")
    monkeypatch.setattr(_registry, "_OWN", {})


@cache
def head(module: ModuleType) -> dict[str, object]:
    """What the example of a module defines, with which those of its functions go on."""
    names: dict[str, object] = {"__name__": "__main__"}
    assert run(inspect.getdoc(module), module.__name__, names), f"{module.__name__}: its docstring has no example"
    return names


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_example_of_a_module_runs(module):
    assert head(module)


@pytest.mark.parametrize(("module", "docstring"), DOCUMENTED)
def test_every_public_function_has_an_example_that_runs(module, docstring, request):
    shared = {
        key: value if inspect.ismodule(value) or key in ("mine", "__builtins__") else copy.deepcopy(value)
        for key, value in head(module).items()
    }
    name = request.node.callspec.id
    assert run(docstring, name, shared) or name in NOT_RUN, "give its docstring an example"


def test_an_example_that_is_wrong_is_found_out():
    with pytest.raises(AssertionError, match="Expected"):
        run(">>> 1 + 1\n3\n", "wrong", {})


@pytest.mark.parametrize("name", api.explained(import_module("ncbook.metrics")))
def test_every_metric_names_the_source_of_its_equation(name):
    from ncbook import metrics

    value = getattr(metrics, name)
    is_result = inspect.isclass(value) and not hasattr(value, "update") and not hasattr(value, "fit")
    assert is_result or SOURCE.search(inspect.getdoc(value)), "name the source of its equation"


def test_the_pages_are_those_of_the_package():
    written = {path: path.read_text(encoding="utf-8") for path in api.pages() if path.exists()}
    assert written == api.pages(), "make ledger"


def test_every_page_is_in_the_table_of_contents():
    contents = (api.FOLDER.parents[1] / "_toc.yml").read_text(encoding="utf-8")
    assert [path.stem for path in api.pages() if f"book/reference/{path.stem}\n" not in contents] == []


def test_the_code_at_the_head_of_the_page_of_figures_runs():
    (code,) = re.findall(r"```python\n(.*?)```", api.pages()[api.FOLDER / "figures.md"], re.DOTALL)[:1]
    names: dict[str, object] = {}
    exec(code, names)
    assert names["run"].provenance["experiment"] == "collapse"


def test_arguments_on_lines_of_their_own_are_no_list_of_definitions():
    argument = '<dd><em class="sig-param">a</em>,</dd>\n'
    context = {"body": f"<dl><dt>(\n<dl>\n{argument}{argument}</dl>\n)</dt><dd>What it does.</dd></dl>"}
    docstrings.plain_arguments(None, "", "", context, None)
    assert context["body"].count("<dl>") == context["body"].count("<dd>") == 1
    assert context["body"].count('<span class="sig-argument">') == context["body"].count("</span>") == 2


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("(rows: ~abc.Mapping = <factory>, *, n: int = 1)", "(rows: ~abc.Mapping = ..., *, n: int = 1)"),
        ("(schedule: ~abc.Callable = <function constant>)", "(schedule: ~abc.Callable = constant)"),
        ("(view: ~abc.Callable = <function Plan.<lambda>>, x: str = 's')", "(view: ~abc.Callable = ..., x: str = 's')"),
        (None, None),
    ],
)
def test_defaults_that_no_source_has_become_what_sphinx_can_read(printed, read):
    assert docstrings.readable_defaults(None, "class", "Plan", None, None, printed, "int") == (read, "int")
    assert read is None or ast.parse(f"def f{read}: pass")


def test_no_signature_of_the_reference_has_a_default_that_sphinx_cannot_read():
    signatures = [
        stringify_signature(inspect.signature(value))
        for module in MODULES
        for name in docstrings.public(module)
        if inspect.isclass(value := getattr(module, name)) and dataclasses.is_dataclass(value)
    ]
    unread = [docstrings.readable_defaults(None, "class", "", None, None, each, None)[0] for each in signatures]
    assert any("<" in each for each in signatures)
    assert [each for each in unread if "<" in each] == []


def test_the_first_line_of_a_property_is_no_type_though_it_has_a_colon():
    line = "Mean over pairs of classes: scalar, no unit."
    found = {}
    for what in ("property", "method"):
        found[what] = [line]
        docstrings.rewrite(None, what, "ncbook.data.GaussianMixture.cdnv", None, None, found[what])
    assert found == {"property": ["..", "", line, ""], "method": ["", line, ""]}
    read = str(GoogleDocstring(found["property"], what="property", name="cdnv"))
    assert line in read
    assert ":type:" not in read


WRITTEN = {
    "||mu_c|| and x * y": [r"\|\|mu_c\|\| and x \* y", ""],
    "h_ {k}, `cdnv`, `N` rows": [r"h\_ {k}, :py:obj:`cdnv <ncbook.metrics.cdnv>`, ``N`` rows", ""],
    "`data.Split`s": [r":py:obj:`data.Split <ncbook.data.Split>`\ s", ""],
    "It is\n    a = b *c*\nfor all.": ["", "It is", "", "::", "", "    a = b *c*", "", "for all."],
    "- one\n  more\n- two": ["", "- one", "  more", "", "- two"],
    "| a | b |\n| --- | --- |\n| 1 | 2 |": [
        ".. list-table::",
        "   :header-rows: 1",
        "",
        "   * - a",
        "     - b",
        "   * - 1",
        "     - 2",
    ],
    ">>> 2 * 3\n6": [">>> 2 * 3", "6"],
    "Attributes:\n    a: |b|": ["Attributes:", r"    a: \|b\|"],
}


def test_the_reference_lists_every_lab_with_its_question():
    page = api.pages()[api.FOLDER / "labs.md"]
    for name, offer in labs.OFFERS.items():
        assert f"| `labs.{name}()` | [](/book/{offer.plan.chapter}.ipynb) | {offer.plan.question} |" in page
        assert getattr(labs, name) is offer
        assert (api.FOLDER.parent / f"{offer.plan.chapter}.ipynb").exists()


@pytest.mark.parametrize("text", WRITTEN)
def test_docstrings_become_restructured_text(text):
    from ncbook import data, metrics  # noqa: F401 - what is not imported is no link

    found = docstrings.written(text.splitlines(), "ncbook.metrics")
    assert [line for line in found if line] == [line for line in WRITTEN[text] if line]
