"""Runs of `unconstrained`: where each descent ended, and the closed form beside it."""

import numpy as np
import pandas as pd

from ncbook.readings.measures import Measure
from ncbook.runs import Run

LOSSES = {"cross_entropy": "cross-entropy", "square": "square loss"}
METHODS = {"scaled": "steps scaled by the loss", "gd": "gradient descent", "adam": "Adam", "lbfgs": "L-BFGS"}
FLOWS = ("scaled", "gd", "adam")  # methods of the part `flow`
COLLAPSE = ["nc1_train", "nc2_norms_train", "nc2_angles_train", "nc3_train"]
_FLAT = 1e-7  # an eigenvalue nearer to zero than this is zero, up to rounding
COLUMNS: dict[str, Measure] = {
    "objective": Measure("loss with penalty", "what is minimized: the loss of the training set, and the penalty"),
    "excess": Measure("relative excess of the loss", "objective over its closed-form minimum, less 1"),
    "logit_gap": Measure("logit gap", "smallest difference of a true logit and another"),
    "logit_gap_deviation": Measure("deviation of the gaps", "largest of any gap from the closed form, over that"),
    "norm_ratio": Measure("norm ratio", "||W||_F^2 / ||H||_F^2, times the points of a class"),
    "product_norm": Measure("‖W Hᵀ‖ (Frobenius)", "norm of the logits without their bias"),
    "minus_log_loss": Measure("−log of the loss", "minus the logarithm of the cross-entropy", "nats"),
}


def rows(run: Run, part: str, **chosen: object) -> pd.DataFrame:
    """The history of one part, of the methods, losses, settings, ... that are chosen."""
    frame = run.to_frame()
    frame = frame[frame.part == part]
    for column, value in chosen.items():
        frame = frame[frame[column] == value]
    return frame.assign(shortfall=1 - frame.margin_ratio)


def ends(run: Run, part: str, **chosen: object) -> pd.DataFrame:
    """The last of these rows of each model."""
    return rows(run, part, **chosen).groupby(["loss_name", "method", "setting", "seed", "scale"], sort=False).tail(1)


def closed_norms(run: Run, loss_name: str, strengths: np.ndarray) -> np.ndarray:
    """||W H^T||_F in closed form at strengths r = K sqrt(n lambda_W lambda_H), in the setting of the part threshold.

    That is the logit gap times sqrt(n (K-1)).
    """
    num_classes, per_class = run.config["classes"][0], run.config["per_class"][0]
    if loss_name == "square":
        gaps = np.clip(1 - strengths, 0, None)
    else:  # log(K/r - K + 1); the larger of it and log 1
        gaps = np.log(np.maximum(num_classes / strengths - num_classes + 1, 1))
    norms: np.ndarray = gaps * np.sqrt(per_class * (num_classes - 1))
    return norms


def global_minimum(run: Run) -> float:
    """The loss at the critical points of rank K-1."""
    return float(run.arrays["saddle/loss"][-1].min())


def settings(run: Run) -> pd.DataFrame:
    """A row a setting: its classes, points of a class, dimensions and decays."""
    names = {
        "K": "classes",
        "n": "per_class",
        "d": "dims",
        "decay of W": "weight_decays",
        "decay of H": "feature_decays",
    }
    return pd.DataFrame({name: run.config[key] for name, key in names.items()})


def worst_ends(run: Run) -> pd.DataFrame:
    """A row a loss and method of the part `descent`: its starts, the largest excess, and the largest of NC1 to NC3."""
    last = ends(run, "descent")
    found = [
        {
            "loss": LOSSES[loss],
            "method": METHODS[method],
            "starts": len(starts),
            "relative excess of the loss": f"{starts.excess.max():.0e}",
            "largest of NC1 to NC3": f"{starts[COLLAPSE].max().max():.0e}",
        }
        for (loss, method), starts in last.groupby(["loss_name", "method"], sort=False)
    ]
    return pd.DataFrame(found)


def saddles(run: Run) -> pd.DataFrame:
    """A row a rank: the loss at its critical point, the smallest eigenvalue of the Hessian, how many are negative."""
    eigenvalues = run.arrays["saddle/eigenvalues"]  # [rank, seed, parameter], ascending
    downhill = (eigenvalues < -_FLAT).sum(axis=2)
    return pd.DataFrame(
        {
            "rank": range(len(eigenvalues)),
            "loss (nats)": run.arrays["saddle/loss"].max(axis=1).round(4),
            "smallest eigenvalue": eigenvalues[:, :, 0].max(axis=1).round(4) + 0.0,  # no minus before a zero
            "directions that lead down": [_range(counts) for counts in downhill],
        }
    )


def _range(counts: np.ndarray) -> str:
    return str(counts.min()) if counts.min() == counts.max() else f"{counts.min()} to {counts.max()}"


def shares_of_the_bound(run: Run) -> pd.DataFrame:
    """A row a method and number of classes of the part `flow`: steps, and the normalized margin over its bound."""
    last = ends(run, "flow")
    found = [
        {
            "K": run.config["flow_classes"][setting],
            "method": METHODS[method],
            "steps": int(own.step.max()),
            "lowest": f"{own.margin_ratio.min():.4f}",
            "highest": f"{own.margin_ratio.max():.4f}",
        }
        for (setting, method), own in last.groupby(["setting", "method"], sort=False)
    ]
    return pd.DataFrame(found).sort_values("K", kind="stable")
