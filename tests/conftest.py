"""What all tests share: one profile of hypothesis."""

from hypothesis import settings

# Drawn alike in every run, and no run fails because the machine is busy.
settings.register_profile("ncbook", deadline=None, derandomize=True, max_examples=25, print_blob=False)
settings.load_profile("ncbook")
