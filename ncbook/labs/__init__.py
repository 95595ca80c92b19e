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
from ncbook.labs.plans import bound as _bound
from ncbook.labs.plans import cascade as _cascade
from ncbook.labs.plans import collapse as _collapse
from ncbook.labs.plans import corrupted_labels as _corrupted_labels
from ncbook.labs.plans import doses as _doses
from ncbook.labs.plans import double_descent as _double_descent
from ncbook.labs.plans import fixed_head as _fixed_head
from ncbook.labs.plans import flatness as _flatness
from ncbook.labs.plans import grokking as _grokking
from ncbook.labs.plans import imbalance as _imbalance
from ncbook.labs.plans import implicit_bias as _implicit_bias
from ncbook.labs.plans import information_bottleneck as _information_bottleneck
from ncbook.labs.plans import interventions as _interventions
from ncbook.labs.plans import margins as _margins
from ncbook.labs.plans import next_token as _next_token
from ncbook.labs.plans import numerics as _numerics
from ncbook.labs.plans import pruning as _pruning
from ncbook.labs.plans import reliability as _reliability
from ncbook.labs.plans import settings as _settings
from ncbook.labs.plans import simplex as _simplex
from ncbook.labs.plans import targets as _targets
from ncbook.labs.plans import test_collapse as _test_collapse
from ncbook.labs.plans import transfer as _transfer
from ncbook.labs.plans import unconstrained as _unconstrained

bound = Offer(_bound.PLAN)
cascade = Offer(_cascade.PLAN)
collapse = Offer(_collapse.PLAN)
corrupted_labels = Offer(_corrupted_labels.PLAN)
doses = Offer(_doses.PLAN)
double_descent = Offer(_double_descent.PLAN)
fixed_head = Offer(_fixed_head.PLAN)
flatness = Offer(_flatness.PLAN)
grokking = GrokkingOffer(_grokking.PLAN)
imbalance = Offer(_imbalance.PLAN)
implicit_bias = Offer(_implicit_bias.PLAN)
information_bottleneck = Offer(_information_bottleneck.PLAN)
interventions = Offer(_interventions.PLAN)
margins = Offer(_margins.PLAN)
next_token = Offer(_next_token.PLAN)
numerics = Offer(_numerics.PLAN)
pruning = Offer(_pruning.PLAN)
reliability = Offer(_reliability.PLAN)
settings = Offer(_settings.PLAN)
simplex = Offer(_simplex.PLAN)
targets = Offer(_targets.PLAN)
test_collapse = Offer(_test_collapse.PLAN)
transfer = Offer(_transfer.PLAN)
unconstrained = Offer(_unconstrained.PLAN)

# name -> what `labs.NAME` is
OFFERS = {
    offer.plan.name: offer
    for offer in (
        bound,
        cascade,
        collapse,
        corrupted_labels,
        doses,
        double_descent,
        fixed_head,
        flatness,
        grokking,
        imbalance,
        implicit_bias,
        information_bottleneck,
        interventions,
        margins,
        next_token,
        numerics,
        pruning,
        reliability,
        settings,
        simplex,
        targets,
        test_collapse,
        transfer,
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
    "bound",
    "cascade",
    "collapse",
    "corrupted_labels",
    "doses",
    "double_descent",
    "fixed_head",
    "flatness",
    "grokking",
    "imbalance",
    "implicit_bias",
    "information_bottleneck",
    "interventions",
    "margins",
    "next_token",
    "numerics",
    "pruning",
    "reliability",
    "settings",
    "simplex",
    "targets",
    "test_collapse",
    "transfer",
    "unconstrained",
]
