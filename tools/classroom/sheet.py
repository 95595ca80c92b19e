"""A worksheet as HTML: the lab of a lesson on one page, and for the teacher what comes out on a second."""

from html import escape
from importlib.util import find_spec
from pathlib import Path

from classroom import lessons
from ncbook.labs import Choice, Plan, Setting

_MATHJAX = Path(find_spec("sphinx-mathjax-offline").origin).with_name("static") / "mathjax" / "tex-chtml.js"
_FORMULAS = f"""<script>window.MathJax = {{ chtml: {{ matchFontHeight: false }} }};</script>
<script src="{_MATHJAX.as_uri()}"></script>"""
_STYLE = Path(__file__).with_name("sheet.css")
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{style}</style>{formulas}</head>
<body>{body}</body></html>"""
_SHEET = """<section class="sheet">
<h1>{title}</h1>
<p class="who"><span>Names</span><span>Date</span></p>
{tasks}
<h2>Settings of the lab <code>labs.{name}()</code></h2>
<table class="settings"><thead><tr><th>setting</th><th>at the start</th><th>what it does</th></tr></thead>
<tbody>{settings}</tbody></table>
<h2>Write down</h2>
{table}
<h2>What did you find? Answer the question in a sentence or two.</h2>
<div class="lines">{lines}</div>
</section>"""
_LINES = "<div></div>" * 30  # more than a page has room for
_OUTCOME = """<section class="outcome">
<h1>{title}: what comes out</h1>
<p><strong>For the teacher.</strong></p>
{outcome}
</section>"""


def page(title: str, plan: Plan, lesson: str, teacher: bool) -> str:
    """The document of the worksheet for the lab `plan` of a chapter called `title`; ValueError as `lessons.lab`."""
    lab = {name: lessons.html(text) for name, text in lessons.lab(lesson).items()}
    settings = "".join(_row(setting) for setting in plan.settings)
    told = {"title": escape(title), "name": plan.name, "settings": settings, "lines": _LINES}
    body = _SHEET.format(tasks=lab[""], table=lab[lessons.TABLE], **told)
    if teacher:
        body += _OUTCOME.format(title=told["title"], outcome=lab[lessons.OUTCOME])
    formulas = _FORMULAS if lessons.FORMULA in body else ""
    return _PAGE.format(title=told["title"], style=_STYLE.read_text(encoding="utf-8"), formulas=formulas, body=body)


def _row(setting: Setting) -> str:
    default, tip = setting.written(setting.default), setting.tip()
    if isinstance(setting, Choice):
        default = setting.words(setting.default)
        tip = f"{tip}: {'; '.join(words for words, _ in setting.options)}"
    return "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in (setting.label, default, tip)) + "</tr>"
