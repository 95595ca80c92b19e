"""How a chapter reads, as far as it can be counted; the chapters that are in this form."""

import re

import notebooks

# To be all chapters; the others still wait to be made over.
MADE_OVER = (
    "collapse",
    "simplex",
    "settings",
    "unconstrained",
    "memorization",
    "test_collapse",
    "bound",
    "margins",
    "implicit_bias",
    "information_bottleneck",
    "corrupted_labels",
    "contrastive",
)
CAPTIONED = (*MADE_OVER, "mnist_grokking", "onset")
MOST_WORDS = 3000
FIGURE = re.compile(r"^figures\.", re.M)
# Cells whose code is not to be read: they draw, tabulate, show a lab or the verdicts.
SHOWS = re.compile(r"^(figures|explorables|labs|tables|chapters)\.\w+\(", re.M)
FORMATS = re.compile(r"^ +print\(|print\(.*\bfor\b|:[<>]\d", re.M)  # in a loop, a comprehension, or in columns
BOX = re.compile(r"^> \*\*([^*]+?)[.?]?\*\*", re.M)


def prose(notebook: notebooks.Node) -> list[notebooks.Node]:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def code(notebook: notebooks.Node) -> list[notebooks.Node]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def words(notebook: notebooks.Node) -> int:
    """Words of the prose, without equations, code and HTML."""
    text = "\n\n".join(cell.source for cell in prose(notebook))
    text = re.sub(r"\$\$.*?\$\$|```.*?```|<[^>]*>|\$[^$]*\$|\]\([^)]*\)", " ", text, flags=re.DOTALL)
    return len(re.findall(r"[A-Za-z][\w'’-]*", text))


def is_hidden(cell: notebooks.Node) -> bool:
    return not {"hide-input", "remove-input"}.isdisjoint(cell.metadata.get("tags", []))


def boxes(notebook: notebooks.Node) -> list[tuple[int, str]]:
    """The place of its cell and the word of each box."""
    return [
        (place, word)
        for place, cell in enumerate(notebook.cells)
        if cell.cell_type == "markdown"
        for word in BOX.findall(cell.source)
    ]
