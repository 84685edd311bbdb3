"""The MP3 of a call is what was recorded, when it was recorded; the peaks are where the voices are."""

from __future__ import annotations

import io
import tracemalloc
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from emotrace.audio.limits import Limits
from emotrace.calls import player
from emotrace.calls.player import N_PEAKS, make_player_audio
from emotrace.errors import AudioError, DecodeError, LimitError, UsageError

DEMO_CALL = Path(str(resources.files("emotrace") / "assets" / "demo-call.flac"))
PARTIES = {"customer": 1, "agent": 0}
_N_BLOCKS = 30


def _wav(signal: NDArray[np.floating], rate: int) -> io.BytesIO:
    stream = io.BytesIO()
    soundfile.write(stream, signal.T, rate, format="WAV", subtype="FLOAT")
    stream.seek(0)
    return stream


def test_the_demo_call_is_an_mp3_of_its_length_and_without_a_shift() -> None:
    audio, media_type, peaks = make_player_audio(DEMO_CALL, PARTIES)
    original, rate = soundfile.read(DEMO_CALL, dtype="float32", always_2d=True)
    assert media_type == "audio/mpeg"
    assert audio is not None
    heard, heard_rate = soundfile.read(io.BytesIO(audio), dtype="float32")
    assert heard_rate == rate
    assert len(heard) == len(original)
    mixed = original.sum(axis=1)
    stretch = slice(20 * rate, 24 * rate)
    likeness = np.correlate(heard[stretch.start - 400 : stretch.stop + 400], mixed[stretch], "valid")
    assert abs(int(likeness.argmax()) - 400) <= 2, "the encoder's delay must not shift the call"
    assert np.corrcoef(heard[stretch], mixed[stretch])[0, 1] > 0.95
    assert len(audio) < 3300 * len(original) / rate, "about 24 kbit/s"
    assert set(peaks) == {"customer", "agent"}


def test_wide_band_recordings_are_kept_at_16_khz() -> None:
    times = np.arange(48_000 * 2) / 48_000
    audio, _, _ = make_player_audio(_wav(0.5 * np.sin(2 * np.pi * 5000 * times)[None], 48_000), {"unknown": "mix"})
    assert audio is not None
    heard, rate = soundfile.read(io.BytesIO(audio))
    assert (rate, len(heard)) == (16_000, 32_000)
    assert np.sqrt(np.mean(heard[4000:-4000] ** 2)) > 0.2, "a tone of 5 kHz is still there"


def test_both_parties_are_heard_as_loud_as_they_are_and_nothing_clips() -> None:
    tone = 0.9 * np.sin(2 * np.pi * 300 * np.arange(8000) / 8000)
    silence = np.zeros(8000)
    alone_then_both = np.stack([np.concatenate([tone, tone]), np.concatenate([silence, tone])])
    audio, _, _ = make_player_audio(_wav(alone_then_both, 8000), PARTIES)
    assert audio is not None
    heard, _ = soundfile.read(io.BytesIO(audio))
    assert 0.55 < np.abs(heard[2000:6000]).max() < 0.75
    assert np.abs(heard).max() <= 1.0


def test_peaks_are_where_each_party_speaks_and_on_one_scale() -> None:
    rate, n = 8000, 8000 * 100
    signal = np.zeros((2, n))
    signal[0, : n // 2] = 0.25
    signal[1, n // 2 :] = -0.5
    peaks = make_player_audio(_wav(signal, rate), PARTIES).peaks
    half = N_PEAKS // 2
    assert {len(values) for values in peaks.values()} == {N_PEAKS}
    assert peaks["agent"] == [0.5] * half + [0.0] * half
    assert peaks["customer"] == [0.0] * half + [1.0] * half


@settings(max_examples=20)
@given(sizes=st.lists(st.integers(0, 500), max_size=12), rate=st.sampled_from([8000, 11025, 16000]))
def test_peaks_do_not_depend_on_blocks(sizes: list[int], rate: int) -> None:
    signal = np.random.default_rng(1).uniform(-1, 1, sum(sizes) + 1).astype(np.float32)
    whole, pieces = player._PeakMeter(rate), player._PeakMeter(rate)
    whole.push(signal)
    for part in np.split(signal, np.cumsum(sizes)):
        pieces.push(part)
    assert np.array_equal(whole.close(), pieces.close())


def test_silence_and_a_single_sample_have_peaks_of_zero() -> None:
    assert make_player_audio(_wav(np.zeros((2, 1)), 8000), PARTIES).peaks == {"customer": [0.0], "agent": [0.0]}


def test_a_call_too_long_to_play_still_has_its_peaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "MAX_AUDIO_SECONDS", 60.0)
    audio, _, peaks = make_player_audio(DEMO_CALL, PARTIES)
    assert audio is None
    assert max(peaks["customer"][-200:]) > 0.05
    assert make_player_audio(DEMO_CALL, PARTIES, has_audio=False) == (None, "audio/mpeg", peaks)
    monkeypatch.setattr(player, "MAX_AUDIO_SECONDS", 65.0)
    assert make_player_audio(DEMO_CALL, PARTIES).audio is not None


def test_without_mp3_in_libsndfile_it_is_flac(monkeypatch: pytest.MonkeyPatch) -> None:
    formats = {name: what for name, what in soundfile.available_formats().items() if name != "MP3"}
    monkeypatch.setattr(soundfile, "available_formats", lambda: formats)
    audio, media_type, _ = make_player_audio(DEMO_CALL, PARTIES)
    assert media_type == "audio/flac"
    assert audio is not None
    assert audio[:4] == b"fLaC"


def test_memory_does_not_hold_the_samples(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    block = (0.1 * np.random.default_rng(2).standard_normal((8000 * 10, 2))).astype(np.float32)
    with soundfile.SoundFile(path, "w", samplerate=8000, channels=2, subtype="PCM_16") as file:
        for _ in range(_N_BLOCKS):
            file.write(block)
    tracemalloc.start()
    try:
        audio = make_player_audio(path, PARTIES).audio
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert audio is not None
    assert peak < 3 * len(audio) + 3e6 < _N_BLOCKS * block.nbytes / 3


def test_a_channel_that_is_not_there_is_named() -> None:
    with pytest.raises(AudioError, match=r"demo-call.flac: no channel 2; it has 2 channels: 0 to 1"):
        make_player_audio(DEMO_CALL, {"customer": 2})
    with pytest.raises(UsageError, match="channel is 'left'; it must be 'mix' or a number counted from 0"):
        make_player_audio(DEMO_CALL, {"customer": "left"})  # type: ignore[dict-item]


def test_bad_recordings_are_refused_in_one_line(tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.touch()
    with pytest.raises(DecodeError, match=r"empty.wav: the file is empty \(0 bytes\)"):
        make_player_audio(empty, PARTIES)
    with pytest.raises(LimitError, match=r"above the limit of 10\.0 s"):
        make_player_audio(DEMO_CALL, PARTIES, Limits(max_seconds=10.0))
