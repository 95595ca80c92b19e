"""Where Chromium is, and how it is started: cut off from the outside world."""

import os
import shutil

# The first has no window to draw around the page, and takes a third of the time.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# Chromium finds no host but this machine: a request to the outside fails without anyone to stand in its way.
_OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"
OPTIONS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", _OFFLINE]


def path() -> str | None:
    """The program, which NCBOOK_CHROMIUM may name; None where there is none."""
    return os.environ.get("NCBOOK_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
