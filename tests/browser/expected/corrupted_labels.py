import math

import numpy as np
from drawings import Mark, Oval, Plane, Ring

HALF = 1.75


def pictures(run, state, canvases):
    canvas = canvases["field"]
    angle, spread, radius = (float(state[name]) for name in ("angle", "spread", "radius"))
    place = Plane(canvas.width / (2 * HALF), canvas)
    turn = math.radians(angle) / 2
    moments = [class_moments(sign * turn, spread) for sign in (-1, 1)]
    moments.append((moments[0] + moments[1]) / 2)  # of the whole
    shapes = [2 * moment + radius**2 * np.eye(2) for moment in moments]
    items = [oval(place, shape, dashed=i == 2) for i, shape in enumerate(shapes)]
    for spot in grid(radius):
        first, second, whole = (spot @ np.linalg.inv(shape) @ spot <= 1 for shape in shapes)
        if not (first or second or whole):
            continue
        color = "class0" if first else "class1" if second else "faint"
        items += [
            Ring(place(spot), place.scale * radius, color, "fill"),
            Ring(place(spot), place.scale * radius, "faint"),
        ]
        if second:
            items.append(Mark(place(spot), "class1", "square", edge="text"))
    return {"field": items}


def class_moments(turn, spread):
    """Second moments of a class around a line: 1 - spread along it and spread across."""
    along, across = np.array([math.cos(turn), math.sin(turn)]), np.array([-math.sin(turn), math.cos(turn)])
    return (1 - spread) * np.outer(along, along) + spread * np.outer(across, across)


def oval(place, shape, dashed):
    """An ellipse by its half-axes; the longer one lies along its eigenvector, upwards on a canvas that points down."""
    values, vectors = np.linalg.eigh(shape)
    half = place.scale * np.sqrt(values[::-1])
    direction = vectors[:, 1] * np.sign(vectors[0, 1] or 1)
    turn = -math.atan2(direction[1], direction[0]) if values[1] - values[0] > 1e-12 else None
    return Oval(place((0, 0)), tuple(half), turn, "text", (5, 4) if dashed else ())


def grid(radius):
    """A hexagonal grid with one place for the area of a ball."""
    step = math.sqrt(2 * math.pi / math.sqrt(3)) * radius
    count = math.ceil(HALF / step) + 2
    rows, columns = range(-2 * count, 2 * count + 1), range(-2 * count, 2 * count + 1)
    spots = np.array([(step * (c + (r % 2) / 2), step * math.sqrt(0.75) * r) for r in rows for c in columns])
    return spots[(np.abs(spots) < 1.6 * HALF).all(1)]


def words(run, state):
    return {"angle-now": f"{round(float(state['angle']))}°", "spread-now": f"{float(state['spread']):g}",
            "radius-now": f"{float(state['radius']):g}"}  # fmt: skip
