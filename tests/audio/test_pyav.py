from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from emotrace.audio.decode import open_audio
from emotrace.audio.limits import Limits
from emotrace.errors import AudioWarning, DecodeError, LimitError, MissingExtraError

pytest.importorskip("av")
Write = Callable[..., np.ndarray]


def _read(path: Path | io.BytesIO, block_seconds: float = 1.0) -> np.ndarray:
    with open_audio(path) as reader:
        return np.concatenate(list(reader.blocks(block_seconds)), axis=1)


def _level(signal: np.ndarray, rate: int, hz: float = 440.0) -> float:
    """Peak of the tone of ``hz`` in the signal, whatever its phase."""
    t = np.arange(len(signal)) / rate
    return float(2 * np.abs(np.mean(signal * np.exp(-2j * np.pi * hz * t))))


FORMATS = [
    ("a.m4a", "ipod", "aac", 44100, 2, "MOV AAC"),
    ("a.mp4", "mp4", "aac", 48000, 1, "MOV AAC"),
    ("lossless.m4a", "ipod", "alac", 44100, 1, "MOV ALAC"),
    ("a.aac", "adts", "aac", 16000, 1, "AAC AAC"),
    ("a.webm", "webm", "libopus", 48000, 2, "MATROSKA OPUS"),
    ("a.mkv", "matroska", "flac", 16000, 1, "MATROSKA FLAC"),
    ("a.amr", "amr", "libopencore_amrnb", 8000, 1, "AMR AMRNB"),
    ("a.3gp", "3gp", "libopencore_amrnb", 8000, 1, "MOV AMRNB"),
]


@pytest.mark.parametrize(("name", "container", "codec", "rate", "n_channels", "format_"), FORMATS)
def test_each_format_is_read(
    tmp_path: Path,
    write_av: Write,
    name: str,
    container: str,
    codec: str,
    rate: int,
    n_channels: int,
    format_: str,
) -> None:
    write_av(tmp_path / name, container, codec, rate, n_channels=n_channels)
    # By content: the ending says nothing.
    path = (tmp_path / name).rename(tmp_path / "recording.bin")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with open_audio(path) as reader:
            recording = reader.recording
            block = np.concatenate(list(reader.blocks(0.3)), axis=1)
    assert (recording.format, recording.sampling_rate, recording.n_channels) == (format_, rate, n_channels)
    assert recording.duration is None or recording.duration == pytest.approx(2.0, abs=0.05)
    assert block.shape[0] == n_channels
    assert block.shape[1] / rate == pytest.approx(2.0, abs=0.2)
    for channel in block[:, rate // 2 : rate // 2 + rate]:
        # AMR is made for voices, not for tones.
        assert _level(channel, rate) == pytest.approx(0.5, rel=0.25 if "AMR" in format_ else 0.1)


def test_lossless_samples_are_exact(tmp_path: Path, write_av: Write) -> None:
    signal = write_av(tmp_path / "a.mkv", "matroska", "flac", 16000)
    np.testing.assert_allclose(_read(tmp_path / "a.mkv")[0], signal, atol=2**-15)


@pytest.mark.parametrize("block_seconds", [0.001, 0.7])
def test_blocks_are_the_whole_cut_up(tmp_path: Path, write_av: Write, block_seconds: float) -> None:
    write_av(tmp_path / "a.m4a", "ipod", "aac", 44100, n_channels=2)
    np.testing.assert_array_equal(_read(tmp_path / "a.m4a", block_seconds), _read(tmp_path / "a.m4a", 60.0))


def test_the_sound_of_a_video_is_read(tmp_path: Path, write_av: Write) -> None:
    write_av(tmp_path / "film.mp4", "mp4", "aac", 44100, with_video=True)
    assert _level(_read(tmp_path / "film.mp4")[0, 22050:66150], 44100) == pytest.approx(0.5, rel=0.1)


def test_a_silent_film_is_refused(tmp_path: Path, write_video: Callable[[Path], None]) -> None:
    write_video(tmp_path / "film.mp4")
    with pytest.raises(
        DecodeError, match=r"film\.mp4: holds a video without sound; give a file with an audio track"
    ):
        open_audio(tmp_path / "film.mp4")


def test_a_stream_is_read_too(tmp_path: Path, write_av: Write) -> None:
    write_av(tmp_path / "a.webm", "webm", "libopus", 48000)
    data = (tmp_path / "a.webm").read_bytes()
    np.testing.assert_array_equal(_read(io.BytesIO(data)), _read(tmp_path / "a.webm"))


def test_a_pause_that_is_not_stored_is_silence(tmp_path: Path, write_av: Write) -> None:
    write_av(tmp_path / "pause.webm", "webm", "libopus", 48000, pause=(1.0, 3.0))
    with open_audio(tmp_path / "pause.webm") as reader:
        signal = np.concatenate(list(reader.blocks()), axis=1)[0]
    assert len(signal) / 48000 == pytest.approx(5.0, abs=0.1)
    assert not signal[round(1.1 * 48000) : round(3.9 * 48000)].any()
    assert _level(signal[round(4.2 * 48000) : round(4.9 * 48000)], 48000) == pytest.approx(0.5, rel=0.1)


def test_a_pause_beyond_the_limit_is_refused(tmp_path: Path, write_av: Write) -> None:
    write_av(tmp_path / "pause.mkv", "matroska", "flac", 16000, pause=(1.0, 90_000.0))
    with pytest.raises(LimitError, match=r"pause\.mkv: .* above the limit of 86,400\.0 s"):
        _read(tmp_path / "pause.mkv")


def test_a_file_cut_in_the_middle_gives_what_is_there(tmp_path: Path, write_av: Write) -> None:
    path = tmp_path / "cut.m4a"
    write_av(path, "ipod", "aac", 44100, options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    with pytest.warns(AudioWarning, match=r"cut\.m4a: ends early, 1\.\d\d s of 2\.00 s can be read"):
        signal = _read(path)[0]
    assert _level(signal[11025:33075], 44100) == pytest.approx(0.5, rel=0.1)


def test_a_file_cut_before_its_index_is_refused(tmp_path: Path, write_av: Write) -> None:
    path = tmp_path / "cut.m4a"
    write_av(path, "ipod", "aac", 44100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(
        DecodeError, match=r"cut\.m4a: this MP4 file cannot be decoded \(.*\); copy or export it again"
    ):
        open_audio(path)


def test_damaged_packets_are_left_out(tmp_path: Path, write_av: Write) -> None:
    path = tmp_path / "scratched.m4a"
    write_av(path, "ipod", "aac", 44100)
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 8000
    data[start : start + 400] = np.random.default_rng(1).integers(0, 256, 400, dtype=np.uint8).tobytes()
    path.write_bytes(data)
    with pytest.warns(AudioWarning, match=r"scratched\.m4a: \d+ damaged packets left out .*can be read"):
        signal = _read(path)[0]
    # What is left out is replaced by silence, so that times stay true.
    assert len(signal) / 44100 == pytest.approx(2.0, abs=0.1)


def test_limits_hold_for_these_formats_too(tmp_path: Path, write_av: Write) -> None:
    write_av(tmp_path / "a.m4a", "ipod", "aac", 44100, n_channels=2)
    with pytest.raises(LimitError, match=r"a\.m4a: 2 channels, above the limit of 1"):
        open_audio(tmp_path / "a.m4a", Limits(max_channels=1))
    with pytest.raises(LimitError, match=r"a\.m4a: lasts 2\.0 s by its header, above the limit of 1\.0 s"):
        open_audio(tmp_path / "a.m4a", Limits(max_seconds=1.0))
    write_av(tmp_path / "a.amr", "amr", "libopencore_amrnb", 8000)
    with (
        open_audio(tmp_path / "a.amr", Limits(max_seconds=1.0)) as reader,
        pytest.raises(LimitError, match=r"a\.amr: goes on after 1\.0 s"),
    ):
        list(reader.blocks(0.5))


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{path}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{path}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    ],
    ids=["hls", "concat", "sdp"],
)
def test_a_play_list_opens_nothing_else(tmp_path: Path, write_av: Write, text: str) -> None:
    write_av(tmp_path / "a.m4a", "ipod", "aac", 44100)
    (tmp_path / "list.m4a").write_text(text.format(path=tmp_path / "a.m4a"))
    with pytest.raises(DecodeError, match=r"list\.m4a: this MP4 file cannot be decoded"):
        open_audio(tmp_path / "list.m4a")


def test_many_channels_are_read_as_they_are(tmp_path: Path) -> None:
    import soundfile

    # libsndfile refuses a CAF that was cut short; PyAV reads it, but not its planes beyond the eighth.
    samples = np.arange(12, dtype=np.float32) / 16 + np.zeros((2000, 1), np.float32)
    soundfile.write(tmp_path / "a.caf", samples, 16000, subtype="PCM_16")
    data = (tmp_path / "a.caf").read_bytes()
    with pytest.warns(AudioWarning, match="damaged or cut short"):
        block = _read(io.BytesIO(data[:-4800]))
    assert block.shape[0] == 12
    assert block.shape[1] > 1000
    np.testing.assert_array_equal(block, np.broadcast_to(samples[:1].T, block.shape))


@pytest.mark.parametrize(("name", "container", "codec", "rate", "n_channels", "format_"), FORMATS)
def test_without_pyav_the_extra_is_named(
    tmp_path: Path,
    write_av: Write,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    container: str,
    codec: str,
    rate: int,
    n_channels: int,
    format_: str,
) -> None:
    write_av(tmp_path / name, container, codec, rate, n_channels=n_channels)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(
        MissingExtraError, match=r": reading .* audio needs the extra 'av': pip install 'emotrace\[av\]'"
    ):
        open_audio(tmp_path / name)


def test_without_pyav_the_ending_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "odd.m4a").write_bytes(b"\x01\x02\x03\x04" * 10)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtraError, match=r"odd\.m4a: reading MP4 audio needs the extra 'av'"):
        open_audio(tmp_path / "odd.m4a")


def test_without_pyav_text_is_still_not_audio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(
        DecodeError, match=r"<stream>: not audio \(format not recognised\); give a recording such as"
    ):
        open_audio(io.BytesIO(b"hello, world"))
