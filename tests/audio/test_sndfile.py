from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emotrace.audio.decode import open_audio
from emotrace.audio.limits import Limits
from emotrace.errors import AudioWarning, DecodeError, LimitError

Make = Callable[..., np.ndarray]
PCM_GUID = struct.pack("<HHI", 22, 16, 4) + struct.pack("<H", 1) + bytes.fromhex("000000001000800000aa00389b71")


def _read(path: Path | io.BytesIO, block_seconds: float = 1.0) -> np.ndarray:
    with open_audio(path) as reader:
        return np.concatenate(list(reader.blocks(block_seconds)), axis=1)


def _ulaw(code: int) -> float:
    """ITU-T G.711, table 2a, as a formula: 14 bits of full scale 8192."""
    code = ~code & 0xFF
    magnitude = ((((code & 0x0F) << 1) + 33) << ((code >> 4) & 7)) - 33
    return (-magnitude if code & 0x80 else magnitude) / 8192


def _alaw(code: int) -> float:
    """ITU-T G.711, table 1a, as a formula: 13 bits of full scale 4096."""
    code ^= 0x55
    exponent, mantissa = (code >> 4) & 7, ((code & 0x0F) << 1) + 1
    magnitude = mantissa if exponent == 0 else (mantissa + 32) << (exponent - 1)
    return (magnitude if code & 0x80 else -magnitude) / 4096


@pytest.mark.parametrize(
    ("tag", "bits", "data", "expected"),
    [
        (1, 8, bytes([0, 64, 128, 192, 255]), [-1.0, -0.5, 0.0, 0.5, 127 / 128]),
        (1, 16, struct.pack("<4h", -32768, -16384, 0, 32767), [-1.0, -0.5, 0.0, 32767 / 32768]),
        (1, 24, b"\0\0\x80" + b"\0\0\xc0" + b"\0\0\0" + b"\0\0\x40", [-1.0, -0.5, 0.0, 0.5]),
        (1, 32, struct.pack("<4i", -(2**31), -(2**30), 0, 2**30), [-1.0, -0.5, 0.0, 0.5]),
        (3, 32, struct.pack("<4f", -1.0, -0.5, 0.0, 0.25), [-1.0, -0.5, 0.0, 0.25]),
        (3, 64, struct.pack("<4d", -1.0, -0.5, 0.0, 0.25), [-1.0, -0.5, 0.0, 0.25]),
        (7, 8, bytes(range(256)), [_ulaw(code) for code in range(256)]),
        (6, 8, bytes(range(256)), [_alaw(code) for code in range(256)]),
    ],
    ids=["8-bit", "16-bit", "24-bit", "32-bit", "float", "double", "mu-law", "A-law"],
)
def test_each_wav_encoding_gives_its_values(
    wav_bytes: Callable[..., bytes], tag: int, bits: int, data: bytes, expected: list[float]
) -> None:
    # A byte of padding where the number of bytes is odd.
    wav = wav_bytes(data, tag=tag, bits=bits, after=b"\0" * (len(data) % 2))
    np.testing.assert_allclose(_read(io.BytesIO(wav))[0], expected, atol=1e-7)


def test_wave_extensible_is_read(wav_bytes: Callable[..., bytes]) -> None:
    data = struct.pack("<6h", 100, -100, 200, -200, 300, -300)
    wav = wav_bytes(data, tag=0xFFFE, n_channels=2, extra_fmt=PCM_GUID)
    np.testing.assert_array_equal(_read(io.BytesIO(wav)) * 32768, [[100, 200, 300], [-100, -200, -300]])


@pytest.mark.parametrize(
    ("container", "subtype", "tolerance"),
    [
        ("WAV", "IMA_ADPCM", 0.05),
        ("WAV", "MS_ADPCM", 0.05),
        ("WAV", "GSM610", 0.2),
        ("WAVEX", "PCM_16", 1e-4),
        ("RF64", "PCM_16", 1e-4),
        ("W64", "PCM_24", 1e-4),
        ("FLAC", "PCM_16", 1e-4),
        ("FLAC", "PCM_24", 1e-4),
        ("OGG", "VORBIS", 0.05),
        ("OGG", "OPUS", 0.05),
        ("MP3", "MPEG_LAYER_III", 0.05),
        ("AIFF", "PCM_16", 1e-4),
        ("AIFF", "FLOAT", 1e-4),
        ("AU", "ULAW", 0.05),
        ("CAF", "PCM_16", 1e-4),
        ("CAF", "ALAC_16", 1e-4),
        ("NIST", "PCM_16", 1e-4),
    ],
)
def test_each_format_is_read(tmp_path: Path, tone: Make, container: str, subtype: str, tolerance: float) -> None:
    # By content: the ending says nothing.
    path, signal = tmp_path / "recording.bin", tone(32000)
    soundfile.write(path, signal, 16000, format=container, subtype=subtype)
    with open_audio(path) as reader:
        assert reader.recording.format == f"{container} {subtype}"
        assert (reader.recording.sampling_rate, reader.recording.n_channels) == (16000, 1)
        block = np.concatenate(list(reader.blocks()), axis=1)
        assert reader.n_samples == reader.recording.n_samples == block.shape[1]
    assert block.dtype == np.float32
    assert block.flags.c_contiguous
    # Codecs of fixed block length pad the end; lossy ones need a moment at the start.
    assert len(signal) <= block.shape[1] < len(signal) + 1024
    np.testing.assert_allclose(block[0, 2000:30000], signal[2000:30000], atol=tolerance)


@pytest.mark.parametrize(
    ("container", "subtype"),
    [("MP3", "MPEG_LAYER_III"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("FLAC", "PCM_16"), ("WAV", "IMA_ADPCM")],
)
@pytest.mark.parametrize("block_seconds", [0.013, 0.25])
def test_blocks_are_the_whole_cut_up(tmp_path: Path, container: str, subtype: str, block_seconds: float) -> None:
    # Noise fills an mp3's bit reservoir, which a careless reader loses between two blocks.
    path, noise = tmp_path / "noise.bin", np.random.default_rng(0).uniform(-0.3, 0.3, (16000, 2))
    soundfile.write(path, noise, 16000, format=container, subtype=subtype)
    whole, _ = soundfile.read(path, dtype="float32", always_2d=True)
    blocks = _read(path, block_seconds)
    np.testing.assert_array_equal(blocks, _read(path, 60.0))
    np.testing.assert_allclose(blocks, whole.T, atol=1e-6)


@pytest.mark.parametrize("container", ["FLAC", "MP3", "AIFF", "AU", "W64", "RF64"])
def test_a_file_cut_in_the_middle_gives_what_is_there(tmp_path: Path, tone: Make, container: str) -> None:
    path, signal = tmp_path / "cut.bin", tone(96000) + 0.01
    soundfile.write(path, signal, 16000, format=container)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.warns(AudioWarning, match=r"cut\.bin: (ends early|its header promises).* can be read"):
        samples = _read(path)[0]
    assert 30000 < len(samples) < 60000
    np.testing.assert_allclose(samples[2000:30000], signal[2000:30000], atol=0.05)


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_an_ogg_without_its_last_page_gives_what_is_there(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "cut.ogg"
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, 16000 * 30)
    soundfile.write(path, noise, 16000, format="OGG", subtype=subtype)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.warns(AudioWarning, match=r"cut\.ogg: its last page is missing or broken"):
        assert 16000 * 10 < _read(path).shape[1] < 16000 * 16


def test_a_scratched_flac_is_read_at_least_up_to_the_scratch(tmp_path: Path, tone: Make) -> None:
    path = tmp_path / "scratched.flac"
    soundfile.write(path, tone(96000), 16000)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 100] = bytes(range(100))
    path.write_bytes(data)
    with pytest.warns(AudioWarning, match=r"scratched\.flac: ends early, .*can be read \(damaged near \d\.\d s"):
        samples = _read(path)
    assert samples.shape[1] > 40000
    np.testing.assert_allclose(samples[0, :40000], tone(96000)[:40000], atol=1e-4)


def _unknown_length(path: Path, signal: np.ndarray) -> io.BytesIO:
    soundfile.write(path, signal, 16000, format="FLAC")
    data = bytearray(path.read_bytes())
    # STREAMINFO: the total number of samples is 36 bits from the middle of byte 21; 0 means unknown.
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    return io.BytesIO(data)


def test_a_flac_of_unknown_length_is_read_to_its_end(tmp_path: Path, tone: Make) -> None:
    stream = _unknown_length(tmp_path / "a.flac", tone(40000))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with open_audio(stream) as reader:
            assert reader.recording.n_samples is None
            assert reader.recording.duration is None
            assert sum(block.shape[1] for block in reader.blocks()) == 40000


def test_seconds_are_counted_where_the_header_does_not_say(tmp_path: Path, tone: Make) -> None:
    stream = _unknown_length(tmp_path / "a.flac", tone(64000))
    with (
        open_audio(stream, Limits(max_seconds=2.0)) as reader,
        pytest.raises(LimitError, match=r"goes on after 2\.0 s, above the limit"),
    ):
        list(reader.blocks(0.5))
    assert reader.n_samples <= 2.5 * 16000


def test_a_header_that_promises_days_is_refused(tmp_path: Path, tone: Make) -> None:
    stream = _unknown_length(tmp_path / "a.flac", tone(1000))
    data = bytearray(stream.getvalue())
    data[22:26] = b"\xff" * 4
    with pytest.raises(LimitError, match=r"lasts 268,435\.5 s by its header, above the limit"):
        open_audio(io.BytesIO(data))


@pytest.mark.parametrize("magic", [b"fLaC", b"OggS", b"caff", b"FORM\0\0\0\0AIFF", b".snd", b"ID3\x04"])
def test_a_magic_number_is_not_a_recording(magic: bytes) -> None:
    with pytest.raises(DecodeError, match=r"<stream>: this \w+ file cannot be decoded \(.*\); copy or export"):
        open_audio(io.BytesIO(magic + b"nothing of the kind" * 20))
