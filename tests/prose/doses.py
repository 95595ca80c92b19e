"""Numbers of the chapter on doses."""


def _shared(run):
    """Percent of the pairs to train on."""
    return 100 * run.config["fraction"]


FACTS = {
    "modulo 29, now with {70} % of the pairs": _shared,
}
GIVEN = ["a test accuracy of 99 %", "matched in one of the two"]
