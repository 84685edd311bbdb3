from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emotrace.audio.decode import open_audio
from emotrace.audio.limits import Limits
from emotrace.errors import AudioError, AudioWarning, DecodeError, LimitError, MissingExtraError, UsageError

Wav = Callable[..., bytes]


def _read(data: bytes, limits: Limits | None = None) -> np.ndarray:
    with open_audio(io.BytesIO(data), limits or Limits()) as reader:
        return np.concatenate(list(reader.blocks()), axis=1)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"rate": 1}, LimitError, r"sampling rate 1 Hz, outside the allowed 1,000 to 768,000 Hz"),
        ({"rate": 10_000_000}, LimitError, r"sampling rate 10,000,000 Hz, outside"),
        ({"n_channels": 100}, LimitError, r"100 channels, above the limit of 64"),
        ({"n_channels": 65535}, DecodeError, r"this WAV file cannot be decoded \(Too many channels"),
        ({"n_channels": 0}, DecodeError, r"this WAV file cannot be decoded \(Channel count is zero"),
        ({"rate": 0}, DecodeError, r"this WAV file cannot be decoded"),
        ({"rate": 0xFFFFFFFF}, DecodeError, r"this WAV file cannot be decoded"),
        ({"tag": 0x5555}, DecodeError, r"this WAV file cannot be decoded"),
    ],
)
@pytest.mark.filterwarnings("ignore::emotrace.errors.AudioWarning")
def test_an_absurd_header_is_one_clear_line(
    wav_bytes: Wav, pcm: bytes, changes: dict[str, int], error: type[AudioError], message: str
) -> None:
    with pytest.raises(error, match=rf"^<stream>: {message}"):
        _read(wav_bytes(pcm, **changes))


@pytest.mark.parametrize("n_bytes", [4, 12, 20, 36])
def test_a_truncated_header_is_refused(wav_bytes: Wav, pcm: bytes, n_bytes: int) -> None:
    with pytest.raises(DecodeError, match=r"^<stream>: (this WAV file cannot be decoded|not audio) \(.*\)"):
        _read(wav_bytes(pcm)[:n_bytes])


@pytest.mark.filterwarnings("ignore::emotrace.errors.AudioWarning")
def test_a_header_without_samples_is_refused(wav_bytes: Wav, pcm: bytes) -> None:
    for data in (wav_bytes(b""), wav_bytes(pcm)[:44], wav_bytes(b"\x01")):
        with pytest.raises(DecodeError, match=r"^<stream>: holds no samples; record or copy it again$"):
            _read(data)


@pytest.mark.parametrize("text", [b"hello, world\n" * 100, b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"\0", b"\0" * 5000])
def test_what_is_not_audio_is_refused(text: bytes) -> None:
    with pytest.raises(DecodeError, match=r"^<stream>: not audio \(.*\); give a recording such as wav, flac"):
        _read(text)


@pytest.mark.parametrize("ending", ["raw", "au", "gsm", "mp3", "m4a"])
def test_the_ending_does_not_hide_audio(tmp_path: Path, wav_bytes: Wav, pcm: bytes, ending: str) -> None:
    path = tmp_path / f"call.{ending}"
    path.write_bytes(wav_bytes(pcm))
    with open_audio(path) as reader:
        assert reader.recording.format == "WAV PCM_16"


def test_the_ending_does_not_make_audio_of_noise(tmp_path: Path) -> None:
    for ending in ("raw", "au", "vox", "gsm", "sd2", "wav", "mp3"):
        path = tmp_path / f"noise.{ending}"
        path.write_bytes(b"\x55\x02" * 3000)
        with pytest.raises(DecodeError, match=rf"noise\.{ending}: not audio"):
            open_audio(path)


def test_one_sample_is_readable(wav_bytes: Wav) -> None:
    assert _read(wav_bytes(struct.pack("<h", 16384))).tolist() == [[0.5]]


@pytest.mark.parametrize(("value", "shown"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_the_first_sample_that_is_no_number_is_named(wav_bytes: Wav, value: float, shown: str) -> None:
    samples = np.zeros((32000, 2), "<f4")
    samples[20000, 1] = samples[30000, 0] = value
    wav = wav_bytes(samples.tobytes(), tag=3, bits=32, n_channels=2)
    with pytest.raises(DecodeError, match=rf"sample at 1\.2500 s \(channel 1\) is {shown}, not a finite number"):
        _read(wav)


def test_far_beyond_full_scale_is_clipped_with_one_warning(wav_bytes: Wav) -> None:
    samples = np.tile(np.array([0.5, -3.0, 1000.0], "<f4"), 16000)
    with pytest.warns(AudioWarning, match=r"samples reach 1000 where full scale is 1; they are clipped") as caught:
        block = _read(wav_bytes(samples.tobytes(), tag=3, bits=32))
    assert len(caught) == 1
    assert block[0, :3].tolist() == [0.5, -1.0, 1.0]


def test_a_little_beyond_full_scale_is_clipped_silently(wav_bytes: Wav) -> None:
    assert _read(wav_bytes(struct.pack("<3f", 1.5, -1.5, 0.1), tag=3, bits=32))[0, :2].tolist() == [1.0, -1.0]


@pytest.mark.parametrize("n_channels", [1, 2, 7, 64])
def test_channels_keep_their_places(wav_bytes: Wav, n_channels: int) -> None:
    samples = np.arange(n_channels * 50, dtype="<i2").reshape(50, n_channels)
    block = _read(wav_bytes(samples.tobytes(), n_channels=n_channels))
    np.testing.assert_array_equal(block * 32768, samples.T)


def test_blocks_of_many_channels_at_a_high_rate_stay_small(wav_bytes: Wav) -> None:
    data = bytes(64 * 100_000)
    with open_audio(io.BytesIO(wav_bytes(data, bits=8, n_channels=64, rate=768_000))) as reader:
        sizes = [block.size for block in reader.blocks(block_seconds=3600.0)]
    assert sum(sizes) == len(data)
    assert max(sizes) <= 4 * 1024**2


def test_a_recording_is_read_once_and_then_over(wav_bytes: Wav, pcm: bytes) -> None:
    with open_audio(io.BytesIO(wav_bytes(pcm))) as reader:
        assert [block.shape for block in reader.blocks(0.4)] == [(1, 6400), (1, 6400), (1, 3200)]
        assert list(reader.blocks()) == []
        assert reader.n_samples == reader.recording.n_samples == 16000
        assert reader.recording.duration == 1.0


def test_a_closed_reader_says_so(wav_bytes: Wav, pcm: bytes) -> None:
    with open_audio(io.BytesIO(wav_bytes(pcm))) as reader:
        pass
    reader.close()
    with pytest.raises(UsageError, match=r"<stream>: the reader is closed; open the recording again"):
        next(reader.blocks())


@pytest.mark.parametrize("block_seconds", [0.0, -1.0, float("nan")])
def test_a_block_has_a_length(wav_bytes: Wav, pcm: bytes, block_seconds: float) -> None:
    with (
        open_audio(io.BytesIO(wav_bytes(pcm))) as reader,
        pytest.raises(UsageError, match=r"block_seconds is .*; it must be above 0"),
    ):
        next(reader.blocks(block_seconds))


def test_a_path_in_its_message_is_the_one_given(tmp_path: Path, wav_bytes: Wav, pcm: bytes) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav_bytes(pcm))
    with open_audio(str(path)) as reader:
        assert reader.recording.path == str(path)
    with pytest.raises(LimitError, match=r"call\.wav: lasts 1\.0 s by its header, above the limit of 0\.5 s"):
        open_audio(path, Limits(max_seconds=0.5))


def _survives(data: bytes) -> None:
    limits = Limits(max_seconds=60.0, max_bytes=10**6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AudioWarning)
        try:
            block = _read(data, limits)
        except (AudioError, MissingExtraError) as error:
            message = str(error)
        else:
            message = ""
            assert block.dtype == np.float32
            assert block.size > 0
            assert np.abs(block).max() <= 1.0
    assert "\n" not in message


@settings(max_examples=150)
@given(
    magic=st.sampled_from(
        (
            *(b"", b"RIFF", b"RIFF\0\0\0\0WAVEfmt ", b"fLaC\0\0\0\x22", b"OggS\0\x02", b"ID3\x04", b"\xff\xfb"),
            *(b"\xff\xf1", b"FORM\0\0\0\0AIFFCOMM", b".snd", b"caff\0\x01\0\0desc", b"\0\0\0\x20ftypM4A "),
            *(b"\x1aE\xdf\xa3", b"#!AMR\n"),
        )
    ),
    rest=st.binary(max_size=600),
)
@example(magic=b"", rest=b"")
def test_random_bytes_are_refused_politely(magic: bytes, rest: bytes) -> None:
    _survives(magic + rest)


@settings(max_examples=200)
@given(changes=st.lists(st.tuples(st.integers(0, 59), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_mutated_header_is_read_or_refused_politely(wav_bytes: Wav, changes: list[tuple[int, int]]) -> None:
    chunk = b"LIST" + struct.pack("<I", 4) + b"INFO"
    data = bytearray(wav_bytes(bytes(range(256)) * 8, before=chunk, after=chunk))
    for place, value in changes:
        data[place] = value
    _survives(bytes(data))


@settings(max_examples=60)
@given(
    numbers=st.tuples(*[st.sampled_from([0, 1, 2, 0x7FFF, 0xFFFF])] * 3),
    sizes=st.tuples(*[st.sampled_from([0, 1, 16, 0x7FFFFFFF, 0xFFFFFFFF])] * 3),
)
def test_extreme_header_fields_are_read_or_refused_politely(
    numbers: tuple[int, int, int], sizes: tuple[int, int, int]
) -> None:
    fmt = struct.pack("<HHIIHH", 1, numbers[0], sizes[0], sizes[1], numbers[1], numbers[2])
    data = b"RIFF" + struct.pack("<I", sizes[2]) + b"WAVEfmt " + struct.pack("<I", 16) + fmt
    _survives(data + b"data" + struct.pack("<I", sizes[1]) + bytes(500))
