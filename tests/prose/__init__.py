"""Numbers that chapters state in words, by chapter: what is computed from the recorded run, and what is given.

FACTS  a piece of the chapter's prose with its numbers in braces -> a function of the run that gives these numbers
GIVEN  pieces with numbers that no run of ours gives: settings, definitions, numbers of sources, arithmetic
"""
