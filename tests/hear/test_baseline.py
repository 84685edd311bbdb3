"""A personal baseline: what is taken back, what never is, and that files and streams are shifted alike."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.tiny_bundles import make_emotion_bundle, make_features_bundle, make_speech_bundle

from emotrace.errors import AudioError, AudioWarning, UsageError
from emotrace.hear.baseline import (
    FULL_STRENGTH,
    HALF_STRENGTH_SECONDS,
    USUAL_ODDS,
    Baseline,
    excess_factors,
)
from emotrace.hear.judge import Judge
from emotrace.hear.recognizer import Recogniser
from emotrace.hear.session import Session
from emotrace.labels import restrict
from emotrace.types import Segment

RATE = 16_000
LABELS = ("neutral", "calm", "happiness", "sadness", "anger")
EMOTIONS = LABELS[2:]

distributions = st.lists(st.floats(0.001, 1.0), min_size=5, max_size=5).map(lambda raw: np.array(raw) / sum(raw))
lengths = st.floats(0.0, 60.0)


def baseline_of(probabilities, seconds=20.0, model="0" * 64) -> Baseline:
    return Baseline(model, LABELS, tuple(np.asarray(probabilities).tolist()), seconds, 1)


def hum(mean_magnitude: float, seconds: float) -> np.ndarray:
    """A square wave of 250 Hz."""
    sign = np.where(np.arange(round(seconds * RATE)) // 32 % 2, 1.0, -1.0)
    return (mean_magnitude * sign).astype(np.float32)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Recogniser:
    """Hears loudness: 0 is neutral, 0.2 happiness, 0.4 sadness, 0.6 anger."""
    folder = tmp_path_factory.mktemp("bundles")
    return Recogniser(make_emotion_bundle(folder / "emotion"), make_speech_bundle(folder / "speech"))


@pytest.fixture(scope="module")
def adapted(recogniser, caller) -> Recogniser:
    return recogniser.adapt(caller[: 40 * RATE], sampling_rate=RATE)


# -- what is done to probabilities ------------------------------------------------------------------------


def test_the_excess_is_taken_back_as_the_page_says():
    baseline = baseline_of([0.3, 0.1, 0.02, 0.5, 0.08], seconds=20.0)
    strength = FULL_STRENGTH * 20.0 / (20.0 + HALF_STRENGTH_SECONDS)
    expected = [1.0, 1.0, 1.0, (USUAL_ODDS / (0.5 / 0.4)) ** strength, (USUAL_ODDS / (0.08 / 0.4)) ** strength]
    assert baseline.factors.tolist() == pytest.approx(expected)
    heard = np.array([0.2, 0.1, 0.1, 0.4, 0.2])
    raw = [p * factor for p, factor in zip(heard.tolist(), expected, strict=True)]
    assert baseline.shift(heard).tolist() == pytest.approx([value / sum(raw) for value in raw])


@given(ordinary=distributions, heard=distributions)
def test_no_speech_changes_nothing(ordinary, heard):
    baseline = baseline_of(ordinary, seconds=0.0)
    assert baseline.strength == 0.0
    np.testing.assert_allclose(baseline.shift(heard), heard, rtol=1e-12)


@given(ordinary=distributions, heard=st.lists(distributions, min_size=1, max_size=4), seconds=lengths)
def test_probabilities_stay_probabilities(ordinary, heard, seconds):
    shifted = baseline_of(ordinary, seconds).shift(np.array(heard))
    assert shifted.shape == (len(heard), 5)
    assert (shifted >= 0.0).all()
    np.testing.assert_allclose(shifted.sum(axis=1), 1.0)


@given(ordinary=distributions, heard=distributions, seconds=lengths)
def test_no_emotion_wins_against_the_ordinary_labels(ordinary, heard, seconds):
    shifted = baseline_of(ordinary, seconds).shift(heard)
    np.testing.assert_allclose(shifted[0] / shifted[1], heard[0] / heard[1])
    assert (shifted[2:] / shifted[0] <= heard[2:] / heard[0] * (1 + 1e-12)).all()


@given(ordinary=distributions, heard=distributions, chosen=st.lists(st.integers(0, 4), min_size=2, unique=True))
def test_choosing_labels_before_or_after_is_the_same(ordinary, heard, chosen):
    baseline = baseline_of(ordinary)
    labels = [LABELS[place] for place in chosen]
    after = restrict(dict(zip(LABELS, baseline.shift(heard), strict=True)), labels)
    before = restrict(dict(zip(LABELS, heard, strict=True)), labels)
    factors = dict(zip(LABELS, baseline.factors, strict=True))
    shifted = {label: p * factors[label] for label, p in before.items()}
    total = sum(shifted.values())
    assert after == pytest.approx({label: p / total for label, p in shifted.items()})


@given(ordinary=distributions, seconds=st.tuples(lengths, lengths))
def test_more_speech_takes_back_more(ordinary, seconds):
    less, more = (baseline_of(ordinary, s).factors for s in sorted(seconds))
    assert (more <= less).all()
    assert (less <= 1.0).all()
    assert (more > 0.0).all()


def test_a_voice_heard_as_it_should_be_is_left_as_it_is():
    ordinary = [0.7, 0.2, 0.04, 0.03, 0.03]
    assert baseline_of(ordinary, 60.0).factors.tolist() == [1.0] * 5


def test_a_voice_never_heard_as_ordinary_leaves_numbers():
    factors = excess_factors([0.0, 0.0, 0.0, 1.0, 0.0], LABELS, strength=1.0)
    assert (np.isfinite(factors) & (factors > 0.0)).all()


# -- making one -------------------------------------------------------------------------------------------


def test_a_loud_voice_is_not_happy_all_day(tiny):
    ordinary, louder = hum(0.2, 20.0), hum(0.4, 3.0)
    assert tiny.predict(ordinary, RATE).emotion == "happiness"
    knowing = tiny.adapt(ordinary, RATE)
    assert knowing.predict(hum(0.2, 3.0), RATE).emotion == "neutral"
    # What is taken back is not pleasant any more, either.
    assert 0.0 < knowing.predict(hum(0.2, 3.0), RATE).valence < tiny.predict(ordinary, RATE).valence
    assert knowing.predict(louder, RATE).emotion == tiny.predict(louder, RATE).emotion == "sadness"
    assert knowing.baseline.speech_seconds == pytest.approx(20.0)
    assert knowing.baseline.n_windows > 10


def test_the_old_recogniser_stays_as_it_is(tiny):
    before = tiny.predict(hum(0.2, 3.0), RATE)
    knowing = tiny.adapt(hum(0.2, 10.0), RATE)
    assert tiny.baseline is None
    assert tiny.predict(hum(0.2, 3.0), RATE) == before != knowing.predict(hum(0.2, 3.0), RATE)
    assert knowing.with_baseline(None).predict(hum(0.2, 3.0), RATE) == before
    # A voice is heard as it is, whoever was known before.
    assert knowing.adapt(hum(0.6, 10.0), RATE).baseline == tiny.adapt(hum(0.6, 10.0), RATE).baseline


def test_labels_and_settings_go_on(recogniser, caller):
    import emotrace

    few = emotrace.load(labels=["anger", "sadness", "neutral"])
    knowing = few.adapt(caller[: 40 * RATE], RATE)
    assert knowing.labels == few.labels
    assert knowing.baseline == recogniser.adapt(caller[: 40 * RATE], RATE).baseline


def test_clips_count_by_their_speech(tiny, tmp_path):
    short, long = hum(0.6, 6.0), hum(0.2, 18.0)
    soundfile.write(tmp_path / "long.wav", long, RATE, subtype="FLOAT")
    of_both = tiny.adapt([short, tmp_path / "long.wav"], sampling_rate=RATE).baseline
    of_each = [tiny.adapt(clip, RATE).baseline for clip in (short, long)]
    mean = 0.25 * np.array(of_each[0].probabilities) + 0.75 * np.array(of_each[1].probabilities)
    assert of_both.speech_seconds == pytest.approx(24.0)
    np.testing.assert_allclose(of_both.probabilities, mean, atol=1e-6)


def test_what_is_heard_is_what_is_predicted_of(recogniser, caller):
    import emotrace

    every = emotrace.load(labels="all")
    clip = caller[: 12 * RATE]
    heard, prediction = every.hear(clip, RATE), every.predict(clip, RATE)
    assert heard.speech_seconds == prediction.speech_seconds
    assert dict(zip(every.labels, heard.mean.tolist(), strict=True)) == pytest.approx(
        dict(prediction.probabilities)
    )
    assert every.hear(np.zeros(RATE, np.float32), RATE).probabilities.shape == (0, len(every.labels))


def test_bundles_of_whole_clips_have_baselines_too(tmp_path):
    pytest.importorskip("scipy")
    bundle = make_features_bundle(tmp_path / "classic")
    classic = Recogniser(bundle, make_speech_bundle(tmp_path / "speech"), "all")
    baseline = classic.adapt([hum(0.3, 6.0), hum(0.3, 4.0)], RATE).baseline
    assert (baseline.n_windows, baseline.speech_seconds) == (2, pytest.approx(10.0))


def test_a_minute_of_speech_is_enough(tiny):
    sentence = "the signal: the first 60 s of speech make the baseline, the rest is not heard"
    with pytest.warns(AudioWarning, match=sentence):
        baseline = tiny.adapt(np.concatenate([hum(0.2, 60.0), hum(0.6, 30.0)]), RATE).baseline
    assert baseline.speech_seconds == pytest.approx(60.0)
    of_the_first = tiny.adapt(hum(0.2, 60.0), RATE).baseline
    np.testing.assert_allclose(baseline.probabilities, of_the_first.probabilities, atol=1e-6)
    with pytest.warns(AudioWarning, match="2 clips: the first 60 s of speech"):
        tiny.adapt([hum(0.2, 60.0), hum(0.2, 1.0)], RATE)


def test_of_a_long_file_the_first_ten_minutes_are_heard(tiny, tmp_path):
    soundfile.write(tmp_path / "long.wav", np.concatenate([hum(0.2, 10.0), np.zeros(595 * RATE)]), RATE)
    with pytest.warns(AudioWarning, match=r"long\.wav: the first 10 s of speech make the baseline"):
        assert tiny.adapt(tmp_path / "long.wav").baseline.speech_seconds == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("clips", "heard"),
    [
        (hum(0.2, 4.98), r"only 4\.9 s were heard in the signal"),
        ([hum(0.2, 2.0), np.zeros(5 * RATE, np.float32)], r"only 2 s were heard in 2 clips"),
        ([], "only 0 s were heard in 0 clips"),
    ],
)
def test_too_little_speech_is_refused(tiny, clips, heard):
    with pytest.raises(
        AudioError, match=f"a baseline needs 5 s of speech or more, but {heard}; record 10 to 30 s"
    ):
        tiny.adapt(clips, RATE)


def test_a_file_that_holds_too_little_is_named(tiny, tmp_path):
    soundfile.write(tmp_path / "voice.wav", hum(0.2, 3.0), RATE)
    with pytest.raises(AudioError, match=r"only 3 s were heard in .*voice\.wav; record"):
        tiny.adapt(tmp_path / "voice.wav")


def test_another_model_s_baseline_is_refused(recogniser, tiny):
    baseline = tiny.adapt(hum(0.2, 10.0), RATE).baseline
    sentence = (
        "baseline was heard by another model than that of bundle 'default'; make it anew with Recogniser.adapt"
    )
    with pytest.raises(UsageError, match=sentence):
        recogniser.with_baseline(baseline)
    with pytest.raises(UsageError, match=sentence):
        Session(recogniser, RATE, baseline=baseline)


def test_a_model_without_an_ordinary_label_has_no_baseline(tmp_path):
    bundle = make_emotion_bundle(tmp_path / "emotion", labels=("happiness", "sadness", "anger"))
    moody = Recogniser(bundle, make_speech_bundle(tmp_path / "speech"))
    with pytest.raises(
        UsageError, match="'tiny-emotion' names neither neutral nor calm, so that it cannot say how"
    ):
        moody.adapt(hum(0.2, 10.0), RATE)


# -- judging with one -------------------------------------------------------------------------------------


def test_certainty_is_that_of_the_shifted_probabilities(tiny):
    baseline = replace(tiny.adapt(hum(0.2, 20.0), RATE).baseline, speech_seconds=30.0)
    judge = Judge(tiny.bundle, tiny.labels, baseline=baseline)
    heard = np.array([0.3, 0.6, 0.05, 0.05])
    assert Judge(tiny.bundle, tiny.labels).name(heard, Segment(0.0, 1.0), 1.0).emotion == "happiness"
    prediction = judge.name(judge.adapt(heard), Segment(0.0, 1.0), 1.0)
    assert prediction.emotion == "neutral"
    assert prediction.confidence == pytest.approx(max(baseline.shift(heard)))
    assert prediction.uncertain == (prediction.confidence < 0.4)


def test_a_timeline_says_that_there_is_a_baseline(recogniser, adapted, caller):
    plain, shifted = (r.analyze(caller[: 20 * RATE], RATE) for r in (recogniser, adapted))
    assert shifted.settings == {**plain.settings, "baseline_seconds": round(adapted.baseline.speech_seconds, 3)}
    assert [p.segment for p in shifted.predictions] == [p.segment for p in plain.predictions]
    assert [p.is_speech for p in shifted.predictions] == [p.is_speech for p in plain.predictions]
    assert shifted.predictions != plain.predictions
    for prediction in (p for p in shifted.predictions if p.is_speech):
        assert sum(prediction.probabilities.values()) == pytest.approx(1.0)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(0, 30_000), max_size=20),
    start=st.integers(0, 500_000),
    length=st.integers(1, 110_000),
)
def test_any_block_sizes_give_the_identical_timeline(adapted, caller, sizes, start, length):
    signal = caller[start : start + length]
    engine, whole = adapted.engine(), adapted.engine()
    edges = [0, *itertools.accumulate(sizes), None]
    predictions = [p for first, last in itertools.pairwise(edges) for p in engine.push(signal[first:last])]
    assert [*predictions, *engine.close()] == [*whole.push(signal), *whole.close()]


def test_a_session_takes_a_baseline_or_its_recogniser_s(recogniser, adapted, caller):
    signal = caller[: 8 * RATE]
    given_one = Session(recogniser, RATE, baseline=adapted.baseline)
    plain, own = Session(recogniser, RATE), Session(adapted, RATE)
    assert given_one.describe() == own.describe()
    assert own.describe() == {
        **plain.describe(),
        "baseline_seconds": round(adapted.baseline.speech_seconds, 3),
    }
    heard = [[*session.push(signal), *session.close()] for session in (given_one, own, plain)]
    assert heard[0] == heard[1] != heard[2]
