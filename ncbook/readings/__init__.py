"""What a finished run says: one module a result, a Run in and a tidy table out; no training and no drawing.

`readings.<name>` reads runs of `experiments.<name>`, and `rates` those of `onset` that vary rate and decay;
`bias_tables` holds tables of `implicit_bias`, `size_tables` of `test_collapse`, and `layer_tables` of `cascade`;
`moments`, `measures` and `coupling` hold what all of them share.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ncbook.readings import bias_tables, coupling, layer_tables, measures, moments, names, rates, size_tables
from ncbook.results import RESULTS

if TYPE_CHECKING:  # the modules below are attributes too

    def __getattr__(name: str) -> Any: ...


for _name in RESULTS:
    import_module(f"ncbook.readings.{_name}")  # which makes it an attribute of this package

__all__ = ["bias_tables", "coupling", "layer_tables", "measures", "moments", "names", "rates", "size_tables", *RESULTS]
