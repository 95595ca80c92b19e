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
from ncbook.labs.plans import doses as _doses
from ncbook.labs.plans import flatness as _flatness
from ncbook.labs.plans import grokking as _grokking
from ncbook.labs.plans import interventions as _interventions
from ncbook.labs.plans import numerics as _numerics

collapse = Offer(_collapse.PLAN)
doses = Offer(_doses.PLAN)
flatness = Offer(_flatness.PLAN)
grokking = GrokkingOffer(_grokking.PLAN)
interventions = Offer(_interventions.PLAN)
numerics = Offer(_numerics.PLAN)

OFFERS = {
    offer.plan.name: offer
    for offer in (
        collapse,
        doses,
        flatness,
        grokking,
        interventions,
        numerics,
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
    "doses",
    "flatness",
    "grokking",
    "interventions",
    "numerics",
]
