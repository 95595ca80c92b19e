"""From the pages of the built book to decks of slides."""
