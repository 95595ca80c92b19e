"""The network that collapses in the page: as PyTorch has it, by keyboard, without a worker, and with a recorded run."""

import json
import math
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from drawings import differences, read, told_by
from live import (
    COMPILED,
    NO_WASM,
    STRICT,
    listen,
    open_engine,
    pixels,
    spoke_at_milestones_only,
    wait_for_words,
    wait_until,
)
from torch import nn

from ncbook import data, explorables, metrics
from ncbook.explorables import _page

_RECORDER = Path(__file__).with_name("recorder.js")
RECORDED = json.loads(_page._source("live_collapse_recorded.json"))
SETTINGS = RECORDED["settings"] | {"compiled": COMPILED, "images": ""}
NAMES = {"norms": "nc2_norms", "angles": "nc2_angles", "nc1": "nc1", "nc3": "nc3", "nc4": "nc4"}


@pytest.fixture(scope="session")
def fragment() -> str:
    return explorables.live_collapse()._repr_html_()


@pytest.fixture
def engine(page):
    return open_engine(page, "live_collapse_engine.js")


# ---- the engine ----


class Perceptron(nn.Module):
    """depth x (linear without bias, batch norm, ReLU) and a linear head, written apart from the engine."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        sizes = [64] + [width] * depth
        blocks = [
            layer
            for inputs in sizes[:-1]
            for layer in (nn.Linear(inputs, width, bias=False), nn.BatchNorm1d(width, momentum=1.0), nn.ReLU())
        ]
        self.features, self.head = nn.Sequential(*blocks), nn.Linear(width, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(x))

    def weights(self) -> dict[str, list[float]]:
        """By the engine's names."""
        found = {"head": self.head.weight, "bias": self.head.bias}
        for place, layer in enumerate(self.features):
            if isinstance(layer, nn.Linear):
                found[f"linear{place // 3}"] = layer.weight
            elif isinstance(layer, nn.BatchNorm1d):
                found |= {f"gain{place // 3}": layer.weight, f"shift{place // 3}": layer.bias}
        return {name: parameter.flatten().tolist() for name, parameter in found.items()}

    @torch.no_grad()
    def measured(self, inputs: torch.Tensor, train: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features and logits with the exact statistics of the training inputs."""
        self.train()
        self.features(train)
        for layer in self.features:
            if isinstance(layer, nn.BatchNorm1d):
                layer.running_var *= (len(train) - 1) / len(train)  # PyTorch keeps the unbiased variance
        self.eval()
        features = self.features(inputs)
        self.train()
        return features, self.head(features)


def dataset(per_class: int, random: bool) -> tuple[data.Split, data.Split]:
    """The package's digits in float64, flat; with `random`, the training labels shuffled."""
    digits = data.digits(per_class, seed=4)
    sets = [data.Split(each.inputs.flatten(1).double(), each.labels) for each in (digits.train, digits.test)]
    if random:
        order = torch.randperm(len(sets[0]), generator=torch.Generator().manual_seed(5))
        sets[0] = data.Split(sets[0].inputs, sets[0].labels[order])
    return sets[0], sets[1]


_FIFTY = """({ settings, weights, sets }) => {
  for (const set of Object.values(sets)) {
    Object.assign(set, { inputs: Float64Array.from(set.inputs), label: Int32Array.from(set.label) });
  }
  const arithmetic = arithmeticFor(roomFor(settings, mostPoints(sets)), settings.compiled);
  const network = new Network(settings, weights, sets, arithmetic);
  const [batches, losses] = [[], []];
  for (let step = 0; step < 50; step += 1) {
    const next = network.nextBatch;
    network.nextBatch = () => (batches[step] = next.call(network));
    losses.push(network.advance().loss);
    network.nextBatch = next;
  }
  return [network.name, batches, losses, network.measure()];
}"""


@pytest.mark.parametrize(("name", "compiled"), [("WebAssembly", COMPILED), ("plain", "")])
@pytest.mark.parametrize(
    ("width", "depth", "per_class", "batch", "decay", "random"),
    [(64, 3, 50, 100, 0.01, False), (32, 3, 50, 100, 0.03, True), (8, 2, 37, 30, 0.0, False)],
)
def test_fifty_losses_and_the_measures_after_them_are_those_of_pytorch(
    engine, width, depth, per_class, batch, decay, random, name, compiled
):
    torch.manual_seed(width)
    model = Perceptron(width, depth).double()
    train, test = dataset(per_class, random)
    recipe = SETTINGS["recipe"] | {"weightDecay": decay, "batch": batch}
    settings = SETTINGS | {"width": width, "depth": depth, "recipe": recipe, "compiled": compiled}
    sets = {
        side: {"inputs": split.inputs.flatten().tolist(), "label": split.labels.tolist()}
        for side, split in (("train", train), ("test", test))
    }
    used, batches, found, after = engine.evaluate(
        _FIFTY, {"settings": settings, "weights": model.weights(), "sets": sets}
    )
    assert used == name
    rate = recipe["learningRate"]
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=recipe["momentum"], weight_decay=decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings["steps"])
    expected = []
    for rows in batches:
        loss = F.cross_entropy(model(train.inputs[rows]), train.labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        expected.append(loss.item())
    assert np.abs(np.array(found) / expected - 1).max() < 1e-10
    assert expected[-1] < 0.9 * expected[0]  # it has learned, so that the comparison is not of 50 equal numbers
    check_measures(after, model, train, test)


def check_measures(found: dict, model: Perceptron, train: data.Split, test: data.Split) -> None:
    weight, bias = model.head.weight.detach(), model.head.bias.detach()
    features = {}
    for side, split in (("train", train), ("test", test)):
        features[side], logits = model.measured(split.inputs, train.inputs)
        assert found[side]["loss"] == pytest.approx(F.cross_entropy(logits, split.labels).item(), rel=1e-9)
        assert found[side]["error"] == pytest.approx((logits.argmax(1) != split.labels).double().mean().item())
        theirs = metrics.collapse(features[side], split.labels, weight, bias)
        for ours, name in NAMES.items():
            if (side, ours) != ("test", "nc4"):
                assert found[side][ours] == pytest.approx(getattr(theirs, name), rel=1e-8), (side, ours)
    means = metrics.class_means(features["train"], train.labels, 10)
    mismatch = metrics.nearest_mean_mismatch(features["test"], means, weight, bias)
    assert found["test"]["nc4"] == pytest.approx(mismatch)
    check_plane(found["plane"], features, means, weight, train, test)


def check_plane(found, features, means, weight, train, test) -> None:
    """As the experiment `collapse` lays it: rows are centered, and scaled to the size of the means."""
    three, drawn = SETTINGS["planeClasses"], SETTINGS["drawn"]
    points = torch.cat(
        [features[side][split.labels == c][:drawn] for side, split in (("train", train), ("test", test)) for c in three]
    )
    own, rows = means[three], weight[three]
    rows = rows - rows.mean(0)
    tips = own.mean(0) + rows * ((own - own.mean(0)).norm() / rows.norm())
    expected = metrics.simplex_coordinates(own, points, tips)
    for name, coordinates in zip(("means", "points", "rows"), expected, strict=True):
        np.testing.assert_allclose(np.reshape(found[name], (-1, 2)), coordinates, atol=1e-8)


_TRAINED = """(settings) => {
  const network = newNetwork(settings);
  for (let step = 0; step < 40; step += 1) network.advance();
  return [network.name, Array.from(network.theta), network.measure()];
}"""


@pytest.mark.parametrize(("width", "random"), [(8, True), (64, False)])
def test_webassembly_gives_what_javascript_gives_to_the_last_bit(engine, fragment, width, random):
    settings = data_of(fragment)["settings"] | {"width": width, "random": random}
    (fast, *first), (slow, *second) = (
        engine.evaluate(_TRAINED, settings | {"compiled": code}) for code in (COMPILED, "")
    )
    assert (fast, slow) == ("WebAssembly", "plain")
    assert first == second
    assert np.isfinite(first[0]).all()


def test_initial_weights_have_the_deviations_that_the_engine_names(engine):
    drawn = engine.evaluate(
        "() => Object.fromEntries(Object.entries(initialWeights({ width: 64, depth: 3, classes: 10 }, 3))"
        ".map(([name, values]) => [name, [...values]]))"
    )
    for name, values in drawn.items():
        if name.startswith(("linear", "head")):
            deviation = math.sqrt((1 if name == "head" else 2) / 64)
            assert np.std(values) == pytest.approx(deviation, rel=5 / math.sqrt(2 * len(values)))
        else:
            assert set(values) == {1.0 if name.startswith("gain") else 0.0}


# ---- the page ----


def data_of(fragment: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" class="nc-data">(.*?)</script>', fragment)[1])


def epoch_of(page) -> int:
    """-1 before there is one."""
    return int(page.text_content(".nc-now").replace("–", "-1"))


def wait_for_epoch(page, least: int) -> None:
    wait_until(page, lambda: epoch_of(page) >= least)


def without_policy_errors(page) -> None:
    page.problems[:] = [each for each in page.problems if "Content Security Policy" not in each]


def fall_of(words: str) -> float:
    """By how much NC1 fell on the training set."""
    return float(re.search(r"NC1 is (\S+) times smaller on the training set", words)[1])


def test_a_finished_run_is_shown_before_anyone_presses(show, fragment):
    page = show(fragment)
    words = page.text_content(".nc-words")
    assert words.startswith("Recorded run: weight decay 0.01, width 64, true labels, seed 0.")
    assert fall_of(words) > 20
    assert epoch_of(page) == RECORDED["epochs"][-1] == 200
    assert page.workers == []
    page.focus(".nc-slider")
    page.keyboard.press("Home")
    assert epoch_of(page) == 0
    assert "Epoch 0. Training set: Error" in page.text_content(".nc-words")
    assert page.get_attribute(".nc-slider", "aria-valuetext") == "epoch 0"


def test_it_collapses_here_as_in_the_recorded_run(show, fragment):
    """The seed of the recorded run gives the recorded run, so that the words agree wherever both have measured."""
    page = show(fragment)
    recorded = page.text_content(".nc-train-nc1"), page.text_content(".nc-test-nc1")
    before = pixels(page, ".nc-nc1")
    page.click(".nc-train")
    words = wait_for_words(page, "It took")
    assert words.startswith("Trained here: weight decay 0.01, width 64, true labels, seed 0.")
    assert fall_of(words) > 20
    assert (page.text_content(".nc-train-nc1"), page.text_content(".nc-test-nc1")) == recorded
    assert "Faint lines: the run before" in words
    assert pixels(page, ".nc-nc1") != before
    assert page.text_content(".nc-train") == "Train it here"


def test_the_page_trains_in_a_worker_with_webassembly(show, fragment):
    page = show(fragment)
    page.click(".nc-train")
    wait_for_epoch(page, 1)
    assert len(page.workers) == 1
    assert (
        page.workers[0].evaluate("code => arithmeticFor({ numbers: 9, longest: 4 }, code).name", COMPILED)
        == "WebAssembly"
    )
    assert page.evaluate("typeof newNetwork") == "undefined"  # the page's own thread has no engine


@pytest.mark.parametrize("choice", [{"decay": "0"}, {"labels": "random"}])
def test_levers_change_what_is_trained(show, fragment, choice):
    page = show(fragment)
    for name, value in choice.items():
        page.select_option(f".nc-{name}", value)
    page.click(".nc-train")
    words = wait_for_words(page, "It took")
    if "decay" in choice:
        assert "weight decay 0," in words
        assert fall_of(words) < 4
    else:
        assert "random labels" in words
        assert "times larger on the test set" in words
        assert float(re.search(r"the test error is (\S+) %\. It took", words)[1]) > 80


def test_pause_continue_and_back_to_the_recorded_run_by_keyboard(show, fragment):
    page = show(fragment)
    recorded = page.text_content(".nc-words")
    page.focus(".nc-train")
    page.keyboard.press("Enter")
    assert page.text_content(".nc-train") == "Pause"
    wait_for_epoch(page, 2)
    page.keyboard.press("Enter")
    assert page.text_content(".nc-train") == "Continue"
    assert "Paused." in page.text_content(".nc-words")
    page.wait_for_timeout(300)  # a report may be under way
    paused = epoch_of(page)
    assert paused < 200
    page.wait_for_timeout(300)
    assert epoch_of(page) == paused
    page.keyboard.press("Enter")
    wait_for_epoch(page, paused + 1)
    page.focus(".nc-reset")
    page.keyboard.press("Enter")
    assert page.text_content(".nc-words") == recorded
    assert epoch_of(page) == 200
    wait_until(page, lambda: page.workers == [])


def test_a_new_choice_ends_a_training_and_the_next_press_takes_it(show, fragment):
    page = show(fragment)
    page.click(".nc-train")
    wait_for_epoch(page, 1)
    page.select_option(".nc-width", "16")
    assert "Stopped before the end." in page.text_content(".nc-words")
    wait_until(page, lambda: page.workers == [])
    page.click(".nc-train")
    wait_for_words(page, "Trained here: weight decay 0.01, width 16, true labels, seed 0.")
    words = wait_for_words(page, "It took")
    assert "the run before, weight decay 0.01, width 64" in words  # the recorded one, for the other had no end


def test_who_looks_at_an_early_epoch_stays_there_while_it_trains(show, fragment):
    page = show(fragment)
    page.click(".nc-train")
    wait_for_epoch(page, 4)
    page.focus(".nc-slider")
    page.keyboard.press("Home")
    wait_for_words(page, "It took")
    assert epoch_of(page) == 0
    page.keyboard.press("End")
    assert epoch_of(page) == 200


def test_what_it_draws_is_what_its_engine_finds(show, page, fragment):
    page.add_init_script(path=_RECORDER)
    show(fragment)
    page.select_option(".nc-width", "8")
    page.select_option(".nc-labels", "random")
    page.click(".nc-train")
    wait_for_words(page, "It took")
    page.focus(".nc-slider")
    page.keyboard.press("ArrowLeft")
    told = told_by(page)
    given = data_of(fragment)
    page.add_script_tag(content=given["engine"])
    found = page.evaluate(
        """(settings) => {
          const network = newNetwork(settings);
          const found = [network.measure()];
          while (network.step < settings.steps) {
            network.advance();
            if (network.isDue()) found.push(network.measure());
          }
          return found;
        }""",
        given["settings"] | {"width": 8, "random": True},
    )
    expected = import_module("expected.live_collapse")
    canvases = read(told)
    wanted = expected.drawn(found, len(found) - 2, canvases, expected.recorded())
    assert {name: differences(canvases[name], wanted[name])[:4] for name in canvases} == {name: [] for name in canvases}


@pytest.mark.parametrize("how", ["missing", "forbidden"])
def test_without_a_worker_it_trains_on_the_pages_own_thread(show, fragment, page, how):
    if how == "missing":
        page.add_init_script("delete window.Worker")
    show(fragment, head=STRICT if how == "forbidden" else "")
    page.select_option(".nc-width", "16")
    page.click(".nc-train")
    assert page.text_content(".nc-train") == "Pause"
    wait_for_words(page, "It took")
    assert page.workers == []
    assert epoch_of(page) == 200
    without_policy_errors(page)


def test_a_page_that_forbids_webassembly_trains_too(show, fragment):
    page = show(fragment, head=NO_WASM)
    page.select_option(".nc-width", "16")
    page.click(".nc-train")
    wait_for_epoch(page, 1)
    assert page.workers[0].evaluate("code => arithmeticFor({ numbers: 9, longest: 4 }, code).name", COMPILED) == "plain"
    wait_for_words(page, "It took")
    without_policy_errors(page)


def test_a_figure_that_is_gone_stops_training(show, fragment):
    page = show(fragment)
    page.click(".nc-train")
    wait_for_epoch(page, 1)
    page.evaluate("document.querySelector('.nc-explorable').remove()")
    wait_until(page, lambda: page.workers == [])


def test_it_speaks_at_milestones_only(show, fragment):
    page = show(fragment)
    listen(page, ".nc-about")
    page.click(".nc-train")
    wait_for_words(page, "It took")
    assert spoke_at_milestones_only(page)
