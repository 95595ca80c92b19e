"""Ids and links of a page in the printed book: what leads to another page of the book stays within it."""

import os
import re
from urllib.parse import unquote

from bs4 import Tag

from printing.pages import Page, key

_REFERRING = ("for", "aria-labelledby", "aria-describedby", "headers")
_SETS_FIGURE = re.compile(r"nc-(?P<figure>[a-z_]+):")


def tell_apart(page: Page) -> None:
    """Gives each id of the page a name that no other page has, also where the page refers to it.

    The second of two elements with one id, such as a cell and its figure, loses it: no link leads there.
    """
    seen = set()
    for each in page.article.find_all(id=True):
        each["id"] = name = key(page.name, each["id"])
        if name in seen:
            del each["id"]
        seen.add(name)
    for attribute in _REFERRING:
        for each in page.article.find_all(attrs={attribute: True}):
            told = each[attribute]
            names = told if isinstance(told, list) else told.split()
            each[attribute] = " ".join(key(page.name, name) for name in names)


def lead_within(page: Page, names: set[str], address: str) -> None:
    """Turns links to the pages `names` into links within one document, and other relative ones into public ones.

    `address` is that of the public site. A link that sets a figure leads to that figure there.
    """
    for link in page.article.find_all("a", href=True):
        link["href"] = _target(page, link["href"], names, address)


def _target(page: Page, href: str, names: set[str], address: str) -> str:
    if re.match(r"[a-z]+:", href):
        return href
    path, _, anchor = href.partition("#")
    if found := _SETS_FIGURE.match(anchor):
        return online(page, _figure(page, found["figure"]), address)
    file = os.path.normpath(os.path.join(os.path.dirname(page.name), unquote(path))) if path else f"{page.name}.html"
    target = file.removesuffix(".html")
    if target in names:
        return f"#{key(target, unquote(anchor))}"
    return address + file + (f"#{anchor}" if anchor else "")


def _figure(page: Page, name: str) -> Tag:
    """The explorable of the page whose script says that it has this name."""
    script = page.article.find("script", string=lambda text: text and f'wireLinks(root, "{name}")' in text)
    return script.find_parent(class_="nc-explorable")


def online(page: Page, element: Tag, address: str) -> str:
    """Where the public site shows this element: at the cell that it is in."""
    cell = element.find_parent(class_="cell", id=True)
    return f"{address}{page.name}.html" + (f"#{cell['id']}" if cell else "")
