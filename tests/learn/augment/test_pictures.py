"""Pictures, measured: matplotlib reads back what it drew."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from emotrace.errors import MissingExtraError
from emotrace.learn.augment._pictures import N_BANDS, draw_overview, draw_pair, mel_spectrogram_db


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_a_tone_lies_in_its_band(rate, tone):
    bands = {
        hz: mel_spectrogram_db(tone(hz, rate), rate)[20:80].mean(axis=0).argmax() for hz in (200, 1_000, 3_000)
    }
    assert bands[200] < bands[1_000] < bands[3_000] < N_BANDS
    # Up to 1 kHz the scale is linear.
    assert bands[200] / bands[1_000] == pytest.approx(0.2, abs=0.06)


def test_ten_milliseconds_a_frame_and_silence_at_the_floor():
    silence = mel_spectrogram_db(np.zeros(16_000, np.float32), 16_000)
    assert silence.shape == (101, N_BANDS)
    assert (silence == -140.0).all()


def test_every_band_holds_something(speech):
    for rate in (4_000, 8_000, 48_000):
        assert mel_spectrogram_db(speech(rate), rate).max(axis=0).min() > -139.0


def test_a_pair_and_an_overview_are_drawn(tmp_path: Path, speech):
    image = pytest.importorskip("matplotlib.image")
    original = mel_spectrogram_db(speech(8_000), 8_000)
    draw_pair(original, original - 60.0, 8_000, "gain", tmp_path / "pair.png")
    pixels = image.imread(tmp_path / "pair.png")
    height, width = pixels.shape[:2]
    assert (height, width) == (560, 1000)
    upper, lower = (pixels[rows, 60:900, :3].mean() for rows in (slice(40, 240), slice(310, 500)))
    assert upper > lower + 0.05, "60 dB less is darker"
    rows = {"noise": {"default": original, "avatar": original}, "speed": {"slower": np.tile(original, (3, 1))}}
    draw_overview(original, rows, 8_000, tmp_path / "all.png")
    assert image.imread(tmp_path / "all.png").shape[1] >= 780
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.png", "pair.png"], "and nothing beside them"


def test_without_matplotlib_the_extra_is_named(tmp_path: Path, monkeypatch, speech):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    original = mel_spectrogram_db(speech(8_000), 8_000)
    with pytest.raises(
        MissingExtraError, match=r"drawing spectrograms needs the extra 'plot': pip install 'emotra"
    ):
        draw_pair(original, original, 8_000, "x", tmp_path / "x.png")
    assert not list(tmp_path.iterdir())
