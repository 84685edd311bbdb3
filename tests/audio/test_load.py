from __future__ import annotations

import io
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.audio.load import load_audio, load_segment, open_stream, stream_audio, stream_channels
from emotrace.audio.resample import resample
from emotrace.errors import AudioError, AudioWarning, UsageError
from emotrace.types import Segment

Make = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def stereo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("load") / "stereo.wav"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (30_011, 2)).astype(np.float32)
    soundfile.write(path, noise, 22050, subtype="FLOAT")
    return path


@settings(max_examples=40)
@given(
    block_seconds=st.floats(0.0005, 3.0),
    rate=st.sampled_from([8000, 16000, 22050, 44100]),
    channel=st.sampled_from([0, 1, "mix"]),
)
def test_streaming_in_any_blocks_is_loading_at_once(
    stereo: Path, block_seconds: float, rate: int, channel: int | str
) -> None:
    streamed = list(stream_audio(stereo, rate, channel, block_seconds=block_seconds))  # type: ignore[arg-type]
    assert all(len(signal) for signal in streamed)
    np.testing.assert_array_equal(np.concatenate(streamed), load_audio(stereo, rate, channel))  # type: ignore[arg-type]


def test_loading_is_choosing_and_resampling(stereo: Path) -> None:
    samples, rate = soundfile.read(stereo, dtype="float32")
    signal = load_audio(stereo)
    assert signal.dtype == np.float32
    np.testing.assert_allclose(signal, resample(samples.mean(axis=1), rate, 16000), atol=1e-6)
    np.testing.assert_array_equal(load_audio(stereo, channel=1), resample(samples[:, 1], rate, 16000))
    np.testing.assert_array_equal(load_audio(stereo, 22050, 0), samples[:, 0])


def test_all_channels_at_once_are_each_on_its_own(stereo: Path) -> None:
    both = np.concatenate(list(stream_channels(stereo)), axis=1)
    np.testing.assert_array_equal(both, [load_audio(stereo, channel=0), load_audio(stereo, channel=1)])


def test_the_tail_is_not_lost(tmp_path: Path) -> None:
    # A click in the last millisecond, shorter than the delay of the resampler.
    clip = np.zeros(44100, np.float32)
    clip[-30] = 0.9
    soundfile.write(tmp_path / "click.wav", clip, 44100)
    signal = load_audio(tmp_path / "click.wav")
    assert len(signal) == 16000
    assert np.abs(signal[-16:]).max() > 0.2


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 96000])
def test_a_single_sample_is_a_signal(tmp_path: Path, rate: int) -> None:
    soundfile.write(tmp_path / "one.wav", [0.5], rate)
    assert len(load_audio(tmp_path / "one.wav")) >= 1


def test_the_recording_is_known_before_the_first_signal(stereo: Path) -> None:
    with open_stream(stereo, channel="each") as stream:
        assert (stream.recording.sampling_rate, stream.recording.n_channels, stream.sampling_rate) == (
            22050,
            2,
            16000,
        )
        assert stream.recording.duration == pytest.approx(30_011 / 22050)
        assert next(iter(stream)).shape[0] == 2


def test_a_channel_that_is_not_there_is_refused_before_decoding(stereo: Path) -> None:
    with pytest.raises(AudioError, match=r"stereo\.wav: no channel 2; it has 2 channels: 0 to 1"):
        open_stream(stereo, channel=2)


def test_a_rate_must_be_positive(stereo: Path) -> None:
    with pytest.raises(UsageError, match=r"target sampling rate is 0; it must be above 0 Hz"):
        load_audio(stereo, 0)


def test_a_stream_object_is_loaded(stereo: Path) -> None:
    np.testing.assert_array_equal(load_audio(io.BytesIO(stereo.read_bytes())), load_audio(stereo))


def _peak_of_streaming(path: Path) -> tuple[int, int]:
    n_samples = 0
    tracemalloc.start()
    try:
        for signal in stream_audio(path):
            n_samples += len(signal)
        return n_samples, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("container", ["WAV", "FLAC", "MP3"])
def test_memory_does_not_grow_with_length(tmp_path: Path, tone: Make, container: str) -> None:
    peaks = []
    for minutes in (1, 5):
        path = tmp_path / f"{minutes}.bin"
        with soundfile.SoundFile(path, "w", 44100, 1, format=container) as file:
            for _ in range(minutes):
                file.write(tone(44100 * 60, 44100))
        n_samples, peak = _peak_of_streaming(path)
        assert n_samples == minutes * 60 * 16000
        peaks.append(peak)
    # Five minutes at 16 kHz would be 19 MB.
    assert peaks[1] < 3e6
    assert peaks[1] < 1.2 * peaks[0]


def test_pyav_streams_in_flat_memory_too(tmp_path: Path, write_av: Make) -> None:
    peaks = []
    for seconds in (20.0, 120.0):
        write_av(tmp_path / "a.m4a", "ipod", "aac", 44100, seconds=seconds)
        peaks.append(_peak_of_streaming(tmp_path / "a.m4a")[1])
    assert peaks[1] < 1.2 * peaks[0] < 4e6


def test_reading_a_wav_brings_in_neither_pyav_nor_a_training_stack(stereo: Path) -> None:
    code = (
        "import sys; from emotrace.audio.load import load_audio; load_audio(sys.argv[1]); "
        "print(sorted({'av', 'torch', 'scipy', 'librosa', 'pandas', 'sklearn', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(stereo)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.corpora
@pytest.mark.skipif("EMOTRACE_CORPORA" not in os.environ, reason="EMOTRACE_CORPORA names no folder")
@pytest.mark.filterwarnings("ignore::emotrace.errors.AudioWarning")
def test_real_recordings_are_those_of_soundfile() -> None:
    endings = (".wav", ".flac", ".ogg", ".mp3")
    root = Path(os.environ["EMOTRACE_CORPORA"])
    paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in endings)[::400]
    assert paths
    for path in paths:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        ours = np.concatenate(list(stream_channels(path, rate)), axis=1)
        np.testing.assert_array_equal(ours, samples.T.clip(-1, 1), err_msg=str(path))


def test_a_warning_turned_into_an_error_leaves_no_file_open(
    tmp_path: Path, wav_bytes: Callable[..., bytes]
) -> None:
    (tmp_path / "a.wav").write_bytes(wav_bytes(bytes(1000), declared=5000))
    # Warnings are errors in these tests, and so is a file that is left open.
    with pytest.raises(AudioWarning, match="promises 5,000 bytes"):
        load_audio(tmp_path / "a.wav")


def test_a_segment_is_the_stretch_of_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "ramp.wav"
    soundfile.write(path, np.linspace(-0.5, 0.5, 16_000), 16_000, subtype="FLOAT")
    whole = load_audio(path)
    assert np.array_equal(load_segment(path, None, 16_000), whole)
    assert np.array_equal(load_segment(path, Segment(0.25, 0.5), 16_000), whole[4_000:8_000])
    assert np.array_equal(load_segment(path, Segment(0.75, 9.0), 16_000), whole[12_000:])
    with pytest.raises(AudioError, match=r"ramp\.wav: ends before 1 s, where the segment starts"):
        load_segment(path, Segment(1.0, 2.0), 16_000)
