"""A Sphinx extension: beside Colab and Binder, the launch buttons of a chapter offer Kaggle."""

from typing import Any

from hosts import address
from sphinx.application import Sphinx


def add_button(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Goes after the theme's own hook, which makes the list of launch buttons where the page is a notebook."""
    for group in context.get("header_buttons", []):
        if group.get("label") == "launch-buttons":
            group["buttons"].append(
                {
                    "type": "link",
                    "text": "Kaggle",
                    "tooltip": "Launch on Kaggle",
                    "icon": "fas fa-rocket",
                    "url": address("kaggle", app.config.html_theme_options, page),
                }
            )


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", add_button, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
