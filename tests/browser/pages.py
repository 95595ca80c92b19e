"""A page of the headless browser."""

from contextlib import contextmanager

PATIENCE = 300_000  # milliseconds that Playwright waits, for a machine under test is not quiet


@contextmanager
def fresh_page(chromium):
    """A page that can reach this machine and files, and nothing else.

    `page.problems` collects console errors, uncaught exceptions and requests to the outside.
    """
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.problems = []
    page.on("console", lambda message: message.type == "error" and page.problems.append(message.text))
    page.on("pageerror", lambda error: page.problems.append(str(error)))

    def guard(route):
        url = route.request.url
        if url.startswith(("file:", "data:", "blob:", "http://localhost", "http://127.0.0.1")):
            return route.continue_()
        page.problems.append(f"asked for {url}")
        return route.abort()

    context.route("**/*", guard)
    yield page
    context.close()
