"""metrics.measure: the numbers of `collapse` on features gathered by hand, of networks and batches of any kind."""

import dataclasses
import math
import socket
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from ncbook import metrics, models
from ncbook._torchvision import torchvision
from ncbook.metrics import _pooling
from ncbook.metrics._layer_meter import held

K = 3
LABELS = torch.arange(24) % K


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def images(count: int = 24) -> torch.Tensor:
    return torch.randn(count, 3, 8, 8) + LABELS[:count, None, None, None]


def convolutional() -> nn.Module:
    """Training mode, batch norm, dropout, an activation that overwrites its input, and a head."""
    return nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(6, K),
    )  # fmt: skip


def pairs(inputs: torch.Tensor, labels: torch.Tensor = LABELS) -> list:
    return list(zip(inputs.split(10), labels.split(10), strict=True))


class Answer(dict):
    """What transformers give: a mapping whose entries are attributes too."""

    __getattr__ = dict.__getitem__


class Transformer(nn.Module):
    """Tokens and a mask as keyword arguments, a class token, blocks that give tuples, and an answer with logits."""

    def __init__(self, vocabulary: int = 11, dim: int = 8) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, dim)
        self.blocks = nn.ModuleList(Block(dim) for _ in range(2))
        self.trunk = Trunk(self.blocks)
        self.score = nn.Linear(dim, K)

    def forward(self, input_ids, attention_mask=None):
        hidden = self.trunk(self.embedding(input_ids)).last_hidden_state
        return Answer(loss=None, logits=self.score(hidden[:, 0]))


class Block(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(dim, dim), nn.GELU())

    def forward(self, hidden):
        return hidden + self.mlp(hidden), None


class Trunk(nn.Module):
    def __init__(self, blocks) -> None:
        super().__init__()
        self._blocks = [blocks]  # not its own modules

    def forward(self, hidden):
        for block in self._blocks[0]:
            hidden = block(hidden)[0]
        return Answer(last_hidden_state=hidden)


class LanguageModel(nn.Module):
    def __init__(self, vocabulary: int = 5, dim: int = 4) -> None:
        super().__init__()
        self.embedding, self.lm_head = nn.Embedding(vocabulary, dim), nn.Linear(dim, vocabulary, bias=False)

    def forward(self, input_ids):
        return SimpleNamespace(logits=self.lm_head(self.embedding(input_ids).cumsum(1)))


def token_batches() -> list[dict]:
    tokens = torch.randint(1, 11, (24, 5))
    tokens[:, 0] = LABELS + 1
    mask = torch.ones_like(tokens)
    mask[::2, 3:] = 0
    return [
        {"input_ids": tokens[rows], "attention_mask": mask[rows], "labels": LABELS[rows]}
        for rows in (slice(0, 10), slice(10, 24))
    ]


def assert_equal(found: metrics.Collapse, expected: metrics.Collapse, head: bool = True) -> None:
    """But for the rounding of float32 products of another width; without a head its measures are nan."""
    for field in dataclasses.fields(expected):
        value, other = getattr(found, field.name), getattr(expected, field.name)
        if not head and (field.name.endswith("_head") or field.name.startswith("nc3")):
            assert math.isnan(value), field.name
        else:
            assert value == pytest.approx(other, rel=1e-6, nan_ok=True), field.name


# --- the numbers


def test_the_numbers_are_those_of_collapse_on_features_that_are_gathered_by_hand():
    network, inputs = convolutional(), images()
    found = metrics.measure(network, pairs(inputs), ["0", "2"])
    network.eval()
    with torch.no_grad():
        steps = [inputs]
        for layer in network:
            steps.append(layer(steps[-1].clone()))
    head = network[6]
    assert [(row.layer, row.dimensions, row.points) for row in found.rows] == [
        ("0", 6, 24), ("2", 6, 24), ("input of 6", 6, 24),
    ]  # fmt: skip
    decided = (steps[-1].argmax(1)[:, None] == torch.arange(K)).double()
    for row, step in zip(found.rows, (1, 3, 6), strict=True):
        features = steps[step].flatten(2).mean(2) if step < 6 else steps[step]
        last = step == 6
        expected = metrics.collapse(features, LABELS, head.weight, head.bias)
        means = metrics.class_means(features, LABELS)
        nearest = torch.cdist(features.double(), means.double()).argmin(1)
        mismatch = (decided.argmax(1) != nearest).double().mean().item()
        assert_equal(row.collapse, dataclasses.replace(expected, nc4=mismatch), head=last)
    assert expected.nc4 == found.rows[-1].collapse.nc4
    assert found.head == "6"
    assert found.num_classes == K


def test_to_the_last_digit_they_are_those_of_the_meter_on_the_same_batches():
    network, batches = models.mlp((192,), K, width=8, depth=2), pairs(images().flatten(1))
    (row,) = metrics.measure(network, batches).rows
    meter = metrics.CollapseMeter(K, 8)
    network.eval()
    with torch.no_grad():
        for inputs, labels in batches:
            meter.update(network.features(inputs), labels)
        meter.start_second_pass()
        for inputs, labels in batches:
            meter.update(network.features(inputs), labels, network(inputs))
    assert row.collapse == meter.compute(network.head.weight)


def test_the_test_set_is_measured_by_its_own_class_means_and_compared_with_those_of_the_training_set():
    network, inputs, other = models.mlp((192,), K, width=8, depth=2), images().flatten(1), images(12).flatten(1) + 1
    splits = {"test": [(other, LABELS[:12])], "train": pairs(inputs)}
    found = metrics.measure(network, splits)
    network.eval()
    with torch.no_grad():
        train, test = network.features(inputs), network.features(other)
    test_row, train_row = found.rows
    assert (test_row.split, train_row.split) == ("test", "train")
    head = network.head
    assert_equal(test_row.collapse, metrics.collapse(test, LABELS[:12], head.weight, head.bias))
    means = metrics.class_means(train, LABELS)
    assert test_row.nc4_train_means == metrics.nearest_mean_mismatch(test, means, head.weight, head.bias)
    assert test_row.ncc_error_train_means == metrics.nearest_class_center_error(test, LABELS[:12], means)
    assert train_row.nc4_train_means == train_row.collapse.nc4
    assert math.isnan(metrics.measure(network, {"test": splits["test"]}).rows[0].nc4_train_means)


def test_a_test_class_that_training_lacks_is_an_error_of_its_nearest_mean():
    network = nn.Linear(4, K)
    inputs = torch.randn(24, 4)
    found = metrics.measure(
        network, {"train": [(inputs[LABELS < 2], LABELS[LABELS < 2])], "test": [(inputs, LABELS)]}, head=None
    )
    assert found.rows[1].ncc_error_train_means >= 1 / 3


def test_the_table_has_a_row_a_split_and_layer_and_all_measures():
    network = models.mlp((192,), K, width=8, depth=2)
    found = metrics.measure(network, {"train": pairs(images().flatten(1))}, "blocks.*")
    frame = found.to_frame()
    measures = [field.name for field in dataclasses.fields(metrics.Collapse)]
    beside = ["nc4_train_means", "ncc_error_train_means"]
    assert frame.columns.tolist() == ["split", "layer", "dimensions", "points", *measures, *beside]
    assert frame.layer.tolist() == ["blocks.hidden1", "blocks.hidden2", "input of head"]
    assert frame.nc1.tolist() == [row.collapse.nc1 for row in found.rows]
    assert "3 classes, head 'head', pooling mean." in str(found)
    assert "training mode" in str(found)


# --- networks


def test_networks_of_torchvision_by_patterns():
    network = torchvision("models").resnet18(num_classes=K)
    found = metrics.measure(network, pairs(torch.randn(24, 3, 32, 32)), ["layer*", "avgpool"])
    assert [row.layer for row in found.rows] == ["layer1", "layer2", "layer3", "layer4", "avgpool", "input of fc"]
    assert dataclasses.replace(found.rows[4], layer="") == dataclasses.replace(
        found.rows[5], layer="", collapse=found.rows[4].collapse
    )
    vit = torchvision("models").VisionTransformer(32, 16, 1, 2, 8, 16, num_classes=K)
    nn.init.normal_(vit.heads.head.weight)  # which starts at 0
    found = metrics.measure(vit, pairs(torch.randn(24, 3, 32, 32)), "encoder.ln", pooling="first")
    assert [row.layer for row in found.rows] == ["encoder.ln", "input of heads.head"]
    assert found.rows[0].collapse.nc1 == found.rows[1].collapse.nc1
    assert math.isfinite(found.rows[1].collapse.nc3)


def test_a_network_that_takes_keywords_and_answers_with_logits():
    network, batches = Transformer(), token_batches()
    found = metrics.measure(network, batches, ["trunk", "blocks.*", "blocks.0.mlp"])
    assert [row.layer for row in found.rows] == ["blocks.0.mlp", "blocks.0", "blocks.1", "trunk", "input of score"]
    tokens, mask = (torch.cat([batch[key] for batch in batches]) for key in ("input_ids", "attention_mask"))
    with torch.no_grad():
        hidden = network.trunk(network.embedding(tokens)).last_hidden_state
    rows = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    expected = metrics.collapse(rows, LABELS, network.score.weight, network.score.bias)
    last = found.rows[3].collapse
    assert (last.nc1, last.cdnv) == pytest.approx((expected.nc1, expected.cdnv), rel=1e-5)
    expected = metrics.collapse(hidden[:, 0], LABELS, network.score.weight, network.score.bias)
    assert_equal(found.rows[4].collapse, expected)


def test_every_token_is_a_point_and_those_without_a_label_are_left_out():
    network, tokens = LanguageModel(), torch.randint(0, 5, (12, 7))
    labels = tokens[:, 1:].clone()
    labels[:, 0] = -100
    batches = [{"input_ids": tokens[:, :-1], "labels": labels}]
    (row,) = metrics.measure(network, batches, pooling="each").rows
    with torch.no_grad():
        hidden = network.embedding(tokens[:, :-1]).cumsum(1)[:, 1:].flatten(0, 1)
    assert row.points == 60
    assert_equal(row.collapse, metrics.collapse(hidden, labels[:, 1:].flatten(), network.lm_head.weight))


def test_labels_that_a_language_model_would_shift_itself_are_refused():
    tokens = torch.randint(0, 5, (12, 7))
    with pytest.raises(ValueError, match=r"tokens\[:, 1:\] for the inputs tokens\[:, :-1\]"):
        metrics.measure(LanguageModel(), [{"input_ids": tokens, "labels": tokens}], pooling="each")


def test_a_backbone_without_a_head_has_neither_nc3_nor_nc4():
    network = convolutional()[:6]
    found = metrics.measure(network, pairs(images()))
    (row,) = found.rows
    assert (row.layer, found.head, found.num_classes) == ("output", None, K)
    assert math.isnan(row.collapse.nc3)
    assert math.isnan(row.collapse.nc4)
    assert math.isfinite(row.collapse.nc1)
    assert any("no head was found" in note for note in found.notes)


def test_a_head_can_be_named_or_denied():
    network = convolutional()
    assert metrics.measure(network, pairs(images()), head="6").head == "6"
    found = metrics.measure(network, pairs(images()), "5", head=None)
    assert [row.layer for row in found.rows] == ["5"]
    assert math.isnan(found.rows[0].collapse.nc3)
    assert math.isfinite(found.rows[0].collapse.nc4)  # of the network's own logits


def test_a_head_followed_by_a_softmax_is_found_and_an_inner_layer_of_the_same_size_is_not():
    network = nn.Sequential(nn.Linear(4, K), nn.Tanh(), nn.Linear(K, K), nn.LogSoftmax(1))
    assert metrics.measure(network, pairs(torch.randn(24, 4))).head == "2"
    backbone = nn.Sequential(nn.Linear(4, 6), nn.Linear(6, 6), nn.LayerNorm(6))
    with torch.no_grad():
        backbone[2].weight.mul_(torch.tensor([1.0, -1, 1, -1, 1, -1]))
    assert metrics.measure(backbone, pairs(torch.randn(24, 4))).head is None


def wrapped(kind: str, network: nn.Module) -> nn.Module:
    if kind == "DataParallel":
        return nn.DataParallel(network)
    if kind == "compiled":
        return torch.compile(network, backend="eager")
    if kind == "compiled in place":
        network.compile(backend="eager")
        network(images())  # so that there is compiled code, which would call no hooks
    if kind == "compiled within":
        network[0] = torch.compile(network[0], backend="eager")
    return network


@pytest.mark.parametrize("kind", ["DataParallel", "compiled", "compiled in place", "compiled within"])
def test_what_wraps_a_network_changes_nothing(kind):
    network, batches = convolutional().eval(), pairs(images())
    expected = metrics.measure(network, batches, "2").rows
    assert metrics.measure(wrapped(kind, network), batches, "2").rows == expected


@pytest.fixture
def group():
    """A process group of this process alone."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.distributed.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


@pytest.mark.filterwarnings("ignore")
def test_distributed_data_parallel(group):
    network, batches = convolutional().eval(), pairs(images())
    expected = metrics.measure(network, batches, "2").rows
    assert metrics.measure(nn.parallel.DistributedDataParallel(network), batches, "2").rows == expected


def test_layerwise_takes_wrapped_networks_and_batches_of_other_kinds():
    network, inputs = models.mlp((192,), K, width=8, depth=2).eval(), images().flatten(1)
    expected = metrics.layerwise(network, pairs(inputs), K)
    assert metrics.layerwise(nn.DataParallel(network), pairs(inputs), K) == expected
    triples = [(x, y, "a name") for x, y in pairs(inputs)]
    assert metrics.layerwise(network, triples, K) == expected
    assert metrics.layerwise(network, [{"image": x, "label": y} for x, y in pairs(inputs)], K) == expected
    with pytest.raises(ValueError, match="got Linear without `layers`"):
        metrics.layerwise(nn.Linear(2, 3), pairs(inputs), K)
    with pytest.raises(ValueError, match="layerwise takes one input, and a batch has a, b; "):
        metrics.layerwise(network, [{"a": inputs, "b": inputs, "label": LABELS}], K)


def test_transformers_and_timm():
    torchvision("models")  # which both import
    transformers, timm = pytest.importorskip("transformers"), pytest.importorskip("timm")
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    bert = transformers.BertForSequenceClassification(transformers.BertConfig(vocab_size=11, num_labels=K, **sizes))
    batches = [transformers.BatchEncoding(batch) for batch in token_batches()]
    found = metrics.measure(bert, batches, "bert.encoder.layer.*")
    assert [row.layer for row in found.rows] == ["bert.encoder.layer.0", "input of classifier"]
    vit = timm.create_model("vit_tiny_patch16_224", pretrained=False, img_size=32, num_classes=K, depth=1)
    found = metrics.measure(vit, pairs(torch.randn(24, 3, 32, 32)), "blocks.*.mlp")
    assert [row.layer for row in found.rows] == ["blocks.0.mlp", "input of head"]


# --- how it is done


@pytest.mark.parametrize("fails", [False, True])
def test_modes_and_hooks_are_as_before_also_after_an_error(fails):
    network = convolutional()
    network[1].eval()
    modes = [module.training for module in network.modules()]
    running = network[1].running_mean.clone()
    batches = pairs(images()) + ([(images(4), LABELS[:4] + 7)] if fails else [])
    if fails:
        with pytest.raises(ValueError, match=r"split 'data': layer 'input of 6': labels: .* outside 0\.\.2"):
            metrics.measure(network, batches)
    else:
        metrics.measure(network, batches)
    assert [module.training for module in network.modules()] == modes
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert torch.equal(network[1].running_mean, running)
    assert all(parameter.grad is None for parameter in network.parameters())


def test_layers_that_do_not_fit_together_are_measured_one_after_the_other(monkeypatch):
    network, batches = models.mlp((192,), K, width=8, depth=2), pairs(images().flatten(1))
    splits = {"train": batches, "test": batches[:2]}
    calls = []
    network.register_forward_hook(lambda *_: calls.append(1))
    together = metrics.measure(network, splits, "blocks.*").rows
    first, calls[:] = len(calls), []
    assert metrics.measure(network, splits, "blocks.*", memory_gb=held(K, 8) / 1e9).rows == together
    assert (first, len(calls)) == (2 + 2 * 5, 2 + 3 * 2 * 5)
    with pytest.raises(ValueError, match=r"layer 'blocks.hidden1': 8 dimensions and 3 classes need .* raise memory_gb"):
        metrics.measure(network, splits, "blocks.*", memory_gb=1e-7)


def test_a_limit_takes_the_first_points():
    network, inputs = nn.Linear(4, K), torch.randn(24, 4)
    found = metrics.measure(network, pairs(inputs), limit=13)
    expected = metrics.collapse(inputs[:13], LABELS[:13], network.weight, network.bias)
    assert_equal(found.rows[0].collapse, expected)
    assert found.rows[0].points == 13
    assert "the first 13 points" in str(found)
    ordered = [(inputs[LABELS.argsort()], LABELS.sort().values)]
    few = metrics.measure(network, ordered, limit=12)
    assert "only 2 of 3 classes occur in the split 'data'" in str(few)
    assert "sorted by class" in str(few)
    assert "classes occur" not in str(found)


def test_mixed_precision():
    network, inputs = nn.Sequential(nn.Linear(4, 5), nn.Linear(5, K)), torch.randn(24, 4)
    found = metrics.measure(network, pairs(inputs), precision="bfloat16")
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        features = network[0](inputs)
    assert features.dtype == torch.bfloat16
    assert found.rows[0].collapse.nc1 == pytest.approx(metrics.nc1(features, LABELS), rel=1e-6)


def test_inputs_of_several_arguments_and_batches_that_are_unpacked():
    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(4, K)

        def forward(self, a, b):
            return self.head(a + b), "more"

    network, inputs = Sum(), torch.randn(24, 4)
    expected = metrics.measure(network.head, pairs(inputs)).rows[0].collapse
    found = metrics.measure(network, [((x / 2, x / 2), y) for x, y in pairs(inputs)])
    assert found.rows[0].collapse == expected
    batches = [{"x": x, "class": y} for x, y in pairs(inputs)]
    found = metrics.measure(network, batches, unpack=lambda batch: ({"a": batch["x"], "b": 0}, batch["class"].tolist()))
    assert found.rows[0].collapse == expected


def test_poolings():
    tokens = torch.arange(24.0).reshape(2, 4, 3)
    mask = torch.tensor([[0, 1, 1, 0], [1, 1, 1, 1]])
    maps = torch.arange(48.0).reshape(2, 3, 2, 4)
    pool = _pooling.pooled
    assert torch.equal(pool(tokens, "mean"), tokens.mean(1))
    assert torch.equal(pool(tokens, "mean", mask)[0], tokens[0, 1:3].mean(0))
    assert torch.equal(pool(tokens, "first", mask), torch.stack([tokens[0, 1], tokens[1, 0]]))
    assert torch.equal(pool(tokens, "last", mask), torch.stack([tokens[0, 2], tokens[1, 3]]))
    assert torch.equal(pool(tokens, "last"), tokens[:, 3])
    assert torch.equal(pool(tokens, "each"), tokens.reshape(8, 3))
    assert torch.equal(pool(maps, "mean"), maps.mean((2, 3)))
    assert torch.equal(pool(maps, "flatten"), maps.reshape(2, 24))
    assert torch.equal(pool(maps, lambda each: each.amax((2, 3))), maps.amax((2, 3)))
    assert torch.equal(pool(maps[:, :, 0, 0], "each"), maps[:, :, 0, 0])
    assert pool(tokens.half(), "mean").dtype == torch.float32


# --- what is refused


def shared() -> nn.Module:
    layer = nn.Linear(4, 4)
    return nn.Sequential(layer, nn.Tanh(), layer, nn.Linear(4, K))


class Odd(nn.Module):
    """Layers that never run, give no tensor, mix up the points, or have their channels last."""

    def __init__(self) -> None:
        super().__init__()
        self.unused, self.text, self.mixed, self.last = nn.Tanh(), Gives("text"), Gives(torch.ones(7, 2)), Last()
        self.head = nn.Linear(4, K)

    def forward(self, inputs):
        self.text(inputs), self.mixed(inputs), self.last(inputs)
        return self.head(inputs)


class Gives(nn.Module):
    def __init__(self, value) -> None:
        super().__init__()
        self.value = value

    def forward(self, inputs):
        return self.value


class Last(nn.Module):
    def forward(self, inputs):
        return torch.ones(len(inputs), 2, 2, 5)


X = torch.zeros(24, 4) + LABELS[:, None]
REFUSED = {
    "a generator": (nn.Linear(4, K), lambda: (pair for pair in pairs(X)), {}, "DataLoader or a list.*only once"),
    "one batch": (nn.Linear(4, K), lambda: {"x": X, "labels": LABELS}, {}, "this one is a batch; put it into a list"),
    "a tensor": (nn.Linear(4, K), lambda: X, {}, "got a tensor.*for the split 'data'"),
    "no batches": (nn.Linear(4, K), lambda: {"train": []}, {}, "split 'train': batches: there are none"),
    "no splits": (nn.Linear(4, K), dict, {}, "batches: there are none"),
    "no labels": (
        nn.Linear(4, K),
        lambda: [{"x": X}],
        {},
        "labels under labels, label.*got a batch with x; give",
    ),
    "inputs alone": (nn.Linear(4, K), lambda: [X], {}, "got a tensor.*give unpack="),
    "float labels": (
        nn.Linear(4, K),
        lambda: [(X, LABELS.float())],
        {},
        "labels: expected integers, got",
    ),
    "one-hot labels": (nn.Linear(4, K), lambda: [(X, torch.eye(K).long()[LABELS])], {}, r"labels.argmax\(1\)"),
    "one class": (nn.Linear(4, K), lambda: [(X, 0 * LABELS)], {}, "layer 'input of the model': labels: only class"),
    "an unknown layer": (Odd(), None, {"layers": "heat"}, "layers: .*got 'heat'; near: head"),
    "a layer that never runs": (Odd(), None, {"layers": "unused"}, "layer 'unused': did not run"),
    "a layer without a tensor": (Odd(), None, {"layers": "text"}, "layer 'text': gives a str without a tensor"),
    "other rows": (Odd(), None, {"layers": "mixed"}, "layer 'mixed': gives 7 rows for 24 labels"),
    "channels last": (Odd(), None, {"layers": "last"}, r"layer 'last': .*pooling=lambda h: h.mean\(\(1, 2\)\)"),
    "tokens of a map": (Odd(), None, {"layers": "last", "pooling": "first"}, "needs tokens"),
    "a shared layer": (shared(), None, {"layers": "0"}, "layer '0': ran more than once"),
    "an unknown head": (Odd(), None, {"head": "hed"}, "head: .*got 'hed'; near: head"),
    "a head without a weight": (Odd(), None, {"head": "text"}, "head: 'text' is a Gives without a weight"),
    "another K": (
        Odd(),
        None,
        {"head": "head", "num_classes": 10},
        "a weight .* which does not fit 10 classes",
    ),
    "a pooling": (
        Odd(),
        None,
        {"pooling": "max"},
        "pooling: .*'max'.*mean, flatten",
    ),
    "a precision": (Odd(), None, {"precision": "int8"}, "precision: .*'int8'.*bfloat16"),
    "a limit": (Odd(), None, {"limit": 0}, "limit: expected an integer >= 1, got 0"),
    "no module": (lambda x: x, None, {}, "model: expected a torch.nn.Module, got function"),
    "infinite features": (Odd(), lambda: [(X / 0, LABELS)], {}, "layer 'input of head': features: entry"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_measured_is_refused_with_the_way_out(name):
    network, batches, arguments, message = REFUSED[name]
    with pytest.raises((ValueError, TypeError), match=message):
        metrics.measure(network, pairs(X, LABELS)[:0] or [(X, LABELS)] if batches is None else batches(), **arguments)


def test_what_only_a_pattern_names_is_left_out_if_it_cannot_be_measured_and_noted():
    found = metrics.measure(Odd(), [(X + torch.randn(24, 4), LABELS)], "*")
    assert [row.layer for row in found.rows] == ["input of head"]
    for name in ("unused", "text", "mixed", "last"):
        assert any(f"layer '{name}' was left out" in note for note in found.notes)


class Changing:
    """Batches of other points each time, as a shuffled loader gives below a limit."""

    def __init__(self) -> None:
        self.passes = 0

    def __iter__(self):
        self.passes += 1
        return iter([(X, (LABELS + (self.passes > 2) * (LABELS == 0)))])


def test_passes_that_see_other_points_are_found_out():
    with pytest.raises(
        ValueError, match=r"split 'data': layer 'input of head': compute: .* by random augmentation or, with limit="
    ):
        metrics.measure(Odd(), Changing())
