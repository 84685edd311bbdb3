from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Callable

import numpy as np
import pytest
import soundfile

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
        # The size of the whole agrees with the size of the samples: both are those of the last update.
        {"declared": 10_000, "riff": 36 + 10_000},
        {"declared": 31_998, "riff": 36 + 31_998},
        {"declared": 31_990},
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
        b"bext" + struct.pack("<I", 602) + bytes(602),
        b"LIST",
        b"TAG" + bytes(125),
        b"TAGsong" + b"\xff" * 121,
        b"ID3\x04" + b"x" * 200,
        b"id3 " + struct.pack("<I", 14) + b"ID3\x04" + b"x" * 10,
        b"APETAGEX" + b"\xff" * 24,
        bytes(1000),
        bytes(3_000_000),
        b"\x07",
        # A byte of padding that is not needed.
        b"\0LIST" + struct.pack("<I", 4) + b"INFO",
        b"\0TAG" + b"\xff" * 125,
    ],
)
@pytest.mark.parametrize("is_counted", [True, False])
def test_what_follows_the_samples_is_not_heard(wav_bytes: Wav, pcm: bytes, after: bytes, is_counted: bool) -> None:
    riff = None if is_counted else 36 + len(pcm)
    np.testing.assert_array_equal(_read(wav_bytes(pcm, after=after, riff=riff)), _samples(pcm))


def test_chunks_after_an_odd_number_of_bytes(wav_bytes: Wav) -> None:
    samples = bytes([0x80, 0x90, 0x70] * 333)
    for after in (b"\0LIST", b"LIST", b"\0TAG\xff\xff", b"TAG\xff\xff", b"\0abcd\2\0\0\0xy", b"abcd\2\0\0\0xy"):
        assert len(_read(wav_bytes(samples, bits=8, after=after))) == 999, after


def test_chunks_before_the_samples_are_skipped(wav_bytes: Wav, pcm: bytes) -> None:
    before = b"JUNK" + struct.pack("<I", 5) + b"12345\0"
    np.testing.assert_array_equal(_read(wav_bytes(pcm, before=before)), _samples(pcm))
    with pytest.warns(AudioWarning, match="promises 0 bytes"):
        samples = _read(wav_bytes(pcm, before=before, declared=0))
    np.testing.assert_array_equal(samples, _samples(pcm))


@pytest.mark.parametrize("tail", [b"\x07\x08", b"\xa5" * 500, bytes(200_000) + b"\x07\x08"])
def test_samples_after_the_end_of_the_wav_are_read_with_a_warning(wav_bytes: Wav, pcm: bytes, tail: bytes) -> None:
    promise = f"promises 32,000 bytes of samples, but {32_000 + len(tail):,} are there; reading those"
    with pytest.warns(AudioWarning, match=promise):
        samples = _read(wav_bytes(pcm) + tail)
    np.testing.assert_array_equal(samples, _samples(pcm + tail))


def test_less_than_a_frame_after_the_end_is_no_sample(wav_bytes: Wav, pcm: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(_read(wav_bytes(pcm, n_channels=2) + b"\xa5" * 3)) == 8000
    with pytest.warns(AudioWarning, match="but 32,004 are there"):
        assert len(_read(wav_bytes(pcm, n_channels=2) + b"\xa5" * 7)) == 8001


def test_where_nothing_is_promised_zeros_are_silence(wav_bytes: Wav) -> None:
    with pytest.warns(AudioWarning, match="promises 0 bytes of samples, but 2,000 are there"):
        np.testing.assert_array_equal(_read(wav_bytes(bytes(2000), declared=0)), np.zeros(1000))


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"])
@pytest.mark.parametrize("file_format", ["WAV", "WAVEX"])
def test_a_recorder_that_crashed_between_two_updates_of_its_header(subtype: str, file_format: str) -> None:
    signal = np.random.default_rng(0).uniform(-0.5, 0.5, (24000, 2))
    stream = io.BytesIO()
    soundfile.write(stream, signal, 8000, format=file_format, subtype=subtype)
    whole = stream.getvalue()
    header = whole.index(b"data") + 8
    promised = (len(whole) - header) // 3
    crashed = bytearray(whole)
    crashed[4:8] = struct.pack("<I", header + promised - 8)
    crashed[header - 4 : header] = struct.pack("<I", promised)
    with pytest.warns(
        AudioWarning, match=f"promises {promised:,} bytes of samples, but {3 * promised:,} are there"
    ):
        samples = _read(bytes(crashed))
    np.testing.assert_array_equal(samples, _read(whole))
    assert len(samples) == 24000


def test_a_right_header_gives_no_warning(wav_bytes: Wav, pcm: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(_read(wav_bytes(pcm)), _samples(pcm))
        # 8-bit samples of odd number are followed by a byte of padding.
        assert len(_read(wav_bytes(b"\x80" * 999, bits=8, after=b"\0"))) == 999
