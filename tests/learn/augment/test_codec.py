from __future__ import annotations

import numpy as np
import pytest

from emotrace.errors import UnknownNameError
from emotrace.learn.augment.codec import CODECS, Codec


@pytest.mark.parametrize("codec", sorted(CODECS))
@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_speech_is_still_the_same_speech_at_the_same_time(codec, rate, speech):
    coded = Codec(codec, 0.9)(speech(rate), rate, np.random.default_rng(1))
    assert coded.shape == speech(rate).shape
    assert np.abs(coded).max() <= 1.0
    assert not np.array_equal(coded, speech(rate))
    middle = slice(rate // 2, -rate // 2)
    assert np.corrcoef(coded[middle], speech(rate)[middle])[0, 1] > 0.8


@pytest.mark.parametrize("codec", sorted(CODECS))
@pytest.mark.parametrize("compression", [0.0, 1.0])
@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_every_compression_that_is_allowed_is_possible(codec, compression, rate, speech):
    assert Codec(codec, compression)(speech(rate), rate, np.random.default_rng(1)).shape == speech(rate).shape


def test_more_compression_loses_more(speech):
    def loss(compression: float) -> float:
        coded = Codec("opus", compression)(speech(16_000), 16_000, np.random.default_rng(1))
        return float((coded - speech(16_000)).std())

    assert loss(1.0) > 2 * loss(0.0)


def test_a_mobile_telephone_has_nothing_above_4_khz():
    noise = np.random.default_rng(1).uniform(-0.3, 0.3, 32_000).astype(np.float32)
    spectrum = np.abs(np.fft.rfft(Codec("gsm")(noise, 16_000, np.random.default_rng(1)))) ** 2
    assert spectrum[8_500:].mean() < 1e-4 * spectrum[2_000:6_000].mean()


def test_an_unknown_codec_is_explained():
    with pytest.raises(UnknownNameError, match=r"no codec named 'mp4'; did you mean 'mp3'?"):
        Codec("mp4")
