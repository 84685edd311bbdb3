"""What is drawn of a clip: colours where the sound is, and nothing made up."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from emotrace.app.exploring.heat import SCALES, to_heat
from emotrace.app.exploring.look import look_at, look_at_signal, outline
from emotrace.app.exploring.shelf import open_own
from emotrace.errors import EmotraceError

RATE = 22_050


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=int)


def test_a_tone_lies_where_its_frequency_is():
    tone = 0.5 * np.sin(2 * np.pi * 2_000 * np.arange(RATE) / RATE).astype(np.float32)
    look = look_at_signal(tone)
    assert look.seconds == 1.0
    assert not look.is_cut
    assert [picture.name for picture in look.pictures] == ["Spectrogram", "Mel bands", "MFCC", "Chroma"]
    for name in ("Spectrogram", "Mel bands"):
        picture = next(each for each in look.pictures if each.name == name)
        dark = pixels(picture.png).sum(axis=2).mean(axis=1)
        height = 1.0 - (float(np.argmin(dark)) + 0.5) / len(dark)
        wanted = {words: place for place, words in picture.ticks}["2 kHz"]
        assert height == pytest.approx(wanted, abs=0.02)


def test_colours_go_from_low_to_high_and_the_first_row_is_below():
    matrix = np.array([[0.0, 1.0], [0.5, 9.0]])
    found = pixels(to_heat(matrix, 0.0, 1.0, "greys"))
    assert found.shape == (2, 2, 3)
    low, high = (tuple(int(end[k : k + 2], 16) for k in (1, 3, 5)) for end in SCALES["greys"])
    assert tuple(found[1, 0]) == low
    assert tuple(found[0, 0]) == high == tuple(found[0, 1])
    assert low > tuple(found[1, 1]) > high


def test_silence_and_single_samples_can_be_looked_at():
    for signal in (np.zeros(RATE, np.float32), np.ones(1, np.float32)):
        look = look_at_signal(signal)
        assert len(look.pictures) == 4
        assert look.sound.data
    assert outline(np.zeros(1, np.float32)) == ((0.0, 0.0),)


def test_long_clips_are_cut_and_say_so(tmp_path: Path):
    soundfile.write(tmp_path / "long.wav", np.zeros(10 * 8_000), 8_000)
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 8_000)
    (tmp_path / "torn.wav").write_bytes(b"RIFF....WAVE")
    shelf = open_own(str(tmp_path))
    long, none, torn = shelf.utterances
    look = look_at(shelf, long)
    assert look.is_cut
    assert look.seconds == pytest.approx(8.0)
    for clip in (none, torn):
        with pytest.raises(EmotraceError, match=Path(clip.file).name):
            look_at(shelf, clip)
