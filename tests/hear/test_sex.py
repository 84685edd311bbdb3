"""Speaker sex beside the emotion: only where it is asked for, from the same windows, and in every kind of clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.tiny_bundles import make_emotion_bundle, make_sex_bundle

from emotrace.bundle import load_bundle
from emotrace.errors import UsageError
from emotrace.hear.recognizer import Recogniser

RATE = 16_000


@pytest.fixture
def asked(recogniser: Recogniser, tmp_path: Path) -> Recogniser:
    """The shipped recogniser, asked for speaker sex too; loud voices sound male to it."""
    bundle = make_sex_bundle(tmp_path / "sex")
    return Recogniser(recogniser.bundle, recogniser.speech_bundle, sex_bundle=bundle)


def test_nothing_is_said_of_it_unless_asked(recogniser, caller):
    prediction = recogniser.predict(caller[: 6 * RATE], RATE)
    assert prediction.is_speech
    assert prediction.speaker_sex is None
    assert "speaker_sex" not in prediction.to_dict()
    assert recogniser.hear(caller[: 6 * RATE], RATE).speaker_sex is None


def test_it_stands_beside_the_emotion_and_leaves_that_as_it_is(recogniser, asked, caller):
    clip = caller[: 20 * RATE]
    alone, both = recogniser.predict(clip, RATE), asked.predict(clip, RATE)
    assert both.probabilities == alone.probabilities
    assert both.emotion == alone.emotion
    assert set(both.speaker_sex) == {"female", "male"}
    assert sum(both.speaker_sex.values()) == pytest.approx(1.0, abs=1e-3)
    assert set(both.to_dict()) == {*alone.to_dict(), "speaker_sex"}


def test_it_is_the_mean_of_the_windows_by_their_speech(asked, caller):
    clip = caller[: 20 * RATE]
    heard = asked.hear(clip, RATE)
    assert heard.sexes.shape == (heard.weights.size, 2)
    assert heard.weights.size > 1
    mean = heard.weights @ heard.sexes / heard.weights.sum()
    assert list(asked.predict(clip, RATE).speaker_sex.values()) == pytest.approx(mean.tolist())


def test_it_follows_the_bundle(asked, caller):
    quiet = caller[: 6 * RATE]
    loud = np.clip(1000.0 * quiet, -1.0, 1.0)
    said = [asked.predict(clip, RATE).speaker_sex for clip in (quiet, loud)]
    assert [max(shares, key=shares.get) for shares in said] == ["female", "male"]


def test_where_nobody_speaks_it_is_empty(asked):
    prediction = asked.predict(np.zeros(RATE, np.float32), RATE)
    assert (prediction.emotion, prediction.speaker_sex) == ("no speech", {})
    assert prediction.to_dict()["speaker_sex"] == {}


def test_timelines_do_not_tell_it(asked, caller):
    timeline = asked.analyze(caller[: 6 * RATE], RATE)
    assert all(prediction.speaker_sex is None for prediction in timeline.predictions)


def test_a_baseline_keeps_it(asked, caller):
    clip = caller[: 6 * RATE]
    adapted = asked.adapt(caller[: 30 * RATE], RATE)
    assert adapted.baseline is not None
    assert adapted.predict(clip, RATE).speaker_sex == asked.predict(clip, RATE).speaker_sex
    assert adapted.with_baseline(None).predict(clip, RATE).speaker_sex is not None


@pytest.mark.parametrize("name", ["default", "speech"])
def test_another_kind_of_bundle_is_refused(recogniser, name):
    kind = load_bundle(name).card.kind
    with pytest.raises(UsageError, match=rf"bundle '.*' is of kind '{kind}', not 'sex'"):
        Recogniser(recogniser.bundle, recogniser.speech_bundle, sex_bundle=load_bundle(name))


def test_it_is_no_bundle_of_emotions(asked):
    with pytest.raises(UsageError, match="bundle 'tiny-sex' is of kind 'sex', not 'emotion'"):
        Recogniser(asked.sex_bundle, asked.speech_bundle)


def test_rates_must_agree(recogniser, tmp_path):
    other = make_sex_bundle(tmp_path / "slow", sampling_rate=8_000)
    with pytest.raises(
        UsageError, match=r"wants 16000 Hz, but the bundle of speakers' sex 8000 Hz; they must agree"
    ):
        Recogniser(recogniser.bundle, recogniser.speech_bundle, sex_bundle=other)


def test_a_short_clip_is_long_enough(recogniser, tmp_path, caller):
    # The shortest window that this bundle takes is longer than the clip.
    strict = make_sex_bundle(tmp_path / "strict", minimum_seconds=2.0)
    asked = Recogniser(make_emotion_bundle(tmp_path / "e"), recogniser.speech_bundle, sex_bundle=strict)
    prediction = asked.predict(caller[: 20 * RATE][5 * RATE : 6 * RATE], RATE)
    assert prediction.speaker_sex is not None
