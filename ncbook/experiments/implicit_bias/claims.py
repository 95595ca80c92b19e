"""What the literature says of implicit bias, and the rules by which a run of `implicit_bias` decides."""

import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.readings.implicit_bias import (
    NETWORKS,
    collapsed,
    completed,
    ends,
    norm_growth,
    rows_of,
    since_zero_error,
    slopes,
)
from ncbook.runs import Run

_SOLVED = 1e-8  # residual of the equations, relative to the targets


def _least_norm(run: Run) -> Evidence:
    last = ends(run, "square")
    last = last[last.method.isin(["gd", "momentum", "sgd"])]
    holds = (last.residual <= _SOLVED) & (last.distance <= 1e-6)
    return Evidence.of(holds, last.distance, "relative distance to the solution of least norm")


def _other_optimizer(run: Run) -> Evidence:
    last = ends(run, "square", method="adam")
    solved = last[last.residual <= _SOLVED]
    return Evidence.of(solved.distance >= 0.1, solved.distance, "relative distance of Adam's solution")


def _max_margin(run: Run) -> Evidence:
    last = ends(run, "logistic", method="scaled")
    holds = (last.direction_distance <= 0.02) & (last.margin_ratio >= 0.99)
    return Evidence.of(holds, last.direction_distance, "distance between unit vectors")


def _rate(run: Run) -> Evidence:
    found = slopes(run)
    return Evidence.of(found.between(-1.2, -0.8), found, "slope of log distance against log log t")


def _norm_growth(run: Run) -> Evidence:
    found = norm_growth(run)
    return Evidence.of((found - 1).abs() <= 0.1, found, "of ||w|| / (||w*|| log t)")


def _low_rank(run: Run) -> Evidence:
    ranks = completed(run, "effective_rank")
    holds = (ranks.depth3 < ranks.depth2) & (ranks.depth2 < ranks.depth1)
    return Evidence.of(holds, ranks.depth3, "effective rank at depth 3")


def _recovery(run: Run) -> Evidence:
    errors = completed(run, "unseen_error")
    holds = (errors.depth3 < errors.depth2) & (errors.depth2 < errors.depth1)
    return Evidence.of(holds, errors.depth3, "relative error on the other entries, depth 3")


def _not_nuclear(run: Run) -> Evidence:
    ranks, norms = completed(run, "effective_rank"), completed(run, "nuclear_norm")
    holds = (ranks.depth3 < ranks.nuclear) & (norms.depth3 > norms.nuclear)
    return Evidence.of(holds, norms.depth3 / norms.nuclear, "of the least nuclear norm, depth 3")


def _norms_grow(run: Run) -> Evidence:
    holds, values = [], []
    for _, own in rows_of(run, "escape", determinant=1).groupby(["method", "seed"], sort=False):
        fitted = own[own.square_loss <= 0.1]
        if len(fitted) < 2:
            continue
        first, last = fitted.iloc[0], fitted.iloc[-1]
        lower = last.square_loss <= first.square_loss / 2 and last.effective_rank < first.effective_rank
        holds.append(lower and last.frobenius_norm > first.frobenius_norm)
        values.append(last.frobenius_norm / first.frobenius_norm)
    return Evidence.of(holds, values, "fold growth of the norm")


def _margins_rise(run: Run) -> Evidence:
    pairs = since_zero_error(run, "network", "true", 0.0)
    holds = (pairs.weight_norm_end > pairs.weight_norm_then) & (
        pairs.normalized_margin_end > pairs.normalized_margin_then
    )
    return Evidence.of(holds, pairs.normalized_margin_end, "normalized margin at the end")


def _collapse_without_decay(run: Run) -> Evidence:
    pairs = pd.concat([since_zero_error(run, part, "true", 0.0) for part in NETWORKS])
    falls = pairs.nc1_train_then / pairs.nc1_train_end
    return Evidence.of(falls >= 2, falls, "fold fall of NC1 after zero error")


def _posit(run: Run) -> Evidence:
    found = collapsed(run, "random")
    return Evidence.of(found.test_error < 0.45, 100 * found.test_error, "% test error of collapsed networks")


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "square-loss-least-norm", "agarwal2022what", "section 3.3, of Li et al. (2018) and Vaswani et al. (2020)",
        "With the square loss, gradient descent is biased towards solutions with small weights.",
        "Linear regression with more unknowns than equations: gradient descent from 0, with momentum, and with one "
        "equation a step, each solve the equations to 1e-8 and end within a millionth of the solution of least norm.",
        "Gradient descent from a random start, and Adam from 0.",
        _least_norm, "square-ends",
    ),
    Claim(
        "optimizers-choose-solutions", "vaswani2020norm", "title, read for Adam",
        "Different optimizers end at different solutions of the same problem.",
        "Of the runs of Adam from 0 that solve the equations to 1e-8, each ends at a relative distance of a tenth or "
        "more from the solution of least norm.",
        "Gradient descent from 0 on the same equations.",
        _other_optimizer, "square-ends",
    ),
    Claim(
        "logistic-max-margin", "soudry2018implicit", "main theorem",
        "On separable data with the logistic loss, the direction of gradient descent converges to the max-margin one.",
        "Along the path of steps scaled by the loss, w / ||w|| ends within 0.02 of the max-margin unit vector, and "
        "with 99 % or more of the largest margin.",
        "The square loss and Adam on the same points.",
        _max_margin, "logistic-ends",
    ),
    Claim(
        "logistic-rate", "soudry2018implicit", "main theorem",
        "The distance to the max-margin direction falls like 1 / log t, which is very slow.",
        "Over the last tenfold of log t, the slope of log distance against log log t lies between -1.2 and -0.8.",
        "Plain gradient descent with a constant step over the first decades of time.",
        _rate, "fig-margin-rate",
    ),
    Claim(
        "logistic-norm", "soudry2018implicit", "main theorem",
        "Meanwhile the weights grow like the logarithm of time: w(t) is w* log t and a bounded rest.",
        "At the end of the scaled steps ||w|| is within a tenth of ||w*|| log t, with w* the shortest w of which "
        "all margins are at least 1.",
        "The same with Adam, whose steps are no time of the flow.",
        _norm_growth, "logistic-ends",
    ),
    Claim(
        "depth-lowers-rank", "arora2019implicit", "abstract",
        "Depth strengthens the tendency of gradient descent on matrix products towards low rank.",
        "From small starts, the effective rank of the product ends lower at depth 3 than at 2, and at 2 than at 1.",
        "The same from large starts.",
        _low_rank, "completion-ends",
    ),
    Claim(
        "depth-recovers", "arora2019implicit", "abstract",
        "That often makes the product a better guess of the entries that were not observed.",
        "From small starts, the relative error on these ends lower at depth 3 than at 2, and at 2 than at 1.",
        "The same from large starts, and the matrix of least nuclear norm.",
        _recovery, "completion-ends",
    ),
    Claim(
        "not-least-nuclear-norm", "arora2019implicit", "abstract, read for the nuclear norm",
        "The tendency is not that towards a small norm of the product.",
        "From small starts at depth 3, the product ends with a lower effective rank than the matrix of least nuclear "
        "norm, and with a larger nuclear norm.",
        "The matrix of least nuclear norm itself, from a convex problem.",
        _not_nuclear, "completion-ends",
    ),
    Claim(
        "norms-may-grow", "razin2020implicit", "title, read for a matrix of two rows",
        "There are matrices to complete for which descent lowers the rank and lets every norm grow without end.",
        "From starts of positive determinant, between the first probe with a loss of at most 0.1 and the last, the "
        "loss at least halves, the effective rank falls and the norm rises.",
        "Starts of negative determinant, for which solutions of small norm are in reach.",
        _norms_grow, "escape-ends",
    ),
    Claim(
        "network-margins-rise", "agarwal2022what", "section 3.3, of Chizat and Bach (2020) and Ji et al. (2020)",
        "With losses like the logistic one, gradient descent on networks leads to large margins.",
        "A perceptron on true labels without weight decay: from the first probe without a training error to the last, "
        "the norm of the parameters and the normalized margin both rise.",
        "The same with weight decay and with random labels.",
        _margins_rise, "network-ends",
    ),
    Claim(
        "network-collapses-without-decay", "agarwal2022what", "section 5, of Ji et al. (2022)",
        "Gradient descent is biased towards neural collapse even in the absence of any regularization.",
        "Perceptrons without biases and with batch norm, on true labels without weight decay: from the first probe "
        "without a training error to the last, NC1 at least halves.",
        "The same with weight decay.",
        _collapse_without_decay, "network-ends",
    ),
    Claim(
        "collapse-brings-generalization", "agarwal2022what", "section 5, posited there and not claimed",
        "If the bias of gradient descent explains generalization, the collapsed solutions that it leads to should "
        "generalize well.",
        "Networks that fit random labels and whose NC1 fell to a tenth of its value at the start: each has a test "
        "error below 45 %, half of what guessing gives.",
        "The same networks, recipe and amount of collapse on true labels.",
        _posit, "network-collapsed",
    ),
)  # fmt: skip
