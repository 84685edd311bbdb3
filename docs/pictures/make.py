"""Make the pictures of the documentation again: the shipped demo call, through the command line, in a browser.

Needs Playwright and Chromium (the development group's): ``python docs/pictures/make.py``
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
DEMO_CALL = HERE.parent.parent / "src/emotrace/assets/demo-call.flac"
VIEW = {"width": 1100, "height": 940}


def main() -> None:
    """Write the report of the demo call, open it, and take its picture."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "report.html"
        command = [sys.executable, "-m", "emotrace", "call", str(DEMO_CALL), "--customer", "1", "--agent", "0"]
        subprocess.run([*command, "-o", str(page_file)], check=True)  # noqa: S603 - our own command
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport=VIEW)  # type: ignore[arg-type]
        page.goto(page_file.as_uri())
        page.wait_for_timeout(500)
        page.screenshot(path=HERE / "call-report.png")
        chromium.close()


if __name__ == "__main__":
    main()
