"""A Sphinx extension: what needs the address of the public site takes it from `html.baseurl` of `_config.yml`.

Open Graph and the page for addresses that do not exist are told where the site is, robots.txt names the sitemap, and
the page at the address itself, which only leads on to the first page, says of itself what that page says: it is the
address that is shared most.
"""

import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from sphinx.application import Sphinx
from sphinx.config import Config

_TAGS = re.compile(
    r'<title>.*?</title>|<meta (?:name="(?:description|twitter:\w+)"|property="og:[^"]*") content="[^"]*" />'
)


def tell_others(app: Sphinx, config: Config) -> None:
    """Sets the options of sphinxext-opengraph and sphinx-notfound-page."""
    config.ogp_site_url = config.html_baseurl
    config.notfound_urls_prefix = urlsplit(config.html_baseurl).path


def write_robots(app: Sphinx, error: Exception | None) -> None:
    """All may be read by all."""
    if error is None and app.builder.format == "html":
        sitemap = urljoin(app.config.html_baseurl, app.config.sitemap_filename)
        Path(app.outdir, "robots.txt").write_text(f"User-agent: *\nAllow: /\n\nSitemap: {sitemap}\n", encoding="utf-8")


def write_index(app: Sphinx, error: Exception | None) -> None:
    """The page that leads on to the first one, with the title and the tags of that one."""
    if error is None and app.builder.format == "html":
        first = app.builder.get_target_uri(app.config.root_doc)
        page = Path(app.outdir, first).read_text(encoding="utf-8")
        tags = _TAGS.findall(page)
        tags.append(f'<link rel="canonical" href="{urljoin(app.config.html_baseurl, first)}" />')
        text = "\n".join(
            ['<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">', *tags,
             f'<meta http-equiv="refresh" content="0; url={first}">',
             f'</head><body><a href="{first}">{app.config.html_title}</a></body></html>\n'])  # fmt: skip
        Path(app.outdir, "index.html").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", tell_others)
    app.connect("build-finished", write_robots)
    app.connect("build-finished", write_index, priority=900)  # after sphinx-external-toc has written a bare one
    return {"parallel_read_safe": True, "parallel_write_safe": True}
