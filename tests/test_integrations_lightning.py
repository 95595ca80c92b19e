"""The Lightning callback logs the measures of `collapse`, and training is not disturbed by it."""

import dataclasses
import importlib.util
import math
import os

import pytest
import torch
from doc_examples import run
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from ncbook import metrics

pytestmark = [
    pytest.mark.skipif(not importlib.util.find_spec("pytorch_lightning"), reason="Lightning is not installed"),
    pytest.mark.filterwarnings("ignore"),  # Lightning's advice on workers and loggers, and what it imports
]

K, D = 3, 4


@pytest.fixture(scope="module")
def lightning():
    from ncbook.integrations import lightning

    return lightning


@pytest.fixture(scope="module")
def module_class(lightning):
    class Module(lightning._lightning.LightningModule):
        """A network with dropout and batch norm, in which a disturbance would show."""

        def __init__(self, as_dict=False):
            super().__init__()
            torch.manual_seed(0)
            self.body = nn.Sequential(nn.Linear(D, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5))
            self.head = nn.Linear(8, K)
            self.unused = nn.Linear(8, K)

        def forward(self, inputs):
            return self.head(self.body(inputs))

        def training_step(self, batch, _):
            inputs, labels = (batch["x"], batch["y"]) if isinstance(batch, dict) else batch
            return nn.functional.cross_entropy(self(inputs), labels)

        def validation_step(self, batch, _, dataloader_idx=0):
            pass

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    return Module


class Noisy(Dataset):
    """Other noise whenever a point is read."""

    def __init__(self, points=40, as_dict=False):
        generator = torch.Generator().manual_seed(1)
        self.labels = torch.arange(points) % K
        self.inputs = torch.randn(points, D, generator=generator) + self.labels[:, None]
        self.as_dict = as_dict

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, place):
        x, y = self.inputs[place] + torch.randn(D), self.labels[place]
        return {"x": x, "y": y} if self.as_dict else (x, y)


def plain(points=40):
    data = Noisy(points)
    return TensorDataset(data.inputs, data.labels)


@pytest.fixture
def fit(lightning, module_class, tmp_path):
    """Trains a module for two epochs; returns the module and what was logged."""

    def fit(callbacks, train, val=None, **options):
        module = module_class()
        torch.manual_seed(2)
        quiet = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
        trainer = lightning._lightning.Trainer(
            max_epochs=2,
            accelerator="cpu",
            num_sanity_val_steps=0,
            default_root_dir=tmp_path,
            callbacks=callbacks,
            **dict.fromkeys(quiet, False),
            **options,
        )
        trainer.fit(module, train, val)
        return module, {name: value.item() for name, value in trainer.callback_metrics.items()}

    return fit


def by_hand(module, *tensors):
    """What `collapse` finds of the whole, without what is undefined."""
    module.eval()
    with torch.no_grad():
        features = module.body(tensors[0])
    measured = dataclasses.asdict(metrics.collapse(features, tensors[1], module.head.weight, module.head.bias))
    return {name: value for name, value in measured.items() if isinstance(value, float) and not math.isnan(value)}


def of(logged, stage):
    return {name.removeprefix(f"{stage}/"): value for name, value in logged.items() if name.startswith(f"{stage}/")}


def test_what_is_logged_is_collapse_of_the_features(lightning, fit):
    train, val = plain(), plain(21)
    module, logged = fit([lightning.NeuralCollapseCallback("head")], DataLoader(train, 16), DataLoader(val, 16))
    assert {name.split("/")[0] for name in logged} == {"train", "val"}
    assert of(logged, "train") == pytest.approx(by_hand(module, *train.tensors), rel=1e-5, abs=1e-6)
    assert of(logged, "val") == pytest.approx(by_hand(module, *val.tensors), rel=1e-5, abs=1e-6)
    assert {"nc1", "nc2_norms", "nc2_angles", "nc3", "nc4"} <= of(logged, "val").keys()


def test_training_is_not_disturbed_by_two_passes_over_shuffled_noise(lightning, fit):
    def loader(generator):
        return DataLoader(Noisy(), 16, shuffle=True, drop_last=True, generator=generator)

    for generator in (lambda: None, lambda: torch.Generator().manual_seed(3)):
        alone, _ = fit([], loader(generator()))
        watched, logged = fit([lightning.NeuralCollapseCallback("head")], loader(generator()))
        assert logged["train/nc1"] > 0
        for name, value in alone.state_dict().items():
            assert torch.equal(value, watched.state_dict()[name]), name
        assert all(module.training for module in watched.modules())


def test_only_every_nth_epoch_and_only_the_batches_of_the_trainer(lightning, fit):
    train, seen = plain(), []

    def unpack(batch):
        seen.append(len(batch["y"]))
        return batch["x"], batch["y"]

    data = DataLoader(Noisy(as_dict=True), 16)
    _, logged = fit([lightning.NeuralCollapseCallback("head", 2, unpack)], data, limit_train_batches=2)
    assert seen == [16, 16, 16, 16]
    assert not of(logged, "val")
    _, logged = fit([lightning.NeuralCollapseCallback("head", 3)], DataLoader(train, 16))
    assert logged == {}


def test_the_network_is_measured_in_its_precision(lightning, fit):
    data = plain()
    module, logged = fit([lightning.NeuralCollapseCallback("head")], DataLoader(data, 16), precision="bf16-mixed")
    exact = by_hand(module, *data.tensors)["nc1"]
    with torch.autocast("cpu", torch.bfloat16):
        rounded = by_hand(module, *data.tensors)["nc1"]
    assert logged["train/nc1"] == pytest.approx(rounded, rel=1e-5)
    assert logged["train/nc1"] != pytest.approx(exact, rel=1e-4)


def test_several_validation_loaders_have_names_of_their_own(lightning, fit):
    loaders = [DataLoader(plain(points), 16) for points in (21, 30)]
    module, logged = fit([lightning.NeuralCollapseCallback("head")], DataLoader(plain(), 16), loaders)
    for place, points in enumerate((21, 30)):
        expected = by_hand(module, *plain(points).tensors)
        assert of(logged, f"val/{place}") == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(
    ("head", "data", "message"),
    [
        ("heda", plain(), "head: 'heda' is no linear layer of the network; it has body.0, head, unused"),
        ("body.3", plain(), "head: 'body.3' is no linear layer"),
        ("unused", plain(), "head: the network has not called its layer 'unused'"),
        ("head", Noisy(as_dict=True), "unpack: a batch is a dict; give unpack="),
    ],
)
def test_what_cannot_be_measured_is_named(lightning, fit, head, data, message):
    with pytest.raises(ValueError, match=message):
        fit([lightning.NeuralCollapseCallback(head)], DataLoader(data, 16))


def test_an_interval_of_no_epochs_is_refused(lightning):
    with pytest.raises(ValueError, match="every_n_epochs: must be at least 1, got 0"):
        lightning.NeuralCollapseCallback("head", every_n_epochs=0)


@pytest.mark.skipif(os.name == "nt", reason="forks")
def test_workers_that_persist_give_the_same_noise_in_both_passes(lightning):
    class Trainer:
        progress_bar_callback = None
        precision_plugin = strategy = None

    loader = DataLoader(
        Noisy(), 16, shuffle=True, num_workers=1, persistent_workers=True, multiprocessing_context="fork"
    )
    batches = lightning._Batches(Trainer, "train", loader, None, lambda batch: batch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lightning._Batches, "_placed", lambda self, batch: batch)
        passes = [torch.cat([inputs for inputs, _ in batches]) for _ in range(2)]
    assert torch.equal(*passes)


def test_the_examples_run(lightning):
    names = {}
    texts = (lightning.__doc__, lightning.NeuralCollapseCallback.__doc__)
    assert all(run(text, "lightning", names) for text in texts)
