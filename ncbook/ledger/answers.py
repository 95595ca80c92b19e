"""The questions of the book with what the papers say and what came out here, as a table; for the closing chapter."""

import html

from ncbook.ledger import judging, page
from ncbook.ledger.judging import Entry

_HEADS = {"papers": "What the papers say", "addition": "Here, in modular addition", "images": "Here, on images"}


def table() -> str:
    """HTML: a row a question. Each count of seeds links to the rule of its claim.

    Raises ValueError where a claim has another verdict than its sentence was written for.

    >>> "<table" in ledger.answers()
    True
    """
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("The question", *_HEADS.values()))
    words = page.read_words("answers.ini")
    texts = "".join(words[question][key] for question in words.sections() for key in _HEADS)
    found = judging.of_claims(page.named(texts))
    rows = [
        f'<tr><th scope="row">{html.escape(question)}</th>'
        + "".join(
            f'<td data-head="{head}">{page.filled(html.escape(words[question][key]), found, _seeds)}</td>'
            for key, head in _HEADS.items()
        )
        + "</tr>"
        for question in words.sections()
    ]
    return f'<table class="nc-answers"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _seeds(entry: Entry) -> str:
    """How many seeds say yes, without the interval, which stands with the rule."""
    return f'<a href="../rules.html#{entry.id}">{entry.counted.partition(" (")[0] or entry.verdict}</a>'
