"""Interactive figures that need no kernel: a finished Run in, one self-contained piece of a page out.

The function has the name of its result, and so have its module, the template of its HTML, and its script:
`explorables.collapse(run)`. What a result shows beside it stands in `OTHERS`.
"""

from importlib import import_module
from importlib.util import find_spec

from ncbook.explorables.corrupted_trainings import corrupted_trainings
from ncbook.explorables.live_collapse import live_collapse
from ncbook.explorables.live_grokking import grok_in_your_browser
from ncbook.results import RESULTS

OTHERS = {  # name -> the result that it belongs to
    "corrupted_trainings": "corrupted_labels",
    "grok_in_your_browser": "grokking",
    "live_collapse": "collapse",
}
_RESULTS = [name for name in RESULTS if find_spec(f"ncbook.explorables.{name}")]  # not every result has one
globals().update({name: getattr(import_module(f"ncbook.explorables.{name}"), name) for name in _RESULTS})

__all__ = ["corrupted_trainings", "grok_in_your_browser", "live_collapse", *_RESULTS]
