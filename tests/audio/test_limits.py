from __future__ import annotations

import math

import pytest

from emotrace.audio.limits import Limits, check_bytes, check_recording, check_seconds
from emotrace.errors import LimitError, UsageError
from emotrace.types import Recording


def test_defaults_are_generous() -> None:
    limits = Limits()
    check_bytes("a.wav", 8 * 1024**3, limits)
    check_recording(Recording("a.wav", 768_000, 64, 24 * 3600 * 768_000), limits)
    check_recording(Recording("a.wav", 1_000, 1, None), limits)
    check_seconds("a.wav", 24 * 3600.0, limits)


@pytest.mark.parametrize(
    ("recording", "message"),
    [
        (Recording("a.wav", 999, 1), r"a\.wav: sampling rate 999 Hz, outside the allowed 1,000 to 768,000 Hz"),
        (Recording("a.wav", 10_000_000, 1), r"sampling rate 10,000,000 Hz, outside"),
        (Recording("a.wav", 16000, 65), r"a\.wav: 65 channels, above the limit of 64"),
        (
            Recording("a.wav", 1000, 1, 86_401_000),
            r"lasts 86,401.0 s by its header, above the limit of 86,400.0 s",
        ),
    ],
)
def test_a_header_beyond_a_limit_is_refused(recording: Recording, message: str) -> None:
    with pytest.raises(LimitError, match=message):
        check_recording(recording, Limits())


def test_bytes_and_seconds_beyond_a_limit_are_refused() -> None:
    with pytest.raises(LimitError, match=r"a\.wav: 11 bytes, above the limit of 10; split .* raise max_bytes"):
        check_bytes("a.wav", 11, Limits(max_bytes=10))
    with pytest.raises(LimitError, match=r"a\.wav: goes on after 2\.0 s, above the limit .* raise max_seconds"):
        check_seconds("a.wav", 2.5, Limits(max_seconds=2.0))


@pytest.mark.parametrize("value", [0, -1, math.nan])
def test_a_limit_must_be_positive(value: float) -> None:
    with pytest.raises(UsageError, match=r"limit max_seconds is .*; it must be above 0"):
        Limits(max_seconds=value)


def test_rates_must_be_in_order() -> None:
    with pytest.raises(
        UsageError, match=r"min_sampling_rate \(48000 Hz\) is above max_sampling_rate \(16000 Hz\)"
    ):
        Limits(min_sampling_rate=48000, max_sampling_rate=16000)


def test_infinity_means_no_limit() -> None:
    check_seconds("a.wav", 1e12, Limits(max_seconds=math.inf))
