"""What makes a page light: files that are joined, icons, formulas and drawings."""

import shutil
from types import SimpleNamespace

import few_files
import formulas
import icons
import lazy_drawings
import numpy as np
import pytest
from PIL import Image

HEAD = """\
<link href="../_static/styles/theme.css?digest=1" rel="stylesheet" />
<script defer src="../_static/scripts/fontawesome.js?digest=1"></script>
<script>window.first = 1</script>
<link rel="stylesheet" type="text/css" href="../_static/own.css?v=2" />
<link rel="preload" as="script" href="../_static/scripts/late.js" />
<link rel="icon" href="../_static/logo.svg"/>
<script src="../_static/one.js?v=1"></script>
<script>let second = 2;</script>
<script src="../_static/sphinx-thebe.js"></script>
<script>const THEBE_JS_URL = "https://example.org"</script>
<script src="../_static/two.js"></script>
<script defer="defer" src="../_static/mathjax/formulas.js"></script>
<script src="../searchindex.js"></script>
"""


@pytest.fixture
def site(tmp_path):
    """An application whose built book has three style sheets and two scripts."""
    files = {
        "styles/theme.css": '@import "../basic.css";\n.a {background: url(../file.png)}',
        "basic.css": ".b {background: url('file.png')} .c {background: url(data:image/png;base64,AA)}",
        "own.css": ".a {color: red}",
        "one.js": "const one = () => console.log('one')",
        "two.js": "two(); console.error('broken')",
    }
    for name, text in files.items():
        file = tmp_path / "_static" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (tmp_path / "assets").mkdir()
    for name in ("own.css", "front.css"):
        (tmp_path / "assets" / name).touch()
    folders = {
        "html_static_path": ["assets", "/of/an/extension"],
        "html_css_files": [("own.css", {})],
        "html_js_files": [],
    }
    places = {"outdir": tmp_path, "srcdir": tmp_path, "confdir": tmp_path}
    return SimpleNamespace(**places, config=SimpleNamespace(**folders), builder=SimpleNamespace(images={}))


def test_notebooks_are_given_out_and_markdown_is_not():
    def told(source: str) -> tuple[str, list[str]]:
        labels = ("download-notebook-button", "download-source-button", "download-pdf-button")
        group = {"label": "download-buttons", "buttons": [{"label": label} for label in labels]}
        context = {"sourcename": source, "header_buttons": [{"label": "fullscreen-button"}, group]}
        few_files.keep_markdown(None, "page", "page.html", context, None)
        return context["sourcename"], [each["label"] for each in group["buttons"]]

    assert told("book/ledger.md") == ("", ["download-notebook-button", "download-pdf-button"])
    assert told("book/a.ipynb")[0] == "book/a.ipynb"
    assert "download-source-button" in told("book/a.ipynb")[1]


def written(app, html: str) -> str:
    context = {"pathto": lambda name, resource: f"../{name}"}
    few_files.offer(app, "page", "page.html", context, None)
    return context["few_files"](html)


def test_a_page_names_one_style_sheet_and_one_script_where_the_first_stood(site):
    lines = written(site, HEAD).split("\n")
    sheet, script = ("_static/joined/" in lines[place] for place in (0, 3))
    assert sheet
    assert script
    assert [line for line in lines if "joined" not in line] == [
        "<script>window.first = 1</script>",
        '<link rel="icon" href="../_static/logo.svg"/>',
        "<script>let second = 2;</script>",
        '<script defer="defer" src="../_static/mathjax/formulas.js"></script>',
        "",
    ]
    assert written(site, HEAD) == written(site, HEAD)


def test_the_sheet_of_one_page_stays_by_itself(site):
    front = '<link rel="stylesheet" href="_static/front.css" />\n'
    usual, this = written(site, HEAD), written(site, front + HEAD)
    assert this == front + usual


def test_joined_files_hold_their_parts_in_their_order(site):
    written(site, HEAD)
    few_files.join(site, None)
    (sheet,) = (site.outdir / "_static/joined").glob("*.css")
    rules = sheet.read_text().split("\n")[1:]
    assert rules == [
        ".b {background: url(../file.png)} .c {background: url(data:image/png;base64,AA)}",
        ".a {background: url(../file.png)}",
        ".a {color: red}",
    ]
    (script,) = (site.outdir / "_static/joined").glob("*.js")
    assert script.read_text().split("\n")[1:] == ["const one = () => void ('one');", "two(); console.error('broken');"]


def test_a_part_that_has_changed_is_joined_again_though_no_page_is_written(site):
    written(site, HEAD)
    few_files.join(site, None)
    (site.outdir / "_static/own.css").write_text(".a {color: blue}")
    few_files.join(site, None)
    (sheet,) = (site.outdir / "_static/joined").glob("*.css")
    assert sheet.read_text().endswith(".a {color: blue}")
    assert "red" not in sheet.read_text()


def test_a_build_in_which_no_page_has_changed_writes_one_so_that_there_are_files_to_join():
    told = {}
    few_files.setup(SimpleNamespace(connect=lambda event, handler, priority=500: told.update({event: handler})))
    app = SimpleNamespace(config=SimpleNamespace(root_doc="book/welcome"))
    assert told["env-get-outdated"](app, "environment", set(), set(), set()) == ["book/welcome"]


def test_files_that_no_page_asks_for_are_removed(site):
    folder = site.outdir / "_static"
    gone = ["scripts/fontawesome.js", "scripts/fontawesome.js.map", "styles/theme.css.map", "locales/de/x.po"]
    for name in gone:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    few_files.remove(site, None)
    assert [name for name in gone if (folder / name).exists()] == []
    assert (folder / "styles/theme.css").exists()


def test_what_stands_in_a_joined_file_does_not_lie_beside_it(site):
    written(site, HEAD)
    few_files.join(site, None)
    few_files.remove(site, None)
    left = {str(path.relative_to(site.outdir)) for path in site.outdir.rglob("*.*") if path.is_file()}
    assert {"_static/own.css", "_static/one.js", "_static/two.js", "_static/styles/theme.css"} & left == set()
    assert len([path for path in left if path.startswith("_static/joined/")]) == 2


def test_code_that_runs_elsewhere_needs_no_settings_in_the_page(site):
    body = (
        '<p>text</p><script type="text/x-thebe-config">{}</script> <script>kernelName = "python3"</script><p>more</p>'
    )
    context = {"pathto": None, "body": body}
    few_files.offer(site, "page", "page.html", context, None)
    assert context["body"] == "<p>text</p><p>more</p>"


def test_rules_of_icons_that_no_page_shows_are_cut():
    sheet = (
        '.fa-a:before,.fa-b:before{content:"\\f001"}.fa-c:before{content:"\\f002"}.fa-1x{font-size:1em}'
        '@font-face{src:url(../w/fa-solid-900.woff2) format("woff2"),url(../w/fa-solid-900.ttf) format("truetype")}'
        '.note:after{content:"\\f00c"}:root{--bell:"\uf0f3"}'
    )
    kept = icons.cut(sheet, {"fa-b"})
    assert kept == (
        '.fa-a:before,.fa-b:before{content:"\\f001"}.fa-1x{font-size:1em}'
        '@font-face{src:url(../w/fa-solid-900.woff) format("woff")}.note:after{content:"\\f00c"}:root{--bell:"\uf0f3"}'
    )
    assert set(icons.codes_in(kept)) == {0xF001, 0xF00C, 0xF0F3}
    assert icons.cut(kept, {"fa-b"}) == kept


def test_of_mathjax_one_script_its_fonts_its_extensions_and_its_menu_are_kept(site):
    folder = site.outdir / formulas.FOLDER
    gone = ["tex-chtml.js", "output/svg.js", "sre/mathmaps/en.json", "input/tex/extensions/all-packages.js"]
    kept = [formulas.MENU, "input/tex/extensions/boldsymbol.js", "output/chtml/fonts/woff-v2/A.woff"]
    for name in ("startup.js", *(f"{part}.js" for part in formulas.PARTS), *gone, *kept):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"load('{name}')")
    formulas.join(site, None)
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert left == {formulas.NAME, *kept}
    text = (folder / formulas.NAME).read_text()
    places = [text.index(f"load('{part}.js')") for part in ("startup", *formulas.PARTS)]
    assert places == sorted(places)
    assert text.index("MathJax.loader.preLoad") > places[-1]
    formulas.join(site, None)  # nothing is left to do
    assert (folder / formulas.NAME).read_text() == text


def test_a_drawing_is_rounded_by_less_than_anyone_sees(tmp_path):
    levels = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    levels[0] = 255
    found = np.asarray(lazy_drawings.rounded(Image.fromarray(levels)), dtype=int)
    assert np.abs(found - levels).max() <= lazy_drawings.STEP // 2
    assert (found[0] == 255).all()
    assert set(np.unique(found)) <= {*range(0, 256, lazy_drawings.STEP), 255}


def test_drawings_are_named_with_their_size_and_converted(site):
    name = "0a" * 32
    folder = site.outdir / "_images"
    folder.mkdir()
    for ending, size in (("", (60, 20)), ("-narrow", (30, 50))):
        Image.new("RGB", size, (255, 0, 0)).save(folder / f"{name}{ending}.png")
    shutil.copy(folder / f"{name}.png", folder / "own.png")
    source = f'<source media="(max-width: 600px)" srcset="../_images/{name}-narrow.png">'
    context = {"body": f'{source}<img alt="It." src="../_images/{name}.png" /><img src="../_images/own.png">'}
    lazy_drawings.show(site, "page", "page.html", context, None)
    assert context["body"] == (
        f'<source media="(max-width: 600px)" srcset="../_images/{name}-narrow.webp" width="30" height="50">'
        f'<img alt="It." src="../_images/{name}.webp" width="60" height="20" loading="lazy" decoding="async">'
        '<img src="../_images/own.png">'
    )
    lazy_drawings.convert(site, None)
    assert sorted(path.name for path in folder.iterdir()) == [f"{name}-narrow.webp", f"{name}.webp", "own.png"]
    with Image.open(folder / f"{name}.webp") as picture:
        assert picture.convert("RGB").getpixel((0, 0)) == (255, 0, 0)
