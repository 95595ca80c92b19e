"""What `metrics.measure` gives: the measures of every split and layer, and what was done to get them."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ncbook.metrics.collapse import Collapse

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = ("nc1", "nc2_norms", "nc2_angles", "nc3", "nc4", "ncc_error", "nc4_train_means", "ncc_error_train_means")


@dataclass(frozen=True)
class MeasuredLayer:
    """One layer on one split, as `metrics.measure` found it.

    Attributes:
        split, layer: their names
        dimensions: d, after the pooling
        points: N, those that were measured
        collapse: the measures with the class means of this split
        nc4_train_means: NC4 with the class means of the split "train"; nan where there is no such split
        ncc_error_train_means: share of points whose nearest class mean of the split "train" is not that of their
            class, the nearest-class-center error of Galanti et al. (2022); nan where there is no such split

    >>> network = torch.nn.Linear(2, 3)
    >>> row = metrics.measure(network, [(features.float(), labels)]).rows[0]
    >>> row.split, row.layer, row.dimensions, row.points
    ('data', 'input of the model', 2, 12)
    """

    split: str
    layer: str
    dimensions: int
    points: int
    collapse: Collapse
    nc4_train_means: float
    ncc_error_train_means: float


@dataclass(frozen=True)
class Measured:
    """The measures of a network, a row a split and layer, in the order in which the layers run.

    Attributes:
        rows: one `MeasuredLayer` a split and layer
        num_classes: K of the labels
        head: name of the classifier, None without one, and empty if it is the model itself
        pooling: how maps and tokens became one row of numbers a point; None if there was nothing to pool
        precision: "bfloat16" or "float16" if the network was run with automatic mixed precision, else None
        limit: points a split at most, or None
        notes: what a reader of the numbers should know
        source: what was measured, in words

    `print` shows the main measures and what was done.

    >>> found = metrics.measure(torch.nn.Sequential(torch.nn.Linear(2, 3)), [(features.float(), labels)])
    >>> found.head, found.pooling, found.to_frame().columns[:5].tolist()
    ('0', 'mean', ['split', 'layer', 'dimensions', 'points', 'nc1'])
    """

    rows: tuple[MeasuredLayer, ...]
    num_classes: int
    head: str | None
    pooling: str | None
    precision: str | None
    limit: int | None
    notes: tuple[str, ...]
    source: str = "a network in evaluation mode"

    def to_frame(self) -> "pd.DataFrame":
        """A tidy table: split, layer, dimensions, points, all fields of `Collapse`, and the two `..._train_means`."""
        import pandas as pd

        return pd.DataFrame([
            {
                "split": row.split,
                "layer": row.layer,
                "dimensions": row.dimensions,
                "points": row.points,
                **asdict(row.collapse),
                "nc4_train_means": row.nc4_train_means,
                "ncc_error_train_means": row.ncc_error_train_means,
            }
            for row in self.rows
        ])  # fmt: skip

    @property
    def done(self) -> str:
        """What was measured how, in one sentence."""
        head = "no head" if self.head is None else f"head {self.head!r}" if self.head else "the model itself as head"
        said = [self.source, f"{self.num_classes} classes", head]
        said += [f"pooling {self.pooling}"] if self.pooling else []
        said += [f"in {self.precision}"] if self.precision else []
        said += [f"the first {self.limit} points of a split"] if self.limit else []
        return f"Measured: {', '.join(said)}."

    def __str__(self) -> str:
        frame = self.to_frame()
        shown = [name for name in _SHOWN if frame[name].notna().any()]
        table = frame[["split", "layer", "dimensions", "points", *shown]].to_string(
            index=False, float_format=lambda value: f"{value:.3g}", na_rep="–"
        )
        return "\n".join([table, self.done, *(f"Note: {note}." for note in self.notes)])
