"""From the pages of the built book to one PDF."""
