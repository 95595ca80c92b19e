import numpy as np
from drawings import Axis, Mark, Word, segment

from expected import fixed, kept, spelled, stored

READERS = {"nearest class mean": "ncc_acc_target", "linear probe": "probe_acc_target"}
SIDES = (("train", "train", (), "circle"), ("test", "test", (6, 4), "square"))


@kept
def groups(run):
    """The rows of the networks that learn from groups of digits, the epochs, and the layers in order."""
    frame = run.to_frame()
    frame = frame[frame.part == "groups"]
    layers = [name for name in frame.layer.unique() if name not in ("input", "last")] + ["last"]
    return frame, np.sort(frame.epoch.unique()), layers


@kept
def told(run, arm, reader):
    """[epoch, layer, seed] accuracy on the digits, and the one of the pixels."""
    frame, epochs, layers = groups(run)
    own = frame[frame.arm == arm].pivot(index=["epoch", "layer"], columns="seed", values=READERS[reader])
    digits = np.array([[own.loc[(epoch, layer)] for layer in layers] for epoch in epochs], float)
    return digits, float(np.median(frame[frame.layer == "input"][READERS[reader]]))


@kept
def task(run, arm):
    """[epoch] medians over the seeds: accuracy on training and on test images, and the ratio of variances."""
    frame, _, _ = groups(run)
    own = frame[(frame.arm == arm) & (frame.layer == "last")]
    columns = {"train": 1 - own.train_error, "test": 1 - own.test_error, "ratio": own.variance_ratio_train}
    return {name: values.groupby(own.epoch).median().to_numpy(float) for name, values in columns.items()}


def pictures(run, state, canvases):
    arm, at = state["arm:text"], int(state["slider"])
    digits, pixels = told(run, arm, state["reader:text"])
    return {
        "curves": over_time(canvases["curves"], groups(run)[1], task(run, arm), np.median(digits[:, -1], axis=1), at),
        "layers": by_layer(canvases["layers"], digits, pixels, at),
    }


def over_time(canvas, epochs, trained, digits, at):
    """Of what is trained for and of the digits, all that has been up to now; the axis is that of the whole time."""
    y, items = upwards(canvas, [trained["train"], trained["test"], digits])
    x, names = places(canvas, [spelled(epoch) for epoch in epochs])
    curves = [(trained[side], *style) for side, *style in SIDES] + [(digits, "text", (), "triangle")]
    for values, color, dash, shape in curves:
        seen = values[: at + 1]
        items.append(canvas.curve(x[: at + 1], y(seen), color, dash=dash))
        items += [Mark((x[i], float(y(value))), color, shape, edge="back") for i, value in enumerate(seen)]
    return items + names


def by_layer(canvas, digits, pixels, at):
    """The median of the seeds layer by layer with bars from the lowest to the highest, and the level of the pixels."""
    y, items = upwards(canvas, [digits, pixels])
    x, names = places(canvas, [f"layer {i + 1}" for i in range(digits.shape[1] - 1)] + ["last"])
    left, _, right, _ = canvas.box
    middle = np.median(digits[at], axis=1)
    items.append(segment((left, y(pixels)), (right, y(pixels)), "class1", dash=(7, 4)))
    items.append(canvas.curve(x, y(middle), "text"))
    for place, seeds, value in zip(x, digits[at], middle, strict=True):
        items.append(segment((place, y(seeds.min())), (place, y(seeds.max())), "text"))
        items.append(Mark((place, float(y(value))), "text", "triangle", edge="back"))
    return items + names


def upwards(canvas, values):
    """The axis that ends on ticks around all the values, and its labels: of the finest step with at most six ticks."""
    percents = 100 * stored(np.concatenate([np.ravel(each) for each in values]))
    for step in (1, 2, 5, 10, 20):
        first, last = np.floor(percents.min() / step + 1e-9), np.ceil(percents.max() / step - 1e-9)
        if last - first <= 5:
            break
    y = canvas.y(Axis(first * step / 100, last * step / 100, log=False))
    ticks = np.arange(first, last + 1) * step
    return y, [Word(f"{tick:g} %", (canvas.box[0] - 8, float(y(tick / 100)))) for tick in ticks]


def places(canvas, names):
    """Where each of the names stands below the plot: in the middle of as many equal parts."""
    left, _, right, bottom = canvas.box
    x = left + (np.arange(len(names)) + 0.5) * (right - left) / len(names)
    return x, [Word(name, (place, bottom + 8)) for name, place in zip(names, x, strict=True)]


def add_state(run, state, history):
    """It opens at the last measurement before the last layer of the first networks loses most of the digits."""
    if history[-1][0] == "":
        digits, _ = told(run, groups(run)[0].arm.iloc[0], "nearest class mean")
        assert int(state["slider"]) == np.diff(np.median(digits[:, -1], axis=1)).argmin()
    return {}


def words(run, state):
    arm, at = state["arm:text"], int(state["slider"])
    epoch, trained = spelled(groups(run)[1][at]), task(run, arm)
    digits = np.median(told(run, arm, state["reader:text"])[0][at, -1])
    shares = trained["train"][at], trained["test"][at], digits
    train, test, last = (f"{fixed(100 * stored(share), 1)} %" for share in shares)
    text = (
        f'At epoch {epoch}, trained on "{arm}", the network is right on {train} of its training images and {test} of '
        f"new ones; its last layer tells {last} of the digits. Collapse {spelled(stored(trained['ratio'][at]))}."
    )
    return {"now": epoch, "words": text}
