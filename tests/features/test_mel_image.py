"""Pictures of spectrograms, against librosa's numbers and the published formula of the colours."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.features import _image, mel_image, mel_image_clean
from emotrace.features._coolwarm import POINTS, colour

RATE = 22_050


def speechlike(seconds: float, gain: float = 0.2) -> np.ndarray:
    rng = np.random.default_rng(4)
    t = np.arange(round(seconds * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * hz * t) / n for n, hz in enumerate((180, 540, 1_400, 3_100), start=1))
    return (gain * (tones * np.sin(3 * t) ** 2 + 0.01 * rng.standard_normal(t.size))).astype(np.float32)


def block_mean(picture: np.ndarray, n_columns: int) -> np.ndarray:
    """Shrink (128, 64 k, ...) to (64, 64, ...) by plain averaging."""
    cells = picture.reshape(64, 2, 64, n_columns // 64, *picture.shape[2:])
    return cells.mean(axis=(1, 3))


def to_msh(rgb: tuple[int, int, int]) -> np.ndarray:
    c = np.array(rgb) / 255.0
    linear = np.where(c > 0.04045, ((c + 0.055) / 1.055) ** 2.4, c / 12.92)
    x, y, z = np.cbrt(XYZ @ linear / WHITE)
    lightness, a, b = 116 * y - 16, 500 * (x - y), 200 * (y - z)
    m = np.sqrt(lightness**2 + a**2 + b**2)
    return np.array([m, np.arccos(lightness / m), np.arctan2(b, a)])


def to_rgb(msh: np.ndarray) -> np.ndarray:
    m, s, h = msh
    y = (m * np.cos(s) + 16) / 116
    cubes = np.array([y + m * np.sin(s) * np.cos(h) / 500, y, y - m * np.sin(s) * np.sin(h) / 200]) ** 3
    linear = np.linalg.solve(XYZ, cubes * WHITE)
    return 255 * np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)


XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = XYZ.sum(axis=1)
MIDDLE = 88.0


def half_map(end: tuple[int, int, int], share: float) -> np.ndarray:
    """Give the colour a share of the way from the pale middle to an end (Moreland 2009, listing 1)."""
    m, s, h = to_msh(end)
    spin = s * np.sqrt(MIDDLE**2 - m**2) / (m * np.sin(s))
    middle = np.array([MIDDLE, 0.0, h + spin if h > -np.pi / 3 else h - spin])
    return to_rgb((1 - share) * middle + share * np.array([m, s, h]))


def test_the_colours_follow_the_published_formula():
    blue, red = (59, 76, 192), (180, 4, 38)
    expected = [half_map(blue, 1 - k / 16) for k in range(17)] + [half_map(red, k / 16) for k in range(1, 17)]
    np.testing.assert_allclose(np.array(POINTS), np.array(expected), atol=0.51)


def test_the_colours_are_those_of_matplotlib():
    colormaps = pytest.importorskip("matplotlib").colormaps
    values = np.linspace(0.0, 1.0, 256, dtype=np.float32)
    np.testing.assert_allclose(colour(values), colormaps["coolwarm"](values)[:, :3], atol=2.0 / 255.0)


def test_as_published_is_librosas_spectrogram_with_doubled_decibels_in_colour():
    # 256 frames: four for each of the 64 columns.
    signal = speechlike(255 * 512 / RATE)
    power = librosa.feature.melspectrogram(y=signal, sr=RATE)
    doubled = librosa.amplitude_to_db(power)
    assert doubled.max() - doubled.min() == pytest.approx(80.0)
    share = (doubled - doubled.min()) / 80.0
    expected = block_mean(colour(share[::-1].astype(np.float32)), 256)
    np.testing.assert_allclose(mel_image.extract(signal, RATE), expected, atol=2e-3)


def test_as_published_a_short_remainder_fills_the_width():
    tone = speechlike(0.4)
    picture = mel_image.extract(tone, RATE)
    # The last columns are as lively as the first: nothing is padded.
    assert picture[:, -8:].std() > 0.5 * picture[:, :8].std() > 0.0


def test_the_highest_band_is_on_top():
    low = np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE).astype(np.float32)
    red, blue = mel_image.extract(low, RATE)[..., 0], mel_image.extract(low, RATE)[..., 2]
    assert (red - blue)[-8:].max() > 0.3 > 0.0 > (red - blue)[:8].max()
    assert mel_image_clean.extract(low, RATE)[-8:].max() > 0.9


def test_clean_is_librosas_power_in_decibels():
    signal = speechlike(2.0)
    decibels = librosa.power_to_db(librosa.feature.melspectrogram(y=signal, sr=RATE), ref=np.max)
    grey = 1.0 + decibels[::-1] / 80.0
    expected = block_mean(np.repeat(grey, 64, axis=1), 87 * 64)
    picture = mel_image_clean.extract(signal, RATE)
    np.testing.assert_allclose(picture[..., 0], expected, atol=1e-3)
    assert (picture[..., 0] == picture[..., 1]).all()
    assert (picture[..., 0] == picture[..., 2]).all()


def test_clean_pads_and_does_not_stretch():
    whole, half = mel_image_clean.extract(speechlike(2.0), RATE), mel_image_clean.extract(speechlike(1.0), RATE)
    assert (half[:, 34:] == 0.0).all()
    np.testing.assert_allclose(half[:, :28], whole[:, :28], atol=0.15)


def test_clean_sees_the_middle_of_a_long_clip():
    tone = speechlike(2.0)
    quiet = np.zeros(RATE, dtype=np.float32)
    long = np.concatenate([quiet, tone, quiet])
    np.testing.assert_allclose(mel_image_clean.extract(long, RATE), mel_image_clean.extract(tone, RATE), atol=0.02)


def test_clean_does_not_depend_on_the_level():
    loud, soft = (mel_image_clean.extract(speechlike(2.0, gain), RATE) for gain in (0.2, 0.02))
    np.testing.assert_allclose(loud, soft, atol=0.01)


@pytest.mark.parametrize("feature_set", [mel_image, mel_image_clean])
@pytest.mark.parametrize("n_samples", [1, 700, 5_000, 200_000])
def test_every_length_gives_a_picture(feature_set, n_samples):
    for signal in (speechlike(n_samples / RATE), np.zeros(n_samples, np.float32)):
        picture = feature_set.extract(signal, RATE)
        assert picture.shape == (64, 64, 3)
        assert picture.dtype == np.float32
        assert picture.min() >= 0.0
        assert picture.max() <= 1.0


def test_silence_is_blue_or_black():
    silence = np.zeros(RATE, np.float32)
    np.testing.assert_allclose(mel_image.extract(silence, RATE)[0, 0], np.array([59, 76, 192]) / 255, atol=1e-6)
    assert not mel_image_clean.extract(silence, RATE).any()


@pytest.mark.parametrize("feature_set", [mel_image, mel_image_clean])
def test_errors_say_what_is_wanted(feature_set):
    with pytest.raises(ValueError, match="is defined at 22050 Hz, got 8000 Hz"):
        feature_set.extract(np.zeros(10, np.float32), 8_000)
    with pytest.raises(ValueError, match="the signal holds no sample; at least one is needed"):
        feature_set.extract(np.zeros(0, np.float32), RATE)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_shrinking_keeps_the_mean(height, width, seed):
    picture = np.random.default_rng(seed).uniform(size=(height, width, 1)).astype(np.float32)
    small = _image.shrink(picture)
    assert small.shape == (64, 64, 1)
    assert small.mean() == pytest.approx(picture.mean(), abs=1e-4)
    assert picture.min() - 1e-5 <= small.min()
    assert small.max() <= picture.max() + 1e-5
