"""Clips to keep: lossless, one channel, bounded, and nothing of the file but its sound."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from emotrace.audio.limits import Limits
from emotrace.errors import DecodeError, LimitError
from emotrace.server.uploads.clip import encode_clip


def wav(samples: np.ndarray, rate: int = 8000) -> io.BytesIO:
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, "PCM_16", format="WAV")
    stream.seek(0)
    return stream


def test_the_mean_of_the_channels_is_kept_to_the_bit():
    samples = np.random.default_rng(0).integers(-1000, 1000, (20_000, 2), dtype=np.int16) * 2
    clip, seconds = encode_clip(wav(samples), Limits())
    kept, rate = soundfile.read(io.BytesIO(clip), dtype="int16")
    assert (rate, seconds) == (8000, 2.5)
    assert soundfile.info(io.BytesIO(clip)).format == "FLAC"
    np.testing.assert_array_equal(kept, samples.mean(axis=1).astype(np.int16))


def test_what_is_loud_does_not_turn_over():
    clip, _ = encode_clip(wav(np.full(800, 32767, np.int16)), Limits())
    assert soundfile.read(io.BytesIO(clip), dtype="int16")[0].min() == 32767


def test_more_than_a_minute_is_no_clip():
    with pytest.raises(LimitError, match=r"lasts 61\.0 s by its header, above the limit of 60\.0 s"):
        encode_clip(wav(np.zeros(61 * 8000, np.int16)), Limits())


def test_what_is_no_audio_is_refused():
    with pytest.raises(DecodeError):
        encode_clip(io.BytesIO(b"not audio at all" * 40), Limits())
