"""The results of the book: one line each, in the order of the book.

A result has one name in every room: `experiments/NAME`, `readings/NAME.py`, `figures/NAME.py`, `explorables/NAME.py`
and `NAME.js`, `exercises/NAME.py`, `tests/test_experiment_NAME.py`. The line says which chapter teaches it: the file
`book/PART/NAME.ipynb`, which may be that of an earlier result.
"""

RESULTS: dict[str, str] = {
    "collapse": "1-collapse/collapse",
    "simplex": "1-collapse/simplex",
    "settings": "1-collapse/settings",
    "unconstrained": "1-collapse/unconstrained",
    "memorization": "1-collapse/memorization",
    "double_descent": "1-collapse/memorization",
    "test_collapse": "2-generalization/test_collapse",
    "bound": "2-generalization/bound",
    "margins": "2-generalization/margins",
    "implicit_bias": "2-generalization/implicit_bias",
    "information_bottleneck": "3-representation/information_bottleneck",
    "corrupted_labels": "3-representation/corrupted_labels",
    "contrastive": "3-representation/contrastive",
    "transfer": "3-representation/transfer",
    "cascade": "3-representation/cascade",
    "deep_unconstrained": "3-representation/deep_unconstrained",
    "grokking": "4-grokking/grokking",
    "flatness": "4-grokking/flatness",
    "circuits": "4-grokking/circuits",
    "numerics": "4-grokking/numerics",
    "onset": "4-grokking/onset",
    "interventions": "4-grokking/interventions",
    "doses": "4-grokking/doses",
    "mnist_grokking": "4-grokking/mnist_grokking",
    "image_interventions": "4-grokking/image_interventions",
    "fixed_head": "5-using/fixed_head",
    "pruning": "5-using/pruning",
    "imbalance": "5-using/imbalance",
    "reliability": "5-using/reliability",
    "targets": "5-using/targets",
    "next_token": "5-using/next_token",
}

# Chapters that read the runs of several results and have no experiment of their own; their readings and figures
# stand in modules of the same name.
TOGETHER: dict[str, str] = {"answer": "answer/answer"}

CHAPTERS: dict[str, str] = RESULTS | TOGETHER

# Pages on how to use the package, which run as chapters do and have no result of the book: what each is about, and
# its file.
HOWTO: dict[str, str] = {"measure": "howto/measure", "experiment": "howto/experiment", "claim": "howto/claim"}
