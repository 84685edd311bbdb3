"""The picture session in a real browser: seen, spoken to, ended early, saved; own pictures; no microphone."""

from __future__ import annotations

import csv
import json
import struct
import zlib
from pathlib import Path

import pytest

# A microphone that gives nothing: what a muted one gives.
SILENT = """() => { navigator.mediaDevices.getUserMedia = async () =>
  new AudioContext().createMediaStreamDestination().stream }"""
REFUSED = """() => { navigator.mediaDevices.getUserMedia = async () => {
  throw new DOMException("no", "NotAllowedError"); } }"""


@pytest.fixture
def visitor(visit):
    return visit()


@pytest.fixture
def panel(visitor):
    return visitor.go_to("Picture session")


def write_png(path: Path) -> None:
    """Write a picture of 8 by 8 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    path.parent.mkdir(parents=True, exist_ok=True)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress((b"\0" + b"\x40\x80\xc0" * 8) * 8))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + rows + chunk(b"IEND", b""))


def start(panel, seconds: int = 3) -> None:
    panel.get_by_label("Each for").fill(str(seconds))
    panel.get_by_role("button", name="Start").click()


def choose_own(panel, folder: Path) -> None:
    panel.get_by_label("my own, a folder per emotion").check()
    panel.locator("input[type=file]").set_input_files(folder)


def save(visitor, panel, name: str) -> str:
    with visitor.page.expect_download() as saved:
        panel.get_by_role("button", name=name).click()
    return Path(saved.value.path()).read_text("utf-8")


def test_pictures_are_shown_heard_and_saved(visitor, panel):
    start(panel, 3)
    panel.get_by_text("Get ready").wait_for()
    panel.get_by_text("Picture 1 of 8").wait_for()
    image = panel.locator(".frame img")
    assert "only a front wheel" in image.get_attribute("alt")
    assert image.evaluate("image => image.naturalWidth") > 0
    # The microphone hears the caller, and the page goes on by itself.
    panel.page.wait_for_function("document.querySelector('[role=meter]').getAttribute('aria-valuenow') > 20")
    panel.get_by_text("Picture 2 of 8").wait_for()
    panel.get_by_role("button", name="Next picture").click()
    panel.get_by_text("Picture 3 of 8").wait_for()
    panel.page.keyboard.press("Escape")
    panel.locator(".outcomes").wait_for()
    assert "You stopped the session." in panel.inner_text()
    cards = panel.locator(".outcome")
    assert cards.count() == 2
    assert "Your bike has been stolen" in cards.first.inner_text()
    assert cards.first.get_attribute("data-state") in ("as expected", "otherwise")
    # What was said can be heard again: all of the three seconds.
    length = "audio => audio.duration || new Promise(d => audio.onloadedmetadata = () => d(audio.duration))"
    assert 2.8 < cards.first.locator("audio").evaluate(length) < 3.6

    document = json.loads(save(visitor, panel, "JSON"))
    first, second = document["pictures"]
    assert (first["expected"], second["expected"]) == ("anger", "disgust")
    assert sum(first["probabilities"].values()) == pytest.approx(1.0, abs=0.01)
    rows = list(csv.DictReader(save(visitor, panel, "CSV").splitlines()))
    assert [row["detected"] for row in rows] == [first["detected"], second["detected"]]
    page = save(visitor, panel, "page (HTML)")
    assert page.count('src="data:image/svg+xml;base64,') == page.count('src="data:audio/wav;base64,') == 2
    assert 'src="picture:' not in page

    panel.get_by_role("button", name="New session").click()
    panel.get_by_role("button", name="Start").wait_for()
    assert visitor.complaints == []
    assert visitor.asked_outside == []


def test_own_pictures_and_a_silent_microphone(visitor, panel, tmp_path: Path):
    for name in ("amused/clown", "angry/queue"):
        write_png(tmp_path / "pictures" / f"{name}.png")
    (tmp_path / "pictures" / "angry" / "virus.png").write_bytes(b"MZ\x90\x00 not a picture")
    choose_own(panel, tmp_path / "pictures")
    chosen = panel.locator(".chosen", has_text="2 pictures of 2 emotions")
    chosen.wait_for()
    assert "this model never hears amusement: it was not taught to" in chosen.inner_text()
    assert "virus.png: neither PNG nor JPEG, whatever its name says" in chosen.inner_text()
    panel.page.evaluate(SILENT)
    start(panel)
    for n in (1, 2):
        panel.get_by_text(f"Picture {n} of 2").wait_for()
        assert panel.locator(".frame img").get_attribute("src").startswith("data:image/jpeg")
        panel.page.wait_for_timeout(400)
        panel.get_by_role("button", name="Next picture").click()
    panel.locator(".outcomes").wait_for()
    assert panel.locator('.outcome[data-state="nothing said"]').count() == 2
    assert "Nobody was heard speaking at any picture. Is it the right microphone" in panel.inner_text()
    assert visitor.complaints == []


def test_what_goes_wrong_is_said(visitor, panel, tmp_path: Path):
    alert = panel.get_by_role("alert")
    write_png(tmp_path / "pictures" / "grumpy" / "cat.png")
    choose_own(panel, tmp_path / "pictures")
    panel.get_by_text("unknown emotion 'grumpy'").wait_for()
    start(panel)
    panel.get_by_text("choose the folder with your pictures first").wait_for()
    panel.get_by_label("drawn ones").check()
    panel.page.evaluate(REFUSED)
    start(panel)
    panel.get_by_text("the microphone was refused; allow it for this page").wait_for()
    assert alert.inner_text().endswith("and start again")


def test_leaving_the_tab_ends_the_session(visitor, panel):
    start(panel, 15)
    panel.get_by_text("Picture 1 of 8").wait_for()
    visitor.page.get_by_role("tab", name="Analyse", exact=True).click()
    visitor.page.wait_for_timeout(300)
    visitor.go_to("Picture session")
    panel.get_by_text("You went elsewhere, so the session was ended. Nothing was recorded.").wait_for()
