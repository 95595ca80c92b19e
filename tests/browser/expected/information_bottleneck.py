import math

from drawings import Axis, Mark, Word, segment

TONES = ("muted", "class2", "class3", "class1", "class0")


def pictures(run, state, canvases):
    canvas, at = canvases["picture"], int(state["frame"])
    frame = run.to_frame()
    rows = frame[
        (frame.part == "plane") & (frame.activation == state["activation"]) & (frame.estimator == state["estimator"])
    ]
    cap, bit = math.log(run.config["sampled"]), math.log(2)
    x, y = canvas.x(Axis(0, 1.04 * cap, log=False)), canvas.y(Axis(0, 1.12 * bit, log=False))
    left, _, right, _ = canvas.box
    items = [
        segment((left, y(bit)), (right, y(bit)), "faint", dash=(2, 4)),
        canvas.upright(x(cap), "faint", dash=(2, 4)),
    ]
    middle = rows.groupby(["layer", "step"])[["information", "label_information"]].median()
    for i, layer in enumerate(sorted(rows.layer.unique())):
        own = middle.loc[layer].to_numpy(float)[: at + 1]
        items.append(canvas.curve(x(own[:, 0]), y(own[:, 1]), TONES[i % 5], alpha=0.8, width=1.6))
        here = (float(x(own[-1, 0])), float(y(own[-1, 1])))
        items += [Mark(here, "back", "circle", edge=TONES[i % 5]), Word(str(i + 1), (here[0], here[1] + 0.5))]
    return {"picture": items}


def words(run, state):
    frame = run.to_frame()
    return {"now": str(sorted(frame[frame.part == "plane"].step.unique())[int(state["frame"])])}
