"""The tab Live in a real browser, with a microphone that hears the caller of the demo call again and again."""

from __future__ import annotations

import base64
import io
import json
import re
import socket
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from emotrace.labels import COLOURS

PATIENCE = 30_000
# Hands the microphone's track to the test, so that it can be muted and taken away.
KEEP_TRACK = """() => {
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    [window.microphone] = stream.getAudioTracks();
    return stream;
  };
}"""
REFUSE = """(name) => {
  navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", name); };
}"""
# A microphone before which somebody speaks without a pause.
SPEAK = """async (wav) => {
  const context = new AudioContext();
  const bytes = Uint8Array.from(atob(wav), (character) => character.charCodeAt(0));
  const speech = await context.decodeAudioData(bytes.buffer);
  navigator.mediaDevices.getUserMedia = async () => {
    const source = new AudioBufferSourceNode(context, { buffer: speech, loop: true });
    const microphone = new MediaStreamAudioDestinationNode(context);
    source.connect(microphone);
    source.start();
    return microphone.stream;
  };
}"""


class Live:
    """The tab in one window."""

    def __init__(self, visitor: Any) -> None:
        self.visitor, self.page = visitor, visitor.page
        self.panel = visitor.go_to("Live")

    def find(self, name: str) -> Any:
        return self.panel.locator(f".live-{name}")

    def start(self) -> None:
        self.find("start").click()
        self.until("document.querySelector('.live-status').textContent === 'Listening.'")

    def until(self, condition: str) -> None:
        self.page.wait_for_function(condition, timeout=PATIENCE)

    def until_an_emotion(self) -> str:
        self.until("document.querySelector('.live-bars .is-first')")
        return str(self.page.locator(".live-bars li.is-first").get_attribute("data-emotion"))

    def mouth(self) -> str:
        return str(self.panel.locator(".mouth").get_attribute("d"))


@pytest.fixture
def live(visit):
    return Live(visit())


@pytest.fixture
def n_open(address):
    """Give a function that says how many pages the app listens to."""

    def count() -> int:
        said = httpx.get(address.replace("/app/", "/metrics")).text
        found = re.search(r'^emotrace_streams_open\{kind="app"\} (\S+)', said, re.MULTILINE)
        return int(float(found[1])) if found else 0

    return count


def wait_for(live: Live, is_so: Any) -> None:
    for _ in range(300):
        if is_so():
            return
        live.page.wait_for_timeout(50)
    raise AssertionError("waited in vain")


def test_hears_moves_its_face_and_comes_to_rest(live, n_open):
    live.page.evaluate(KEEP_TRACK)
    at_rest = live.mouth()
    live.start()
    heard = live.until_an_emotion()
    # Something that is no longer a face at rest, and a ribbon that grows.
    live.until("document.querySelector('emotrace-face').weights.neutral < 0.9")
    assert live.mouth() != at_rest
    assert heard in COLOURS
    live.until("document.querySelectorAll('.live-track i:not(.is-interim, .is-silence)').length > 1")
    live.until("/^The last minute: .*%/.test(document.querySelector('.live-ribbon').ariaLabel)")
    assert re.search(r"Heard \d\.\d\d s after the sound", live.find("delay").inner_text())
    live.page.evaluate("window.microphone.enabled = false")
    live.until("document.querySelector('.live-emotion').textContent === 'no speech'")
    live.until("document.querySelector('emotrace-face').weights.neutral > 0.95")
    assert n_open() == 1
    live.find("start").click()
    wait_for(live, lambda: n_open() == 0)
    assert live.find("emotion").inner_text() == "\u2014"
    # And again.
    live.start()
    live.until("document.querySelectorAll('.live-track i').length > 0")
    assert live.visitor.complaints == []
    assert live.visitor.asked_outside == []


def test_closed_windows_are_not_listened_to_and_others_are(visit, n_open):
    first, second = Live(visit()), Live(visit())
    first.start()
    second.start()
    assert n_open() == 2
    first.visitor.close()
    wait_for(second, lambda: n_open() == 1)
    second.until_an_emotion()
    assert second.find("status").inner_text() == "Listening."


def test_says_why_there_is_no_microphone(live):
    for name, line in (
        ("NotAllowedError", "The microphone was refused. Allow it for this page"),
        ("NotFoundError", "No microphone was found. Plug one in"),
        ("NotReadableError", "another program may hold it"),
    ):
        live.page.evaluate(REFUSE, name)
        live.find("start").click()
        live.page.locator(".live-status.is-wrong", has_text=line).wait_for()
        assert live.find("start").inner_text() == "Start"


def test_an_unplugged_microphone_is_told_and_another_start_works(live, n_open):
    live.page.evaluate(KEEP_TRACK)
    live.start()
    live.page.evaluate("window.microphone.dispatchEvent(new Event('ended'))")
    live.page.locator(".live-status.is-wrong").wait_for()
    assert "it was unplugged or taken away" in live.find("status").inner_text()
    wait_for(live, lambda: n_open() == 0)
    live.start()
    live.until_an_emotion()


@pytest.fixture
def speech(demo_call):
    """Nine seconds of the caller without a pause, as a WAV in base64."""
    samples, rate = soundfile.read(demo_call, dtype="float32")
    first, last = 28, 37
    wav = io.BytesIO()
    soundfile.write(wav, np.clip(samples[first * rate : last * rate, 1], -1, 1), rate, "PCM_16", format="WAV")
    return base64.b64encode(wav.getvalue()).decode()


def test_an_ordinary_voice_is_learned_used_and_forgotten(live, speech):
    live.page.evaluate(SPEAK, speech)
    live.page.locator(".live-voice summary").click()
    # Shorter than 15 seconds, so that the test is.
    live.page.evaluate("document.querySelector('emotrace-live').dataset.voiceSeconds = 1")
    live.find("learn").click()
    live.page.locator(".live-voice .is-wrong").wait_for()
    assert "a baseline needs 5 s of speech or more" in live.page.locator(".live-voice .live-said").inner_text()
    sent: list[str | bytes] = []
    live.page.on("websocket", lambda opened: opened.on("framesent", lambda frame: sent.append(frame)))
    live.page.evaluate("document.querySelector('emotrace-live').dataset.voiceSeconds = 7")
    live.start()
    live.find("learn").click()
    live.until(r"/^In use: \d+ s/.test(document.querySelector('.live-voice .live-said').textContent)")
    # What was interrupted goes on, with the voice.
    live.until("document.querySelector('.live-status').textContent === 'Listening.'")
    openings = [json.loads(frame) for frame in sent if isinstance(frame, str) and "open" in frame]
    assert [opening["purpose"] for opening in openings] == ["live", "voice", "live"]
    assert openings[-1]["voice"]["speech_seconds"] >= 5
    live.until_an_emotion()
    live.find("forget").click()
    live.until("document.querySelector('.live-voice .live-said').textContent === 'Forgotten.'")
    live.until("document.querySelector('.live-status').textContent === 'Listening.'")
    assert json.loads([frame for frame in sent if isinstance(frame, str) and "open" in frame][-1])["voice"] is None


def test_an_avatar_is_sent_to_only_while_switched_on(live):
    pytest.importorskip("pythonosc", reason="an avatar needs the extra `osc`")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as avatar:
        avatar.bind(("127.0.0.1", 0))
        avatar.settimeout(15)
        live.page.locator(".live-avatar summary").click()
        live.panel.get_by_label("Parameters").select_option("generic")
        live.panel.get_by_label("Port").fill(str(avatar.getsockname()[1]))
        live.start()
        live.until_an_emotion()
        avatar.setblocking(False)
        with pytest.raises(BlockingIOError):
            avatar.recv(65_536)
        avatar.settimeout(15)
        live.panel.get_by_role("switch", name="Send").click()
        assert b"/emotrace/" in avatar.recv(65_536)
        live.until("document.querySelector('.live-avatar .live-mark').textContent === 'on'")
        live.panel.get_by_role("switch", name="Send").click()
        live.until("document.querySelector('.live-avatar .live-said').textContent === 'Nothing is sent.'")


def test_who_wants_less_motion_gets_it(visit):
    live = Live(visit(reduced_motion="reduce"))
    before = live.mouth()
    live.page.wait_for_timeout(300)
    assert live.panel.locator(".head").get_attribute("transform") == "translate(0 0) rotate(0 160 286)"
    assert live.mouth() == before
