"""Explore in a real browser, with a corpus made by code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE = 16_000


@pytest.fixture
def explore(visit):
    """Give a visitor and the tab's panel."""
    visitor = visit()
    return visitor, visitor.go_to("Explore")


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Give a manifest of a woman's and a man's clips."""
    times = np.arange(RATE) / RATE
    lines = ["file,emotion,speaker,sex"]
    for sex, hz in (("female", 220), ("male", 110)):
        for number, emotion in enumerate(("anger", "sadness", "anger")):
            sound = sum(np.sin(2 * np.pi * hz * k * times) / k for k in range(1, 9)) * 0.1
            soundfile.write(tmp_path / f"{sex}{number}.wav", sound * np.sin(np.pi * times), RATE)
            lines.append(f"{sex}{number}.wav,{emotion},{sex},{sex}")
    path = tmp_path / "people.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def open_own(visitor, panel, path: Path) -> None:
    panel.get_by_label("What to look at").click()
    visitor.page.get_by_role("option", name="Own folder or manifest").click()
    panel.get_by_label("Path on this computer").fill(str(path))
    panel.get_by_role("button", name="Open", exact=True).click()


def test_examples_are_heard_seen_and_augmented_without_any_corpus(explore):
    visitor, panel = explore
    panel.get_by_role("tab", name="Clips", exact=True).click()
    panel.locator("#explore-clips button", has_text="A caller").click()
    look = panel.locator("#explore-look .look")
    look.wait_for()
    for name in ("Spectrogram", "Mel bands", "MFCC", "Chroma"):
        picture = look.locator(f"img[alt^='{name}']")
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    # A click into a picture plays from there, and the cursor follows.
    plot = look.locator(".plot").nth(1)
    width = plot.bounding_box()["width"]
    plot.click(position={"x": width / 2, "y": 20})
    audio = look.locator("audio")
    audio.evaluate("audio => new Promise(done => audio.currentTime > 4.05 ? done() : audio.ontimeupdate = "
                   "() => audio.currentTime > 4.05 && done())")  # fmt: skip
    assert 0.5 <= float(look.evaluate("look => look.style.getPropertyValue('--at')")) < 0.9
    audio.evaluate("audio => audio.pause()")
    panel.get_by_role("tab", name="Augmentations", exact=True).click()
    panel.get_by_label("telephone", exact=True).click()
    cards = panel.locator("#explore-changes .card")
    cards.nth(1).wait_for()
    assert cards.first.get_by_role("heading").inner_text() == "original"
    assert cards.nth(1).locator("audio").evaluate(
        "audio => new Promise(done => audio.duration ? done(audio.duration) : audio.onloadedmetadata = "
        "() => done(audio.duration))"
    ) == pytest.approx(8.0, abs=0.2)
    assert visitor.asked_outside == []
    assert visitor.complaints == []


def test_the_lesson_can_be_heard(explore):
    visitor, panel = explore
    panel.get_by_role("tab", name="The mel scale", exact=True).click()
    lesson = panel.locator("#explore-lesson")
    assert "100 Hz more, 107 mel more" in lesson.inner_text()
    player = lesson.get_by_label("Play the step from 300 to 400 Hz")
    player.evaluate("audio => audio.play()")
    player.evaluate("audio => new Promise(done => audio.onended = done)")
    assert visitor.complaints == []


def test_own_clips_are_counted_picked_and_compared(explore, manifest: Path):
    visitor, panel = explore
    open_own(visitor, panel, manifest)
    panel.get_by_role("heading", name="people", exact=True).wait_for()
    there = panel.locator("#explore-there")
    assert "6\nclips" in there.inner_text()
    panel.get_by_role("tab", name="Clips", exact=True).click()
    panel.get_by_label("Emotion", exact=True).first.click()
    visitor.page.get_by_role("option", name="sadness").click()
    rows = panel.locator("#explore-clips li")
    panel.locator("#explore-clips").get_by_text("2 clips").wait_for()
    assert rows.count() == 2
    panel.get_by_role("tab", name="Women and men", exact=True).click()
    panel.get_by_role("button", name="Show a woman and a man").click()
    panel.locator("#explore-pair .look").nth(1).wait_for()
    panel.get_by_role("button", name="Compare many voices").click()
    panel.locator("#explore-voices .plate").nth(1).wait_for()
    assert "median pitch, female" in panel.locator("#explore-voices").inner_text()
    assert visitor.complaints == []


def test_the_report_can_be_stopped_and_what_is_wrong_is_said(explore, manifest: Path, tmp_path: Path):
    visitor, panel = explore
    panel.get_by_role("tab", name="The whole report", exact=True).click()
    panel.get_by_role("button", name="Make the report").click()
    assert "the report is on labelled clips; choose a corpus or your own folder above" in visitor.error()
    open_own(visitor, panel, tmp_path / "nowhere")
    visitor.page.get_by_text("nowhere: there is no such file or folder").wait_for()
    panel.get_by_label("Path on this computer").fill(str(manifest))
    panel.get_by_role("button", name="Open", exact=True).click()
    panel.locator("#explore-there").get_by_text("people.csv").wait_for(state="attached")
    panel.get_by_role("button", name="Make the report").click()
    at_work = panel.locator("[data-testid=status-tracker].generating")
    at_work.wait_for()
    panel.get_by_role("button", name="Stop").last.click()
    # A click before the page knows that it has stopped is a click too many, and ignored.
    at_work.wait_for(state="detached")
    panel.get_by_role("button", name="Make the report").click()
    frame = panel.frame_locator("iframe.page")
    frame.get_by_role("heading", level=1).wait_for(timeout=120_000)
    assert visitor.asked_outside == []
    assert visitor.complaints == []
