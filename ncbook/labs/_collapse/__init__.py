"""The lab of the chapter on collapse."""
