"""A Sphinx extension: `[Colab](colab:1-collapse/collapse)` opens that chapter in Colab; so do `kaggle:` and `binder:`.

The addresses are those of the launch buttons, and follow from the repository's.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

HOSTS = ("colab", "kaggle", "binder")


def address(host: str, options: Mapping[str, Any], page: str) -> str:
    """Where a host opens the notebook of a page, such as "book/1-collapse/collapse"; `options` are the theme's."""
    url, branch = options["repository_url"], options["repository_branch"]
    source, launch = f"{url}/blob/{branch}/{page}.ipynb", options["launch_buttons"]
    slug = url.removeprefix("https://github.com/")
    return {
        "colab": f"{launch['colab_url']}/github/{slug}/blob/{branch}/{page}.ipynb",
        "kaggle": f"https://www.kaggle.com/kernels/welcome?src={quote(source, safe='')}",
        "binder": f"{launch['binderhub_url']}/v2/gh/{slug}/{branch}?urlpath=lab/tree/{page}.ipynb",
    }[host]


def know_hosts(app: Sphinx, config: Config) -> None:
    """Without this, MyST would look for a page of that name."""
    config.myst_url_schemes = [*config.myst_url_schemes, *HOSTS]


def lead_there(app: Sphinx, doctree: nodes.document) -> None:
    """Sets the address of each such link; warns of a chapter that there is not."""
    for link in doctree.findall(nodes.reference):
        host, _, chapter = link.get("refuri", "").partition(":")
        if host not in HOSTS:
            continue
        page = f"book/{chapter}"
        if page not in app.env.found_docs:
            logging.getLogger(__name__).warning("no chapter %s to open in %s", chapter, host, location=link)
        link["refuri"] = address(host, app.config.html_theme_options, page)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", know_hosts)
    app.connect("doctree-read", lead_there)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
