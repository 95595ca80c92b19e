"""What is left of a page when nothing is said twice."""

import json
import re
import sys
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.append(str(Path(__file__).parents[1] / "tools/page"))
import compact

VALUE = '<span class="o">=</span> <span class="mi">1</span></pre></div>'
CODE = f'<div class="highlight"><pre><span class="n">x</span> {VALUE}'
CITED = '<a class="reference internal" href="bibliography.html#{}" title="The whole reference.">[1]</a>'


def shortened(body):
    context = {"body": body}
    compact.shorten(None, "", "", context, None)
    return context["body"]


def test_letters_in_the_color_of_all_code_lose_their_mark_and_others_keep_it():
    prose = '<span class="n">prose</span>'
    assert shortened(CODE + prose) == f'<div class="highlight"><pre>x {VALUE}{prose}'


def test_the_marks_that_go_have_the_color_of_the_block_in_every_style():
    """Of the theme's two styles for code."""
    sphinx = pytest.importorskip("sphinx.highlighting")
    for name in ("a11y-high-contrast-light", "a11y-high-contrast-dark"):
        style = sphinx.PygmentsBridge("html", name).get_stylesheet()
        block = re.search(r"\.highlight \{[^}]*color: (#\w+)", style)[1]
        colors = {re.search(rf"\.highlight \.{kind} \{{ color: (#\w+)", style)[1] for kind in ("n", "nn", "p", "w")}
        assert colors == {block}


def test_the_first_citation_of_a_work_tells_the_reference():
    body = "".join(map(CITED.format, ["a", "b", "a"]))
    assert shortened(body).count("The whole reference.") == 2
    assert shortened(body).endswith('#a">[1]</a>')


def test_lines_lose_their_indentation_and_what_is_shown_as_written_does_not():
    html = "<p>\n    one\n      two</p>\n<pre>\n    a\n</pre>\n  <script>\n  f();\n</script>"
    assert compact.without_indentation(html) == "<p>\none\ntwo</p>\n<pre>\n    a\n</pre>\n<script>\nf();\n</script>"
    assert compact.without_indentation(compact.without_indentation(html)) == compact.without_indentation(html)


def test_a_script_whose_text_goes_over_lines_stays_as_it_is():
    html = "<script>\n  f(`a\n  b`);\n</script>"
    assert compact.without_indentation(html) == html
    assert (
        compact.without_indentation("<script>\n  f(`a`);\n\n  g(`b`);\n</script>")
        == "<script>\nf(`a`);\ng(`b`);\n</script>"
    )


def test_only_links_that_lead_outside_are_marked(tmp_path):
    """And code is not marked for a style that is not here."""
    file = tmp_path / "one.html"
    file.write_text('<code class="docutils literal">a</code>')
    compact.compact(SimpleNamespace(outdir=tmp_path), None)
    assert file.read_text() == '<code class="literal">a</code>'
    file.write_text(
        '<a class="reference internal nav-link" href="#a">a</a><a class="reference external" href="b">b</a>'
    )
    compact.compact(SimpleNamespace(outdir=tmp_path), None)
    assert file.read_text() == (
        '<a class="reference nav-link" href="#a">a</a><a class="reference external" href="b">b</a>'
    )


def test_a_notebook_says_the_same_in_one_line(tmp_path):
    outputs = [{"data": {"text/html": "<b>y</b>"}}, {"data": {"text/plain": ["y"]}}, {"text": ["y"]}]
    notebook = {"cells": [{"source": ["x = 1\n", "“y”"]}, {"outputs": outputs}], "nbformat": 4}
    file = tmp_path / "_sources" / "one.ipynb"
    file.parent.mkdir()
    twice = deepcopy(notebook)
    twice["cells"][1]["outputs"][1]["data"]["text/html"] = "<table>y</table>"  # which a text says already
    file.write_text(json.dumps(twice, indent=1), encoding="utf-8")
    compact.compact(SimpleNamespace(outdir=tmp_path), None)
    assert json.loads(file.read_text(encoding="utf-8")) == notebook
    assert file.read_text(encoding="utf-8").count("\n") == 0
