"""What each explorable must show: `NAME.pictures(run, state, canvases)`, computed from the run by code of its own.

`state` holds the values of the controls by their class names without "nc-" ("again" counts presses). The answer is
canvas name -> all items on it, in pixels. A module may also have `words(run, state)`: part name -> its whole text.
"""

import numpy as np
import pandas as pd

from ncbook import runs


def column(of: runs.Run | pd.DataFrame, *names: str) -> str:
    """The first of these column names that there is."""
    known = of.columns if isinstance(of, pd.DataFrame) else of.history
    return next(name for name in names if name in known)


def array(run: runs.Run, *names: str) -> np.ndarray:
    """The first of these arrays that there is."""
    return next(run.arrays[name] for name in names if name in run.arrays)


def table(frame: pd.DataFrame, rows: str, columns: str, values: str) -> np.ndarray:
    return frame.pivot(index=rows, columns=columns, values=values).to_numpy(float)
