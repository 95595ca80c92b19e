import numpy as np
from drawings import Box, Line, Mark, Plane, Ring, Word, segment

from ncbook.explorables.bound import SIZES


def uniform(seed):
    """mulberry32, as its author gives it."""
    state = seed & 0xFFFFFFFF
    while True:
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        mixed = (state ^ (state >> 15)) * (state | 1) & 0xFFFFFFFF
        mixed ^= (mixed + ((mixed ^ (mixed >> 7)) * (mixed | 61) & 0xFFFFFFFF)) & 0xFFFFFFFF
        yield ((mixed ^ (mixed >> 14)) & 0xFFFFFFFF) / 2**32


def scene(state):
    count, distance, drawn = SIZES[int(state["size"])], float(state["distance"]), float(state["drawn"]) / 100
    centers = np.array([[-distance / 2, 0], [distance / 2, 0]])
    classes = []
    for c, center in enumerate(centers):
        chance = uniform((2 * (1 + state["again"]) + c) * 0x9E3779B9)
        polar = np.array([[next(chance), next(chance)] for _ in range(count)])
        radius, angle = np.sqrt(-2 * np.log(1 - polar[:, 0])), 2 * np.pi * polar[:, 1]
        points = center + np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
        classes.append(drawn * points.mean(0) + (1 - drawn) * points)
    return distance, centers, classes


def terms(distance, centers, classes):
    """The value of the population, and the three parts of the bound."""
    means = np.array([points.mean(0) for points in classes])
    spread = np.array([((points - mean) ** 2).sum(1).mean() for points, mean in zip(classes, means, strict=True)])
    a = np.linalg.norm(means - centers, axis=1).sum() / distance
    apart = 2 * ((means[0] - means[1]) ** 2).sum()
    first = spread.sum() / apart
    return 2 / distance**2, [first, ((1 + a) ** 2 - 1) * first, (1 + a) ** 2 * np.abs(2 - spread).sum() / apart]


def pictures(run, state, canvases):
    distance, centers, classes = scene(state)
    canvas = canvases["plane"]
    place = Plane(min(canvas.width / (distance + 6), canvas.height / 6.4), canvas)
    items = []
    for c, (center, points) in enumerate(zip(centers, classes, strict=True)):
        (x, y), mean = place(center), place(points.mean(0))
        items += [Ring((x, y), size * place.scale, f"class{c}") for size in (1, 2)]
        items += [Mark(place(point), f"class{c}", ("circle", "square")[c], edge="back") for point in points]
        items += [segment((x, y), mean, "text"), Mark(mean, f"class{c}", ("circle", "square")[c], edge="text")]
        items += [segment((x - 6, y - 6), (x + 6, y + 6), "text"), segment((x - 6, y + 6), (x + 6, y - 6), "text")]
    return {"plane": items, "bars": two_bars(canvases["bars"], *terms(distance, centers, classes))}


def two_bars(canvas, value, parts):
    floor, total = canvas.height - 30, sum(parts)
    unit, wide = (canvas.height - 60) / total, min(110, canvas.width / 4)
    level, items = floor, []
    for height, color in zip(parts, ("train", "class0", "class3"), strict=True):
        items.append(Box(0.72 * canvas.width - wide / 2, level - unit * height, wide, unit * height, color))
        level -= unit * height
    items.append(Box(0.28 * canvas.width - wide / 2, floor - unit * value, wide, unit * value, "test"))
    items.append(Word("bound", (0.72 * canvas.width, floor + 8)))
    items.append(Word("true value", (0.28 * canvas.width, floor + 8)))
    items.append(Line((((8.0, floor - unit * value), (canvas.width - 8, floor - unit * value)),), "test", (4, 4)))
    return items


def words(run, state):
    return {"size-now": str(SIZES[int(state["size"])]), "distance-now": f"{float(state['distance']):g}",
            "drawn-now": state["drawn"]}  # fmt: skip
