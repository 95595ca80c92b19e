from drawings import Axis, Mark, bars, number_ring

COLUMNS = (("train_acc", "train", (), "circle"), ("test_acc", "test", (6, 4), "square"))


def pictures(run, state, canvases):
    place, at = int(state["seed"]), int(state["slider"])
    frames = run.arrays["frames"]
    frame = run.to_frame()
    rows = frame[(frame.seed == run.config["seeds"][place]) & (frame.weight_decay == run.config["weight_decays"][0])]
    rows = rows.set_index("step").loc[frames]
    canvas = canvases["curves"]
    x, y = canvas.x(Axis(10, max(20, frames[-1]), zero=True)), canvas.y(Axis(0, 1, log=False))
    items = [canvas.upright(x(frames[at]), "accent")]
    for column, color, dash, shape in COLUMNS:
        values = rows[column].to_numpy(float)
        items.append(canvas.curve(x(frames), y(values), color, dash=dash, width=2.4))
        items.append(Mark((x(frames[at]), y(values[at])), color, shape))
    power = run.arrays["spectrum"][place, at, 1:].astype(float) ** 2
    frequency = int(run.arrays["frequency"][place])
    return {
        "curves": items,
        "spectrum": bars(canvases["spectrum"], power / power.sum(), [frequency]),
        "circle": number_ring(canvases["circle"], run.arrays["circle"][place, at].astype(float), frequency),
    }


def words(run, state):
    return {"now": str(run.arrays["frames"][int(state["slider"])]),
            "frequency": str(run.arrays["frequency"][int(state["seed"])])}  # fmt: skip
