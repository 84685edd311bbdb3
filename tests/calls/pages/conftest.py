"""A real Chromium that opens the pages offline and writes down all it complains of and all it asks for."""

from __future__ import annotations

import io
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.calls.pages.made_call import make_call, make_recording

from emotrace.calls.pages import write_call, write_index
from emotrace.calls.player import make_player_audio

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PATIENCE_SECONDS = 20.0


# For one module's tests and not longer: playwright keeps an event loop running, and others could not start theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give a running headless Chromium."""
    api = pytest.importorskip("playwright.sync_api", reason="the pages are looked at through playwright")
    path = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"no browser to look at the pages with; looked for {', '.join(_BROWSERS)}")
    # Chromium's sandbox refuses to run as root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=arguments)
        yield started
        started.close()


class Opened:
    """A page in the browser, and what it said and asked for since it was opened last."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.address = ""
        self.said: list[str] = []
        self.asked: list[str] = []
        page.set_default_timeout(1000 * _PATIENCE_SECONDS)
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))

    def open(self, path: Path) -> None:
        """Open a page, leaving nothing of the one before."""
        self.page.goto("about:blank")
        self.page.mouse.move(0, 0)
        self.said.clear()
        self.asked.clear()
        self.address = path.as_uri()
        self.page.goto(self.address)

    def text(self, selector: str) -> str:
        """Give the words of one element."""
        return str(self.page.inner_text(selector))

    def evaluate(self, script: str, argument: object = None) -> Any:
        """Run a script in the page."""
        return self.page.evaluate(script, argument)

    def wait(self, condition: str) -> None:
        """Wait until a condition holds in the page, whose policy forbids playwright's own way of waiting."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self.evaluate(condition):
            assert time.monotonic() < deadline, f"still not: {condition}"
            self.page.wait_for_timeout(20)


@pytest.fixture(scope="module")
def desktop(browser: Any) -> Opened:
    """Give the page that most tests share: a new one needs a process of its own."""
    return _new(browser, width=1280, height=900)


def _new(browser: Any, *, width: int, height: int, **options: Any) -> Opened:
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True, **options)
    return Opened(context.new_page())


@pytest.fixture
def open_page(browser: Any, desktop: Opened) -> Iterator[Callable[..., Opened]]:
    """Give ``open_page(path, **options of the context)``; afterwards, no page may have complained or asked."""
    opened: list[Opened] = []

    def _open(path: Path, *, width: int = 1280, height: int = 900, **options: Any) -> Opened:
        is_usual = (width, height, options) == (1280, 900, {})
        page = desktop if is_usual else _new(browser, width=width, height=height, **options)
        page.open(path)
        opened.append(page)
        return page

    yield _open
    for page in opened:
        if page is not desktop:
            page.page.context.close()
        assert page.said == []
        assert [asked for asked in page.asked if not asked.startswith("data:")] == [page.address]


@pytest.fixture(scope="session")
def call() -> dict[str, Any]:
    """Give the made call."""
    return make_call()


@pytest.fixture(scope="session")
def call_page(call: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the page of the made call, with its recording."""
    made = make_player_audio(io.BytesIO(make_recording(call)), {"customer": 1, "agent": 0})
    path = tmp_path_factory.mktemp("page") / "call.html"
    with path.open("w", encoding="utf-8") as stream:
        write_call(call, stream, *made)
    return path


@pytest.fixture
def save_call(tmp_path: Path) -> Callable[..., Path]:
    """Give ``save_call(call, ...)``, which writes a page and gives its path."""

    def _save(call: dict[str, Any], *arguments: Any, **options: Any) -> Path:
        path = tmp_path / "call.html"
        with path.open("w", encoding="ascii") as stream:
            write_call(call, stream, *arguments, **options)
        return path

    return _save


@pytest.fixture
def save_index(tmp_path: Path) -> Callable[..., Path]:
    """Give ``save_index(rows)``, which writes an index and gives its path."""

    def _save(rows: list[dict[str, Any]]) -> Path:
        path = tmp_path / "index.html"
        with path.open("w", encoding="ascii") as stream:
            write_index(rows, stream)
        return path

    return _save
