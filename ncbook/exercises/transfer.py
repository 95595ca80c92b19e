"""Exercises of the chapter "Transfer"."""

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise


def _points_lost() -> float:
    """Median over the seeds of the probe's fall since zero training error, for odd or even with the strong decay."""
    table = readings.transfer.since_zero_error(experiments.transfer.load())
    rows = table[table.arm == readings.transfer.PARITY]
    return float((rows.probe_then - rows.probe_end).median())


EXERCISES = {
    "transfer/points": Exercise(
        lambda: 4 / 10,
        "a classifier sees which of the four points an image went to and nothing else: it can name one class a point",
    ),
    "transfer/useful": Exercise(
        lambda: 0.5 / (16 * 9 * (1 + 2 / 5)),
        "set 16 (K - 1) (1 + 2/n) V to one half, with K = 10 and n = 5, and solve for V",
    ),
    "transfer/lost": Exercise(
        _points_lost,
        "call readings.transfer.since_zero_error, keep the arm odd or even, and take the median over the seeds of "
        "probe_then - probe_end",
    ),
}
