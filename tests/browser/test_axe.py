"""The control of what axe-core does not find on the pages of the book."""

import barriers


def test_a_picture_without_words_is_found(show, axe):
    page = show('<main><h1>A page</h1><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="></main>')
    page.name = "book/welcome"
    barriers.prepare(page, axe)
    assert "image-alt" in {name for name, *_ in barriers.found(page, {})}
