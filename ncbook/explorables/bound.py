"""Two Gaussian classes in the plane, whose population is known exactly, and the bound for test collapse on them."""

from ncbook.explorables import _page

SIZES = (2, 3, 5, 8, 12, 20, 35, 60, 100, 200, 400)


def bound() -> _page.Explorable:
    """Sliders for the number of points, the distance of the classes and the collapse of the training points.

    The page draws the points itself and computes every term; it needs no run. The population is that of two isotropic
    Gaussians in the plane, so that its means and variances are exact.
    """
    title = "The bound for test collapse, on two Gaussian classes"
    body = _page.body("bound", last=len(SIZES) - 1)
    told = (
        f"{title}: with few points the shift of the means makes A and B large; drawing the training points together "
        "makes the training CDNV small, and B takes its place."
    )
    return _page.Explorable("bound", title, body, {"sizes": SIZES}, told)
