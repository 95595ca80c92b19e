"""What is wrong for each argument of the public functions of trainers, data, models, runs and experiments.

A `Case` is a call that is right, and of which kind each of its arguments is; a kind is a list of values that are wrong
for it. The walker in test_wrong_arguments.py puts one wrong value at a time into the call.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from trainings import blobs, network

from ncbook import data, experiments, models, runs, trainers

NAN = math.nan


@dataclass(frozen=True)
class Case:
    """`call(**right)` is right. `wrong` maps an argument to its kind; `named` to what a message calls it instead."""

    call: Callable[..., Any]
    right: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, list] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)


class Thing:
    """What no function takes."""


# --- kinds

OPTIONAL = [Thing(), "3", [1]]  # wrong where None is right too
ANYTHING = [None, *OPTIONAL]  # wrong for everything but words, numbers and lists


def whole(least: int | None = None, most: int | None = None, none: bool = False) -> list:
    below, above = [] if least is None else [least - 1], [] if most is None else [most + 1]
    return [*([] if none else [None]), "3", 2.5, NAN, [3], torch.tensor([3]), True, *below, *above]


def number(*outside: float, none: bool = False) -> list:
    return [*([] if none else [None]), "0.1", NAN, math.inf, [0.1], torch.tensor([0.1]), *outside]


SEED = whole()
FLAG = [None, "yes", 2, [True]]
WORD = ["nonsense", "", 3, None, ["mlp"]]
FUNCTION = [None, 3, "f", [len]]
MAYBE_FUNCTION = [3, "f", [len]]
TUPLE_OF_FUNCTIONS = [None, 3, "f", (3,)]
PATH = [None, 3, ["a"], "", b"a.npz"]
SHAPE = [None, 3, "abc", (0, 8), (2.5, 8), (-1,), [None]]
SPLIT = [*ANYTHING, torch.zeros(4, 2), (torch.zeros(4, 2), torch.zeros(4))]
DATASET = [*ANYTHING, blobs()]
MODEL = [*ANYTHING, torch.nn.Linear(3, 3)]
RUN = [*ANYTHING, {"step": [1]}]
DEVICE = [3, [1], "gpux"]
IMAGES = [*ANYTHING, torch.zeros(4), torch.zeros(4, 2, 2), np.zeros((2, 1, 8, 8), np.float32)]
GENERATOR = [None, 0, "0", np.random.default_rng(0)]
LABELS = [
    None, [0, 1, 2, 3], np.array([0, 1, 2, 3]), torch.eye(4), torch.eye(4).long(), torch.zeros(4, 1).long(),
    torch.zeros(4), torch.zeros(4).bool(), torch.zeros(3).long(), torch.tensor(0), torch.zeros(4).long().to("meta"),
]  # fmt: skip
INPUTS = [None, [[0.0]], np.zeros((4, 2)), torch.tensor(1.0), "inputs"]

POINTS = blobs(4)
OUTPUTS = trainers.Outputs(torch.eye(3), torch.eye(3), torch.arange(3) % 2, torch.eye(3))
BATCHES = [
    *ANYTHING, tuple(OUTPUTS), OUTPUTS._replace(labels=torch.eye(3)), OUTPUTS._replace(labels=torch.zeros(3)),
    OUTPUTS._replace(labels=torch.zeros(2).long()), OUTPUTS._replace(features=torch.eye(3)[0]),
    OUTPUTS._replace(logits=None), OUTPUTS._replace(features=torch.eye(3).long()), OUTPUTS._replace(weight=np.eye(3)),
    OUTPUTS._replace(mask=torch.ones(2)), OUTPUTS._replace(logits=torch.eye(4)),
]  # fmt: skip
RECIPE = trainers.Recipe(2, 0.1)
SEEN = trainers.Seen(step=1, loss=0.1, error=0.1, zero_error_step=None)
DIGITS = data.Dataset("points", blobs(6), blobs(2), ("a", "b", "c"))
IMAGE = torch.zeros(2, 1, 8, 8)
RANDOM = torch.Generator().manual_seed(0)
MIXTURE = {
    "component_means": torch.eye(3), "noise": torch.ones(3), "factors": torch.zeros(3, 3, 0),
    "component_classes": torch.arange(3),
}  # fmt: skip
TENSOR = [None, "x", np.zeros(3), torch.zeros(2, 2, 2), torch.full((3, 3), NAN), torch.zeros(0)]
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


def _called(made: Callable, name: str, right: Any, wrong: list) -> Case:
    """An object that is called with one argument."""
    return Case(lambda **given: made(given[name]), {name: right}, {name: wrong})


def _loss(made: Callable) -> Case:
    return _called(made, "outputs", OUTPUTS, BATCHES[:-1])


RECIPE_KINDS = {
    "steps": whole(1), "learning_rate": number(0.0, -1.0), "batch_size": whole(2, none=True),
    "optimizer": WORD, "momentum": number(-0.1, 1.0), "betas": [None, 0.9, (0.9,), (0.9, 1.0), ("a", "b"), (NAN, 0.1)],
    "eps": number(0.0), "weight_decay": number(-1.0), "schedule": FUNCTION, "loss": FUNCTION,
    "regularizers": [*TUPLE_OF_FUNCTIONS, (len,)], "filters": TUPLE_OF_FUNCTIONS, "head_norm": number(0.0, none=True),
    "precision": WORD, "stop": TUPLE_OF_FUNCTIONS, "augment": MAYBE_FUNCTION, "compile": FLAG,
}  # fmt: skip

TRAINERS = {
    "AccuracyAbove": [
        Case(trainers.AccuracyAbove, {"level": 0.9}, {"level": number(0.0, 1.1)}),
        _called(trainers.AccuracyAbove(0.9), "seen", SEEN, ANYTHING),
    ],
    "AfterZeroError": [
        Case(trainers.AfterZeroError, {"steps": 3}, {"steps": whole(0)}),
        _called(trainers.AfterZeroError(3), "seen", SEEN, ANYTHING),
    ],
    "Amplified": [Case(trainers.Amplified, {}, {"decay": number(-0.1, 1.0), "strength": number(0.0)})],
    "Cosine": [
        Case(trainers.Cosine, {"steps": 9}, {"steps": whole(1), "last": number(-0.1, 1.1), "start": whole(0, 8)}),
        _called(trainers.Cosine(9), "step", 3, [None, "3", [3]]),
    ],
    "CrossEntropy": [
        Case(trainers.CrossEntropy, {}, {"smoothing": number(-0.1, 1.0), "float64": FLAG}),
        _loss(trainers.CrossEntropy()),
    ],
    "Drops": [
        Case(trainers.Drops, {"at": (3,)}, {"at": [None, 3, "3", (1.5,), (-1,)], "factor": number(0.0, 1.0)}),
        _called(trainers.Drops((3,)), "step", 3, [None, "3", [3]]),
    ],
    "Ensemble": [
        Case(
            trainers.Ensemble,
            {"build": network, "train": POINTS, "recipe": RECIPE, "members": [trainers.Member(0)]},
            {"build": FUNCTION, "train": BAD_POINTS, "recipe": ANYTHING, "members": [None, 3, [], [0]]},
        )
    ],
    "FlatnessBound": [
        Case(trainers.FlatnessBound, {}, {"temperature": number(0.0), "unit_features": FLAG}),
        _loss(trainers.FlatnessBound()),
    ],
    "Flooded": [
        Case(trainers.Flooded, {"loss": len, "level": 0.1}, {"loss": FUNCTION, "level": number(0.0)}),
        _loss(trainers.Flooded(trainers.CrossEntropy(), 0.1)),
    ],
    "Floor": [
        Case(trainers.Floor, {"level": 0.1}, {"level": number(0.0)}),
        _called(trainers.Floor(0.1), "value", torch.tensor(1.0), [None, "1", 1, torch.tensor(1)]),
    ],
    "Focal": [Case(trainers.Focal, {}, {"gamma": number(-1.0)}), _loss(trainers.Focal())],
    "LossBelow": [
        Case(trainers.LossBelow, {"level": 0.1}, {"level": number(0.0)}),
        _called(trainers.LossBelow(0.1), "seen", SEEN, ANYTHING),
    ],
    "Member": [
        Case(
            trainers.Member,
            {"seed": 0},
            {
                "seed": whole(), "learning_rate": number(0.0, none=True), "weight_decay": number(-1.0, none=True),
                "init_scale": number(0.0), "coefficients": [3, "3", (NAN,), ("a",)],
            },
        )
    ],
    "RateReduction": [Case(trainers.RateReduction, {}, {"eps_sq": number(0.0)}), _loss(trainers.RateReduction())],
    "Recipe": [Case(trainers.Recipe, {"steps": 2, "learning_rate": 0.1}, RECIPE_KINDS)],
    "Regularizer": [
        Case(
            trainers.Regularizer,
            {"measure": trainers.cdnv, "coefficient": 0.1},
            {
                "measure": FUNCTION, "coefficient": number(), "shape": MAYBE_FUNCTION, "start": whole(0),
                "stop": whole(1, none=True),
            },
        ),
        _loss(trainers.Regularizer(trainers.cdnv, 0.1)),
    ],
    "SquaredError": [
        Case(trainers.SquaredError, {}, {"on_target": number(0.0), "height": number(0.0)}),
        _loss(trainers.SquaredError()),
    ],
    "StableMax": [Case(trainers.StableMax, {}, {"float64": FLAG}), _loss(trainers.StableMax())],
    "SupervisedContrastive": [
        Case(trainers.SupervisedContrastive, {}, {"temperature": number(0.0)}),
        _loss(trainers.SupervisedContrastive()),
    ],
    "Training": [
        Case(
            lambda **given: trainers.Training(**given).advance(),
            {"model": network(), "train": POINTS, "recipe": RECIPE, "seed": 0},
            TRAINING,
        )
    ],
    "WarmUp": [
        Case(trainers.WarmUp, {"steps": 3}, {"steps": whole(1), "then": FUNCTION}),
        _called(trainers.WarmUp(3), "step", 3, [None, "3", [3]]),
    ],
    "after_probe": [Case(trainers.after_probe, {"measured": [1]}, {"measured": [None, 3, "3", []]})],
    "before_training": [Case(trainers.before_training, {"weights": []}, {"weights": [None, 3, [3], "w"]})],
    "constant": [Case(trainers.constant, {"step": 3}, {"step": [None, "3", [3]]})],
    "first_probes": [Case(_first_probes, {"count": 1}, {"count": whole(1), "disturbance": whole(none=True)})],
    "fit": [
        Case(_fit, {}, TRAINING | CALLS | {
            "checkpoint": [3, ["a"], "", Path("/")], "checkpoint_seconds": [None, "1", NAN, -1.0],
        }),
        Case(_fit, {}, {"train": BAD_LABELS}, {"train": "labels"}),
    ],
    "fit_ensemble": [
        Case(_ensemble, {}, {
            "build": [*FUNCTION, lambda seed: None], "train": BAD_POINTS, "recipe": ANYTHING,
            "members": [None, 3, [], [0], "0"],
        } | CALLS),
        Case(_ensemble, {}, {"train": BAD_LABELS}, {"train": "labels"}),
    ],
    "log_spaced": [Case(trainers.log_spaced, {"last": 9, "count": 3}, {"last": whole(1), "count": whole(1)})],
    "over_members": [
        Case(
            trainers.over_members,
            {
                "term": trainers.feature_norm,
                "outputs": trainers.Outputs(*(None if each is None else each[None] for each in OUTPUTS)),
            },
            {"term": FUNCTION, "outputs": [*ANYTHING, OUTPUTS]},
        )
    ],
    "pick_device": [Case(trainers.pick_device, {"name": "cpu"}, {"name": DEVICE}, {"name": "device"})],
    "progress": [
        Case(_progress, {"steps": 3, "done": 0, "on_step": None}, {
            "steps": whole(1), "done": whole(0), "on_step": MAYBE_FUNCTION
        })
    ],
    "steps_per_epoch": [
        Case(trainers.steps_per_epoch, {"points": 9, "batch_size": 3}, {
            "points": whole(1), "batch_size": whole(1, 9, none=True)
        })
    ],
    "threads": [Case(_threads, {}, {"count": whole(1, none=True)})],
    "watched": [Case(_watched, {"on_step": print, "on_probe": print}, {"on_step": FUNCTION, "on_probe": FUNCTION})],
} | {
    name: [_loss(getattr(trainers, name))]
    for name in ("cdnv", "feature_norm", "squared_norms", "uncertainty", "variance_ratio")
} | {"relative_flatness": [_called(trainers.relative_flatness, "outputs", OUTPUTS, BATCHES)]}  # fmt: skip


def _augmented(step: Callable) -> Case:
    return Case(
        lambda images, generator: step(images, generator), {"images": IMAGE, "generator": RANDOM},
        {"images": IMAGES, "generator": GENERATOR},
    )  # fmt: skip


def _transformed(step: Callable) -> Case:
    return _called(step, "dataset", DIGITS, DATASET)


def _made_and_called(kind: type, **given):
    return kind(**given)(DIGITS)


TRANSFORMED = {
    "Subset": {"per_class": whole(1, 6)},
    "ExponentialImbalance": {"ratio": number(0.5, 7.0)},
    "StepImbalance": {"ratio": number(0.5, 7.0), "minority": whole(1, 2)},
    "LabelNoise": {"rate": number(-0.1, 1.1)},
    "WrongLabelNoise": {"rate": number(-0.1, 1.1)},
    "RandomLabels": {},
}
RIGHT = {"per_class": 2, "ratio": 2.0, "minority": 1, "rate": 0.5}

DATA = {
    "Compose": [
        Case(data.Compose, {"steps": (data.RandomFlip(),)}, {"steps": [None, 3, "s", (3,)]}),
        _augmented(data.Compose((data.RandomFlip(),))),
    ],
    "Dataset": [
        Case(
            data.Dataset,
            {"name": "points", "train": POINTS, "test": POINTS, "class_names": ("a", "b", "c")},
            {
                "name": [None, 3], "train": [*SPLIT, *BAD_LABELS], "test": [*SPLIT, *BAD_LABELS],
                "class_names": [None, 3, "abc", (), (1, 2, 3)],
            },
        )
    ],
    "GaussianMixture": [Case(data.GaussianMixture, MIXTURE, dict.fromkeys(MIXTURE, TENSOR))],
    "GaussianNoise": [
        Case(data.GaussianNoise, {"scale": 0.1}, {"scale": number(-1.0)}), _augmented(data.GaussianNoise(0.1)),
    ],
    "GlyphPopulation": [
        Case(data.GlyphPopulation, {}, {
            "classes": [None, 3, "abc", (), (0.5,), (71,), (1, 1)], "size": [None, "28", 28.5, 27, NAN],
            "color": FLAG, "difficulty": number(-0.1, 1.6),
        }),
        Case(
            lambda **given: data.GlyphPopulation((0,), 16).sample(**given), {"per_class": 1, "generator": RANDOM},
            {"per_class": whole(1), "generator": GENERATOR},
        ),
    ],
    "NoisySplit": [
        Case(data.NoisySplit, {
            "inputs": torch.zeros(4, 2), "labels": torch.arange(4), "true_labels": torch.arange(4)
        }, {"inputs": INPUTS, "labels": LABELS, "true_labels": LABELS})
    ],
    "RandomCrop": [
        Case(data.RandomCrop, {"padding": 1}, {"padding": whole(0)}), _augmented(data.RandomCrop(1)),
    ],
    "RandomFlip": [_augmented(data.RandomFlip())],
    "Split": [
        Case(data.Split, {
            "inputs": torch.zeros(4, 2), "labels": torch.arange(4)
        }, {"inputs": INPUTS, "labels": LABELS}),
        Case(lambda device: POINTS.to(device), {"device": "cpu"}, {"device": [None, 3, [1]]}),
    ],
    "SuperClasses": [
        Case(data.SuperClasses, {"groups": (0, 1, 1), "names": ("a", "b")}, {
            "groups": [None, 3, "001", (0, 2), (0, 0.5), (0, 0)], "names": [None, 3, "ab", ("a",), (1, 2)]
        }),
        _transformed(data.SuperClasses((0, 1, 1), ("a", "b"))),
    ],
    "digits": [Case(data.digits, {}, {"train_per_class": whole(1, 150), "seed": whole(0)})],
    "gaussian_mixture": [
        Case(data.gaussian_mixture, {"num_classes": 3, "dim": 2, "noise": 0.1}, {
            "num_classes": whole(2), "dim": whole(1), "noise": number(-0.1), "seed": SEED
        }),
        Case(
            lambda **given: data.gaussian_mixture(3, 2, 0.1).sample(**given), {"n": 1, "generator": RANDOM},
            {"n": whole(1), "generator": GENERATOR},
        ),
    ],
    "glyph_super_classes": [
        Case(data.glyph_super_classes, {"classes": (0, 10), "groups": data.GLYPH_SCRIPTS}, {
            "classes": [None, 3, "ab", (), (71,), (0.5,)], "groups": [None, 3, "ab", {}, {"a": 3}, [(1,)]]
        }, {"groups": "groups|classes"})
    ],
    "glyphs": [
        Case(data.glyphs, {"classes": (0, 1), "train_per_class": 1, "test_per_class": 1, "size": 16}, {
            "classes": [None, 3, "ab", (), (0,), (71, 0), (0.5, 1)], "train_per_class": whole(1),
            "test_per_class": whole(1), "size": [None, "28", 28.5, 27], "color": FLAG,
            "difficulty": number(-0.1, 1.6), "seed": whole(0),
        })
    ],
    "hierarchical_mixture": [
        Case(data.hierarchical_mixture, {"num_super": 2, "num_sub": 2, "dim": 2, "spread": 0.1, "noise": 0.1}, {
            "num_super": whole(2), "num_sub": whole(1), "dim": whole(1), "spread": number(-0.1),
            "noise": number(-0.1), "seed": SEED,
        })
    ],
    "hold_out": [
        Case(data.hold_out, {
            "dataset": replace(DIGITS, class_names=("a", "b", "c", "d")), "classes": (0, 1)
        }, {"dataset": DATASET, "classes": [None, 3, "ab", (0,), (0, 4), (0, 0), (0, 0.5)]})
    ],
    "load": [Case(data.load, {"name": "digits"}, {"name": WORD})],
    "mnist5k": [
        Case(data.mnist5k, {}, {
            "train_per_class": whole(1, 499), "seed": whole(0), "size": [None, "28", 27, NAN, 28.5], "full": FLAG
        })
    ],
    "modular": [
        Case(data.modular, {"p": 7}, {
            "p": whole(2), "operation": WORD, "fraction": number(0.0, 1.0), "split": WORD, "seed": SEED
        })
    ],
    "modular_pairs": [Case(data.modular_pairs, {"p": 7}, {"p": whole(2), "operation": WORD})],
    "real": [Case(data.real, {"name": "mnist"}, {"name": WORD})],
} | {
    name: [
        Case(
            partial(_made_and_called, getattr(data, name)), {each: RIGHT[each] for each in kinds},
            kinds | {"seed": SEED},
        ),
        _transformed(getattr(data, name)(**{each: RIGHT[each] for each in kinds})),
    ]
    for name, kinds in TRANSFORMED.items()
}  # fmt: skip

PAIRS = [None, "1", [[1, 2]], torch.zeros(2, 3).long(), torch.zeros(2).long(), torch.zeros(2, 2)]
MADE = {"num_classes": whole(2), "input_shape": SHAPE}


def _image_network(name: str, width: int) -> list[Case]:
    kinds = MADE | {"input_shape": [*SHAPE, (8,), (1, 8)], "width": [None, "3", width + 1, NAN, [3]]}
    return [Case(getattr(models, name), {"input_shape": (1, 32, 32), "num_classes": 3}, kinds)]


def _pairs(made: Callable) -> Case:
    return _called(lambda inputs: made()(inputs), "inputs", torch.tensor([[1, 2]]), PAIRS)


FREE = {"labels": torch.tensor([0, 1, 1]), "dim": 2, "num_classes": 2}

MODELS = {
    "CosineHead": [
        Case(models.CosineHead, {"feature_dim": 4, "num_classes": 3}, {
            "feature_dim": whole(1), "num_classes": whole(1), "temperature": number(0.0)
        })
    ],
    "DeepLinear": [
        Case(models.DeepLinear, {"input_shape": (2,), "num_classes": 3}, MADE | {
            "width": whole(1), "depth": whole(1), "scale": number(0.0)
        })
    ],
    "FixedHead": [
        Case(models.FixedHead, {"weight": torch.eye(3)}, {
            "weight": [*TENSOR, torch.eye(3).long()], "bias": ["x", np.zeros(3), torch.zeros(4), torch.full((3,), NAN)]
        })
    ],
    "NandaTransformer": [
        Case(models.NandaTransformer, {"p": 7, "dim": 8, "heads": 2, "width": 8}, {
            "p": whole(2), "dim": whole(1), "heads": [*whole(1), 3], "width": whole(1)
        }),
        _pairs(lambda: models.NandaTransformer(7, 8, 2, 8)),
    ],
    "PairMLP": [
        Case(models.PairMLP, {"p": 7}, {"p": whole(2), "embedding_dim": whole(1), "width": whole(1)}),
        _pairs(lambda: models.PairMLP(7)),
    ],
    "PowerTransformer": [
        Case(models.PowerTransformer, {"p": 7, "dim": 8, "heads": 1}, {
            "p": whole(2), "dim": [*whole(1), 7], "heads": [*whole(1), 3]
        }),
        _pairs(lambda: models.PowerTransformer(7, 8, 2)),
    ],
    "QuadraticMLP": [
        Case(models.QuadraticMLP, {"p": 7}, {"p": whole(2), "width": whole(1)}), _pairs(lambda: models.QuadraticMLP(7)),
    ],
    "UnconstrainedFeatures": [
        Case(models.UnconstrainedFeatures, FREE, {
            "labels": [*TENSOR, torch.tensor([0, 2]), torch.tensor([-1, 0]), [0, 1]], "dim": whole(1),
            "num_classes": whole(2), "bias": FLAG,
        })
    ],
    "build": [
        Case(models.build, {"name": "mlp", "input_shape": (2,), "num_classes": 3, "width": 4}, MADE | {
            "name": WORD, "width": whole(1)
        })
    ],
    "convnet": [
        Case(models.convnet, {"input_shape": (1, 8, 8), "num_classes": 3}, MADE | {
            "input_shape": [*SHAPE, (8,), (1, 8)], "width": whole(1)
        })
    ],
    "densenet121": _image_network("densenet121", 1024),
    "gromov_solution": [Case(models.gromov_solution, {"p": 7, "width": 20}, {
        "p": whole(3), "width": whole(1), "seed": SEED
    })],
    "mlp": [
        Case(models.mlp, {"input_shape": (2,), "num_classes": 3}, MADE | {
            "width": whole(1), "depth": whole(1), "batch_norm": FLAG
        })
    ],
    "reduce_features": [
        Case(models.reduce_features, {"model": network(), "dim": 2}, {"model": MODEL, "dim": whole(1)})
    ],
    "replace_head": [
        Case(models.replace_head, {"model": network(), "head": torch.nn.Linear(16, 3)}, {
            "model": MODEL, "head": [*ANYTHING, torch.nn.Linear(15, 3), torch.eye(3)]
        })
    ],
    "resnet18": _image_network("resnet18", 512),
    "resnet34": _image_network("resnet34", 512),
    "resnet50": _image_network("resnet50", 2048),
    "seeded": [Case(_seeded, {"seed": 0}, {"seed": SEED})],
    "unconstrained_objective": [
        Case(models.unconstrained_objective, {
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

CONFIG = [None, 3, ["a"], {"rate": Thing()}]
RUNS = {
    "file_name": [
        Case(runs.file_name, {"experiment": "e", "preset": "p", "version": 1, "config": {}}, {
            "experiment": [None, 3], "preset": [None, 3], "version": whole(), "config": CONFIG
        })
    ],
    "keep": [Case(runs.keep, {"run": RECORDED, "path": "run.npz"}, {"run": RUN, "path": PATH})],
    "key": [
        Case(runs.key, {"experiment": "e", "version": 1, "config": {}}, {
            "experiment": [None, 3], "version": whole(), "config": CONFIG
        })
    ],
    "load": [Case(runs.load, {"path": "none.npz"}, {"path": PATH})],
    "provenance_line": [
        Case(runs.provenance_line, {"run": RECORDED}, {"run": [*RUN, replace(RECORDED, provenance={})]})
    ],
    "provenance_of_all": [
        Case(runs.provenance_of_all, {"runs": [RECORDED]}, {
            "runs": [None, 3, "runs", [], [None], [replace(RECORDED, provenance={})]]
        }, {"runs": "run"})
    ],
    "require_writable": [Case(runs.require_writable, {"folder": "here"}, {"folder": PATH})],
    "save": [
        Case(runs.save, {"run": RECORDED, "path": "run.npz"}, {
            "run": [
                *RUN, runs.Run({}, {"step": [None]}), runs.Run({}, {"step": [1], "nc1": [1, 2]}),
                runs.Run({}, {"step": 3}), runs.Run({}, {3: [3]}), runs.Run({}, {"step": [[1], [1, 2]]}),
                runs.Run({}, {}, {"points": np.array([Thing()])}), runs.Run({"rate": Thing()}, {}),
                runs.Run({}, {}, {}, {"date": Thing()}),
            ],
            "path": PATH,
        })
    ],
    "warn_unless_writable": [Case(runs.warn_unless_writable, {"folder": "here"}, {"folder": PATH})],
}  # fmt: skip

EXPERIMENTS = {
    "Experiment": [
        Case(experiments.Experiment, MINE, {
            "name": [None, 3, ""], "title": [None, 3, ""], "version": whole(1), "Config": [None, 3, Thing, Config()],
            "train": FUNCTION, "keys": [None, "seed", (), ("arm",), (3,)], "claims": [None, 3, (3,)],
            "exact": [None, "rate", (3,)], "sample": ANYTHING, "folder": PATH[1:],
        }),
        Case(
            lambda **given: experiments.Experiment(**MINE).run(**given), {"config": Config(), "device": "cpu"},
            {"config": ANYTHING, "device": DEVICE},
        ),
        Case(
            lambda **given: experiments.Experiment(**MINE).find(**given), {"preset": "smoke"}, {"preset": WORD[:3]}
        ),
    ],
    "Presets": [Case(Config.preset, {"name": "smoke"}, {"name": ["nonsense", "", 3, ["smoke"]]}, {"name": "preset"})],
    "Sample": [
        Case(experiments.Sample, {}, {
            "config": [None, 3, "c", {3: 3}], "probes": whole(1), "apart": [None, "arm", (3,)]
        })
    ],
    "get": [Case(experiments.get, {"name": "collapse"}, {"name": WORD})],
    "register": [
        Case(experiments.register, {"experiment": experiments.get("collapse")}, {"experiment": ANYTHING})
    ],
    "sweep": [
        Case(experiments.sweep, {"task": abs, "arms": [1]}, {"task": FUNCTION, "arms": [None, 3, "arms"]})
    ],
    "verify": [
        Case(experiments.verify, {"experiment": experiments.Experiment(**MINE), "run": RECORDED}, {
            "experiment": ANYTHING, "run": RUN
        })
    ],
}  # fmt: skip

# What takes no argument to check: results that others make, errors, protocols and constants.
EXEMPT = {
    "INTERRUPTED", "DamagedCheckpoint", "Diverged", "EnsembleFitted", "FirstProbesDone", "Fitted", "GradientFilter",
    "Outputs", "Seen", "is_watched",  # of trainers; Outputs are checked where they are taken
    "Orthogonal",  # a filter, which a step of a training calls, and nobody else
    "cifar100_super_classes", "GLYPH_CLASSES", "GLYPH_SCRIPTS", "GLYPH_SHAPES", "GLYPH_SIZES", "REAL",
    "NETWORKS", "Classifier",  # whose blocks torch.nn checks
    "DamagedRun", "Run", "cache_folder",  # a Run is checked where it is saved
    "PRESETS", "Arrays", "Rows", "names",
}  # fmt: skip

PACKAGES = [(trainers, TRAINERS), (data, DATA), (models, MODELS), (runs, RUNS), (experiments, EXPERIMENTS)]
