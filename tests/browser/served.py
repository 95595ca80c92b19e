"""The built book on a server of this machine, as GitHub shows it: in a folder, with a page for what is not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread


@contextmanager
def served(book: Path, folder: str) -> Iterator[str]:
    """The address of the book, whose path is `folder`, such as /ncbook/."""

    class Site(SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            inside = path.startswith(folder)
            return super().translate_path(path[len(folder) - 1 :]) if inside else str(book / "nothing-is-here")

        def send_error(self, code, message=None, explain=None):
            page = (book / "404.html").read_bytes()
            self.send_response(code)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            """Not a word."""

    with ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: Site(*given, directory=str(book))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{folder}"
        server.shutdown()
