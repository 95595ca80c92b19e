"""The network in the page also groks in Firefox, where that is installed.

Playwright drives only a Firefox of its own, so this one is not driven: the page presses its button itself and tells a
server on this machine what it then says.
"""

import http.server
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator

import pytest

from ncbook import explorables

_PATIENCE = 600  # seconds: Firefox starts slowly, and a machine under test is not quiet
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>explorable</title>{head}</head>
<body>{body}<script>
const tell = (words) => fetch("/told", {{ method: "POST", body: words }});
window.addEventListener("error", (event) => tell("problem: " + event.message));
document.querySelector(".nc-seed").value = "3";
document.querySelector(".nc-seed").dispatchEvent(new Event("change", {{ bubbles: true }}));
document.querySelector(".nc-train").click();
const watch = setInterval(() => {{
  const words = document.querySelector(".nc-words").textContent;
  if (!words.includes("Grokked")) return;
  clearInterval(watch);
  tell(words);
}}, 100);
</script></body></html>"""
# workers and scripts run, and no compiled code does
_NO_WEBASSEMBLY = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; connect-src 'self';
script-src 'unsafe-inline' blob:; worker-src blob:; style-src 'unsafe-inline'">"""


@pytest.fixture
def told() -> Iterator[tuple[http.server.HTTPServer, "queue.Queue[str]"]]:
    """A server of one page, `server.page`, and what that page posts."""
    words: queue.Queue[str] = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(self.server.page.encode())

        def do_POST(self) -> None:
            words.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the screen."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server, words
    server.shutdown()
    server.server_close()


@pytest.mark.skipif(not shutil.which("firefox"), reason="Firefox is not installed")
@pytest.mark.parametrize("head", ["", _NO_WEBASSEMBLY], ids=["WebAssembly", "plain"])
def test_the_network_groks_in_firefox(told, tmp_path, head):
    server, words = told
    server.page = _PAGE.format(head=head, body=explorables.grok_in_your_browser()._repr_html_())
    address = f"http://127.0.0.1:{server.server_port}/"
    command = ["firefox", "--headless", "--no-remote", "--profile", str(tmp_path), address]
    firefox = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        said = words.get(timeout=_PATIENCE)
    except queue.Empty:
        pytest.fail(f"nothing was heard from Firefox in {_PATIENCE} s")
    finally:
        firefox.terminate()
        firefox.wait(_PATIENCE)
    assert "Grokked at step" in said
    assert "Memorized at step" in said
