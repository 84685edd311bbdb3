"""Clips in pages are small, short and the same to the ear."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emotrace.learn.pictures._sound import encode_sound, load_sound
from emotrace.types import Segment

TONE = (0.4 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 16_000)).astype(np.float32)


def test_a_clip_survives() -> None:
    sound = encode_sound(TONE)
    signal, rate = soundfile.read(io.BytesIO(sound.data))
    assert (sound.media_type, rate) == ("audio/mpeg", 16_000)
    assert len(sound.data) < 20_000
    assert signal.size == pytest.approx(TONE.size, abs=2500)
    assert np.abs(np.fft.rfft(signal[:16_000])).argmax() == pytest.approx(440, abs=1)


def test_without_mp3_it_is_flac(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundfile, "available_formats", dict)
    sound = encode_sound(TONE)
    assert sound.media_type == "audio/flac"
    assert soundfile.read(io.BytesIO(sound.data))[0] == pytest.approx(TONE, abs=1e-4)


def test_segments_and_long_clips_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "long.flac"
    soundfile.write(path, np.tile(TONE, 6), 16_000)
    whole = soundfile.info(io.BytesIO(load_sound(str(path)).data)).duration
    stretch = soundfile.info(io.BytesIO(load_sound(str(path), Segment(1.0, 2.0)).data)).duration
    assert whole == pytest.approx(12.0, abs=0.2)
    assert stretch == pytest.approx(1.0, abs=0.2)
