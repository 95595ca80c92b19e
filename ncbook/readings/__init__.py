"""What a finished run says: one module a result, a Run in and a tidy table out; no training and no drawing.

`readings.<name>` reads runs of `experiments.<name>`. The modules below hold tables that would make that of their result
too long, or what all of them share.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ncbook.results import CHAPTERS

if TYPE_CHECKING:  # the modules below are attributes too

    def __getattr__(name: str) -> Any: ...


_FURTHER = (
    "bias_tables",  # of implicit_bias
    "information_tables",  # of information_bottleneck
    "label_tables",  # of corrupted_labels
    "rates",  # of onset, over learning rates and decays
    "size_tables",  # of test_collapse
    "transfer_tables",  # of transfer
    "onset_tables",  # of onset
    "intervention_tables",  # of interventions
    "circuit_tables",  # of circuits
    "flatness_tables",  # of flatness
    "layer_tables",  # of cascade
    "mnist_tables",  # of mnist_grokking
    "image_tables",  # of image_interventions
    "strength_tables",  # of image_interventions on MNIST
    "coupling",
    "measures",
    "moments",
    "names",
)
for _name in (*_FURTHER, *CHAPTERS):
    import_module(f"ncbook.readings.{_name}")  # which makes it an attribute of this package

__all__ = [*_FURTHER, *CHAPTERS]
