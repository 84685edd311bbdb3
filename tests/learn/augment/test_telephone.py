from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from emotrace.audio.pcm import PcmReader
from emotrace.errors import UsageError
from emotrace.learn.augment.telephone import PRESETS, Telephone, encode_mu_law


def band_db(signal: np.ndarray, rate: int, low: float, high: float) -> float:
    power = np.abs(np.fft.rfft(signal * np.hanning(signal.size))) ** 2
    hz = np.fft.rfftfreq(signal.size, 1 / rate)
    return float(10 * np.log10(power[(hz >= low) & (hz < high)].sum() + 1e-12))


def decode(codes: np.ndarray) -> np.ndarray:
    return PcmReader("mulaw").push(codes.tobytes())[0]


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 48_000])
def test_only_the_band_passes(rate):
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 2 * rate).astype(np.float32)
    line = PRESETS["band-only"](noise, rate, np.random.default_rng(1))

    def change(low: float, high: float) -> float:
        return band_db(line, rate, low, high) - band_db(noise, rate, low, high)

    assert change(500, 3_000) == pytest.approx(0.0, abs=0.2)
    assert change(295, 305) == pytest.approx(-3.0, abs=0.7)
    assert change(3_385, 3_415) == pytest.approx(-3.0, abs=0.7)
    assert change(20, 100) < -35
    assert change(3_800, 3_950) < -20
    if rate > 8_000:
        assert change(4_200, rate / 2) < -60


def test_eight_bits_are_heard_as_noise_some_38_db_below(speech):
    clean = PRESETS["band-only"](speech(16_000), 16_000, np.random.default_rng(1))
    coded = PRESETS["default"](speech(16_000), 16_000, np.random.default_rng(1))
    ratio = 20 * np.log10(clean.std() / (coded - clean).std())
    assert 32 < ratio < 42


def test_the_codes_are_those_of_libsndfile(speech):
    for signal in (np.linspace(-1.0, 1.0, 20_001, dtype=np.float32), speech(8_000)):
        with io.BytesIO() as file:
            soundfile.write(file, signal, 8_000, format="RAW", subtype="ULAW")
            theirs = decode(np.frombuffer(file.getvalue(), np.uint8))
        ours = decode(encode_mu_law(signal))
        # A sample on the edge between two codes may be rounded to either.
        assert np.mean(ours == theirs) > 0.999
        np.testing.assert_allclose(ours, theirs, rtol=0.07, atol=1e-3)


def test_every_code_is_its_own():
    codes = np.arange(256, dtype=np.uint8)
    again = encode_mu_law(decode(codes))
    # Code 0x7F is minus zero.
    np.testing.assert_array_equal(np.where(codes == 0x7F, 0xFF, codes), again)


def test_what_is_beyond_full_scale_is_clipped():
    assert encode_mu_law(np.array([5.0, -5.0], np.float32)).tolist() == [0x80, 0x00]


def test_nothing_is_delayed(speech):
    line = PRESETS["default"](speech(22_050), 22_050, np.random.default_rng(1))
    lags = np.correlate(line[5_000:25_000], speech(22_050)[5_100:24_900], "valid")
    assert abs(int(lags.argmax()) - 100) <= 1


@pytest.mark.parametrize("band", [(0.0, 3_400.0), (300.0, 5_000.0), (3_000.0, 300.0), (float("nan"), 3_400.0)])
def test_a_band_that_is_none_is_refused(band):
    with pytest.raises(
        UsageError, match=r"telephone: the band is .* Hz; it must lie in 20 to 4000 Hz, lowest first"
    ):
        Telephone(*band)
