"""Make the pictures of the web app again: every tab, light and dark, on a desk and on a phone.

The real app in a process of its own, the shipped demo call, and Chromium with a microphone that hears the caller.
Needs Playwright and Chromium (the development group's): ``python docs/pictures/app.py [FOLDER]``; without a folder
the four pictures of the README are written beside this file.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import soundfile
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
DEMO_CALL = HERE.parent.parent / "src/emotrace/assets/demo-call.flac"
DESK, PHONE = {"width": 1280, "height": 1000}, {"width": 390, "height": 844}
LOOKS = {
    "desk-light": (DESK, "light"),
    "desk-dark": (DESK, "dark"),
    "phone-light": (PHONE, "light"),
    "phone-dark": (PHONE, "dark"),
}
README = {"analyse-desk-light", "live-desk-dark", "picture_session-desk-light", "explore-desk-light"}
_PATIENCE = 90_000.0


def main() -> None:
    """Start the app, open every tab in every look, and take the pictures."""
    only = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    command = [sys.executable, "-m", "emotrace", "app", "--port", "0", "--no-open"]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        voice = Path(folder) / "caller.wav"
        samples, rate = soundfile.read(DEMO_CALL, dtype="float32")
        soundfile.write(voice, samples[26 * rate : 40 * rate, 1], rate, subtype="PCM_16")
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as app, ExitStack() as stack:  # noqa: S603
            stack.callback(app.terminate)
            assert app.stdout is not None
            found = re.search(r"http://\S+", app.stdout.readline())
            assert found, "the app did not start"
            chromium = playwright.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
                args=[
                    "--no-sandbox",
                    "--use-fake-ui-for-media-stream",
                    "--use-fake-device-for-media-stream",
                    f"--use-file-for-fake-audio-capture={voice}",
                ],
            )
            for look, (size, scheme) in LOOKS.items():
                for tab, fill in TABS.items():
                    name = f"{tab}-{look}"
                    if only is None and name not in README:
                        continue
                    target = (only or HERE) / (f"{name}.png" if only else f"app-{tab}.png")
                    _take(chromium, found.group(), tab, fill, size, scheme, target)
            chromium.close()


def _take(
    chromium: Any, url: str, tab: str, fill: Callable[[Any], None], size: Any, scheme: str, to: Path
) -> None:
    context = chromium.new_context(viewport=size, color_scheme=scheme, permissions=["microphone"])
    page = context.new_page()
    page.set_default_timeout(_PATIENCE)
    page.goto(url)
    page.get_by_role("tab").first.wait_for()
    _go_to(page, tab)
    fill(page.locator(f"#tab-{tab}"))
    page.mouse.move(0, 0)
    page.wait_for_timeout(700)
    to.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=to, full_page=size == PHONE)
    context.close()


def _go_to(page: Any, tab: str) -> None:
    title = TITLES[tab]
    shown = page.get_by_role("tab", name=title, exact=True)
    if shown.count() and shown.first.is_visible():
        shown.first.click()
    else:  # On a phone, tabs that do not fit stand in a menu.
        page.locator(".overflow-menu > button").first.click()
        page.locator(".overflow-dropdown button", has_text=title).first.click()
    page.locator(f"#tab-{tab}").wait_for()


def _analyse(panel: Any) -> None:
    panel.locator("input[type=file]").first.set_input_files(DEMO_CALL)
    panel.get_by_text(re.compile("Most(ly| often)")).first.wait_for()


def _live(panel: Any) -> None:
    panel.locator(".live-start").click()
    panel.page.wait_for_timeout(8_000)


def _call(panel: Any) -> None:
    panel.get_by_role("button", name="Take the demo call").click()
    panel.get_by_text("demo-call").first.wait_for()
    panel.get_by_role("button", name="Analyse the call").click()
    panel.locator("iframe.page").wait_for()
    panel.page.wait_for_timeout(1000)


def _picture_session(panel: Any) -> None:
    panel.get_by_role("button", name="Start", exact=True).click()
    panel.page.wait_for_timeout(3_000)


def _explore(panel: Any) -> None:
    panel.get_by_role("tab", name="Clips", exact=True).click()
    panel.get_by_text("A caller", exact=True).last.click()
    panel.page.wait_for_timeout(4_000)


def _as_it_is(panel: Any) -> None:
    panel.page.wait_for_timeout(1500)


TITLES = {
    "analyse": "Analyse",
    "live": "Live",
    "call": "Call",
    "picture_session": "Picture session",
    "explore": "Explore",
    "models": "Models",
    "contribute": "Contribute",
}
TABS: dict[str, Callable[[Any], None]] = {
    "analyse": _analyse,
    "live": _live,
    "call": _call,
    "picture_session": _picture_session,
    "explore": _explore,
    "models": _as_it_is,
    "contribute": _as_it_is,
}


if __name__ == "__main__":
    main()
