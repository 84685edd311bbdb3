from __future__ import annotations

import math
import re

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
        (
            Recording("a.wav", 999, 1),
            "a.wav: sampling rate 999 Hz, outside the allowed 1,000 to 768,000 Hz; "
            "if the header is right, lower --min-rate (Limits.min_sampling_rate)",
        ),
        (
            Recording("a.wav", 10_000_000, 1),
            "a.wav: sampling rate 10,000,000 Hz, outside the allowed 1,000 to 768,000 Hz; "
            "if the header is right, raise --max-rate (Limits.max_sampling_rate)",
        ),
        (
            Recording("a.wav", 16000, 65),
            "a.wav: 65 channels, above the limit of 64; "
            "keep fewer channels or raise --max-channels (Limits.max_channels)",
        ),
        (
            Recording("a.wav", 1000, 1, 86_401_000),
            "a.wav: lasts 86,401.0 s by its header, above the limit of 86,400.0 s; "
            "split the recording or raise --max-seconds (Limits.max_seconds)",
        ),
    ],
)
def test_a_header_beyond_a_limit_is_refused(recording: Recording, message: str) -> None:
    with pytest.raises(LimitError, match=f"^{re.escape(message)}$"):
        check_recording(recording, Limits())


def test_bytes_and_seconds_beyond_a_limit_are_refused() -> None:
    with pytest.raises(
        LimitError, match=r"a\.wav: 11 bytes, above the limit of 10; split .* raise --max-bytes \(Limits\."
    ):
        check_bytes("a.wav", 11, Limits(max_bytes=10))
    with pytest.raises(LimitError, match=r"a\.wav: goes on after 2\.0 s, above the limit .* raise --max-seconds"):
        check_seconds("a.wav", 2.5, Limits(max_seconds=2.0))


@pytest.mark.parametrize("value", [0, -1, math.nan])
def test_a_limit_must_be_positive(value: float) -> None:
    with pytest.raises(UsageError, match=r"limit --max-seconds \(Limits\.max_seconds\) is .*; it must be above 0"):
        Limits(max_seconds=value)


def test_rates_must_be_in_order() -> None:
    with pytest.raises(
        UsageError, match=r"--min-rate \(.*\) is 48000 Hz, above --max-rate \(.*\), which is 16000"
    ):
        Limits(min_sampling_rate=48000, max_sampling_rate=16000)


def test_infinity_means_no_limit() -> None:
    check_seconds("a.wav", 1e12, Limits(max_seconds=math.inf))
