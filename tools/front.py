"""What the front page takes from runs and ledger, in book/front: `python tools/front.py write | check`.

The figure that moves, a picture for each part, and the ledger in a line of figures.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import front_moving
import front_pictures
import pandas as pd

from ncbook import evidence, experiments, ledger

FOLDER = Path(__file__).resolve().parents[1] / "book" / "front"
_READ_OFF = {"layer", "estimator", "split"}  # keys that say what of one network is measured
_FIT = ["train_loss", "train_error", "train_acc"]
_WORDS = {evidence.HOLDS: "hold", evidence.FAILS: "fail", evidence.OPEN: "open", evidence.CHECKED: "theorems checked"}


def drawings() -> dict[str, str]:
    """File -> contents: the figure that moves, and the pictures of the parts."""
    parts = {f"{part}.html": f"{drawing}\n" for part, drawing in front_pictures.pictures().items()}
    return {"moving.html": front_moving.figure()} | parts


def figures(entries: Sequence[ledger.Entry]) -> str:
    """The ledger in a line, as a list in Markdown: how many claims, what came of them, and how many networks."""
    counted = {word: sum(entry.verdict == word for entry in entries) for word in evidence.WORDS}
    untested = counted[evidence.UNTESTED]
    told = [(len(entries), "claims"), (len(entries) - untested, "judged")]
    told += [(counted[word], name) for word, name in _WORDS.items()]
    told += [(untested, "not tested"), (networks(), "networks trained")]
    return "".join(f"- **{number:,}** {name}\n" for number, name in told)


def networks() -> int:
    """How many networks were followed through training in recorded runs."""
    known = [experiments.get(name) for name in experiments.names()]
    runs = ((each.recorded(preset), each.keys) for each in known for preset in each.presets())
    return sum(trainings(run.to_frame(), keys) for run, keys in runs if run is not None)


def trainings(rows: pd.DataFrame, keys: Sequence[str]) -> int:
    """Settings and seeds whose fit to the training set was measured at two steps or more."""
    followed = rows[rows[[column for column in _FIT if column in rows]].notna().any(axis=1)]
    own = [key for key in keys if key not in _READ_OFF]
    return int((followed.groupby(own, dropna=False).step.nunique() > 1).sum())


def main(command: str) -> int:
    """Write the files, or return 1 where one is not as it should be."""
    contents = drawings() | {"ledger.md": figures(ledger.entries())}
    if command == "write":
        FOLDER.mkdir(exist_ok=True)
        for name, text in contents.items():
            (FOLDER / name).write_text(text, encoding="utf-8")
        return 0
    return int(any((FOLDER / name).read_text(encoding="utf-8") != text for name, text in contents.items()))


if __name__ == "__main__":
    if sys.argv[1:] not in (["write"], ["check"]):
        sys.exit("usage: python tools/front.py write | check")
    sys.exit(main(sys.argv[1]))
