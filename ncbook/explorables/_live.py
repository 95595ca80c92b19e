"""What the figures share whose networks train in the page."""

import base64

from ncbook.explorables import _page


def compiled() -> str:
    """The matrix product of tools/wasm, as base64."""
    return base64.b64encode((_page._FOLDER / "live_product.wasm").read_bytes()).decode()
