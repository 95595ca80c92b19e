from ncbook.trainers.losses import *  # noqa: F403
from ncbook.trainers.losses import CrossEntropy, Flooded, RateReduction  # noqa: F401
from ncbook.trainers.outputs import Outputs, Term  # noqa: F401
from ncbook.trainers.regularizers import *  # noqa: F403
