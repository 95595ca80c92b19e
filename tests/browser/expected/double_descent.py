import numpy as np
from drawings import Axis, Mark, Word, spanning

COLORS, DASHES, SHAPES = ("class0", "class1"), ((), (6, 4)), ("circle", "square")


def pictures(run, state, canvases):
    n, ridge, at = (int(state[name]) for name in ("points", "ridge", "slider"))
    factors = run.config["factors"]
    found = {}
    for name, columns in (("errors", ("train_error", "test_error")), ("norms", ("norm",))):
        canvas = canvases[name]
        x = canvas.x(Axis(factors[0], factors[-1]))
        y = canvas.y(spanning([run.arrays[column] for column in columns]))
        items = [canvas.upright(x(1), "faint", dash=(2, 4)), canvas.upright(x(factors[at]), "accent")]
        items.append(Word("d = N", (x(1), canvas.box[1] - 9)))
        for column in columns:
            for noise in (0, 1):
                seeds = run.arrays[column][n, :, noise, ridge]
                style = {"color": COLORS[noise], "dash": DASHES[noise]}
                middle = np.median(seeds, axis=0)
                faint = column == "train_error"
                bold = {"alpha": 0.6, "width": 1.6} if faint else {"alpha": 1, "width": 2.8}
                items.append(canvas.curve(x(factors), y(middle), **style, **bold))
                if not faint:
                    items += [canvas.curve(x(factors), y(own), **style, alpha=0.4, width=0.9) for own in seeds]
                items.append(Mark((x(factors[at]), y(middle[at])), COLORS[noise], SHAPES[noise]))
        found[name] = items
    return found


def words(run, state):
    points = 10 * run.config["per_class"][int(state["points"])]
    return {"now": str(round(run.config["factors"][int(state["slider"])] * points))}
