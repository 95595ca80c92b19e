"""Tables of the chapter "Cascading collapse": networks measured layer by layer."""

import pandas as pd

from ncbook.readings.cascade import ARMS, effective_depths, law, layers, over_phase, over_time, phases, tunnels
from ncbook.readings.words import cell, spread
from ncbook.runs import Run

_SIDES = {"train": "training", "test": "test"}
_LAW_ARMS = ("plain", "quarter decay", "no decay", "wide", "half random", "all random", "no batch norm", "linear")
_DEPTH_ARMS = ("plain", "half random", "all random", "wide", "wide, all random")


def ratios(run: Run) -> pd.DataFrame:
    """The variance ratio in the first, a middle and the last layer, at four steps, of both sets; medians."""
    depth = run.config["depth"]
    found = []
    for side, name in _SIDES.items():
        table = over_time(run, "plain", f"variance_ratio_{side}")
        for step in [*_moments(run), table.index[-1]]:
            values = {f"layer {layer}": table.loc[step, layer] for layer in (1, depth // 2, depth)}
            found.append({"images": name, "step": step} | values)
    return pd.DataFrame(found)


def _moments(run: Run) -> list[int]:
    """Before training, the last measured step with training errors, and the one without, of the median seed."""
    frame = layers(run, "plain")
    steps = sorted(frame.step.unique())
    starts = phases(run).loc["plain"].phase_start
    first = next((place for place, step in enumerate(steps) if step >= starts.median()), len(steps) - 1)
    return [int(steps[place]) for place in (0, max(0, first - 1), first)]


def tightening(run: Run) -> pd.DataFrame:
    """What the terminal phase does to the variance ratio of the training set, a row a layer; medians."""
    then, end = over_phase(run, "plain", "variance_ratio_train")
    depth = run.config["depth"]
    return pd.DataFrame([
        {
            "layer": layer,
            "at its start": then[layer].median(),
            "at its end": end[layer].median(),
            "divided by": spread(then[layer] / end[layer]),
        }
        for layer in (1, 2, depth // 2, depth - 1, depth)
    ])  # fmt: skip


def straightness(run: Run) -> pd.DataFrame:
    """The law before training and at the end, and what the last layer does in the terminal phase, a row an arm."""
    lines, depth = law(run), run.config["depth"]
    found = []
    for arm in _LAW_ARMS:
        own = lines[lines.arm == arm]
        end = own[own.step == own.step.max()]
        then, last = over_phase(run, arm, "variance_ratio_train")
        found.append({
            "network": ARMS[arm],
            "correlation before": cell(own[own.step == 0].correlation.median(), "{:.2f}"),
            "correlation at the end": spread(end.correlation, "{:.3f}"),
            "slope at the end": cell(end.slope.median(), "{:.2f}"),
            "last layer divided by": cell((then / last)[depth].median(), "{:.1f}"),
        })  # fmt: skip
    return pd.DataFrame(found)


def line_over_time(run: Run) -> pd.DataFrame:
    """How the line of the network as it is comes and bends, at some of the measured steps; medians."""
    own, errors = law(run), layers(run, "plain")
    own = own[own.arm == "plain"].groupby("step")[["correlation", "slope"]].median()
    error = 100 * errors.groupby("step").train_error.median()
    steps = [*_moments(run), *own.index[[len(own) // 2, -1]]]
    return pd.DataFrame({
        "moment": ["before training", "still learning", "last error gone", "later", "end of training"],
        "step": steps,
        "training error (%)": error.loc[steps].to_numpy(),
        "correlation": [cell(value, "{:.3f}") for value in own.correlation.loc[steps]],
        "slope": [cell(value, "{:.2f}") for value in own.slope.loc[steps]],
    })  # fmt: skip


def mismatches(run: Run) -> pd.DataFrame:
    """Share of points on which the nearest class mean and the network differ, in the terminal phase; means."""
    found = []
    for side, name in _SIDES.items():
        then, end = over_phase(run, "plain", f"nc4_{side}")
        for layer in (1, 2, run.config["depth"]):
            values = {"at its start (%)": 100 * then[layer].mean(), "at its end (%)": 100 * end[layer].mean()}
            found.append(
                {"images": name, "layer": layer} | {key: cell(value, "{:.2f}") for key, value in values.items()}
            )
    return pd.DataFrame(found)


def depths(run: Run) -> pd.DataFrame:
    """The effective depth at the end of training, a row an arm."""
    table = effective_depths(run)
    found = []
    for arm in _DEPTH_ARMS:
        own = table[table.arm == arm]
        error = 100 * own.train_error.max()
        found.append({"network": ARMS[arm], "effective depth": spread(own.depth), "training error (%)": error})
    return pd.DataFrame(found)


def tunnel(run: Run) -> pd.DataFrame:
    """Extractor and tunnel over the seeds, a row a quantity."""
    found = tunnels(run)
    told = {
        "layers of the extractor": found.extractor,
        "layers of the tunnel": found.layers,
        "effective rank where the tunnel starts": found.rank_then,
        "effective rank at the last layer": found["rank"],
        "points lost for held-out digits": 100 * (found.other_then - found.other),
        "points lost before training": 100 * found.untrained_fall,
    }
    return pd.DataFrame({"quantity": list(told), "value": [spread(values) for values in told.values()]})
