"""The built book in a real Chromium: what the tests that need it share.

The book is served on the loopback interface. A request to any other host is refused, and is a
fault of the page, as are failed requests and all that the browser's console has to say.
"""

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
PROGRAMS = ["chromium", "chromium-browser", "google-chrome"]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
HANGS = 600_000  # milliseconds: what takes so long does not come at all


def missing(what):
    """Skip the test for want of a tool; with NNLAB_CI nothing may be missing."""
    (pytest.fail if os.environ.get("NNLAB_CI") else pytest.skip)(f"{what} is missing")


@contextmanager
def start_chromium():
    """Start the system's Chromium."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright (pip install -r .ci/requirements.txt)")
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        missing("Chromium on PATH")
    with sync_playwright() as playwright:
        options = ["--disable-gpu", "--disable-smooth-scrolling"]  # what scrolls is there at once
        chromium = playwright.chromium.launch(executable_path=program, args=options)
        yield chromium
        chromium.close()


def build_book():
    """Build the book as the README does, unless the one that is there is newer than its sources."""
    patterns = [
        "_config.yml",
        "_toc.yml",
        "benchmarks/results.json",
        "nnlab/**/*.*",
        "book/*.*",
        "book/[!.]*/*.*",
    ]
    changes = [p.stat().st_mtime for pattern in patterns for p in ROOT.glob(pattern) if p.is_file()]
    index = HTML / "_static" / "sections.js"  # written last
    if not index.exists() or index.stat().st_mtime < max(changes):
        program = "from jupyter_book.cli.main import main; main()"
        command = [sys.executable, "-c", program, "build", ".", "-n", "-W", "--keep-going"]
        subprocess.run(command, cwd=ROOT, check=True)


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serve the book; for what does not exist its own page, as the hosts of static sites do."""

    def send_error(self, code, message=None, explain=None):
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write((HTML / "404.html").read_bytes())

    def log_message(self, *args):
        pass


class _Server(http.server.ThreadingHTTPServer):
    """A server that is not surprised when a page closes before it has got everything."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serve_book(folder=HTML):
    """Serve the built book, or a folder, on a free port; give its address."""
    handler = functools.partial(_Handler, directory=str(folder))
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def new_context(chromium, home, **options):
    """Return a fresh browser profile that reaches nothing but addresses that start with `home`.

    Its `faults` are what went wrong in it, its `requests` all addresses it asked for.
    """
    options = {"service_workers": "block", **options}
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, **options)
    context.set_default_timeout(HANGS)
    context.faults, context.requests = [], []
    fault = context.faults.append

    def on_request(request):
        context.requests.append(request.url)
        if not request.url.startswith((home, "data:", "blob:")):
            fault(f"outside request: {request.url}")

    def on_console(message):
        blocked = message.text == "Service Worker registration blocked by Playwright"
        if message.type in ("error", "warning") and not blocked:
            fault(f"console {message.type}: {message.text}")

    def on_failure(request):
        if request.failure != "net::ERR_ABORTED":  # that is one a page breaks off when it is left
            fault(f"failed request: {request.url}")

    def on_response(response):
        if response.status >= 400:
            fault(f"status {response.status}: {response.url}")

    context.route(re.compile(f"^(?!{re.escape(home)}|data:|blob:)"), lambda route: route.abort())
    context.on("request", on_request)
    context.on("requestfailed", on_failure)
    context.on("response", on_response)
    context.on("console", on_console)
    context.on("weberror", lambda error: fault(f"error in a script: {error.error}"))
    return context


def settle(page):
    """Wait until the page has come to terms with the size of its window."""
    page.evaluate("""async () => {
      await document.fonts.ready;
      for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
    }""")


def nothing(found):
    """Assert that a list of faults is empty; if it is not, show as many as fit on a screen."""
    assert not found, "\n".join([f"{len(found)} faults", *(str(each)[:600] for each in found[:8])])


def violations(page):
    """Return what axe-core finds, one readable line for each kind."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"resultTypes": ["violations"], "runOnly": WCAG, "preload": False}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{rule['id']} ({len(rule['nodes'])} times): {rule['nodes'][0]['target'][0]}\n"
        f"    {rule['nodes'][0]['html'][:200]}\n    {rule['nodes'][0]['failureSummary']}"
        for rule in found
    ]
