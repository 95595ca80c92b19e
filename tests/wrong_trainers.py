"""What is wrong for each argument of the public functions of trainers, data, models, runs and experiments.

A kind is here a list of values that are wrong for an argument.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from trainings import blobs, network
from wrong import Call, Table, Thing

from ncbook import data, experiments, models, runs, trainers

NAN = math.nan


# --- kinds

OPTIONAL = [Thing(), "3", [1]]  # wrong where None is right too
ANYTHING = [None, *OPTIONAL]  # wrong for everything but words, numbers and lists


def whole(least: int | None = None, most: int | None = None, none: bool = False) -> list:
    below, above = [] if least is None else [least - 1], [] if most is None else [most + 1]
    return [*([] if none else [None]), "3", 2.5, NAN, [3], torch.tensor([3]), True, Thing(), *below, *above]


def number(*outside: float, none: bool = False) -> list:
    return [*([] if none else [None]), "0.1", NAN, math.inf, [0.1], torch.tensor([0.1]), Thing(), *outside]


SEED = whole()
FLAG = [None, "yes", 2, [True], Thing()]
WORD = ["nonsense", "", 3, None, ["mlp"], Thing()]
FUNCTION = [None, 3, "f", [len], Thing()]
MAYBE_FUNCTION = [3, "f", [len], Thing()]
TUPLE_OF_FUNCTIONS = [None, 3, "f", (3,), Thing()]
PATH = [None, 3, ["a"], "", b"a.npz", Thing()]
SHAPE = [None, 3, "abc", Thing(), (0, 8), (2.5, 8), (-1,), [None]]
SPLIT = [*ANYTHING, torch.zeros(4, 2), (torch.zeros(4, 2), torch.zeros(4))]
DATASET = [*ANYTHING, blobs()]
MODEL = [*ANYTHING, torch.nn.Linear(3, 3)]
RUN = [*ANYTHING, {"step": [1]}]
DEVICE = [99, [1], "gpux", True, Thing()]
IMAGES = [*ANYTHING, torch.zeros(4), torch.zeros(4, 2, 2), np.zeros((2, 1, 8, 8), np.float32)]
GENERATOR = [None, Thing(), 0, "0", np.random.default_rng(0)]
LABELS = [
    None, Thing(), [0, 1, 2, 3], np.array([0, 1, 2, 3]), torch.eye(4), torch.eye(4).long(), torch.zeros(4, 1).long(),
    torch.zeros(4), torch.zeros(4).bool(), torch.zeros(3).long(), torch.tensor(0), torch.zeros(4).long().to("meta"),
]  # fmt: skip
INPUTS = [None, Thing(), [[0.0]], np.zeros((4, 2)), torch.tensor(1.0), "inputs"]

POINTS = blobs(4)
OUTPUTS = trainers.Outputs(torch.eye(3), torch.eye(3), torch.arange(3) % 2, torch.eye(3))
BATCHES = [
    *ANYTHING, tuple(OUTPUTS), OUTPUTS._replace(labels=torch.eye(3)), OUTPUTS._replace(labels=torch.zeros(3)),
    OUTPUTS._replace(labels=torch.zeros(2).long()), OUTPUTS._replace(features=torch.eye(3)[0]),
    OUTPUTS._replace(logits=None), OUTPUTS._replace(features=torch.eye(3).long()), OUTPUTS._replace(weight=np.eye(3)),
    OUTPUTS._replace(mask=torch.ones(2)), OUTPUTS._replace(logits=torch.eye(4)),
]  # fmt: skip
RECIPE = trainers.Recipe(2, 0.1)
COUNTS = [None, 3, "32", (), (3,), (3, 0), (3, -1), (3, NAN), (3, "2")]
SEEN = trainers.Seen(step=1, loss=0.1, error=0.1, zero_error_step=None)
DIGITS = data.Dataset("points", blobs(6), blobs(2), ("a", "b", "c"))
IMAGE = torch.zeros(2, 1, 8, 8)
RANDOM = torch.Generator().manual_seed(0)
MIXTURE = {
    "component_means": torch.eye(3), "noise": torch.ones(3), "factors": torch.zeros(3, 3, 0),
    "component_classes": torch.arange(3),
}  # fmt: skip
TENSOR = [None, Thing(), "x", np.zeros(3), torch.zeros(2, 2, 2), torch.full((3, 3), NAN), torch.zeros(0)]
RECORDED = runs.Run({"seeds": [0]}, {"seed": np.array([0]), "step": np.array([0])}, {}, {
    "experiment": "mine", "preset": "smoke", "seconds": 1.0, "hardware": "CPU", "date": "2026-01-01", "ncbook": "1",
})  # fmt: skip


@dataclass(frozen=True)
class Config(experiments.Presets):
    seeds: tuple[int, ...] = (0,)

    @classmethod
    def presets(cls):
        return dict.fromkeys(experiments.PRESETS, cls())


def _train(config, device):
    return [{"seed": seed, "step": 0} for seed in config.seeds], {}


MINE = {
    "name": "wrong", "title": "Mine", "version": 1, "Config": Config, "train": _train, "keys": ("seed",)
}  # fmt: skip


def _fit(**arguments):
    return trainers.fit(**({"model": network(), "train": POINTS, "recipe": RECIPE, "seed": 0} | arguments))


def _ensemble(**arguments):
    right = {"build": network, "train": POINTS, "recipe": RECIPE, "members": [trainers.Member(0)]}
    return trainers.fit_ensemble(**(right | arguments))


def _changed(**change) -> data.Split:
    return replace(POINTS, **change)


BAD_POINTS = [
    *SPLIT,
    _changed(inputs=POINTS.inputs.double()), _changed(inputs=POINTS.inputs * NAN),
    _changed(inputs=POINTS.inputs.mT.reshape(12, 1, 3).repeat(1, 2, 1)), POINTS.to("meta"),
    data.Split(torch.zeros(0, 3, 1, 1), torch.zeros(0).long()),
]  # fmt: skip
BAD_LABELS = [_changed(labels=POINTS.labels + 1), _changed(labels=POINTS.labels - 1)]
TRAINING = {"model": MODEL, "train": BAD_POINTS, "recipe": ANYTHING, "seed": whole()}
CALLS = {
    "probe": MAYBE_FUNCTION, "probe_steps": [None, 3, "3", (1.5,), [None], {"a": 1}], "on_step": MAYBE_FUNCTION,
}  # fmt: skip


def _watched(**arguments):
    with trainers.watched(**arguments):
        pass


def _progress(**arguments):
    with trainers.progress(**arguments):
        pass


def _first_probes(**arguments):
    with trainers.first_probes(**arguments):
        pass


def _threads(**arguments):
    with trainers.threads(**arguments):
        pass


def _seeded(**arguments):
    with models.seeded(**arguments):
        pass


def _called(made: Callable, name: str, right: Any, wrong: list) -> Call:
    """An object that is called with one argument."""
    return Call(lambda **given: made(given[name]), {name: right}, {name: wrong})


def _loss(made: Callable) -> Call:
    return _called(made, "outputs", OUTPUTS, BATCHES[:-1])


RECIPE_KINDS = {
    "steps": whole(1), "learning_rate": number(0.0, -1.0), "batch_size": whole(2, none=True),
    "optimizer": WORD, "momentum": number(-0.1, 1.0), "betas": [None, 0.9, (0.9,), (0.9, 1.0), ("a", "b"), (NAN, 0.1)],
    "eps": number(0.0), "weight_decay": number(-1.0), "schedule": FUNCTION, "loss": FUNCTION,
    "regularizers": [*TUPLE_OF_FUNCTIONS, (len,)], "filters": TUPLE_OF_FUNCTIONS, "head_norm": number(0.0, none=True),
    "precision": WORD, "stop": TUPLE_OF_FUNCTIONS, "augment": MAYBE_FUNCTION, "attack": MAYBE_FUNCTION, "compile": FLAG,
}  # fmt: skip

TRAINERS = {
    "AccuracyAbove": [
        Call(trainers.AccuracyAbove, {"level": 0.9}, {"level": number(0.0, 1.1)}),
        _called(trainers.AccuracyAbove(0.9), "seen", SEEN, ANYTHING),
    ],
    "AfterZeroError": [
        Call(trainers.AfterZeroError, {"steps": 3}, {"steps": whole(0)}),
        _called(trainers.AfterZeroError(3), "seen", SEEN, ANYTHING),
    ],
    "Amplified": [Call(trainers.Amplified, {}, {"decay": number(-0.1, 1.0), "strength": number(0.0)})],
    "Attack": [
        Call(trainers.Attack, {"radius": 0.1}, {"radius": number(0.0), "steps": whole(1), "toward": FLAG}),
        Call(
            lambda model, train: trainers.Attack(0.1)(model, train), {"model": network(), "train": POINTS},
            {"model": MODEL, "train": BAD_POINTS},
        ),
    ],
    "Cosine": [
        Call(trainers.Cosine, {"steps": 9}, {"steps": whole(1), "last": number(-0.1, 1.1), "start": whole(0, 8)}),
        _called(trainers.Cosine(9), "step", 3, [None, "3", [3]]),
    ],
    "CrossEntropy": [
        Call(trainers.CrossEntropy, {}, {"smoothing": number(-0.1, 1.0), "float64": FLAG}),
        _loss(trainers.CrossEntropy()),
    ],
    "Drops": [
        Call(trainers.Drops, {"at": (3,)}, {"at": [None, 3, "3", (1.5,), (-1,)], "factor": number(0.0, 1.0)}),
        _called(trainers.Drops((3,)), "step", 3, [None, "3", [3]]),
    ],
    "Ensemble": [
        Call(
            trainers.Ensemble,
            {"build": network, "train": POINTS, "recipe": RECIPE, "members": [trainers.Member(0)]},
            {"build": FUNCTION, "train": BAD_POINTS, "recipe": ANYTHING, "members": [None, 3, [], [0]]},
        )
    ],
    "FlatnessBound": [
        Call(trainers.FlatnessBound, {}, {"temperature": number(0.0), "unit_features": FLAG}),
        _loss(trainers.FlatnessBound()),
    ],
    "Flooded": [
        Call(trainers.Flooded, {"loss": len, "level": 0.1}, {"loss": FUNCTION, "level": number(0.0)}),
        _loss(trainers.Flooded(trainers.CrossEntropy(), 0.1)),
    ],
    "Floor": [
        Call(trainers.Floor, {"level": 0.1}, {"level": number(0.0)}),
        _called(trainers.Floor(0.1), "value", torch.tensor(1.0), [None, "1", 1, torch.tensor(1)]),
    ],
    "Focal": [Call(trainers.Focal, {}, {"gamma": number(-1.0)}), _loss(trainers.Focal())],
    "LossBelow": [
        Call(trainers.LossBelow, {"level": 0.1}, {"level": number(0.0)}),
        _called(trainers.LossBelow(0.1), "seen", SEEN, ANYTHING),
    ],
    "Member": [
        Call(
            trainers.Member,
            {"seed": 0},
            {
                "seed": whole(), "learning_rate": number(0.0, none=True), "weight_decay": number(-1.0, none=True),
                "init_scale": number(0.0), "coefficients": [3, "3", (NAN,), ("a",)],
            },
        )
    ],
    "RateReduction": [Call(trainers.RateReduction, {}, {"eps_sq": number(0.0)}), _loss(trainers.RateReduction())],
    "Recipe": [Call(trainers.Recipe, {"steps": 2, "learning_rate": 0.1}, RECIPE_KINDS)],
    "Regularizer": [
        Call(
            trainers.Regularizer,
            {"measure": trainers.cdnv, "coefficient": 0.1},
            {
                "measure": FUNCTION, "coefficient": number(), "shape": MAYBE_FUNCTION, "start": whole(0),
                "stop": whole(1, none=True),
            },
        ),
        _loss(trainers.Regularizer(trainers.cdnv, 0.1)),
    ],
    "Regularizer.active": [
        Call(trainers.Regularizer(trainers.cdnv, 0.1).active, {"step": 3}, {"step": [None, "3", [3], Thing()]})
    ],
    "Outputs.mean": [Call(OUTPUTS.mean, {"values": torch.ones(3)}, {"values": ANYTHING})],
    "Ensemble.model": [Call(_ensemble().ensemble.model, {"member": 0}, {"member": whole(-1, 0)})],
    "LogitAdjusted": [
        Call(trainers.LogitAdjusted, {"class_counts": (3, 2)}, {"class_counts": COUNTS, "strength": [None, "1", NAN]}),
        _loss(trainers.LogitAdjusted((3, 2, 1))),
    ],
    "Reweighted": [
        Call(trainers.Reweighted, {"class_counts": (3, 2)}, {"class_counts": COUNTS}),
        _loss(trainers.Reweighted((3, 2, 1))),
    ],
    "SquaredError": [
        Call(trainers.SquaredError, {}, {"on_target": number(0.0), "height": number(0.0)}),
        _loss(trainers.SquaredError()),
    ],
    "StableMax": [Call(trainers.StableMax, {}, {"float64": FLAG}), _loss(trainers.StableMax())],
    "SupervisedContrastive": [
        Call(trainers.SupervisedContrastive, {}, {"temperature": number(0.0)}),
        _loss(trainers.SupervisedContrastive()),
    ],
    "Training": [
        Call(
            lambda **given: trainers.Training(**given).advance(),
            {"model": network(), "train": POINTS, "recipe": RECIPE, "seed": 0},
            TRAINING,
        )
    ],
    "WarmUp": [
        Call(trainers.WarmUp, {"steps": 3}, {"steps": whole(1), "then": FUNCTION}),
        _called(trainers.WarmUp(3), "step", 3, [None, "3", [3]]),
    ],
    "after_probe": [Call(trainers.after_probe, {"measured": [1]}, {"measured": [None, 3, "3", []]})],
    "before_training": [Call(trainers.before_training, {"weights": []}, {"weights": [None, 3, [3], "w"]})],
    "constant": [Call(trainers.constant, {"step": 3}, {"step": [None, "3", [3]]})],
    "first_probes": [Call(_first_probes, {"count": 1}, {"count": whole(1), "disturbance": whole(none=True)})],
    "fit": [
        Call(_fit, {}, TRAINING | CALLS | {
            "checkpoint": [3, ["a"], "", Path("/")], "checkpoint_seconds": [None, "1", NAN, -1.0],
        }),
        Call(_fit, {}, {"train": BAD_LABELS}, {"train": "labels"}),
    ],
    "fit_ensemble": [
        Call(_ensemble, {}, {
            "build": [*FUNCTION, lambda seed: None], "train": BAD_POINTS, "recipe": ANYTHING,
            "members": [None, 3, [], [0], "0"],
        } | CALLS),
        Call(_ensemble, {}, {"train": BAD_LABELS}, {"train": "labels"}),
    ],
    "log_spaced": [Call(trainers.log_spaced, {"last": 9, "count": 3}, {"last": whole(1), "count": whole(1)})],
    "over_members": [
        Call(
            trainers.over_members,
            {
                "term": trainers.feature_norm,
                "outputs": trainers.Outputs(*(None if each is None else each[None] for each in OUTPUTS)),
            },
            {"term": FUNCTION, "outputs": [*ANYTHING, OUTPUTS]},
        )
    ],
    "pick_device": [Call(trainers.pick_device, {"name": "cpu"}, {"name": DEVICE}, {"name": "device"})],
    "progress": [
        Call(_progress, {"steps": 3, "done": 0, "on_step": None}, {
            "steps": whole(1), "done": whole(0), "on_step": MAYBE_FUNCTION
        })
    ],
    "steps_per_epoch": [
        Call(trainers.steps_per_epoch, {"points": 9, "batch_size": 3}, {
            "points": whole(1), "batch_size": whole(1, 9, none=True)
        })
    ],
    "threads": [Call(_threads, {}, {"count": whole(1, none=True)})],
    "watched": [Call(_watched, {"on_step": print, "on_probe": print}, {"on_step": FUNCTION, "on_probe": FUNCTION})],
} | {
    name: [_loss(getattr(trainers, name))]
    for name in ("cdnv", "feature_norm", "squared_norms", "uncertainty", "variance_ratio")
} | {"relative_flatness": [_called(trainers.relative_flatness, "outputs", OUTPUTS, BATCHES)]}  # fmt: skip


def _augmented(step: Callable) -> Call:
    return Call(
        lambda images, generator: step(images, generator), {"images": IMAGE, "generator": RANDOM},
        {"images": IMAGES, "generator": GENERATOR},
    )  # fmt: skip


def _transformed(step: Callable) -> Call:
    return _called(step, "dataset", DIGITS, DATASET)


def _made_and_called(kind: type, **given):
    return kind(**given)(DIGITS)


TRANSFORMED = {
    "Subset": {"per_class": whole(1, 6)},
    "ExponentialImbalance": {"ratio": number(0.5, 7.0)},
    "StepImbalance": {"ratio": number(0.5, 7.0), "minority": whole(1, 2)},
    "LabelNoise": {"rate": number(-0.1, 1.1)},
    "WrongLabelNoise": {"rate": number(-0.1, 1.1)},
    "Oversampling": {},
    "RandomLabels": {},
}
RIGHT = {"per_class": 2, "ratio": 2.0, "minority": 1, "rate": 0.5}

DATA = {
    "Compose": [
        Call(data.Compose, {"steps": (data.RandomFlip(),)}, {"steps": [None, 3, "s", (3,)]}),
        _augmented(data.Compose((data.RandomFlip(),))),
    ],
    "Dataset": [
        Call(
            data.Dataset,
            {"name": "points", "train": POINTS, "test": POINTS, "class_names": ("a", "b", "c")},
            {
                "name": [None, 3], "train": [*SPLIT, *BAD_LABELS], "test": [*SPLIT, *BAD_LABELS],
                "class_names": [None, 3, "abc", (), (1, 2, 3)],
            },
        )
    ],
    "GaussianMixture": [Call(data.GaussianMixture, MIXTURE, dict.fromkeys(MIXTURE, TENSOR))],
    "GaussianNoise": [
        Call(data.GaussianNoise, {"scale": 0.1}, {"scale": number(-1.0)}), _augmented(data.GaussianNoise(0.1)),
    ],
    "GlyphPopulation": [
        Call(data.GlyphPopulation, {}, {
            "classes": [None, 3, "abc", (), (0.5,), (71,), (1, 1)], "size": [None, "28", 28.5, 27, NAN],
            "color": FLAG, "difficulty": number(-0.1, 1.6),
        }),
    ],
    "GlyphPopulation.sample": [
        Call(data.GlyphPopulation((0,), 16).sample, {"per_class": 1, "generator": RANDOM}, {
            "per_class": whole(1), "generator": GENERATOR
        })
    ],
    "NoisySplit": [
        Call(data.NoisySplit, {
            "inputs": torch.zeros(4, 2), "labels": torch.arange(4), "true_labels": torch.arange(4)
        }, {"inputs": INPUTS, "labels": LABELS, "true_labels": LABELS})
    ],
    "RandomCrop": [
        Call(data.RandomCrop, {"padding": 1}, {"padding": whole(0)}), _augmented(data.RandomCrop(1)),
    ],
    "RandomFlip": [_augmented(data.RandomFlip())],
    "Split": [
        Call(data.Split, {
            "inputs": torch.zeros(4, 2), "labels": torch.arange(4)
        }, {"inputs": INPUTS, "labels": LABELS}),
    ],
    "Split.to": [Call(POINTS.to, {"device": "cpu"}, {"device": [None, *DEVICE]})],
    "Dataset.to": [Call(DIGITS.to, {"device": "cpu"}, {"device": [None, *DEVICE]})],
    "NoisySplit.to": [
        Call(data.NoisySplit(POINTS.inputs, POINTS.labels, POINTS.labels).to, {"device": "cpu"}, {
            "device": [None, *DEVICE]
        })
    ],
    "SuperClasses": [
        Call(data.SuperClasses, {"groups": (0, 1, 1), "names": ("a", "b")}, {
            "groups": [None, 3, "001", (0, 2), (0, 0.5), (0, 0)], "names": [None, 3, "ab", ("a",), (1, 2)]
        }),
        _transformed(data.SuperClasses((0, 1, 1), ("a", "b"))),
    ],
    "digits": [Call(data.digits, {}, {"train_per_class": whole(1, 150), "seed": whole(0)})],
    "gaussian_mixture": [
        Call(data.gaussian_mixture, {"num_classes": 3, "dim": 2, "noise": 0.1}, {
            "num_classes": whole(2), "dim": whole(1), "noise": number(-0.1), "seed": SEED
        }),
    ],
    "GaussianMixture.sample": [
        Call(data.gaussian_mixture(3, 2, 0.1).sample, {"n": 1, "generator": RANDOM}, {
            "n": whole(1), "generator": GENERATOR
        })
    ],
    "glyph_super_classes": [
        Call(data.glyph_super_classes, {"classes": (0, 10), "groups": data.GLYPH_SCRIPTS}, {
            "classes": [None, 3, "ab", (), (71,), (0.5,)], "groups": [None, 3, "ab", {}, {"a": 3}, [(1,)]]
        }, {"groups": "groups|classes"})
    ],
    "glyphs": [
        Call(data.glyphs, {"classes": (0, 1), "train_per_class": 1, "test_per_class": 1, "size": 16}, {
            "classes": [None, 3, "ab", (), (0,), (71, 0), (0.5, 1)], "train_per_class": whole(1),
            "test_per_class": whole(1), "size": [None, "28", 28.5, 27], "color": FLAG,
            "difficulty": number(-0.1, 1.6), "seed": whole(0),
        })
    ],
    "hierarchical_mixture": [
        Call(data.hierarchical_mixture, {"num_super": 2, "num_sub": 2, "dim": 2, "spread": 0.1, "noise": 0.1}, {
            "num_super": whole(2), "num_sub": whole(1), "dim": whole(1), "spread": number(-0.1),
            "noise": number(-0.1), "seed": SEED,
        })
    ],
    "hold_out": [
        Call(data.hold_out, {
            "dataset": replace(DIGITS, class_names=("a", "b", "c", "d")), "classes": (0, 1)
        }, {"dataset": DATASET, "classes": [None, 3, "ab", (0,), (0, 4), (0, 0), (0, 0.5)]})
    ],
    "load": [Call(data.load, {"name": "digits"}, {"name": WORD})],
    "mnist5k": [
        Call(data.mnist5k, {}, {
            "train_per_class": whole(1, 499), "seed": whole(0), "size": [None, "28", 27, NAN, 28.5], "full": FLAG
        })
    ],
    "modular": [
        Call(data.modular, {"p": 7}, {
            "p": whole(2), "operation": WORD, "fraction": number(0.0, 1.0), "split": WORD, "seed": SEED
        })
    ],
    "modular_pairs": [Call(data.modular_pairs, {"p": 7}, {"p": whole(2), "operation": WORD})],
    "real": [Call(data.real, {"name": "mnist"}, {"name": WORD})],
} | {
    name: [
        Call(
            partial(_made_and_called, getattr(data, name)), {each: RIGHT[each] for each in kinds},
            kinds | {"seed": SEED},
        ),
        _transformed(getattr(data, name)(**{each: RIGHT[each] for each in kinds})),
    ]
    for name, kinds in TRANSFORMED.items()
}  # fmt: skip

PAIRS = [None, Thing(), "1", [[1, 2]], torch.zeros(2, 3).long(), torch.zeros(2).long(), torch.zeros(2, 2)]
MADE = {"num_classes": whole(2), "input_shape": SHAPE}


def _image_network(name: str, width: int) -> list[Call]:
    kinds = MADE | {"input_shape": [*SHAPE, (8,), (1, 8)], "width": [None, "3", width + 1, NAN, [3]]}
    return [Call(getattr(models, name), {"input_shape": (1, 32, 32), "num_classes": 3}, kinds)]


def _pairs(made: Callable) -> Call:
    return _called(lambda inputs: made()(inputs), "inputs", torch.tensor([[1, 2]]), PAIRS)


FREE = {"labels": torch.tensor([0, 1, 1]), "dim": 2, "num_classes": 2}

MODELS = {
    "CausalTransformer": [
        Call(models.CausalTransformer, {"vocabulary": 5, "dim": 8, "heads": 2, "depth": 1, "context": 2}, {
            "vocabulary": whole(2), "dim": whole(1), "heads": [*whole(1), 3], "depth": whole(1), "context": whole(1)
        }),
        _pairs(lambda: models.CausalTransformer(5, 8, 2, 1, 2)),
    ],
    "CosineHead": [
        Call(models.CosineHead, {"feature_dim": 4, "num_classes": 3}, {
            "feature_dim": whole(1), "num_classes": whole(1), "temperature": number(0.0)
        })
    ],
    "DeepLinear": [
        Call(models.DeepLinear, {"input_shape": (2,), "num_classes": 3}, MADE | {
            "width": whole(1), "depth": whole(1), "scale": number(0.0)
        })
    ],
    "FixedHead": [
        Call(models.FixedHead, {"weight": torch.eye(3)}, {
            "weight": [*TENSOR, torch.eye(3).long()], "bias": ["x", np.zeros(3), torch.zeros(4), torch.full((3,), NAN)]
        })
    ],
    "NandaTransformer": [
        Call(models.NandaTransformer, {"p": 7, "dim": 8, "heads": 2, "width": 8}, {
            "p": whole(2), "dim": whole(1), "heads": [*whole(1), 3], "width": whole(1)
        }),
        _pairs(lambda: models.NandaTransformer(7, 8, 2, 8)),
    ],
    "PairMLP": [
        Call(models.PairMLP, {"p": 7}, {"p": whole(2), "embedding_dim": whole(1), "width": whole(1)}),
        _pairs(lambda: models.PairMLP(7)),
    ],
    "PowerTransformer": [
        Call(models.PowerTransformer, {"p": 7, "dim": 8, "heads": 1}, {
            "p": whole(2), "dim": [*whole(1), 7], "heads": [*whole(1), 3]
        }),
        _pairs(lambda: models.PowerTransformer(7, 8, 2)),
    ],
    "QuadraticMLP": [
        Call(models.QuadraticMLP, {"p": 7}, {"p": whole(2), "width": whole(1)}), _pairs(lambda: models.QuadraticMLP(7)),
    ],
    "UnconstrainedFeatures": [
        Call(models.UnconstrainedFeatures, FREE, {
            "labels": [*TENSOR, torch.tensor([0, 2]), torch.tensor([-1, 0]), [0, 1]], "dim": whole(1),
            "num_classes": whole(2), "bias": FLAG,
        })
    ],
    "build": [
        Call(models.build, {"name": "mlp", "input_shape": (2,), "num_classes": 3, "width": 4}, MADE | {
            "name": WORD, "width": whole(1)
        })
    ],
    "count_parameters": [
        Call(models.count_parameters, {"name": "resnet18", "num_classes": 10}, {"name": WORD, "num_classes": whole(2)})
    ],
    "convnet": [
        Call(models.convnet, {"input_shape": (1, 8, 8), "num_classes": 3}, MADE | {
            "input_shape": [*SHAPE, (8,), (1, 8)], "width": whole(1)
        })
    ],
    "densenet121": _image_network("densenet121", 1024),
    "gromov_solution": [Call(models.gromov_solution, {"p": 7, "width": 20}, {
        "p": whole(3), "width": whole(1), "seed": SEED
    })],
    "mlp": [
        Call(models.mlp, {"input_shape": (2,), "num_classes": 3}, MADE | {
            "width": whole(1), "depth": whole(1), "batch_norm": FLAG
        })
    ],
    "narrow_features": [
        Call(models.narrow_features, {"model": network(), "dim": 2}, {"model": MODEL, "dim": [*whole(1), 17]})
    ],
    "reduce_features": [
        Call(models.reduce_features, {"model": network(), "dim": 2}, {"model": MODEL, "dim": whole(1)})
    ],
    "replace_head": [
        Call(models.replace_head, {"model": network(), "head": torch.nn.Linear(16, 3)}, {
            "model": MODEL, "head": [*ANYTHING, torch.nn.Linear(15, 3), torch.eye(3)]
        })
    ],
    "resnet18": _image_network("resnet18", 512),
    "resnet34": _image_network("resnet34", 512),
    "resnet50": _image_network("resnet50", 2048),
    "seeded": [Call(_seeded, {"seed": 0}, {"seed": SEED})],
    "training_bytes": [
        Call(models.training_bytes, {"parameters": 10, "optimizer": "adamw"}, {
            "parameters": whole(0), "optimizer": WORD
        })
    ],
    "unconstrained_objective": [
        Call(models.unconstrained_objective, {
            "model": models.UnconstrainedFeatures(**FREE), "weight_decay": 0.1, "feature_decay": 0.1
        }, {
            "model": MODEL, "weight_decay": number(-0.1), "feature_decay": number(-0.1), "bias_decay": number(-0.1),
            "loss": WORD,
        })
    ],
    "vgg11_bn": _image_network("vgg11_bn", 512),
    "vgg13_bn": _image_network("vgg13_bn", 512),
    "vgg16_bn": _image_network("vgg16_bn", 512),
}  # fmt: skip

CONFIG = [None, 3, ["a"], Thing(), {"rate": Thing()}]
RUNS = {
    "file_name": [
        Call(runs.file_name, {"experiment": "e", "preset": "p", "version": 1, "config": {}}, {
            "experiment": [None, 3], "preset": [None, 3], "version": whole(), "config": CONFIG
        })
    ],
    "keep": [Call(runs.keep, {"run": RECORDED, "path": "run.npz"}, {"run": RUN, "path": PATH})],
    "key": [
        Call(runs.key, {"experiment": "e", "version": 1, "config": {}}, {
            "experiment": [None, 3], "version": whole(), "config": CONFIG
        })
    ],
    "load": [Call(runs.load, {"path": "none.npz"}, {"path": PATH})],
    "provenance_line": [
        Call(runs.provenance_line, {"run": RECORDED}, {"run": [*RUN, replace(RECORDED, provenance={})]})
    ],
    "provenance_of_all": [
        Call(runs.provenance_of_all, {"runs": [RECORDED]}, {
            "runs": [None, 3, "runs", [], [None], [replace(RECORDED, provenance={})]]
        }, {"runs": "runs|run"})
    ],
    "require_writable": [Call(runs.require_writable, {"folder": "here"}, {"folder": PATH})],
    "save": [
        Call(runs.save, {"run": RECORDED, "path": "run.npz"}, {
            "run": [
                *RUN, runs.Run({}, {"step": [None]}), runs.Run({}, {"step": [1], "nc1": [1, 2]}),
                runs.Run({}, {"step": 3}), runs.Run({}, {3: [3]}), runs.Run({}, {"step": [[1], [1, 2]]}),
                runs.Run({}, {}, {"points": np.array([Thing()])}), runs.Run({"rate": Thing()}, {}),
                runs.Run({}, {}, {}, {"date": Thing()}),
            ],
            "path": PATH,
        })
    ],
    "warn_unless_writable": [Call(runs.warn_unless_writable, {"folder": "here"}, {"folder": PATH})],
}  # fmt: skip

OWN = experiments.Experiment(**MINE, folder="recorded")  # in the folder of the test
PRESET = ["nonsense", "", 3, ["smoke"], Thing()]
EXPERIMENTS = {
    "Experiment": [
        Call(experiments.Experiment, MINE, {
            "name": [None, 3, ""], "title": [None, 3, ""], "version": whole(1), "Config": [None, 3, Thing, Config()],
            "train": FUNCTION, "keys": [None, "seed", (), ("arm",), (3,)], "claims": [None, 3, (3,)],
            "exact": [None, "rate", (3,)], "sample": ANYTHING, "folder": PATH[1:],
        }),
    ],
    "Experiment.run": [
        Call(OWN.run, {"config": Config(), "device": "cpu"}, {
            "config": ANYTHING, "device": DEVICE, "preset": [3, ["smoke"], Thing()]
        })
    ],
    "Experiment.load": [
        Call(OWN.load, {"preset": "smoke", "device": "cpu", "live": True}, {
            "preset": PRESET, "device": DEVICE, "live": [3, "yes", Thing()]
        })
    ],
    "Experiment.record": [
        Call(OWN.record, {"preset": "smoke", "device": "cpu"}, {
            "preset": PRESET, "device": DEVICE
        })
    ],
    **{
        f"Experiment.{name}": [Call(getattr(OWN, name), {"preset": "smoke"}, {
            "preset": PRESET
        })]
        for name in ("file_name", "record_path", "recorded", "find", "state")
    },
    "Presets": [],
    "Presets.preset": [Call(Config.preset, {"name": "smoke"}, {"name": PRESET}, {"name": "preset"})],
    "Sample": [
        Call(experiments.Sample, {}, {
            "config": [None, 3, "c", {3: 3}], "probes": whole(1), "apart": [None, "arm", (3,)]
        })
    ],
    "get": [Call(experiments.get, {"name": "collapse"}, {"name": WORD})],
    "register": [
        Call(experiments.register, {"experiment": experiments.get("collapse")}, {"experiment": ANYTHING})
    ],
    "sweep": [
        Call(experiments.sweep, {"task": abs, "arms": [1]}, {"task": FUNCTION, "arms": [None, 3, "arms"]})
    ],
    "verify": [
        Call(experiments.verify, {"experiment": experiments.Experiment(**MINE), "run": RECORDED}, {
            "experiment": ANYTHING, "run": RUN
        })
    ],
}  # fmt: skip

# Results that others make, protocols, and methods that ncbook or torch.nn calls itself.
TRAINED = {
    "EnsembleFitted", "FirstProbesDone", "Fitted", "GradientFilter", "Outputs", "Seen", "is_watched",
    "Orthogonal",  # a filter, which a step of a training calls, and nobody else
    "Training.goes_on", "Training.load_state", "Recipe.schedule", "WarmUp.then", "Ensemble.outputs",
}  # fmt: skip
FORWARD = {
    f"{network}.{method}"
    for network in ("Classifier", "CosineHead", "PowerTransformer", "UnconstrainedFeatures")
    for method in ("features", "layers", "forward")
}
LARGE = {"resnet34", "resnet50", "densenet121", "vgg16_bn"}

TABLES = [
    Table(trainers, TRAINERS, exempt=frozenset(TRAINED)),
    Table(data, DATA, exempt=frozenset({"cifar100_super_classes"}), seldom=frozenset({"real", "mnist5k"})),
    Table(models, MODELS, exempt=frozenset({"Classifier", "Parameters"} | FORWARD), seldom=frozenset(LARGE)),
    Table(runs, RUNS, exempt=frozenset({"Run", "cache_folder"}), seldom=frozenset({"load"})),
    Table(experiments, EXPERIMENTS, exempt=frozenset({"Arrays", "Rows", "names"}), seldom=frozenset({"register"})),
]
