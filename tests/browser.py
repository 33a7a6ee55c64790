"""A browser for the tests of pages: headless Chromium through Playwright, without a network.

Any request but the page itself, any error of a script and any line on the console fails the test.
Where there is no browser the tests are skipped with the way to get one; MINIGRAD_NEEDS_BROWSER=1
makes that a failure.

A test file holds one browser for all of its tests::

    @pytest.fixture(scope="module")
    def chromium():
        with browser.launched() as running:
            yield running

    def test_it(chromium, tmp_path):
        with browser.opened(chromium, path, width=400) as page:
            ...
"""

import contextlib
import os
import shutil
from pathlib import Path

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
REMEDY = "pip install -e '.[browser]', and a browser: apt-get install chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def missing(what):
    """Skip, or fail where a browser must be there."""
    reason = f"{what} is missing; {REMEDY}"
    if os.environ.get("MINIGRAD_NEEDS_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@contextlib.contextmanager
def launched():
    """A browser, ended with the block."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        missing("a browser (chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield running
        finally:
            running.close()


@contextlib.contextmanager
def opened(running, path, width=1200, height=900, **context):
    """A page in a window of its own, which must stay silent and ask for nothing.

    `context` goes to the browser: color_scheme="dark", reduced_motion="reduce", has_touch=True.
    """
    address = Path(path).resolve().as_uri()
    complaints = []
    window = running.new_context(
        viewport={"width": width, "height": height}, offline=True, **context
    )
    try:
        page = window.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda line: complaints.append(f"console: {line.text}"))
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        page.on(
            "request",
            lambda request: (
                request.url == address
                or request.url.startswith("data:")
                or complaints.append(f"request: {request.url}")
            ),
        )
        page.goto(address)
        yield page
        assert not complaints, complaints
    finally:
        window.close()


def scrolls_sideways(page):
    """Whether the page as a whole is wider than its window."""
    return page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
