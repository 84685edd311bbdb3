"""The recogniser: clips, recordings of any length, label presets, and what may go wrong."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

import emotrace
from emotrace.errors import DecodeError, LabelError, LimitError, UsageError
from emotrace.hear.judge import Judge
from emotrace.labels import PRESETS

RATE = 16_000


def test_a_clip_gets_one_emotion(recogniser, caller):
    prediction = recogniser.predict(caller[: 16_000 * 20], sampling_rate=16_000)
    assert prediction.emotion in recogniser.labels
    assert prediction.confidence == max(prediction.probabilities.values())
    assert sum(prediction.probabilities.values()) == pytest.approx(1.0)
    assert prediction.segment == emotrace.Segment(0.0, 20.0)
    assert 1.0 < prediction.speech_seconds < 20.0
    assert prediction.uncertain == (prediction.confidence < recogniser.bundle.card.calibration["uncertain_below"])


def test_file_and_signal_give_the_same(recogniser, caller, tmp_path):
    clip = caller[: 16_000 * 6]
    soundfile.write(tmp_path / "clip.wav", clip, 16_000, subtype="FLOAT")
    from_file = recogniser.predict(tmp_path / "clip.wav")
    from_signal = recogniser.predict(clip, sampling_rate=16_000)
    assert from_file.probabilities == pytest.approx(from_signal.probabilities, abs=1e-6)
    assert from_file.file == str(tmp_path / "clip.wav")


def test_a_stream_is_a_file_too(recogniser, demo_call):
    with demo_call.open("rb") as stream:
        assert recogniser.analyze(io.BytesIO(stream.read()), channel=1).file == "<stream>"
    with demo_call.open("rb") as stream:
        assert recogniser.predict(stream, channel=1).file == str(demo_call)


def test_a_stream_with_a_number_for_a_name(recogniser, demo_call):
    with os.fdopen(os.open(demo_call, os.O_RDONLY), "rb") as stream:
        assert isinstance(stream.name, int)
        prediction = recogniser.predict(stream, channel=1)
    assert prediction.file == "<stream>"
    assert prediction.probabilities == recogniser.predict(demo_call, channel=1).probabilities


def test_each_channel_of_a_stream(recogniser, demo_call):
    of_stream = recogniser.analyze_each(io.BytesIO(demo_call.read_bytes()))
    of_file = recogniser.analyze_each(demo_call)
    assert [t.speech for t in of_stream] == [t.speech for t in of_file]
    assert [t.file for t in of_stream] == ["<stream>", "<stream>"]


def test_a_bad_stream_is_refused(recogniser):
    for method in (recogniser.predict, recogniser.analyze, recogniser.analyze_each):
        with pytest.raises(DecodeError, match="not audio"):
            method(io.BytesIO(b"not audio at all"))


def test_a_short_clip_is_heard_twice_half_a_step_of_the_encoder_apart(recogniser, caller, monkeypatch):
    clip = caller[21 * RATE : 23 * RATE]
    judged = []
    hear = Judge.hear
    monkeypatch.setattr(Judge, "hear", lambda judge, window: judged.append(window) or hear(judge, window))
    heard = recogniser.hear(clip, RATE)
    one, other = judged
    assert one.size == other.size < 2 * RATE
    np.testing.assert_array_equal(one[192:], other[:-192])
    mean = np.mean([hear(recogniser._judge, window) for window in judged], axis=0)
    np.testing.assert_allclose(heard.mean, mean, atol=0.02)


@settings(max_examples=60)
@given(first=st.integers(0, 10**6), n_samples=st.integers(1_600, 400_000))
def test_windows_of_a_clip_cover_it_evenly(recogniser, first, n_samples):
    windows = recogniser._windows(first, first + n_samples)
    lengths = {end - start for start, end in windows}
    steps = np.diff([start for start, _ in windows])
    assert (windows[0][0], windows[-1][1]) == (first, first + n_samples)
    assert len(windows) >= 2
    assert len(lengths) == 1
    assert max(lengths) <= 3 * RATE
    assert steps.min() > 0
    assert steps.max() <= max(lengths) / 2 + 1
    assert steps.max() - steps.min() <= 1


def test_silence_around_a_clip_changes_little(recogniser, caller):
    clip = caller[: 16_000 * 6]
    silence = np.zeros(16_000 * 3, dtype=np.float32)
    alone = recogniser.predict(clip, sampling_rate=16_000)
    surrounded = recogniser.predict(np.concatenate([silence, clip, silence]), sampling_rate=16_000)
    assert surrounded.emotion == alone.emotion
    assert surrounded.speech_seconds == pytest.approx(alone.speech_seconds, abs=0.5)


@pytest.mark.parametrize("gain_db", [-30, 10])
def test_gain_does_not_decide(recogniser, caller, gain_db):
    # Six seconds nearly full of talk: of half a second little is left 30 dB down but rounding and the silence.
    clip = caller[16_000 * 30 : 16_000 * 36] * np.float32(0.3)
    changed = clip * np.float32(10 ** (gain_db / 20))
    expected = recogniser.predict(clip, sampling_rate=16_000)
    assert expected.speech_seconds > 2.0
    heard = recogniser.predict(changed, sampling_rate=16_000)
    assert heard.emotion == expected.emotion
    assert heard.probabilities == pytest.approx(dict(expected.probabilities), abs=0.1)


@pytest.mark.parametrize("seconds", [0.05, 0.1, 2.0, 700.0])
def test_silence_is_never_an_emotion(recogniser, seconds):
    silence = np.zeros(max(1, round(seconds * 16_000)), dtype=np.float32)
    prediction = recogniser.predict(silence, sampling_rate=16_000)
    assert (prediction.emotion, prediction.confidence, dict(prediction.probabilities)) == ("no speech", None, {})
    assert prediction.to_dict()["confidence"] is None


def test_a_long_file_is_for_analyze(recogniser, tmp_path):
    soundfile.write(tmp_path / "long.flac", np.zeros(8_000 * 610, dtype=np.float32), 8_000)
    with pytest.raises(LimitError, match=r"long\.flac: longer than 600 s, too long for one emotion; use"):
        recogniser.predict(tmp_path / "long.flac")
    timeline = recogniser.analyze(tmp_path / "long.flac")
    assert timeline.duration == pytest.approx(610.0)
    assert timeline.speech == ()


def test_the_timeline_of_a_file_is_that_of_its_signal(recogniser, demo_call, caller):
    of_file = recogniser.analyze(demo_call, channel=1)
    of_signal = recogniser.analyze(caller, sampling_rate=16_000)
    assert [p.emotion for p in of_file.predictions] == [p.emotion for p in of_signal.predictions]
    assert of_file.speech == of_signal.speech
    assert of_file.duration == pytest.approx(caller.size / 16_000)


def test_each_channel_has_its_own_timeline(recogniser, demo_call):
    each = recogniser.analyze_each(demo_call)
    assert [timeline.channel for timeline in each] == ["0", "1"]
    assert each[1] == recogniser.analyze(demo_call, channel=1)
    assert all(0.0 < t.speech_seconds < t.duration for t in each)


def test_window_and_hop_can_be_chosen(recogniser, caller):
    signal = caller[: 16_000 * 5]
    timeline = recogniser.analyze(signal, 16_000, window_seconds=2.0, hop_seconds=0.5)
    assert len(timeline.predictions) == 10
    assert timeline.settings == {"window_seconds": 2.0, "hop_seconds": 0.5}
    assert len(recogniser.analyze(signal, 16_000, hop_seconds=5.0).predictions) == 1
    assert len(recogniser.analyze(signal, 16_000, window_seconds=0.5).predictions) == 10


@pytest.mark.parametrize("preset", [name for name in PRESETS if name != "emov-db5"])
def test_presets_restrict_and_scale(preset, caller):
    recogniser = emotrace.load(labels=preset)
    prediction = recogniser.predict(caller[16_000 * 5 : 16_000 * 9], sampling_rate=16_000)
    assert tuple(prediction.probabilities) == recogniser.labels == PRESETS[preset]
    assert sum(prediction.probabilities.values()) == pytest.approx(1.0)


def test_labels_the_bundle_cannot_give_are_named():
    with pytest.raises(LabelError, match="needs amusement, sleepiness, which this model does not give"):
        emotrace.load(labels="emov-db5")
    with pytest.raises(LabelError, match="did you mean 'big6'"):
        emotrace.load(labels="bigg6")
    assert emotrace.load(labels=["anger", "neutral"]).labels == ("anger", "neutral")


@pytest.mark.parametrize(
    ("signal", "rate", "sentence"),
    [
        (np.zeros(10, dtype=np.float32), None, "needs its sampling rate"),
        (np.zeros((2, 10), dtype=np.float32), 16_000, r"shape \(n_samples,\) .* got \(2, 10\)"),
        (np.zeros(0, dtype=np.float32), 16_000, "at least one sample"),
        (np.zeros(10, dtype=np.int16), 16_000, "floats in .* got int16; divide integers by their range"),
        (np.array([np.inf], dtype=np.float32), 16_000, "NaN or infinite"),
    ],
)
def test_bad_signals_are_refused(recogniser, signal, rate, sentence):
    for method in (recogniser.predict, recogniser.analyze):
        with pytest.raises(UsageError, match=sentence):
            method(signal, sampling_rate=rate)


def test_certainty_does_not_depend_on_the_preset(caller):
    clips = [caller[16_000 * start : 16_000 * (start + 4)] for start in range(0, 60, 4)]
    alone, among_all = emotrace.load(labels=["anger", "neutral"]), emotrace.load(labels="big6+neutral")
    pairs = [[r.predict(clip, sampling_rate=16_000) for r in (alone, among_all)] for clip in clips]
    spoken = [(of_two, of_seven) for of_two, of_seven in pairs if of_two.is_speech]
    assert len(spoken) > 5
    least = among_all.bundle.card.calibration["uncertain_below"]
    for of_two, of_seven in spoken:
        assert of_two.uncertain == (of_seven.probabilities[of_two.emotion] < least)


@pytest.mark.parametrize("n_samples", [1, 700])
def test_nothing_can_be_heard_in_a_moment(recogniser, tmp_path, n_samples):
    soundfile.write(tmp_path / "blip.wav", np.zeros(n_samples, dtype=np.float32), 16_000)
    for method in (recogniser.predict, recogniser.analyze):
        with pytest.raises(DecodeError, match=r"blip\.wav: only .* s long; at least 0\.05 s are needed"):
            method(tmp_path / "blip.wav")


@pytest.mark.parametrize(("n_samples", "rate"), [(1, 16_000), (799, 16_000), (399, 8_000), (1, 48_000)])
def test_nothing_can_be_heard_in_the_moment_of_a_signal(recogniser, n_samples, rate):
    # Never "only 0.05 s": one sample less is told as less.
    with pytest.raises(DecodeError, match=r"the signal: only (?!0\.05 ).* s long; at least 0\.05 s are needed"):
        recogniser.predict(np.zeros(n_samples, dtype=np.float32), sampling_rate=rate)


@pytest.mark.parametrize(("n_samples", "rate"), [(800, 16_000), (400, 8_000), (2_400, 48_000)])
def test_a_twentieth_of_a_second_is_enough_to_listen(recogniser, tmp_path, n_samples, rate):
    signal = np.zeros(n_samples, dtype=np.float32)
    soundfile.write(tmp_path / "short.wav", signal, rate)
    assert recogniser.predict(signal, sampling_rate=rate).emotion == "no speech"
    assert recogniser.predict(tmp_path / "short.wav").emotion == "no speech"
    assert [t.speech for t in recogniser.analyze_each(tmp_path / "short.wav")] == [()]


def test_a_bad_file_is_refused(recogniser, tmp_path):
    (tmp_path / "notes.wav").write_text("not audio at all")
    for method in (recogniser.predict, recogniser.analyze):
        with pytest.raises(DecodeError, match=r"notes\.wav"):
            method(tmp_path / "notes.wav")
