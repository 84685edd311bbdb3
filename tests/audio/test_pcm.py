"""Raw samples: the four encodings against independent decoders, any cutting of the bytes, and hostile bytes."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from emotrace.audio.pcm import ENCODINGS, PcmReader
from emotrace.errors import DecodeError, UnknownNameError, UsageError

SUBTYPES = {"s16le": "PCM_16", "f32le": "FLOAT", "mulaw": "ULAW", "alaw": "ALAW"}
SAMPLE_BYTES = {"s16le": 2, "f32le": 4, "mulaw": 1, "alaw": 1}


def every_code(encoding: str) -> bytes:
    """All bytes, all 16-bit numbers, or many floats in [-1, 1]."""
    if encoding == "s16le":
        return np.arange(-32768, 32768, dtype="<i2").tobytes()
    if encoding == "f32le":
        return np.linspace(-1, 1, 10_001, dtype="<f4").tobytes()
    return bytes(range(256))


def libsndfile(encoding: str, data: bytes, n_channels: int = 1) -> np.ndarray:
    samples, _ = soundfile.read(
        io.BytesIO(data),
        format="RAW",
        subtype=SUBTYPES[encoding],
        endian="LITTLE",
        samplerate=8000,
        channels=n_channels,
        dtype="float32",
        always_2d=True,
    )
    return samples.T


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_code_is_what_libsndfile_makes_of_it(encoding: str) -> None:
    data = every_code(encoding)
    samples = PcmReader(encoding).push(data)
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples, libsndfile(encoding, data))


@pytest.mark.parametrize(("encoding", "codec"), [("mulaw", "pcm_mulaw"), ("alaw", "pcm_alaw")])
def test_every_telephone_code_is_what_ffmpeg_makes_of_it(encoding: str, codec: str) -> None:
    av = pytest.importorskip("av")
    decoder = av.CodecContext.create(codec, "r")
    decoder.sample_rate, decoder.layout = 8000, "mono"
    frames = decoder.decode(av.Packet(bytes(range(256))))
    expected = np.concatenate([frame.to_ndarray() for frame in frames], axis=1) / np.float32(32768)
    np.testing.assert_array_equal(PcmReader(encoding).push(bytes(range(256))), expected)


def test_the_silence_and_the_extremes_of_the_standard() -> None:
    # ITU-T G.711: the code words of zero, and of the largest values, 8031 of 8192 and 4032 of 4096.
    assert PcmReader("mulaw").push(b"\xff\x7f\x80\x00").tolist() == [[0.0, -0.0, 8031 / 8192, -8031 / 8192]]
    assert PcmReader("alaw").push(b"\xd5\x55\xaa\x2a").tolist() == [
        [1 / 4096, -1 / 4096, 4032 / 4096, -4032 / 4096]
    ]


@given(
    encoding=st.sampled_from(ENCODINGS),
    n_channels=st.integers(1, 5),
    data=st.binary(max_size=400),
    cuts=st.lists(st.integers(0, 400), max_size=12),
)
def test_any_cutting_gives_the_same_samples(encoding: str, n_channels: int, data: bytes, cuts: list[int]) -> None:
    frame = SAMPLE_BYTES[encoding] * n_channels
    if encoding == "f32le":
        # Any bytes, but no NaN or infinity: those are refused.
        whole = np.frombuffer(data[: len(data) // 4 * 4], "<f4")
        data = np.where(np.isfinite(whole), whole, 0.5).astype("<f4").tobytes() + data[len(data) // 4 * 4 :]
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    reader = PcmReader(encoding, n_channels)
    pieces = [reader.push(data[start:end]) for start, end in itertools.pairwise(edges)]
    samples = np.concatenate(pieces, axis=1)
    assert reader.close() == len(data) % frame
    assert samples.shape == (n_channels, len(data) // frame)
    whole = data[: len(data) // frame * frame]
    np.testing.assert_array_equal(samples, np.clip(libsndfile(encoding, whole, n_channels), -1, 1))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_byte_by_byte(kind: type) -> None:
    data = np.array([[0.25, -0.5], [0.75, -1.0]], "<f4").tobytes()
    reader = PcmReader("f32le", n_channels=2)
    pieces = [reader.push(kind(data[n : n + 1])) for n in range(len(data))]
    assert [piece.shape[1] for piece in pieces] == [0] * 7 + [1] + [0] * 7 + [1]
    assert np.concatenate(pieces, axis=1).tolist() == [[0.25, 0.75], [-0.5, -1.0]]


def test_samples_do_not_change_with_the_senders_buffer() -> None:
    buffer = bytearray(np.array([0.5], "<f4").tobytes())
    samples = PcmReader("f32le").push(buffer)
    buffer[:] = bytes(4)
    assert samples.tolist() == [[0.5]]


def test_floats_beyond_full_scale_are_clipped() -> None:
    data = np.array([1.5, -3e38, 0.5], "<f4").tobytes()
    assert PcmReader("f32le").push(data).tolist() == [[1.0, -1.0, 0.5]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_and_leaves_no_trace(bad: float) -> None:
    reader = PcmReader("f32le")
    half = np.array([0.25], "<f4").tobytes()
    reader.push(half[:2])
    with pytest.raises(DecodeError, match="NaN or infinite; is it really f32le, and whole from its first byte"):
        reader.push(half[2:] + np.array([bad], "<f4").tobytes())
    assert reader.push(half[2:]).tolist() == [[0.25]]


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="no encoding named 's16'; did you mean 's16le'"):
        PcmReader("s16")
    with pytest.raises(UsageError, match="no encoding named 'None'; known: alaw, f32le, mulaw, s16le"):
        PcmReader(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("n_channels", [0, -1, 65, 1.0, True, "2", None])
def test_an_impossible_number_of_channels_is_refused(n_channels: object) -> None:
    with pytest.raises(UsageError, match=r"n_channels is .*; it must be a whole number from 1 to 64"):
        PcmReader("s16le", n_channels)  # type: ignore[arg-type]


def test_text_is_no_audio() -> None:
    with pytest.raises(UsageError, match="raw audio must come as bytes, got str"):
        PcmReader("s16le").push("hello")  # type: ignore[arg-type]


def test_a_closed_reader_takes_no_more() -> None:
    reader = PcmReader("s16le")
    reader.push(b"\x00")
    assert (reader.close(), reader.close()) == (1, 0)
    with pytest.raises(UsageError, match="the reader is closed; make a new one for a new stream"):
        reader.push(b"\x00\x00")
