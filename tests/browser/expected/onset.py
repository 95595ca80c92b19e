import numpy as np
from drawings import Axis, Mark, segment

from expected import kept

# on the page from the top: column, kind, and whether its way is measured in the logarithm
MEASURES = (
    ("relative_flatness", 1, True), ("train_loss", 1, True), ("fourier_gini", 2, True),
    ("weight_norm", 2, True), ("ncc_acc_test", 2, False), ("cdnv_train", 0, True),
    ("variance_ratio_train", 0, True), ("nc1_train", 0, True), ("rnc1_train", 0, True),
)  # fmt: skip
SHAPES = ("circle", "square", "triangle")


def leads(run, state):
    """[measure][seed]: steps by which each crosses before the test accuracy is half-way; nan where it does not."""
    return [[lead(rows, column, log, run.config, state) for rows in delayed(run)] for column, _, log in MEASURES]


@kept
def delayed(run):
    """The rows of each seed that generalizes after it has memorized."""
    frame = run.to_frame()
    seeds = [rows for _, rows in frame[frame.part == "addition"].groupby("seed", sort=False)]
    return [rows for rows in seeds if first(rows, "train_acc") < first(rows, "test_acc")]


def first(rows, column):
    return rows.step[rows[column] >= 0.99].min()


def lead(rows, column, log, config, state):
    late = rows[rows.step >= first(rows, "train_acc")]
    steps, stored = late.step.to_numpy(), late[column].to_numpy(float)
    logs = np.log(np.maximum(stored, 1e-30))
    least = np.log(config["least_fold"]) if log else config["least_change"]
    if abs((logs if log else stored)[[0, -1]] @ [-1, 1]) < least:
        return np.nan
    values = logs if log and state["scale"] == "log" else stored
    end = np.median(values[-config["last"] :])
    if state["end"] != "":
        end = values[steps <= first(rows, "test_acc") + int(state["end"])][-1]
    there = np.flatnonzero((values - values[0]) / (end - values[0]) >= float(state["share"]))
    accuracy = late.test_acc.to_numpy(float)
    half = (accuracy - accuracy[0]) / (np.median(accuracy[-config["last"] :]) - accuracy[0]) >= 0.5
    return steps[half.argmax()] - steps[there[0]] if len(there) else np.nan


LABELS = 150  # pixels for the names of the measures


def pictures(run, state, canvases):
    canvas, found = canvases["leads"], np.array(leads(run, state), float)
    left, right = LABELS + 10, canvas.width - 14
    reach = 1.06 * max(200, np.nanmax(np.abs(found)))
    x = Axis(-reach, reach, log=False).between(left, right)
    ticks = {text["text"]: text["at"][0] for text in canvas.texts if text["baseline"] == "top"}
    for label, place in ticks.items():
        if label.strip("−").isdigit() and abs(place - x(float(label.replace("−", "-")))) > 1:
            canvas.problems.append(f"tick {label} stands at {place}")
    names = [text for text in canvas.texts if text["baseline"] == "middle"]
    canvas.problems += [f"{text['text']} reaches into the marks" for text in names if text["box"][2] > LABELS]
    items = [segment((x(0), 8), (x(0), canvas.height - 46), "accent")]
    for i, (_, kind, _) in enumerate(MEASURES):
        y = 14 + (i + 0.5) * (canvas.height - 64) / len(MEASURES)
        seen = found[i][np.isfinite(found[i])]
        items += [
            Mark((x(value), y + 4 * (seed % 3 - 1)), f"class{kind}", SHAPES[kind]) for seed, value in enumerate(seen)
        ]
        if len(seen):
            middle = x(np.median(seen))
            items.append(segment((middle, y - 12), (middle, y + 12), "text"))
    return {"leads": items}
