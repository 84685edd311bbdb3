from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Callable

import numpy as np
import pytest

from emotrace.audio.decode import open_audio
from emotrace.errors import AudioWarning

Wav = Callable[..., bytes]


def _read(data: bytes) -> np.ndarray:
    with open_audio(io.BytesIO(data)) as reader:
        return np.concatenate(list(reader.blocks()), axis=1)[0]


def _samples(pcm: bytes) -> np.ndarray:
    return np.frombuffer(pcm, "<i2") / np.float32(32768)


@pytest.mark.parametrize(
    "lie",
    [
        {"declared": 0},
        {"declared": 0, "riff": 0},
        {"declared": 0, "riff": 36},
        {"declared": 1},
        {"declared": 1000},
        {"declared": 0xFFFFFFFF, "riff": 0xFFFFFFFF},
        {"declared": 0x7FFFFFFF},
        {"declared": 32002},
        {"declared": 31999},
    ],
)
def test_a_wrong_data_size_is_read_with_a_warning(wav_bytes: Wav, pcm: bytes, lie: dict[str, int]) -> None:
    declared = f"{lie['declared']:,}"
    with pytest.warns(AudioWarning, match=rf"<stream>: its WAV header promises {declared} bytes of samples"):
        samples = _read(wav_bytes(pcm, **lie))
    np.testing.assert_array_equal(samples, _samples(pcm))


@pytest.mark.parametrize("riff", [0, 100, 0xFFFFFFFF])
def test_a_wrong_size_of_the_whole_does_no_harm(wav_bytes: Wav, pcm: bytes, riff: int) -> None:
    np.testing.assert_array_equal(_read(wav_bytes(pcm, riff=riff)), _samples(pcm))


def test_a_cut_file_is_read_as_far_as_it_goes(wav_bytes: Wav, pcm: bytes) -> None:
    with pytest.warns(AudioWarning, match=r"promises 32,000 bytes of samples, but 20,000 are there"):
        samples = _read(wav_bytes(pcm)[: 44 + 20000])
    np.testing.assert_array_equal(samples, _samples(pcm)[:10000])


def test_half_a_sample_at_the_end_is_left_out(wav_bytes: Wav, pcm: bytes) -> None:
    with pytest.warns(AudioWarning, match=r"32,001 bytes of samples, not a multiple of 2; the last, incomplete"):
        samples = _read(wav_bytes(pcm + b"x", declared=32001))
    np.testing.assert_array_equal(samples, _samples(pcm))


@pytest.mark.parametrize(
    "after",
    [
        b"LIST" + struct.pack("<I", 4) + b"INFO",
        b"LIST" + struct.pack("<I", 400) + b"INFO, but the rest of the chunk is missing",
        b"abcd" + struct.pack("<I", 3) + b"xyz\0" + b"efgh" + struct.pack("<I", 0),
        b"TAG" + bytes(125),
        b"ID3\x04" + b"x" * 200,
        bytes(1000),
        b"\x07\x08",
    ],
)
def test_what_follows_the_samples_is_not_heard(wav_bytes: Wav, pcm: bytes, after: bytes) -> None:
    np.testing.assert_array_equal(_read(wav_bytes(pcm, after=after)), _samples(pcm))


def test_chunks_before_the_samples_are_skipped(wav_bytes: Wav, pcm: bytes) -> None:
    before = b"JUNK" + struct.pack("<I", 5) + b"12345\0"
    np.testing.assert_array_equal(_read(wav_bytes(pcm, before=before)), _samples(pcm))
    with pytest.warns(AudioWarning, match="promises 0 bytes"):
        samples = _read(wav_bytes(pcm, before=before, declared=0))
    np.testing.assert_array_equal(samples, _samples(pcm))


def test_two_sizes_that_agree_are_believed(wav_bytes: Wav, pcm: bytes) -> None:
    whole = wav_bytes(pcm)
    with pytest.warns(AudioWarning, match=r"<stream>: 500 bytes after the end of the WAV are ignored"):
        samples = _read(whole + b"\xa5" * 500)
    np.testing.assert_array_equal(samples, _samples(pcm))


def test_a_right_header_gives_no_warning(wav_bytes: Wav, pcm: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(_read(wav_bytes(pcm)), _samples(pcm))
        # 8-bit samples of odd number are followed by a byte of padding.
        assert len(_read(wav_bytes(b"\x80" * 999, bits=8, after=b"\0"))) == 999
