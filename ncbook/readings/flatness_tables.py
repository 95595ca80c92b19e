"""Tables of the chapter on relative flatness, for readers; medians over the seeds, with the range where it says so."""

import pandas as pd

from ncbook.readings.flatness import (
    ADDITION,
    CHANGES,
    LITTLE,
    NETWORKS,
    WIDE,
    changed,
    over_learning,
    rows,
    scaled,
    under_noise,
)
from ncbook.readings.words import cell, spread
from ncbook.runs import Run

_POWER = "{:.1g}"


def networks(run: Run) -> pd.DataFrame:
    """A row a kind of network, as trained: errors, loss, NC1 and kappa."""
    return pd.DataFrame(
        {
            "network": name,
            "test error, %": round(100 * own.test_error.median(), 1),
            "training loss": cell(own.train_loss.median(), "{:.2g}"),
            "NC1": round(own.nc1_train.median(), 3),
            "κ": spread(own.relative_flatness, "{:.2f}"),
        }
        for name, own in _as_trained(run)
    )


def _as_trained(run: Run) -> list[tuple[str, pd.DataFrame]]:
    return [(name, rows(run, "scale", arm=arm, scale=1.0)) for arm, name in NETWORKS.items()]


def scaling(run: Run) -> pd.DataFrame:
    """A row a kind of network: the range of kappa and of the test error over all s, and when it is flat enough.

    The last column is the smallest s from which it is flatter than the network on true labels of its seed at s = 1.
    """
    good = rows(run, "scale", arm="trained", scale=1.0).set_index("seed").log10_relative_flatness
    found = []
    for arm, name in NETWORKS.items():
        own = scaled(run, arm=arm)
        by_seed = own.groupby("seed")
        flatter = own[own.log10_relative_flatness < own.seed.map(good) - 1e-9].groupby("seed").scale.min()
        found.append({
            "network": name,
            "κ, orders of magnitude": spread(by_seed.log10_relative_flatness.agg(lambda each: each.max() - each.min()),
                                             "{:.0f}"),
            "different test errors": int(by_seed.test_error.nunique().max()),
            "flatter than true labels from s =": spread(flatter, "{:.2f}"),
        })  # fmt: skip
    return pd.DataFrame(found)


def matched(run: Run) -> pd.DataFrame:
    """A row a kind of network: kappa as trained, and at one training loss."""
    loss = run.config["matched_loss"]
    equal = rows(run, "matched")
    return pd.DataFrame(
        {
            "network": name,
            "κ as trained": spread(own.relative_flatness, "{:.2f}"),
            f"κ at a loss of {loss}": spread(equal[equal.arm == own.arm.iloc[0]].relative_flatness, "{:.2f}"),
        }
        for name, own in _as_trained(run)
    )


def changes(run: Run) -> pd.DataFrame:
    """A row a change of parameters: by which factor each measure changes, in the median over all networks."""
    names = {
        "relative_flatness": "κ",
        "relative_flatness_bound": "upper bound of κ",
        "hessian_trace": "trace of the Hessian",
        "normalized_relative_flatness": "κ, features normalized",
    }
    folds = [{"change": name} | changed(run, change).median().to_dict() for change, name in CHANGES.items()]
    return pd.DataFrame(folds).rename(columns=names).round(3)


def proposition(run: Run) -> pd.DataFrame:
    """A row a factor s: kappa over the right side of proposition 5.3, of both kinds of network on true labels."""
    shares = scaled(run).assign(share=lambda frame: frame.relative_flatness / frame.proposition)
    table = shares.pivot_table(index="scale", columns="arm", values="share").loc[
        [1.0, 2.0, 4.0], ["trained", "stopped"]
    ]
    return (
        table.rename(columns=NETWORKS)
        .map(lambda share: cell(share, "{:.2g}"))
        .rename_axis(index="s", columns=None)
        .reset_index()
    )


def in_float32(run: Run) -> pd.DataFrame:
    """A row a quantity, in float32 and in float64, of networks on random labels at the largest s."""
    last = rows(run, "scale", arm="random", scale=max(run.config["scales"]))
    names = {"κ": ("relative_flatness_float32", "relative_flatness"),
             "largest slope": ("largest_slope_float32", "largest_slope_float64")}  # fmt: skip
    return pd.DataFrame(
        {"quantity": name, "float32": spread(last[single], _POWER), "float64": spread(last[double], _POWER)}
        for name, (single, double) in names.items()
    )


def gap(run: Run) -> pd.DataFrame:
    """A row a kind of network and a noise: how much of the generalization gap is feature robustness."""
    noisy = under_noise(run)
    sums, ends = noisy[noisy.arm == ADDITION], noisy.groupby(["arm", "seed", "noise"]).tail(1).set_index("arm")
    memorized = sums.step == sums.seed.map(over_learning(run).set_index("seed").memorized)
    kinds = {"digits, true labels": ends.loc["trained"], "digits, random labels": ends.loc["random"],
             "sums, memorized": sums[memorized]}  # fmt: skip
    return pd.DataFrame(
        {
            "network": name,
            "gap, nats": cell(own.gap.median(), "{:.2g}"),
            "noise, %": noise,
            "robustness, % of the gap": cell((100 * at.rise / at.gap).median(), "{:.2g}"),
            "rise over what κ says": cell((at.rise / at.second_order).median(), "{:.2g}"),
        }
        for name, own in kinds.items()
        for noise in (LITTLE, WIDE)
        for at in [own[own.noise == noise]]
    )


def nearness(run: Run) -> pd.DataFrame:
    """A row a quantity of a kind of network: when it had memorized its sums or was not trained yet, and at the end."""
    learning = over_learning(run)
    names = {"representativeness": "representativeness, nats", "reach": "reach, lengths"}
    found = {f"sums: {name}": (learning[f"{each}_then"], learning[f"{each}_end"]) for each, name in names.items()}
    for arm, name in {"trained": "true", "random": "random"}.items():
        reach = under_noise(run, arm=arm, noise=LITTLE).groupby("seed").reach
        found[f"digits, {name} labels: reach, lengths"] = (reach.first(), reach.last())
    return pd.DataFrame(
        {
            "network and quantity": name,
            "before": cell(then.median(), "{:.2g}"),
            "at the end": cell(end.median(), "{:.2g}"),
        }
        for name, (then, end) in found.items()
    )
