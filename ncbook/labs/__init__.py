"""Front ends for a live kernel: change a setting, train, and watch. Where there is no kernel they say so.

Nothing trains before a button is pressed. `labs.NAME()`, at the end of a cell, shows the lab of the result NAME;
`labs.NAME.run()` trains the same without widgets; `labs.Lab` makes a lab of a `Plan` of your own.

>>> from ncbook import labs
>>> type(labs.collapse()).__name__
'Lab'
"""

from ncbook.labs._continued import GrokkingLab, GrokkingOffer
from ncbook.labs._lab import Lab
from ncbook.labs._note import Note
from ncbook.labs._offer import Offer
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Setting, Whole
from ncbook.labs.plans import collapse as _collapse
from ncbook.labs.plans import double_descent as _double_descent
from ncbook.labs.plans import grokking as _grokking
from ncbook.labs.plans import settings as _settings
from ncbook.labs.plans import simplex as _simplex
from ncbook.labs.plans import unconstrained as _unconstrained

collapse = Offer(_collapse.PLAN)
double_descent = Offer(_double_descent.PLAN)
grokking = GrokkingOffer(_grokking.PLAN)
settings = Offer(_settings.PLAN)
simplex = Offer(_simplex.PLAN)
unconstrained = Offer(_unconstrained.PLAN)

OFFERS = {
    offer.plan.name: offer
    for offer in (
        collapse,
        double_descent,
        grokking,
        settings,
        simplex,
        unconstrained,
    )
}

__all__ = [
    "OFFERS",
    "Choice",
    "Curve",
    "GrokkingLab",
    "Lab",
    "Note",
    "Offer",
    "Outcome",
    "Panel",
    "Plan",
    "Real",
    "Setting",
    "Whole",
    "collapse",
    "double_descent",
    "grokking",
    "settings",
    "simplex",
    "unconstrained",
]
