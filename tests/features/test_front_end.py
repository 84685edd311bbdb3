"""From what a model hears to what it judges."""

from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace import registry
from emotrace.audio.resample import resample
from emotrace.errors import AudioError, BundleError, UnknownNameError, UsageError
from emotrace.features import means184
from emotrace.features._front_end import FrontEnd, describe_front_end


def make_signal(n_before: int = 8_000, n_after: int = 12_000) -> np.ndarray:
    """A glide at 16 kHz with all but silence around it."""
    t = np.arange(16_000) / 16_000
    glide = 0.3 * np.sin(2 * np.pi * (200 * t + 150 * t**2))
    hiss = 1e-5 * np.random.default_rng(0).normal(size=n_before + 16_000 + n_after)
    hiss[n_before : n_before + 16_000] += glide
    return hiss.astype(np.float32)


def test_resamples_trims_and_extracts_in_this_order():
    signal = make_signal()
    front_end = FrontEnd(describe_front_end("means184", trim_db=60.0))
    heard = librosa.effects.trim(resample(signal, 16_000, 22_050), top_db=60)[0]
    assert heard.size < 22_050 * 1.2
    np.testing.assert_array_equal(front_end.extract(signal, 16_000), means184.extract(heard, 22_050))
    assert front_end.names == means184.NAMES


@given(before=st.integers(4_000, 20_000), after=st.integers(4_000, 20_000))
@settings(max_examples=15)
def test_silence_around_speech_is_not_judged_where_it_is_cut_off(before, after):
    loudness = [
        FrontEnd(describe_front_end("means184", trim_db=trim_db)).extract(make_signal(before, after), 16_000)[0]
        for trim_db in (60.0, None)
    ]
    assert loudness[0] > 0.17
    assert loudness[1] < 0.9 * loudness[0]


def test_facts_are_those_of_the_feature_set():
    facts = describe_front_end("MEANS184", trim_db=60.0)
    assert (facts["set"], facts["shape"], facts["sampling_rate"]) == ("means184", [184], 22_050)
    assert (facts["trim_db"], facts["whole_clips"], facts["data_sha256"]) == (60.0, True, "")
    assert facts["names_sha256"] != describe_front_end("means180")["names_sha256"]
    assert describe_front_end("means184", whole_clips=False)["whole_clips"] is False


def test_frames_are_of_any_number_and_judged_in_windows():
    facts = describe_front_end("mfcc-frames")
    assert (facts["shape"], facts["whole_clips"]) == ([None, 60], False)
    assert describe_front_end("mel-image")["shape"] == [64, 64, 3]
    assert FrontEnd(facts).extract(make_signal(), 16_000).shape == (1 + 49_613 // 512, 60)


@pytest.mark.parametrize("name", [n for n in registry.names("feature set") if n not in ("smile", "ssl")])
def test_every_plain_set_can_stand_before_a_model(name):
    front_end = FrontEnd(describe_front_end(name))
    features = front_end.extract(make_signal(), 16_000)
    shape = front_end.facts["shape"]
    assert features.dtype == np.float32
    assert all(wanted in (None, length) for length, wanted in zip(features.shape, shape, strict=True))


def wrong(**values: Any) -> Any:
    return {**describe_front_end("means180"), **values}


@pytest.mark.parametrize(
    "values", [{"names_sha256": "0" * 64}, {"sampling_rate": 8_000}, {"data_sha256": "1" * 64}]
)
def test_another_set_of_the_same_name_is_noticed(values):
    with pytest.raises(
        BundleError, match=r"trained on another feature set 'means180' than .* use the emotrace that"
    ):
        FrontEnd(wrong(**values))


def test_words_for_what_is_not_there():
    with pytest.raises(
        BundleError, match=r"needs features that this emotrace does not have: .*'means18'; did you"
    ):
        FrontEnd(wrong(set="means18"))
    with pytest.raises(UnknownNameError, match="no feature set named 'means18'; did you mean 'means"):
        describe_front_end("means18")
    with pytest.raises(UsageError, match="takes no parameter, got 'x'"):
        describe_front_end("means180:x")
    with pytest.raises(AudioError, match=r"1\.00 s of audio give no features 'means180': .*NaN or infinite"):
        FrontEnd(describe_front_end("means180")).extract(np.full(16_000, np.nan, np.float32), 16_000)
