"""What is made of one window's probabilities: which emotion, and how certain, whatever labels are chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tiny_bundles import LABELS, make_emotion_bundle, make_speech_bundle

from emotrace.errors import UsageError
from emotrace.hear.judge import Judge
from emotrace.types import Segment

WHERE = Segment(0.0, 1.0)
LEAST = 0.4
"""The confidence from which on the bundle below is certain."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("judge")


@pytest.fixture(scope="module")
def judge_among(folder: Path):
    """Give the judge of labels, of a bundle that shows some by default."""

    def make(labels: tuple[str, ...], shown: tuple[str, ...] = LABELS) -> Judge:
        target = folder / "-".join(shown)
        calibration = {"temperature": 1.0, "uncertain_below": LEAST}
        return Judge(make_emotion_bundle(target, default_labels=shown, calibration=calibration), labels)

    return make


def heard(**probabilities: float) -> np.ndarray:
    return np.array([probabilities[label] for label in LABELS])


def test_half_of_two_labels_is_not_certain(judge_among):
    probabilities = heard(neutral=0.2, happiness=0.3, sadness=0.25, anger=0.25)
    prediction = judge_among(("neutral", "anger")).name(probabilities, WHERE, 1.0)
    assert (prediction.emotion, prediction.uncertain) == ("anger", True)
    # The confidence shown is that among the labels that were asked for.
    assert prediction.confidence == pytest.approx(0.25 / 0.45)
    assert prediction.confidence > LEAST


def test_certain_among_all_is_certain_among_two(judge_among):
    probabilities = heard(neutral=0.2, happiness=0.1, sadness=0.1, anger=0.6)
    prediction = judge_among(("neutral", "anger")).name(probabilities, WHERE, 1.0)
    assert (prediction.emotion, prediction.uncertain) == ("anger", False)


def test_labels_that_are_not_shown_are_no_rivals(judge_among):
    # Sadness is the likeliest, but this bundle does not show it.
    probabilities = heard(neutral=0.1, happiness=0.1, sadness=0.6, anger=0.2)
    shown = ("neutral", "happiness", "anger")
    assert not judge_among(shown, shown).name(probabilities, WHERE, 1.0).uncertain
    assert judge_among(("neutral", "anger"), LABELS).name(probabilities, WHERE, 1.0).uncertain


def test_whoever_asks_for_labels_that_are_not_shown_gets_them_as_rivals_too(judge_among):
    probabilities = heard(neutral=0.35, happiness=0.01, sadness=0.30, anger=0.34)
    shown = ("neutral", "happiness")
    assert not judge_among(shown, shown).name(probabilities, WHERE, 1.0).uncertain
    prediction = judge_among(("sadness", "anger"), shown).name(probabilities, WHERE, 1.0)
    assert (prediction.emotion, prediction.uncertain) == ("anger", True)
    assert prediction.confidence == pytest.approx(0.34 / 0.64)


@given(
    raw=st.lists(st.floats(0.01, 1.0), min_size=4, max_size=4),
    chosen=st.lists(st.sampled_from(LABELS), min_size=2, unique=True),
)
def test_choosing_labels_does_not_make_an_emotion_more_certain(judge_among, raw, chosen):
    probabilities = np.array(raw) / sum(raw)
    prediction = judge_among(tuple(chosen)).name(probabilities, WHERE, 1.0)
    of_all = dict(zip(LABELS, probabilities, strict=True))[prediction.emotion]
    assert prediction.emotion == max(
        chosen, key=lambda label: (prediction.probabilities[label], -chosen.index(label))
    )
    assert abs(of_all - LEAST) < 1e-9 or prediction.uncertain == (of_all < LEAST)
    assert prediction.confidence >= of_all - 1e-9


def test_a_speech_bundle_names_no_emotion(folder):
    with pytest.raises(UsageError, match="bundle 'tiny-speech' is of kind 'speech', not 'emotion'"):
        Judge(make_speech_bundle(folder / "speech"), LABELS)
