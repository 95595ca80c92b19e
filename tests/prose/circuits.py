"""Numbers in words."""

FACTS = {}
GIVEN = []
