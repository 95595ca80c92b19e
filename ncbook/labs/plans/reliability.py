"""Train on eight digits, on attacked images or not, and ask for the two unseen ones, for attacks and for confidence."""

from ncbook import models, trainers
from ncbook.experiments.reliability import Config, confidence, detection, networks
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Whole

_PROBES = 12


def train(
    schedule: str, weight_decay: float, trained_radius: float, radius: float, width: int, steps: int, seed: int
) -> Rows:
    """One network: a row a probe, with errors of new images under attacks of `radius`."""
    config = Config(seeds=(seed,))
    found = networks.images(config, seed)
    known, half = found.known, confidence.Splitter(found.known.test.labels, config.draws, seed)
    with models.seeded(seed):
        model = models.build(config.network, known.input_shape, known.num_classes, width)
    recipe = trainers.Recipe(
        steps, config.learning_rate, config.batch_size, momentum=config.momentum, weight_decay=weight_decay,
        schedule=trainers.Cosine(steps) if schedule == "falling" else trainers.constant,
        attack=trainers.Attack(trained_radius, config.robust_steps) if trained_radius else None,
    )  # fmt: skip
    attack = trainers.Attack(radius, config.attack_steps)

    def probe(model: models.Classifier, step: int) -> dict[str, float]:
        hit = attack(model, known.test)
        wrong = (model(hit.inputs).argmax(1) != hit.labels).double().mean().item()
        row = {"seed": seed, "step": step, "hit_error_test": wrong} | confidence.errors(model, known)
        row |= half.measure(model, known) | detection.of_features(model, known, found.unseen)
        return row | {"test_acc": 1 - row["test_error"]}

    probed = trainers.log_spaced(steps, _PROBES)
    return trainers.fit(model, known.train, recipe, seed, probe, probed, lambda step: None).whole()


PLAN = Plan(
    name="reliability",
    chapter="5-using/reliability",
    question="What does a collapsed network know about digits that it has never seen, attacks, and its own errors?",
    settings=(
        Choice("schedule", "Learning rate", "Constant, or half a cosine down to 0", "constant",
               (("constant", "constant"), ("falling", "falling"))),
        Real("weight_decay", "Weight decay", "Coefficient of the L2 penalty; 0 is none", 5e-3, 0, 1,
             usual=(0, 5e-4, 5e-3)),
        Real("trained_radius", "Trained on attacks of", "Their radius in standard deviations of the pixels; 0: none", 0,
             0, 1, usual=(0, 0.1, 0.2)),
        Real("radius", "Asked attacks of", "Radius of the attacks that new images meet", 0.2, 0.001, 2,
             usual=(0.1, 0.2, 0.4)),
        Whole("width", "Width", "Units of a hidden layer, and last-layer features", 128, 10, 512),
        Whole("steps", "Steps", "Of 100 images each", 1000, 10, 20_000),
        Whole("seed", "Seed", "Fixes the images, the two unseen digits, the initial weights and the batches", 0),
    ),
    train=train,
    panels=(
        Panel("Collapse", "NC1", (Curve("nc1_train", "train"),), scale="log"),
        Panel("Unseen digits", "AUROC of NECO", (Curve("auroc_neco", "test"),), limits=(0.4, 1.02)),
        Panel("Attacked new images", "wrong (%)", (Curve("hit_error_test", "test"),), percent=True, limits=(-2, 102)),
        Panel("Confidence, and right", "new images (%)", (Curve("confidence_test"), Curve("test_acc", "test")),
              percent=True, limits=(-2, 102)),
    ),
    outcomes=(
        Outcome("training error", "train_error", percent=True),
        Outcome("test error", "test_error", percent=True),
        Outcome("NC1", "nc1_train"),
        Outcome("AUROC of NECO", "auroc_neco"),
        Outcome("AUROC of the softmax", "auroc_msp"),
        Outcome("errors under attack", "hit_error_test", percent=True),
        Outcome("confidence", "confidence_test", percent=True),
        Outcome("best temperature", "temperature"),
    ),
    log_x=True,
)  # fmt: skip
