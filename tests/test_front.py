"""The front page: its drawings are those of the recorded runs, and its sentences those of the closing chapter."""

import json
import re
from urllib.parse import quote

import front
import front_moving
import front_svg
import hosts
import numpy as np
import pandas as pd
import pytest
import yaml
from test_chapter_answer import BOX, PROSE
from test_project import ADDRESS, BRANCH, ROOT

import ncbook
from ncbook import experiments, look
from ncbook.readings import simplex

PAGE = (ROOT / "book" / "welcome.md").read_text(encoding="utf-8")
MOVING = (front.FOLDER / "moving.html").read_text(encoding="utf-8")
MOVIE = json.loads(re.search(r'<script type="application/json">(.*?)</script>', MOVING)[1])
RUN = experiments.simplex.load("laptop", live=False)
ARRAYS = simplex.pictured(RUN, front_moving.SETTING)


@pytest.fixture(scope="module")
def drawings():
    return front.drawings()


@pytest.mark.parametrize("name", sorted(path.name for path in front.FOLDER.glob("*.html")))
def test_the_drawings_are_those_that_the_code_gives(name, drawings):
    assert (front.FOLDER / name).read_text(encoding="utf-8") == drawings[name], "make ledger"


def test_no_drawing_is_missing(drawings):
    assert {f"front/{name}" for name in drawings} == set(re.findall(r":file: (\S+)", PAGE))
    assert all((front.FOLDER / name).exists() for name in drawings)


def marks() -> tuple[np.ndarray, np.ndarray]:
    """Places [P, n, 2] of the new images, and of those that the network is trained on."""
    places = np.array(MOVIE["marks"], dtype=float).reshape(len(MOVIE["now"]), -1, 2)
    return np.split(places, [int(ARRAYS["test"].sum())], axis=1)


def shape(vectors: np.ndarray) -> np.ndarray:
    """Vectors [n, 2] without their place and size."""
    centered = vectors - vectors.mean(axis=0)
    return centered / np.linalg.norm(centered)


@pytest.mark.parametrize("kind", [0, 1])
@pytest.mark.parametrize("step", [0, 8, -1])
def test_the_marks_move_as_the_features_of_the_run(step, kind):
    """Up to place and size; the first class points up, so that a feature (x, y) is drawn at (-y, -x)."""
    recorded = ARRAYS["points"][step].astype(float)[ARRAYS["test"] == (kind == 0)]
    drawn = marks()[kind][step]
    assert np.allclose(shape(-drawn[:, ::-1]), shape(recorded), atol=2e-3)


def test_the_figure_has_every_recorded_step():
    steps = [int(re.match(r"step ([\d,]+),", now)[1].replace(",", "")) for now in MOVIE["now"]]
    assert steps == ARRAYS["step"].tolist()
    assert {len(MOVIE[name]) for name in MOVIE} == {len(steps)}


def test_the_last_state_is_drawn_where_no_script_runs():
    drawn = [list(map(float, place)) for place in re.findall(r"translate\((\S+) (\S+)\)", MOVING)]
    assert np.array_equal(np.ravel(drawn), MOVIE["marks"][-1])


def spread(places: np.ndarray, test: bool) -> float:
    """The largest distance of a mark from the mean of its class's training marks in the last state."""
    labels, means = ARRAYS["labels"][ARRAYS["test"] == test], np.array(MOVIE["means"][-1]).reshape(-1, 2)
    return float(np.linalg.norm(places[-1] - means[labels], axis=1).max())


def test_what_the_figure_says_of_its_run_is_so():
    rows = RUN.to_frame()
    rows = rows[(rows.num_classes == 3) & (rows.seed == RUN.config["seeds"][0])]
    errors = rows.set_index("step").train_error
    zero = int(re.search(r"From step (\d+) on it makes no training error", MOVING)[1])
    assert (errors[errors.index >= zero] == 0).all()
    assert (errors[errors.index < zero] > 0).all()
    new, seen = (spread(places, test) for places, test in zip(marks(), (True, False), strict=True))
    assert new > seen  # "New images spread more widely."


def test_the_colors_are_those_of_the_book():
    light = re.findall(r"--front-(\w+):(#\w{6})", front_svg.palette().split("html")[0])
    arms = {f"class{index}": color for index, color in enumerate(look.ARMS)}
    named = {"train": look.TRAIN, "test": look.TEST} | arms
    assert dict(light) == {name: color.lower() for name, color in named.items()}
    style = (ROOT / "book/webassets/front.css").read_text(encoding="utf-8")
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", style) == []


def test_a_training_is_counted_once_if_it_was_followed():
    rows = pd.DataFrame(
        [
            {"seed": seed, "layer": layer, "step": step, "train_error": error}
            for seed, steps, error in ((0, (0, 9), 0.5), (1, (9,), 0.5), (2, (0, 9), np.nan))
            for step in steps
            for layer in ("first", "last")
        ]
    )
    assert front.trainings(rows, ("layer", "seed")) == 1


# --- sentences


def section(heading: str) -> str:
    return re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1].strip()


def test_the_answer_is_three_sentences_of_the_closing_chapter():
    """Whose verdicts are checked there."""
    *sentences, _ = section("The answer").split("\n\n")
    assert len(sentences) == 3
    leads = [re.match(r"\*(.+?):?\*", sentence)[1] for sentence in sentences]
    assert [lead for lead in leads if f"*{lead}" not in PROSE] == []
    rest = " ".join(re.sub(r"^\*.+?\*", "", sentence) for sentence in sentences).lower()
    for phrase in sorted(BOX, key=len, reverse=True):
        rest = rest.replace(phrase.lower(), "")
    assert set(re.findall(r"\w+", rest)) <= {"and", "in", "these", "runs", "was"}


def test_the_page_is_cited_as_the_citation_file_says():
    told = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    entry = re.search(r"```bibtex\n(.*?)```", PAGE, re.DOTALL)[1]
    written = re.findall(r"(\w+) *= \{(.+?)\},\n", entry, re.DOTALL)
    fields = {name: " ".join(text.strip("{}").split()) for name, text in written}
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert fields.pop("year") == re.search(rf"^## {ncbook.__version__}, (\d+)", changes, re.MULTILINE)[1]
    assert fields == {
        "author": told["authors"][0]["name"],
        "title": told["title"],
        "version": str(told["version"]),
        "url": told["repository-code"],
    }
    assert f"{ADDRESS}/blob/{BRANCH}/CITATION.cff" in PAGE


def test_the_doors_name_chapters_and_hosts_that_exist():
    doors = re.search(r"front-doors\n(.*?)::::", PAGE, re.DOTALL)[1]
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", doors) if not target.startswith("https:")]
    hosted = [target.partition(":") for target in targets if ":" in target]
    assert sorted(host for host, _, _ in hosted) == sorted(hosts.HOSTS)
    pages = [target for target in targets if ":" not in target] + [f"{chapter}.ipynb" for _, _, chapter in hosted]
    assert [page for page in pages if not (ROOT / "book" / page).exists()] == []


def test_the_address_at_a_host_follows_from_that_of_the_repository():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    slug, branch = "jane/course", "spring"
    options = {"repository_url": f"https://github.com/{slug}", "repository_branch": branch}
    options["launch_buttons"] = config["launch_buttons"]
    page = "book/1-collapse/collapse"
    source = quote(f"https://github.com/{slug}/blob/{branch}/{page}.ipynb", safe="")
    assert [hosts.address(host, options, page) for host in hosts.HOSTS] == [
        f"https://colab.research.google.com/github/{slug}/blob/{branch}/{page}.ipynb",
        f"https://www.kaggle.com/kernels/welcome?src={source}",
        f"https://mybinder.org/v2/gh/{slug}/{branch}?urlpath=lab/tree/{page}.ipynb",
    ]
