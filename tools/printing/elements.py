"""New elements of the printed book."""

from bs4 import BeautifulSoup, Tag


def new(name: str, text: str = "", **attributes: str) -> Tag:
    """An element with a text in it; an underscore in the name of an attribute stands for a hyphen, or for nothing."""
    told = {key.strip("_").replace("_", "-"): value for key, value in attributes.items()}
    element = BeautifulSoup("", "html.parser").new_tag(name, attrs=told)
    element.string = text
    return element


def link(text: str, place: str) -> list[Tag]:
    """A link to a place of the book, which is an id, and room for the number of its page."""
    return [new("a", text, href=f"#{place}"), new("span", class_="print-page", data_page_of=place)]
