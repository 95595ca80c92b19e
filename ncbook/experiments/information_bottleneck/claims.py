"""What the literature says of information in networks, and the rules by which a run decides."""

import math

import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.readings.information_bottleneck import (
    FIXED,
    NOISES,
    clustering,
    compression,
    ends,
    largest_rises,
    rows_of,
    transitions,
)
from ncbook.runs import Run

BIT = math.log(2)  # one bit in nats: the least change of information that counts
_LEVEL = 0.05  # nats by which a layer may exceed the one before and still count as no higher


def _fixed(run: Run, activation: str) -> pd.DataFrame:
    found = compression(run)
    return found[(found.estimator == FIXED) & (found.activation == activation)]


def _tanh(run: Run) -> Evidence:
    falls = _fixed(run, "tanh").fall
    return Evidence.of(falls >= BIT, falls, "nats of fall, tanh")


def _relu(run: Run) -> Evidence:
    falls = _fixed(run, "relu").fall
    return Evidence.of(falls < BIT, falls, "nats of fall, ReLU")


def _estimators(run: Run) -> Evidence:
    falls = compression(run).pivot_table(index=["estimator", "seed"], columns="activation", values="fall", sort=False)
    return Evidence.of((falls.tanh >= BIT) & (falls.relu < BIT), falls.tanh - falls.relu, "nats more with tanh")


def _phases(run: Run) -> Evidence:
    found = compression(run)
    found = found[found.estimator == FIXED]
    return Evidence.of((found.rise >= BIT) & (found.fall >= BIT), found.rise, "nats of rise before the fall")


def _no_compression_no_harm(run: Run) -> Evidence:
    found = compression(run)
    found = found[(found.estimator == FIXED) & (found.fall < BIT)]
    return Evidence.of(
        found.test_error <= 0.25, 100 * found.test_error, "% test error of networks that do not compress"
    )


def _layers(run: Run) -> Evidence:
    rises = largest_rises(run)
    return Evidence.of(rises <= _LEVEL, rises, "nats, the largest rise from a layer to the next")


def _corner(run: Run) -> Evidence:
    last = ends(run, "digits", split="train", weight_decay=max(run.config["decays"]))
    last = last[last.estimator.isin(NOISES)]
    aim = math.log(10)
    holds = (last.information <= 1.1 * aim) & (last.label_information >= 0.9 * aim)
    return Evidence.of(holds, last.information, "nats of I(X; T); log K is 2.3")


def _clusters(run: Run) -> Evidence:
    found = clustering(run, "train")
    found = found[found.weight_decay == max(run.config["decays"])].correlation
    return Evidence.of(found >= 0.8, found, "rank correlation of I(X; T) with NC1")


def _variational(run: Run) -> Evidence:
    errors = rows_of(run, "vib").pivot_table(index="seed", columns="beta", values="test_error")
    some = [beta for beta in errors.columns if 0 < beta <= 0.01]
    gains = (errors[0.0].to_numpy()[:, None] - errors[some].to_numpy()).ravel()
    return Evidence.of(gains > 0, 100 * gains, "percentage points fewer test errors")


def _transitions(run: Run) -> Evidence:
    found = transitions(run)
    found = found[found.weight_decay == max(run.config["decays"])]
    holds = (found.spread_end < found.spread_then) & (found.spread_end <= 2)
    return Evidence.of(holds, found.spread_end, "of the last over the first critical beta, each minus 1")


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "tanh-compresses", "saxe2018information", "abstract",
        "With a saturating nonlinearity such as tanh, the information of a hidden layer about the input falls during "
        "training.",
        "With tanh, the kernel estimate at a fixed noise of I(X; T) of the last hidden layer ends at least one bit "
        "below its maximum.",
        "Noise that scales with the features, and bins.",
        _tanh, "compression-numbers",
    ),
    Claim(
        "relu-does-not-compress", "saxe2018information", "abstract",
        "With ReLU, which does not saturate on both sides, it does not fall.",
        "With ReLU, the same estimate ends less than one bit below its maximum.",
        "The same network with tanh.",
        _relu, "compression-numbers",
    ),
    Claim(
        "nonlinearity-decides", "saxe2018information", "abstract, read as holding for any estimator",
        "The nonlinearity decides about compression, and not the way in which information is estimated.",
        "For each of four estimators, the estimate with tanh ends at least one bit below its maximum and that with "
        "ReLU from the same seed does not.",
        "The kernel estimate at a fixed noise, for which the claim was made.",
        _estimators, "compression-numbers",
    ),
    Claim(
        "two-phases", "saxe2018information", "abstract, as the claim that it examines",
        "Training has two phases: a layer first gains information, and then compresses.",
        "At a fixed noise, I(X; T) of the last hidden layer rises by at least one bit from the start to its maximum, "
        "and then falls by at least one bit, with tanh and with ReLU.",
        "Both activations from the same seeds.",
        _phases, "compression-numbers",
    ),
    Claim(
        "no-compression-no-harm", "saxe2018information", "abstract",
        "There is no evident causal link between compression and generalization: networks that do not compress can "
        "generalize too.",
        "Each network whose estimate at a fixed noise falls by less than one bit has at most 25 % test errors, half of "
        "what guessing gives.",
        "The networks that do compress.",
        _no_compression_no_harm, "compression-numbers",
    ),
    Claim(
        "layers-compress-progressively", "agarwal2022what", "section 4.1, of Tishby and Zaslavsky (2015)",
        "From layer to layer, representations compress what the layer before has kept of the input.",
        "At the end of training, I(X; T) of no hidden layer is more than 0.05 nats above that of the layer before, by "
        "any of the four estimators.",
        "Tanh and ReLU; fixed and scaled noise and bins.",
        _layers, "layers-numbers",
    ),
    Claim(
        "collapse-is-optimal-trade-off", "agarwal2022what", "section 4.1",
        "A collapsed representation achieves the optimal trade-off: it keeps the label and nothing else.",
        "With the stronger weight decay, the kernel bound on I(X; T) of the training features ends at most a tenth "
        "above log K and the estimate of I(Y; T) at most a tenth below, at a fixed and at a scaled noise.",
        "The weaker weight decay, and test images.",
        _corner, "digits-numbers",
    ),
    Claim(
        "compression-is-clustering", "goldfeld2019estimating", "on compression, read for NC1",
        "What falls when measured information falls is the spread of each class around its mean.",
        "Over the probes of a training, I(X; T) and NC1 have a rank correlation of at least 0.8, at a fixed and at a "
        "scaled noise.",
        "The two noises side by side.",
        _clusters, "digits-numbers",
    ),
    Claim(
        "bottleneck-helps", "alemi2017deep", "on classification of images",
        "A variational bottleneck of the right strength lowers the test error.",
        "At every beta above 0 and up to 0.01, the test error is lower than at beta = 0 from the same seed.",
        "The same stochastic encoder at beta = 0.",
        _variational, "vib-numbers",
    ),
    Claim(
        "collapse-merges-transitions", "wang2023towards", "abstract, read for the classes of digits",
        "Collapse goes with coinciding transitions: the K - 1 critical betas of the Gaussian bottleneck become one.",
        "With the stronger weight decay, the ratio of the last to the first critical beta, each minus 1, falls between "
        "the first zero training error and the end, and ends at 2 or less.",
        "A simplex and random means with round noise, and the weaker weight decay.",
        _transitions, "transitions-numbers",
    ),
)  # fmt: skip
