"""Interactive figures that need no kernel: a finished Run in, one self-contained piece of a page out."""

from ncbook.explorables.bound import bound
from ncbook.explorables.cascade import cascade
from ncbook.explorables.circuits import circuits
from ncbook.explorables.collapse import collapse
from ncbook.explorables.corrupted_labels import corrupted_labels
from ncbook.explorables.double_descent import double_descent
from ncbook.explorables.flatness import flatness
from ncbook.explorables.grokking import grokking
from ncbook.explorables.image_interventions import image_interventions
from ncbook.explorables.implicit_bias import implicit_bias
from ncbook.explorables.information_bottleneck import information_bottleneck
from ncbook.explorables.interventions import interventions
from ncbook.explorables.live_grokking import grok_in_your_browser
from ncbook.explorables.margins import margins
from ncbook.explorables.onset import onset
from ncbook.explorables.settings import settings
from ncbook.explorables.simplex import simplex
from ncbook.explorables.test_collapse import test_collapse
from ncbook.explorables.transfer import transfer
from ncbook.explorables.unconstrained import unconstrained

__all__ = [
    "bound",
    "cascade",
    "circuits",
    "collapse",
    "corrupted_labels",
    "double_descent",
    "flatness",
    "grok_in_your_browser",
    "grokking",
    "image_interventions",
    "implicit_bias",
    "information_bottleneck",
    "interventions",
    "margins",
    "onset",
    "settings",
    "simplex",
    "test_collapse",
    "transfer",
    "unconstrained",
]
