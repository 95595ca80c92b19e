"""Train one network, and watch its last layer collapse."""

from ncbook import data, trainers
from ncbook.experiments import collapse as experiment
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Whole

_PROBES = 150  # a measurement costs as little as an epoch, and a curve should grow at each glance
_USUAL_DECAYS = (0, 1e-5, 1e-4, 1e-3, 5e-3, 1e-2, 1e-1)


def train(
    dataset: str, network: str, width: int, epochs: int, seed: int, weight_decay: float, learning_rate: float
) -> Rows:
    """One arm of the experiment."""
    config = experiment.Config(
        dataset=dataset, networks=(network,), weight_decays=(weight_decay,), seeds=(seed,), width=width,
        epochs=epochs, learning_rate=learning_rate, probes=_PROBES,
    )  # fmt: skip
    images = data.load(dataset).to(trainers.pick_device())
    return experiment.train_arm(config, images, network, weight_decay, seed)


PLAN = Plan(
    name="collapse",
    chapter="1-collapse/collapse",
    question="What does a longer training, or more weight decay, do to the errors, and what to the collapse?",
    settings=(
        Choice("dataset", "Images", "What is classified", "digits", (("digits", "digits"), ("glyphs", "glyphs"))),
        Choice(
            "network", "Network", "Which network is trained", "mlp",
            (("multilayer perceptron", "mlp"), ("convolutional network", "convnet")),
        ),
        Whole("width", "Width", "Units of a hidden layer, and last-layer features", 128, 2, 2048),
        Whole("epochs", "Epochs", "Passes over the training set", 60, 1, 10_000),
        Whole("seed", "Seed", "Fixes the initial weights and the order of the batches", 0),
        Real("weight_decay", "Weight decay", "Coefficient of the L2 penalty; 0 is none", 5e-3, 0, usual=_USUAL_DECAYS),
        Real(
            "learning_rate", "Learning rate", "Step size for three fifths of the epochs; it then falls to 0", 0.02,
            1e-9, usual=(0.001, 0.005, 0.02, 0.1, 0.5),
        ),
    ),
    train=train,
    panels=(
        Panel(
            "Error", "error (%)", (Curve("train_error", "train"), Curve("test_error", "test")), percent=True,
            scale="error",
        ),
        Panel(
            "NC1: spread within classes", "NC1, log scale", (Curve("nc1_train", "train"), Curve("nc1_test", "test")),
            scale="log",
        ),
        Panel(
            "NC3: classifier and means", "NC3, log scale", (Curve("nc3_train", "train"), Curve("nc3_test", "test")),
            scale="log",
        ),
    ),
    outcomes=(
        Outcome("training error", "train_error", percent=True),
        Outcome("test error", "test_error", percent=True),
        Outcome("NC1 on train", "nc1_train"),
        Outcome("NC1 on test", "nc1_test"),
        Outcome("NC2 (angles) on train", "nc2_angles_train"),
        Outcome("NC3 on train", "nc3_train"),
    ),
    x="epoch",
    unit="epoch",
)  # fmt: skip
