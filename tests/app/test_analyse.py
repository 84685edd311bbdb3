"""The tab Analyse in a real browser: give a recording in every way, read, play, choose, save, cancel, err."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from emotrace.reports.json import read_timelines

_FORMATS = {"JSON", "JSON lines", "CSV", "WebVTT", "EmotionML", "Text", "Audacity", "RTTM", "TextGrid"}


def give(page: Any, path: Path | dict[str, Any]) -> None:
    page.set_input_files("emotrace-source input[type=file]", path)


def wait_for(page: Any, name: str) -> Any:
    """Wait until what was heard in a recording is shown; give that part of the page."""
    page.locator("#analyse-result h2", has_text=name).wait_for()
    page.locator("#analyse-status", has_text="Heard in").wait_for()
    return page.locator("#analyse-result")


def choose(page: Any, label: str, option: str | re.Pattern[str]) -> None:
    page.get_by_label(label).click()
    page.get_by_role("option", name=option).click()


def record(page: Any) -> Any:
    return page.locator("emotrace-source .record")


def save(page: Any, title: str) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.locator("#analyse-result .links a", has_text=re.compile(f"^{title}$")).click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def test_a_file_is_heard_played_and_saved(visit: Any, demo_call: Path) -> None:
    visitor = visit()
    page = visitor.page
    give(page, demo_call)
    result = wait_for(page, "demo-call.flac")
    assert "1:04 min" in result.locator(".facts").inner_text()
    assert result.locator(".headline").count() == 1
    rows = result.locator(".runs tbody tr")
    assert rows.count() > 5

    # A row plays from its start, and the cursor follows.
    third = rows.nth(2)
    start = float(third.get_attribute("data-start"))
    third.get_by_role("button").click()
    page.wait_for_function(f"document.querySelector('emotrace-player audio').currentTime > {start + 0.3}")
    assert page.locator("emotrace-player.playing").count() == 1
    page.get_by_role("button", name="Pause").click()
    place = "document.querySelector('emotrace-player .cursor').getBoundingClientRect().left"
    before = page.evaluate(place)

    # The keyboard steers, and what is heard at that moment is said.
    slider = result.get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_function(f"{place} > {before}")
    slider.press("End")
    page.wait_for_function("document.querySelector('emotrace-player .now').textContent === '1:04'")
    assert slider.get_attribute("aria-valuetext").startswith("1:04, ")
    box = result.locator(".stage").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 30)
    page.wait_for_function("document.querySelector('emotrace-player .now').textContent === '0:32'")

    # Every format can be saved, and is what the command line would write.
    assert set(result.locator(".links a").all_inner_texts()) == _FORMATS
    name, text = save(page, "JSON")
    assert name == "demo-call-emotions.json"
    (timeline,) = read_timelines(json.loads(text))
    assert len(timeline.runs()) == rows.count()
    name, text = save(page, "CSV")
    assert name.endswith(".csv")
    assert len(list(csv.DictReader(io.StringIO(text.decode())))) == len(timeline.predictions)
    assert save(page, "WebVTT")[1].startswith(b"WEBVTT")
    assert visitor.asked_outside == []
    assert visitor.complaints == []


def test_channels_and_labels_are_chosen_and_heard_anew(visit: Any) -> None:
    page = visit().page
    page.get_by_role("button", name="A call", exact=True).click()
    result = wait_for(page, "call.flac")
    choose(page, "Channels", "each on its own")
    result.locator(".channel", has_text="Channel 1").wait_for()
    assert result.locator(".headline").count() == result.locator(".wave").count() == 2
    choose(page, "Emotions to choose between", re.compile("^shared4"))
    result.locator(".facts", has_text="4 emotions").wait_for()
    assert result.locator(".headline").count() == 2
    # What is shown anew plays as what was shown first.
    row = result.locator(".runs tbody tr").nth(5)
    start = float(row.get_attribute("data-start"))
    row.get_by_role("button").click()
    page.wait_for_function(f"document.querySelector('emotrace-player audio').currentTime > {start + 0.2}")
    page.get_by_role("button", name="Pause").click()
    assert re.match(r"Channel 0: .+ · Channel 1: .+", result.locator(".heard").inner_text())
    assert row.get_attribute("aria-current") is not None
    # A recording of one channel has no second one to be heard.
    choose(page, "Channels", "only channel 1")
    result.locator(".facts", has_text="channel 1 heard").wait_for()
    page.get_by_role("button", name="A tone").click()
    result = wait_for(page, "tone.flac")
    assert "1 channel ·" in result.locator(".facts").inner_text().replace("\n", " · ")
    assert result.locator(".headline").inner_text().startswith("No speech")
    assert page.get_by_label("Channels").input_value() == "all, mixed"
    assert result.locator(".facts", has_text="4 emotions").count() == 1


def test_what_is_spoken_into_the_microphone_is_heard(visit: Any) -> None:
    page = visit().page
    record(page).click()
    page.locator(".recorded", has_text=re.compile(r"Recording, 0:0[4-9]")).wait_for()
    record(page).click()
    result = wait_for(page, "microphone")
    assert result.locator(".runs tbody tr:not(.quiet)").count() >= 1
    assert record(page).inner_text() == "Record"


def test_a_refused_microphone_is_told_and_nothing_else_is_harmed(visit: Any) -> None:
    visitor = visit()
    page = visitor.page
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = "
        "() => Promise.reject(new DOMException('no', 'NotAllowedError')); }"
    )
    record(page).click()
    page.locator(".complaint", has_text="The microphone was refused").wait_for()
    assert "press Record again" in page.locator(".complaint").inner_text()
    page.get_by_role("button", name="Silence", exact=True).click()
    assert wait_for(page, "silence.flac").locator(".headline", has_text="Nobody speaks here").count() == 1
    assert page.locator(".complaint").inner_text() == ""
    assert visitor.complaints == []


def test_bad_files_are_refused_in_clear_words(visit: Any, tmp_path: Path, voice: Path) -> None:
    visitor = visit()
    page = visitor.page
    complaint = page.locator(".complaint")
    huge = tmp_path / "huge.wav"
    with huge.open("wb") as file:
        os.truncate(file.fileno(), 2 * 1024**3)
    give(page, huge)
    complaint.filter(has_text="huge.wav has 2.0 GB, and at most 64 MB are heard here").wait_for()
    give(page, {"name": "nothing.wav", "mimeType": "audio/wav", "buffer": b""})
    complaint.filter(has_text="nothing.wav is empty (0 bytes)").wait_for()
    give(page, {"name": "<b>notes.txt", "mimeType": "text/plain", "buffer": b"only words, again and again " * 90})
    assert "notes.txt: not audio" in visitor.error()
    assert "give a recording such as wav" in page.locator("#analyse-result .trouble").inner_text()
    assert complaint.inner_text() == ""
    # Cut short in the midst of a header, and a click of the microphone.
    click = io.BytesIO()
    soundfile.write(click, np.zeros(160, np.float32), 16_000, format="WAV")
    give(page, {"name": "click.wav", "mimeType": "audio/wav", "buffer": click.getvalue()})
    page.locator("#analyse-result .trouble", has_text="click.wav: only 0.01 s long").wait_for()
    # What is damaged is heard as far as it goes, and that is said.
    give(page, {"name": "cut.wav", "mimeType": "audio/wav", "buffer": voice.read_bytes()[:100_000]})
    result = wait_for(page, "cut.wav")
    assert "cut.wav: " in result.locator(".warnings").inner_text()


@pytest.fixture(scope="module")
def long_recording(voice: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half an hour of the caller: far longer than anybody waits in a test."""
    samples, rate = soundfile.read(voice, dtype="int16")
    path = tmp_path_factory.mktemp("long") / "long.flac"
    soundfile.write(path, np.tile(samples, 150), rate)
    return path


def test_long_work_shows_its_progress_and_can_be_cancelled(visit: Any, long_recording: Path) -> None:
    page = visit().page
    give(page, long_recording)
    bar = page.locator("#analyse-status progress")
    page.wait_for_function("document.querySelector('#analyse-status progress')?.value > 0.02")
    assert page.locator("#analyse-status", has_text="Reading the recording").count() == 1
    assert bar.get_attribute("aria-label") == "Reading the recording"
    page.get_by_role("button", name="Cancel").click()
    bar.wait_for(state="detached")
    page.get_by_role("button", name="Cancel").wait_for(state="hidden")
    # Somebody else's place is free again, and this visitor's, too.
    page.get_by_role("button", name="A caller").click()
    wait_for(page, "caller.flac")


def test_two_windows_do_not_hear_of_each_other(visit: Any) -> None:
    first, second = visit().page, visit().page
    first.get_by_role("button", name="A caller").click()
    second.get_by_role("button", name="A tone").click()
    heard, silent = wait_for(first, "caller.flac"), wait_for(second, "tone.flac")
    assert "No speech" not in heard.locator(".headline").inner_text()
    assert "No speech" in silent.locator(".headline").inner_text()
    choose(second, "Emotions to choose between", re.compile("^call4"))
    silent.locator(".facts", has_text="4 emotions").wait_for()
    assert "7 emotions" in heard.locator(".facts").inner_text()


def test_a_phone_shows_it_all_without_scrolling_sideways(visit: Any) -> None:
    page = visit(color_scheme="dark").page
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Voice, tone, silence").click()
    result = wait_for(page, "voice-and-tone.flac")
    assert result.locator(".runs .quiet").count() >= 2
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    wide = "[...document.querySelectorAll('#analyse-result .runs')].some(e => e.scrollWidth > e.clientWidth + 1)"
    assert not page.evaluate(wide)


def test_nothing_stays_of_what_was_cancelled_or_replaced(visit: Any, voice: Path, long_recording: Path) -> None:
    page = visit().page

    def is_there(address: str) -> bool:
        return bool(page.evaluate(f"fetch('{address}').then((answer) => answer.ok)"))

    give(page, voice)
    result = wait_for(page, voice.name)
    sound = result.locator("audio").get_attribute("src")
    saved = result.locator(".links a").first.get_attribute("href")
    given = f"{sound.rpartition('/')[0]}/given/{voice.name}"
    assert is_there(sound)
    assert is_there(saved)
    assert is_there(given)
    give(page, long_recording)
    page.locator("#analyse-status progress").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.locator("#analyse-status progress").wait_for(state="detached")
    # What was there before is still to be seen and heard.
    assert is_there(sound)
    page.get_by_role("button", name="A tone").click()
    wait_for(page, "tone.flac")
    assert not is_there(sound)
    assert not is_there(saved)
    assert not is_there(given)
