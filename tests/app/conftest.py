"""The real app in a process of its own, and a real Chromium with a microphone that hears a file."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

pytest.importorskip("gradio", reason="the app needs the extra `app`")

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PATIENCE_SECONDS = 30.0
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def demo_call() -> Iterator[Path]:
    """Give the shipped staged call: the agent is channel 0, the caller channel 1."""
    with as_file(files("emotrace.assets") / "demo-call.flac") as path:
        yield path


@pytest.fixture(scope="session")
def voice(demo_call: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give 12 s of the caller, of whom the browser's microphone hears again and again."""
    samples, rate = soundfile.read(demo_call, dtype="float32")
    path = tmp_path_factory.mktemp("microphone") / "caller.wav"
    soundfile.write(path, np.clip(samples[10 * rate : 22 * rate, 1], -1, 1), rate, subtype="PCM_16")
    return path


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a running ``emotrace app``."""
    log = tmp_path_factory.mktemp("app") / "said"
    command = [sys.executable, "-m", "emotrace", "app", "--port", "0", "--no-open"]
    with log.open("w") as said, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True) as app:
        assert app.stdout is not None
        line = app.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, f"{line!r} {log.read_text()}"
        yield found.group()
        app.terminate()
        assert app.wait(30) == 0, log.read_text()


# For one module's tests and not longer: playwright keeps an event loop running, and others could not start theirs.
@pytest.fixture(scope="module")
def browser(voice: Path) -> Iterator[Any]:
    """Give a headless Chromium whose microphone is allowed and hears `voice`."""
    api = pytest.importorskip("playwright.sync_api", reason="the app is looked at through playwright")
    path = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"no browser to look at the app with; looked for {', '.join(_BROWSERS)}")
    arguments = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={voice}",
        "--autoplay-policy=no-user-gesture-required",
        # Chromium's sandbox refuses to run as root.
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ]
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=arguments)
        yield started
        started.close()


class Visitor:
    """Somebody's browser window with the app in it, and what the page complained of and asked others for."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.context = browser.new_context(viewport=DESKTOP, permissions=["microphone"], **options)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.asked_outside: list[str] = []
        self.page.set_default_timeout(1000 * _PATIENCE_SECONDS)
        self.page.on(
            "console",
            lambda message: (
                message.type == "error" and self.complaints.append(f"{message.text} {message.location}")
            ),
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._note(request.url, address))
        self.page.goto(address)
        self.page.get_by_role("tab", name="Analyse").wait_for()

    def _note(self, url: str, address: str) -> None:
        if not url.startswith((address.rsplit("/app", 1)[0], "data:", "blob:")):
            self.asked_outside.append(url)

    def go_to(self, tab: str) -> Any:
        """Open a tab; give its panel."""
        self.page.get_by_role("tab", name=tab, exact=True).click()
        panel = self.page.locator(f"#tab-{tab.lower().replace(' ', '_')}")
        panel.wait_for()
        return panel

    def error(self) -> str:
        """Wait for the line that says what is wrong, and give it."""
        toast = self.page.locator(".toast-body.error")
        toast.first.wait_for()
        return str(toast.first.inner_text())

    def close(self) -> None:
        """Leave."""
        self.context.close()


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Visitor]]:
    """Give a function that opens the app in a window of its own."""
    opened: list[Visitor] = []

    def open_window(**options: Any) -> Visitor:
        opened.append(Visitor(browser, address, **options))
        return opened[-1]

    yield open_window
    for visitor in opened:
        visitor.close()
