"""What is claimed of collapse in language models, and the rules by which a run decides."""

import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence, correlation_chance
from ncbook.readings import next_token as reading
from ncbook.readings.next_token import FOLLOWERS, START, WIDTH
from ncbook.runs import Run

_STRONG = 0.8  # a rank correlation that counts as going together, where few networks are compared
_CLEAR = 0.5  # the same where many words are
_BELOW = 0.9  # times the CDNV at the same test loss
_APART = 2.0  # times by which CDNV by word has to grow more than CDNV by kind


def _usual(run: Run) -> pd.DataFrame:
    """A row a seed: the usual network at its end."""
    table = reading.outcomes(run)
    return table[(table.arm == WIDTH) & (table["dim"] == run.config["width"])]


def _widest(run: Run) -> pd.DataFrame:
    """A row a seed: the widest network at its end."""
    table = reading.varied(run, WIDTH)
    return table[table["dim"] == max(run.config["widths"])]


def _with_scale(run: Run) -> Evidence:
    table = reading.varied(run, WIDTH)
    falls = -reading.rank_correlations(table, "dim", "cdnv_train")
    goes = reading.rank_correlations(table, "test_loss", "cdnv_train")
    both = pd.concat([falls, goes], axis=1).min(axis=1)
    chance = correlation_chance(len(run.config["widths"]), _STRONG)
    return Evidence.compared(both.index, both, ">=", _STRONG, "rank correlation, the smaller of two", chance=chance)


def _between_starts(run: Run) -> Evidence:
    found = reading.rank_correlations(reading.varied(run, START), "test_loss", "cdnv_train")
    return Evidence.compared(found.index, found, ">", 0, "rank correlation over networks of one size", chance=SIGN)


def _decay(run: Run) -> Evidence:
    table = reading.beside_widths(run)
    table = table[table.weight_decay == max(run.config["weight_decays"])]
    share = table.cdnv_train / table.same_loss
    return Evidence.compared(table.seed, share, "<=", _BELOW, "times the CDNV of a narrower network of the same loss")


def _past_best(run: Run) -> Evidence:
    table = reading.past_best(run)
    share = table.cdnv_train_end / table.cdnv_train_best
    return Evidence.compared(table.seed, share, "<", 1, "times the CDNV at the best test loss", table.tells, SIGN)


def _kinds_tell(run: Run) -> Evidence:
    table = reading.past_best(run)
    share = table.cdnv_kind_train_end / table.cdnv_kind_train_best
    unit = "times the CDNV by kind at the best test loss"
    return Evidence.compared(table.seed, share, ">", 1, unit, table.tells, SIGN)


def _between_kinds(run: Run) -> Evidence:
    table = _usual(run)
    share = table.between_kinds - table.between_shuffled
    return Evidence.compared(table.seed, share, ">=", 0.5, "of the variance within words, above shuffled kinds")


def _ambiguity(run: Run) -> Evidence:
    one, most = min(run.config["follower_counts"]), max(run.config["follower_counts"])
    word, kind = (reading.by_setting(run, FOLLOWERS, "followers", column) for column in ("cdnv_test", "cdnv_kind_test"))
    times = (word[most] / word[one]) / (kind[most] / kind[one])
    return Evidence.compared(times.index, times, ">=", _APART, "times as much growth by word as by kind")


def _kinds_before_a_word(run: Run) -> Evidence:
    table = _usual(run)
    kinds, frequency = table.kinds_correlation, table.frequency_correlation.abs()
    holds = (kinds >= _CLEAR) & (frequency <= kinds / 2)
    return Evidence.of(table.seed, holds, kinds, "rank correlation of CDNV with the entropy of kinds")


def _nc1_rises(run: Run) -> Evidence:
    found = reading.rank_correlations(reading.varied(run, WIDTH), "dim", "nc1_train")
    chance = correlation_chance(len(run.config["widths"]), _STRONG)
    return Evidence.compared(found.index, found, ">=", _STRONG, "rank correlation of width and NC1", chance=chance)


def _no_better_than_random(run: Run) -> Evidence:
    table = _widest(run)
    gap = table.energy_means - table.energy_random
    return Evidence.compared(table.seed, gap, ">=", 0, "nats above random directions", chance=SIGN)


CLAIMS = read(
    __file__,
    {
        "language-collapse-with-scale": _with_scale,
        "language-collapse-between-starts": _between_starts,
        "language-collapse-not-the-loss": _decay,
        "language-collapse-past-best": _past_best,
        "language-kinds-tell-overfitting": _kinds_tell,
        "language-collapse-by-kind": _between_kinds,
        "language-ambiguity": _ambiguity,
        "language-words-and-kinds": _kinds_before_a_word,
        "language-nc1-rises": _nc1_rises,
        "language-means-as-random": _no_better_than_random,
    },
)
