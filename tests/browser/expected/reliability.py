import numpy as np
from drawings import SHAPES, Line, Mark, Plane, Word

from expected import packed, spelled

NETWORKS = {"plain": "falling rate", "robust": "robust"}


def pictures(run, state, canvases):
    at, found = int(state["slider"]), {}
    for name, arm in NETWORKS.items():
        canvas = canvases[name]
        place = Plane(min(canvas.width, canvas.height) / (2 * 1.4), canvas)
        corners = [(np.cos(angle), np.sin(angle)) for angle in 2 * np.pi * np.arange(3) / 3]
        items = [Line((tuple(place(corner) for corner in corners),), "faint", dash=(2, 4), closed=True)]
        points, labels = packed(run.arrays[f"{arm}/points"])[at], run.arrays[f"{arm}/labels"]
        for point, c in zip(points, labels, strict=True):
            if state["digit"] in ("all", "ABC"[c]):
                items.append(Mark(place(point), f"class{c}", SHAPES[c]))
        zero = np.array(place((0, 0)))
        for letter, mean in zip("ABC", packed(run.arrays[f"{arm}/means"]), strict=True):
            away = np.subtract(place(mean), zero)
            items.append(Word(letter, tuple(np.add(place(mean), 24 * away / np.linalg.norm(away)))))
        found[name] = items
    return found


def words(run, state):
    at = int(state["slider"])
    radius = [0.0, *run.config["plane_radii"]][at]
    first, second = (run.arrays[f"{arm}/arrived"][at].sum() for arm in NETWORKS.values())
    count = len(run.arrays["robust/labels"])
    attack = f"Under attacks of radius {spelled(radius)}," if radius else "Without an attack,"
    taken = f"{first} of {count} images are taken for the digit aimed at by the one network, {second} by the other."
    return {"now": spelled(radius), "words": f"{attack} {taken}"}
