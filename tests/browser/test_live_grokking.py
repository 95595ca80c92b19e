"""The network that groks in the page: as PyTorch has it, in time, by keyboard, on a phone, and without a worker."""

import base64
import gzip
import importlib.util
import json
import math
import re
import subprocess
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from drawings import differences, read, told_by
from live import (
    COMPILED,
    GENEROUS,
    NO_WASM,
    STRICT,
    listen,
    open_engine,
    pixels,
    spoke_at_milestones_only,
    wait_until,
)

from ncbook import data, explorables, metrics, models, trainers

ROOT = Path(__file__).resolve().parents[2]
_RECORDER = Path(__file__).with_name("recorder.js")
RECIPE = {"learningRate": 0.01, "betas": [0.9, 0.98], "eps": 1e-8, "warmUp": 10}


@pytest.fixture(scope="session")
def fragment() -> str:
    return explorables.grok_in_your_browser()._repr_html_()


@pytest.fixture
def engine(page):
    return open_engine(page, "live_grokking_engine.js")


def step_of(page) -> int:
    """-1 before there is one."""
    return int(page.text_content(".nc-now").replace("–", "-1"))


def wait_for_step(page, least: int) -> None:
    wait_until(page, lambda: step_of(page) >= least)


def stands_still(page) -> bool:
    """Whether half a second goes by without a step."""
    before = step_of(page)
    page.wait_for_timeout(500)
    return step_of(page) == before


# ---- the engine ----


def weights_of(model: models.PairMLP) -> dict[str, list[float]]:
    """By the engine's names."""
    names = {
        "embedding": "blocks.hidden1.embedding", "first": "blocks.hidden1.first", "second": "blocks.hidden1.second",
        "bias": "blocks.hidden1.bias", "hidden": "blocks.hidden2.0.weight", "hiddenBias": "blocks.hidden2.0.bias",
        "head": "head.weight",
    }  # fmt: skip
    return {name: model.get_parameter(theirs).flatten().tolist() for name, theirs in names.items()}


def pairs_of(split: data.Split) -> dict[str, list[int]]:
    return {"a": split.inputs[:, 0].tolist(), "b": split.inputs[:, 1].tolist(), "label": split.labels.tolist()}


def losses_of(training: trainers.Training, steps: int) -> Iterator[float]:
    """The training loss before each of the steps, and the steps."""
    for _ in range(steps):
        yield F.cross_entropy(training.model(training.train.inputs), training.train.labels).item()
        training.advance()


ARITHMETIC = pytest.mark.parametrize(("name", "compiled"), [("WebAssembly", COMPILED), ("plain", "")])


@ARITHMETIC
@pytest.mark.parametrize(("p", "dim", "width", "decay"), [(29, 32, 64, 1.0), (29, 32, 64, 0.0), (7, 8, 12, 0.25)])
def test_fifty_losses_and_the_measures_after_them_are_those_of_pytorch(engine, p, dim, width, decay, name, compiled):
    torch.manual_seed(p + 4)
    model = models.PairMLP(p, dim, width).double()
    sets = data.modular(p, fraction=0.6, split="unordered", seed=4)
    argument = {
        "sizes": {"p": p, "dim": dim, "width": width},
        "weights": weights_of(model),
        "sets": {"train": pairs_of(sets.train), "test": pairs_of(sets.test)},
        "recipe": RECIPE | {"weightDecay": decay},
        "compiled": compiled,
    }
    used, found, after, embedding = engine.evaluate(
        """({ sizes, weights, sets, recipe, compiled }) => {
          const network = new Network(sizes, weights, sets, recipe, arithmeticFor(roomFor(sizes), compiled));
          const losses = Array.from({ length: 50 }, () => network.advance().loss);
          const embedding = Array.from(network.weights.embedding).slice(0, sizes.p * sizes.dim);
          return [network.name, losses, network.measure(), embedding];
        }""",
        argument,
    )
    assert used == name
    loss = trainers.CrossEntropy(float64=True)
    recipe = trainers.Recipe(
        50, 0.01, optimizer="adamw", betas=(0.9, 0.98), weight_decay=decay, schedule=trainers.WarmUp(10), loss=loss
    )
    expected = np.array(list(losses_of(trainers.Training(model, sets.train, recipe, seed=0), 50)))
    assert np.abs(np.array(found) / expected - 1).max() < 1e-10
    assert expected[-1] < expected[0] / 2  # it has learned, so that the comparison is not of 50 equal numbers
    np.testing.assert_allclose(embedding, model.embedding.detach().flatten(), atol=1e-9)
    check_measures(after, model, sets)


_TRAINED = """([compiled, p, fraction]) => {
  const recipe = { learningRate: 0.01, weightDecay: 1, betas: [0.9, 0.98], eps: 1e-8, warmUp: 10 };
  const network = newNetwork({ p, dim: 8, width: 12, fraction, seed: 2, recipe, compiled });
  for (let step = 0; step < 40; step += 1) network.advance();
  return [network.name, Array.from(network.theta), network.measure()];
}"""


@pytest.mark.parametrize(("p", "fraction"), [(5, 0.3), (11, 0.9), (29, 0.5)])
def test_webassembly_gives_what_javascript_gives_to_the_last_bit(engine, p, fraction):
    (fast, *first), (slow, *second) = (engine.evaluate(_TRAINED, [code, p, fraction]) for code in (COMPILED, ""))
    assert (fast, slow) == ("WebAssembly", "plain")
    assert first == second
    assert np.isfinite(first[0]).all()


@pytest.mark.parametrize("broken", ["", "AAAA", COMPILED[:400]])
def test_what_cannot_be_compiled_is_done_in_javascript(engine, broken):
    assert (
        engine.evaluate("code => arithmeticFor(roomFor({ p: 29, dim: 32, width: 64 }), code).name", broken) == "plain"
    )


def test_the_compiled_product_is_that_of_its_source(engine):
    """Rebuilt where there is a compiler; the same version of it also gives the same bytes."""
    spec = importlib.util.spec_from_file_location("build_wasm", ROOT / "tools" / "build_wasm.py")
    build_wasm = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build_wasm)
    clang = build_wasm.compiler()
    if clang is None:
        pytest.skip("clang with wasm-ld is not installed: the compiled product was not rebuilt")
    rebuilt = base64.b64encode(build_wasm.built(clang)).decode()
    results = [engine.evaluate(_TRAINED, [code, 11, 0.6]) for code in (COMPILED, rebuilt)]
    assert results[0] == results[1]
    assert results[0][0] == "WebAssembly"
    version = subprocess.run([clang, "--version"], capture_output=True, text=True, check=True).stdout
    if "version 14." in version:
        assert rebuilt == COMPILED


@torch.no_grad()
def check_measures(found: dict, model: models.PairMLP, sets: data.Dataset) -> None:
    for name, split in (("train", sets.train), ("test", sets.test)):
        logits = model(split.inputs)
        assert found[name]["loss"] == pytest.approx(F.cross_entropy(logits, split.labels).item(), rel=1e-9)
        assert found[name]["accuracy"] == pytest.approx((logits.argmax(1) == split.labels).double().mean().item())
    flatness = metrics.relative_flatness(model.features(sets.train.inputs), model.head.weight).item()
    assert found["flatness"] == pytest.approx(flatness, rel=1e-9)
    power = metrics.fourier_spectrum(model.embedding)[1:].square()
    np.testing.assert_allclose(found["spectrum"], power / power.sum(), atol=1e-9)
    assert found["frequency"] == int(power.argmax()) + 1
    squares = sum(parameter.square().sum().item() for parameter in model.parameters())
    assert found["norm"] == pytest.approx(math.sqrt(squares), rel=1e-9)


def test_a_circle_is_seen_as_a_circle(engine):
    """An embedding that is one wave of frequency 3 on two orthogonal directions, and a constant."""
    angles = 2 * np.pi * 3 * np.arange(29) / 29
    embedding = np.zeros((29, 4))
    embedding[:, 1], embedding[:, 2], embedding[:, 3] = 2 * np.cos(angles), 2 * np.sin(angles), 7
    wave = engine.evaluate("values => strongestWave(Float64Array.from(values), 29, 4)", embedding.flatten().tolist())
    assert wave["frequency"] == 3
    assert wave["spectrum"][2] == pytest.approx(1)
    points = np.reshape(wave["points"], (29, 2))
    np.testing.assert_allclose(points, np.stack([np.cos(angles), np.sin(angles)], axis=1), atol=1e-12)


@pytest.mark.parametrize("fraction", [0.3, 0.6, 0.9])
def test_the_split_is_by_unordered_pairs_and_has_the_sizes_of_the_package(engine, fraction):
    first, again, other = (
        engine.evaluate("([f, seed]) => { const { train, test } = splitPairs(29, f, seed);"
                        "return [train, test].map(({ a, b, label }) => [...a].map((x, i) => [x, b[i], label[i]])) }",
                        [fraction, seed])
        for seed in (5, 5, 6)
    )  # fmt: skip
    train, test = ({(a, b) for a, b, _ in side} for side in first)
    assert len(train) == len(first[0])
    assert not train & test
    assert train | test == {(a, b) for a in range(29) for b in range(29)}
    assert all((b, a) in train for a, b in train)
    assert all((a + b) % 29 == label for side in first for a, b, label in side)
    assert len(train) == len(data.modular(29, fraction=fraction, split="unordered").train)
    assert first == again
    assert first != other


def mulberry(state: int, count: int) -> list[float]:
    """mulberry32, written apart from the engine's."""
    numbers, mask = [], 0xFFFFFFFF
    for _ in range(count):
        state = (state + 0x6D2B79F5) & mask
        bits = ((state ^ state >> 15) * (state | 1)) & mask
        bits ^= (bits + ((bits ^ bits >> 7) * (bits | 61) & mask)) & mask
        numbers.append(((bits ^ bits >> 14) & mask) / 2**32)
    return numbers


def test_the_random_numbers_are_those_that_the_engine_names(engine):
    draw = "([seed, stream]) => { const next = randomNumbers(seed, stream); return [next(), next(), next(), next()] }"
    for seed, stream in ((0, 0), (0, 1), (7, 0), (9, 1)):
        start = (2 * seed + stream + 1) * 0x9E3779B1 % 2**32
        assert engine.evaluate(draw, [seed, stream]) == mulberry(start, 4)


def test_initial_weights_have_the_distribution_of_the_package(engine):
    drawn = engine.evaluate(
        "() => Object.fromEntries(Object.entries(initialWeights({ p: 29, dim: 32, width: 64 }, 3))"
        ".map(([name, values]) => [name, [...values]]))"
    )
    theirs = weights_of(models.PairMLP(29))
    assert drawn.keys() == theirs.keys()
    for name, values in drawn.items():
        assert len(values) == len(theirs[name])
        bound = 5 / math.sqrt(2 * len(values))  # of five standard errors of a deviation
        assert np.std(values) == pytest.approx(np.std(theirs[name]), rel=2 * bound)
        assert abs(np.mean(values)) <= 5 * np.std(values) / math.sqrt(len(values))


# ---- the page ----


def test_it_is_small_and_asks_for_nothing_from_outside(fragment):
    assert len(gzip.compress(fragment.encode(), mtime=0)) < 30_000
    assert not re.search(r"https?:|src=|@import|url\(|import\(|fetch\(", fragment)


def test_controls_and_pictures_have_names(fragment):
    assert re.search(r'role="group" aria-label="[^"]+"', fragment)
    assert len(re.findall(r'<canvas [^>]*role="img" aria-label="[^"]+"', fragment)) == fragment.count("<canvas") == 4
    labels = re.findall(r"<label.*?</label>", fragment, flags=re.DOTALL)
    assert sum("<select" in each or "<input" in each for each in labels) == 4
    assert fragment.count('role="status"') == 1
    names = " ".join(re.findall(r'class="([^"]*)"', fragment)).split()
    assert all(name.startswith("nc-") for name in names)


def trained_words(page, words: str, seconds: float = GENEROUS) -> str:
    """What is said of the network that trains here, once it says `words`."""

    def says():
        return re.match(rf"Trained here: .*{words}", page.text_content(".nc-about"))

    wait_until(page, says, seconds)
    return page.text_content(".nc-about")


def milestones(words: str) -> tuple[int, int]:
    memorized, grokked = (int(re.search(rf"{each} at step (\d+)", words)[1]) for each in ("Memorized", "Grokked"))
    return memorized, grokked


def test_a_finished_run_is_shown_before_anyone_presses(show, fragment):
    page = show(fragment)
    words = page.text_content(".nc-words")
    assert words.startswith("Recorded run: weight decay 1, training share 0.6, seed 0.")
    memorized, grokked = milestones(words)
    assert memorized < grokked / 3
    assert step_of(page) == 3000
    assert page.workers == []
    page.focus(".nc-slider")
    page.keyboard.press("Home")
    assert step_of(page) == 0
    assert "Step 0. Accuracy over steps: training" in page.text_content(".nc-words")
    assert page.get_attribute(".nc-slider", "aria-valuetext") == "step 0"


@pytest.mark.parametrize("seed", ["0", "3"])
def test_it_groks_and_with_the_seed_of_the_recorded_run_as_there(show, fragment, seed, capsys):
    page = show(fragment)
    recorded = milestones(page.text_content(".nc-words"))
    page.select_option(".nc-seed", seed)
    before = pixels(page, ".nc-accuracy")
    start = time.perf_counter()
    page.click(".nc-train")
    words = trained_words(page, "Grokked at step")
    with capsys.disabled():
        print(f"\nseed {seed}: grokked {time.perf_counter() - start:.1f} s after the press. {words}")
    memorized, grokked = milestones(words)
    assert memorized < grokked / 3
    assert ((memorized, grokked) == recorded) == (seed == "0")
    assert len(page.workers) == 1
    assert pixels(page, ".nc-accuracy") != before
    assert "Faint lines: the run before, weight decay 1, training share 0.6, seed 0." in words
    assert re.search(r"test (9\d|100) %", page.get_attribute(".nc-accuracy", "aria-label"))


_NAME = "code => arithmeticFor(roomFor({ p: 29, dim: 32, width: 64 }), code).name"


def test_the_worker_trains_in_webassembly(show, fragment):
    page = show(fragment)
    page.click(".nc-train")
    wait_for_step(page, 10)
    assert COMPILED in fragment
    assert page.workers[0].evaluate(_NAME, COMPILED) == "WebAssembly"


def test_a_page_that_forbids_webassembly_groks_too(show, fragment):
    page = show(fragment, head=NO_WASM)
    page.select_option(".nc-seed", "3")
    page.click(".nc-train")
    wait_for_step(page, 10)
    assert page.workers[0].evaluate(_NAME, COMPILED) == "plain"
    trained_words(page, "Grokked", 2 * GENEROUS)
    page.problems[:] = [each for each in page.problems if "Content Security Policy" not in each]


def test_without_weight_decay_it_does_not_and_says_why(show, fragment):
    page = show(fragment)
    page.focus(".nc-decay")
    page.keyboard.press("Home")
    page.click(".nc-train")
    words = trained_words(page, "not grokked", 2 * GENEROUS)
    assert "weight decay is 0" in words
    assert "nothing shrinks the weights" in words
    assert "Grokked" not in words
    assert int(page.text_content(".nc-test-accuracy").removesuffix(" %")) < 20
    assert page.text_content(".nc-train-accuracy") == "100 %"


def test_pause_continue_and_back_to_the_recorded_run_by_keyboard(show, fragment):
    page = show(fragment)
    recorded = page.text_content(".nc-words")
    page.focus(".nc-train")
    page.keyboard.press("Enter")
    assert page.text_content(".nc-train") == "Pause"
    wait_for_step(page, 20)
    assert step_of(page) < 3000
    page.keyboard.press("Enter")
    assert page.text_content(".nc-train") == "Continue"
    assert "Paused." in page.text_content(".nc-words")
    wait_until(page, lambda: stands_still(page))  # a report may be under way
    paused = step_of(page)
    page.keyboard.press("Enter")
    wait_for_step(page, paused + 20)
    page.focus(".nc-reset")
    page.keyboard.press("Enter")
    assert page.text_content(".nc-words") == recorded
    assert step_of(page) == 3000
    assert page.text_content(".nc-train") == "Train it here"
    wait_until(page, lambda: page.workers == [])


def test_a_new_run_ends_the_worker_of_the_old_one(show, fragment):
    page = show(fragment)
    for seed in ("1", "2"):
        page.select_option(".nc-seed", seed)
        wait_until(page, lambda: page.workers == [])
        page.click(".nc-train")
        trained_words(page, f"seed {seed}")
        wait_for_step(page, 10)
        wait_until(page, lambda: len(page.workers) == 1)


def test_the_same_settings_give_the_same_network(show, fragment):
    page = show(fragment)
    words = []
    for _ in range(2):
        page.click(".nc-train")
        words.append(re.search(r"Memorized at [^:]+: [^.]+", trained_words(page, "Memorized"))[0])
        page.click(".nc-reset")
    assert words[0] == words[1]


def test_sliders_say_their_value_and_end_a_training(show, fragment):
    page = show(fragment)
    page.click(".nc-train")
    wait_for_step(page, 10)
    page.focus(".nc-fraction")
    page.keyboard.press("ArrowRight")
    assert page.text_content(".nc-fraction-now") == "0.65"
    assert page.text_content(".nc-train") == "Train it here"
    assert "Stopped before the end." in page.text_content(".nc-words")
    wait_until(page, lambda: page.workers == [])


def test_who_looks_at_an_early_step_stays_there_while_it_trains(show, fragment):
    page = show(fragment)
    page.click(".nc-train")
    wait_for_step(page, 30)
    page.focus(".nc-slider")
    page.keyboard.press("Home")
    last = int(page.get_attribute(".nc-slider", "max"))
    wait_until(page, lambda: int(page.get_attribute(".nc-slider", "max")) > last)
    assert step_of(page) == 0


_MEASURED = """([settings, end]) => {
  const network = newNetwork(settings);
  const found = [network.measure()];
  while (network.step < end) {
    network.advance();
    if (network.isDue()) found.push(network.measure());
  }
  return found;
}"""


def test_what_it_draws_is_what_its_engine_finds(show, page, fragment):
    page.add_init_script(path=_RECORDER)
    show(fragment)
    for name, value in (("decay", "0.5"), ("fraction", "0.8")):
        page.locator(f".nc-{name}").fill(value)
    page.select_option(".nc-seed", "3")
    page.click(".nc-train")
    wait_for_step(page, 150)
    page.click(".nc-train")
    wait_until(page, lambda: stands_still(page))
    page.focus(".nc-slider")
    page.keyboard.press("ArrowLeft")
    told = told_by(page)
    given = json.loads(page.text_content(".nc-data"))
    settings = given["settings"] | {"fraction": 0.8, "seed": 3}
    settings["recipe"] |= {"weightDecay": 0.5}
    page.add_script_tag(content=given["engine"])
    steps = page.get_attribute(".nc-slider", "data-values").split()
    found = page.evaluate(_MEASURED, [settings, int(steps[-1])])
    expected = import_module("expected.grok_in_your_browser")
    canvases = read(told)
    wanted = expected.drawn(found, len(found) - 2, canvases, expected.recorded())
    assert {name: differences(canvases[name], wanted[name])[:4] for name in canvases} == {name: [] for name in canvases}


@pytest.mark.parametrize("how", ["missing", "forbidden"])
def test_without_a_worker_it_trains_on_the_pages_own_thread(show, fragment, page, how):
    if how == "missing":
        page.add_init_script("delete window.Worker")
    show(fragment, head=STRICT if how == "forbidden" else "")
    page.click(".nc-train")
    trained_words(page, "Memorized at step")
    assert page.workers == []
    page.click(".nc-train")
    paused = step_of(page)
    page.wait_for_timeout(300)
    assert step_of(page) == paused
    page.click(".nc-train")
    wait_for_step(page, paused + 20)
    page.click(".nc-reset")
    page.wait_for_timeout(200)
    assert step_of(page) == 3000
    page.problems[:] = [each for each in page.problems if "Content Security Policy" not in each]


def test_a_figure_that_is_gone_stops_training(show, fragment):
    page = show(fragment)
    page.click(".nc-train")
    wait_for_step(page, 10)
    page.evaluate("document.querySelector('.nc-explorable').remove()")
    wait_until(page, lambda: page.workers == [])


def test_two_copies_do_not_meet(show, fragment):
    page = show(fragment + fragment)
    page.locator(".nc-train").nth(1).click()
    page.wait_for_function("document.querySelectorAll('.nc-about')[1].textContent.startsWith('Trained here')")
    assert page.locator(".nc-about").nth(0).text_content().startswith("Recorded run")
    assert page.locator(".nc-train").nth(0).text_content() == "Train it here"


def test_it_speaks_at_milestones_only(show, fragment):
    page = show(fragment)
    listen(page, ".nc-about")
    page.click(".nc-train")
    wait_for_step(page, 200)
    assert page.locator("[role=status], [aria-live], output").count() == 1
    assert spoke_at_milestones_only(page)


def test_jupyterlab_leaves_the_keys_to_the_controls(show, fragment):
    page = show(fragment)
    assert page.locator(":is(button, input, select)[data-lm-suppress-shortcuts]").count() == 7


def test_the_dark_theme_recolours_the_pictures(show, fragment):
    page = show(fragment)
    light = {name: pixels(page, f".nc-{name}") for name in ("accuracy", "plane", "spectrum", "flatness")}
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    for name, picture in light.items():
        page.wait_for_function(
            "([name, before]) => document.querySelector(name).toDataURL() !== before", arg=[f".nc-{name}", picture]
        )


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_overflows(show, fragment, page, width):
    page.set_viewport_size({"width": width, "height": 740})
    show(fragment)
    page.click(".nc-train")
    trained_words(page, "Memorized")
    edges = page.evaluate(
        "[...document.querySelectorAll('.nc-explorable *')].map(e => e.getBoundingClientRect().right)"
    )
    assert max(edges) <= page.evaluate("window.innerWidth")
