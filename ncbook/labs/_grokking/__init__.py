"""The lab of the chapter on grokking."""
