"""What the literature says of collapse in deep unconstrained features, and the rules by which a run decides."""

from ncbook.claims import read
from ncbook.evidence import Evidence
from ncbook.readings.deep_unconstrained import descents, problems
from ncbook.runs import Run

BETTER, SAME = 1e-3, 1e-6  # relative differences of losses
ROUNDING = 1e-9  # of the Hessian's eigenvalues, over the largest


def _beaten(run: Run, model: str) -> Evidence:
    """Each number of classes and layers above two, by the best start. A search that finds nothing cannot answer."""
    found = problems(run)
    found = found[(found.arm == model) & (found.num_classes > 2) & (found.num_layers > 2)]
    lower = found.best < 1 - BETTER
    return Evidence.compared(found.seed, found.best, "<", 1 - BETTER, "times the collapsed loss", lower)


def _relu_beaten(run: Run) -> Evidence:
    return _beaten(run, "deep relu")


def _linear_beaten(run: Run) -> Evidence:
    return _beaten(run, "deep linear")


def _low_rank(run: Run) -> Evidence:
    """A trial is a number of classes, of layers, and a random start."""
    found = descents(run)
    found = found[(found.arm == "deep linear") & (found.num_classes > 2) & (found.num_layers > 2)]
    found = found[found.start == "random"]
    fewer = found.num_classes - 1 - found.logit_rank
    unit = "dimensions fewer than collapse has"
    return Evidence.compared(found.seed, fewer, ">=", 1, unit, found.relative < 1 - BETTER)


def _persists(run: Run) -> Evidence:
    """A trial is a number of classes, of layers, and a disturbance."""
    found = descents(run)
    found = found[(found.arm == "deep linear") & (found.start == "nudged")]
    holds = (found.lowest_curvature >= -ROUNDING) & ((found.relative - 1).abs() <= SAME)
    return Evidence.of(found.seed, holds, found.relative, "times the collapsed loss after a nudge")


CLAIMS = read(
    __file__,
    {
        "deep-collapse-beaten-relu": _relu_beaten,
        "deep-collapse-beaten-linear": _linear_beaten,
        "deep-solutions-low-rank": _low_rank,
        "deep-collapse-local-minimum": _persists,
    },
)
