"""Numbers of the chapter on circuits."""

import math

from ncbook import experiments
from ncbook.readings import circuits as reading
from ncbook.readings import moments
from prose._counts import none, same, yes
from prose._ledger import every_seed, seeds
from prose._trials import load, seeds_of


def _long():
    return load("circuits", "laptop-long")


def _again():
    return load("circuits", "laptop-long-again")


def _keys(run):
    keys = reading.arrays_of(run)["keys"]
    counts = keys.sum(1)
    return counts.min(), counts.max(), keys.shape[1] - 1


def _apart(run):
    found = reading.phases(run)
    return (found.cleanup - found.formed).abs().max()


def _nothing_seen(_):
    """The test accuracy below which both transformers are at step 5000, in tenths."""
    rows = _long().to_frame()
    return math.ceil(10 * rows[rows.step == 5_000].test_acc.max()) / 10


def _times_as_long(run):
    return reading.phases(_long()).generalized.median() / reading.phases(run).generalized.median()


def _lead(run):
    found = reading.phases(run)
    return (found.half - found.formed).median()


def _early_circuit(run):
    found = reading.phases(run).set_index("seed")
    onset, then = (reading.rows_at(run, found, found[name]).restricted_loss for name in ("onset", "memorized"))
    return yes(onset / then < 1 / 3)


def _claims_of_the_transformers(_):
    """How many of their claims hold for both, and of how many."""
    claims = [claim for claim in experiments.circuits.CLAIMS if claim.preset == "laptop-long"]
    return yes(all(claim.judge(_long()).holds) for claim in claims)


def _early_cleanup(_):
    """The step around which the weights of later transformers fall fastest, in how many of how many of them.

    If it is before there is a circuit.
    """
    found = reading.phases(_again())
    early = found[found.cleanup < found.formed]
    return len(early), len(found), round(same(early.cleanup))


def _stopped_early(_):
    """Steps of the transformers, if none had generalized when the first attempt was stopped."""
    rows = _long().to_frame()
    early = rows[rows.step <= 6_800].groupby("seed").test_acc.max()
    return rows.step.max() if none(early >= moments.GENERALIZED) else math.nan


def _higher():
    """In how many seeds of the second run the loss is much higher without the rest, and how many times at most."""
    rows = experiments.get("circuits").load("laptop-again", live=False).to_frame()
    end = rows[rows.step == rows.step.max()]
    ratio = end.restricted_loss / end.test_loss
    return (ratio > 2).sum(), ratio.max()


FACTS = {
    "on {60} % of the pairs and with mirror images": lambda run: 100 * run.config["fractions"][0],
    "Every seed ends with {four} or {five} of the {fourteen} frequencies": _keys,
    "are at most {300} steps apart": _apart,
    "there the loss is lower in {two} of {five}": lambda _: seeds_of(
        "circuits", "key-frequencies-suffice", "laptop-again"
    ),
    "in {two} others nearly {three} times as high": lambda _: _higher(),
    "lower in {seven} of {ten} seeds over two runs, and up to {three} times as high": lambda _: (
        *seeds("circuits", "key-frequencies-suffice"),
        _higher()[1],
    ),
    "for {16,000} steps and from {two} seeds": lambda _: (_long().config["steps"][0], len(_long().config["seeds"])),
    "It is the same story, {twelve} times as long": _times_as_long,
    "both know their training pairs after {100} steps": lambda _: same(reading.phases(_long()).memorized),
    "comes after {9,200} steps in one seed and after {13,800} in the other": lambda _: sorted(
        reading.phases(_long()).generalized
    ),
    "stopped after 5,000 steps would have seen nothing: both test accuracies were below {0.1}": _nothing_seen,
    "{Six} of the {seven} claims": _claims_of_the_transformers,
    "so {four} more transformers were trained": lambda _: len(_again().config["seeds"]),
    "Over all {six}, three claims **hold**": lambda _: every_seed("circuits", "key-frequencies-suffice-transformer"),
    "by our rule, in {five} of {six} transformers": lambda _: seeds("circuits", "excluded-rises-transformer"),
    "The numbers lie on circles at every key frequency in {three} of {six}": lambda _: seeds(
        "circuits", "numbers-on-circles-transformer"
    ),
    "and they come to {three} and to {one} of {six}": lambda _: (
        seeds("circuits", "three-phases-transformer")[0],
        *seeds("circuits", "cleanup-with-the-jump-transformer"),
    ),
    "In {three} of the {four} later transformers the weights fall fastest around step {2,167}": _early_cleanup,
    "Solution {150} steps": _lead,
    "In {five} of {five} seeds the restricted loss had fallen": _early_circuit,
    "was stopped at 6,800 steps, before it had generalized, and then given {16,000}": _stopped_early,
}
GIVEN = [
    "hold 90 % of the power of the embedding",
    "So both steps help",
    "113 numbers and 30 % of the pairs, is the preset",
]
