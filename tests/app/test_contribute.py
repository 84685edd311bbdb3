"""Contribute in a real browser: agree, record, keep, listen, delete one, forget a person."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emotrace.manifest import read_manifest


@pytest.fixture
def visitor(visit):
    visitor = visit()
    visitor.context.grant_permissions(["microphone", "clipboard-read", "clipboard-write"])
    return visitor


@pytest.fixture
def panel(visitor):
    return visitor.go_to("Contribute")


@pytest.fixture
def clip(voice: Path, tmp_path: Path) -> Path:
    """Give 3 s of the caller, in two channels."""
    samples, rate = soundfile.read(voice, dtype="float32")
    # Before, the caller listens.
    samples = samples[3 * rate : 6 * rate]
    soundfile.write(tmp_path / "clip.wav", np.stack([samples, samples], axis=1), rate, subtype="PCM_16")
    return tmp_path / "clip.wav"


def say_who(panel, folder: Path, person: str) -> None:
    panel.get_by_label("Folder on this computer").fill(str(folder))
    panel.get_by_label("Who collects the clips").fill("Lab, lab@example.org")
    panel.get_by_label("Who speaks").fill(person)


def sign(panel, person: str) -> None:
    panel.get_by_label("I have read this and agree").check()
    panel.get_by_role("button", name="Sign").click()
    panel.locator(".standing", has_text=f"{person} agreed").wait_for()


def upload(panel, clip: Path) -> None:
    recorder = panel.locator("#contribute-clip")
    recorder.get_by_role("button", name="Upload file").click()
    recorder.locator("input[type=file]").set_input_files(clip)
    recorder.get_by_role("button", name="Play").first.wait_for()


def keep(panel, clip: Path, emotion: str, text: str) -> None:
    upload(panel, clip)
    panel.get_by_role("radio", name=emotion).check()
    panel.get_by_label("What was said").fill(text)
    panel.get_by_role("button", name="Keep").click()
    panel.locator(".contribute-said", has_text=f"Kept: {emotion}, 3.0 s.").wait_for()
    panel.locator(".collection .said", has_text=text).wait_for()


def said(visitor, line: str) -> None:
    visitor.page.locator(".toast-body.error", has_text=line).first.wait_for()


def test_from_agreement_to_being_forgotten(visitor, panel, clip: Path, tmp_path: Path):
    folder = tmp_path / "clips"
    say_who(panel, folder, "Zoë")
    sign(panel, "Zoë")
    keep(panel, clip, "anger", "you promised that")
    keep(panel, clip, "fear", "what was that")
    say_who(panel, folder, "Bo")
    panel.get_by_role("button", name="Look what is there").click()
    panel.locator(".standing", has_text="Bo has not agreed yet.").wait_for()
    sign(panel, "Bo")
    keep(panel, clip, "calm", "all is well")

    zoe = panel.get_by_role("region", name="Zoë")
    assert zoe.locator("li").count() == 2
    zoe.get_by_role("button", name="Listen: anger").click()
    zoe.locator("[data-listen][aria-pressed=true]").wait_for()
    panel.get_by_role("button", name="Copy this command").first.click()
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"emotrace train {folder}/retrain.toml")

    zoe.get_by_role("button", name="Delete this clip: fear").click()
    panel.locator(".contribute-said", has_text="The clip is deleted.").wait_for()
    assert [each.emotion for each in read_manifest(folder / "manifest.csv")] == ["anger", "calm"]
    (agreed,) = folder.glob("people/zoe-*/consent.json")
    assert "Who collects them: Lab, lab@example.org." in json.loads(agreed.read_text("utf-8"))["text"]

    zoe.get_by_role("button", name="Delete everything of Zoë").click()
    zoe.get_by_role("button", name="No", exact=True).click()
    zoe.get_by_role("button", name="Delete everything of Zoë").click()
    zoe.get_by_role("button", name="Yes, delete").click()
    deleted = panel.locator(
        ".contribute-said", has_text="Deleted: 1 recording, 1 row of the table, the agreement."
    )
    deleted.wait_for()
    assert panel.get_by_role("region", name="Zoë").count() == 0
    left = " ".join(str(path.relative_to(folder)) for path in folder.rglob("*"))
    assert "zoe" not in left
    assert [each.emotion for each in read_manifest(folder / "manifest.csv")] == ["calm"]
    assert visitor.complaints == []
    assert visitor.asked_outside == []


def test_what_is_missing_is_asked_for(visitor, panel, clip: Path, tmp_path: Path):
    (tmp_path / "thesis.doc").touch()
    say_who(panel, tmp_path, "Zoë")
    panel.get_by_role("button", name="Sign").click()
    said(visitor, "read the agreement and tick that you agree, then sign")
    panel.get_by_label("I have read this and agree").check()
    panel.get_by_role("button", name="Sign").click()
    said(visitor, "holds something else (")
    say_who(panel, tmp_path / "clips", "Zoë")
    panel.get_by_role("button", name="Keep").click()
    said(visitor, "record a clip first, or drop a file")
    upload(panel, clip)
    panel.get_by_role("radio", name="anger").check()
    panel.get_by_role("button", name="Keep").click()
    said(visitor, "Zoë has not agreed yet; read the text and agree to it first")
    panel.get_by_role("button", name="Discard").click()
    panel.locator(".contribute-said", has_text="Discarded.").wait_for()
    assert not (tmp_path / "clips").exists()


def test_a_clip_is_recorded(visitor, panel, tmp_path: Path):
    say_who(panel, tmp_path / "clips", "Zoë")
    sign(panel, "Zoë")
    recorder = panel.locator("#contribute-clip")
    recorder.get_by_role("button", name="Record", exact=True).click()
    # In any so many seconds of the caller there is some speech.
    visitor.page.wait_for_timeout(6500)
    recorder.get_by_role("button", name="Stop").first.click()
    recorder.get_by_role("button", name="Play").first.wait_for()
    panel.get_by_role("radio", name="anger").check()
    panel.get_by_role("button", name="Keep").click()
    panel.locator(".contribute-said", has_text="Kept: anger,").wait_for()
    (kept,) = read_manifest(tmp_path / "clips" / "manifest.csv")
    assert 5 < soundfile.info(kept.file).duration < 12
    assert visitor.complaints == []


def test_silence_is_not_kept(visitor, panel, tmp_path: Path):
    soundfile.write(tmp_path / "hush.wav", np.zeros(32_000, np.float32), 16_000)
    say_who(panel, tmp_path / "clips", "Zoë")
    sign(panel, "Zoë")
    upload(panel, tmp_path / "hush.wav")
    panel.get_by_role("radio", name="calm").check()
    panel.get_by_role("button", name="Keep").click()
    said(visitor, "nobody is heard speaking in this clip; record it again")
    assert list((tmp_path / "clips").rglob("*.flac")) == []
