from drawings import Axis, Box, segment


def pictures(run, state, canvases):
    canvas = canvases["bars"]
    frame = run.to_frame()
    frame = frame[frame.part == "groups"]
    epoch = sorted(frame.epoch.unique())[int(state["slider"])]
    arms = [rows for _, rows in frame.groupby("arm", sort=False)]
    layers = [name for name in frame.layer.unique() if name not in ("input", "last")] + ["last"]
    left, _, right, bottom = canvas.box
    y = canvas.y(Axis(0, 1, log=False))
    slot = (right - left) / len(layers)
    wide = min(0.34 * slot, 56)
    pixels = float(y(frame[frame.layer == "input"].probe_acc_target.median()))
    items = [segment((left, pixels), (right, pixels), "text", dash=(6, 4))]
    chosen = [arms[int(state[name])] for name in ("arm", "other") if state[name] != ""]
    for which, rows in enumerate(chosen):
        for i, layer in enumerate(layers):
            values = rows[(rows.layer == layer) & (rows.epoch == epoch)].probe_acc_target
            middle = left + (i + 0.5) * slot + (which - 0.5) * wide * 1.1
            top = float(y(values.median()))
            items.append(
                Box(middle - wide / 2, top, wide, bottom - top, ("accent", "second")[which], hollow=which == 1)
            )
            items.append(segment((middle, y(values.min())), (middle, y(values.max())), "text"))
    return {"bars": items}
