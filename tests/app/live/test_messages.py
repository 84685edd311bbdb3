"""What a page may say, and how it is told what is wrong."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import emotrace
from emotrace.app.live.messages import Avatar, Open, Voice, read_control
from emotrace.errors import UsageError
from emotrace.hear.baseline import Baseline
from emotrace.server.live.protocol import BadMessageError

CARD = emotrace.load().bundle.card
N_LABELS = len(CARD.labels)


def baseline_of(weights: list[float], seconds: float = 12.0) -> Baseline:
    shares = np.array(weights) / sum(weights)
    sha256 = CARD.files["model.onnx"]["sha256"]
    return Baseline(sha256, CARD.labels, tuple(shares.tolist()), seconds, n_windows=5)


@given(
    weights=st.lists(st.floats(0.001, 1.0), min_size=N_LABELS, max_size=N_LABELS),
    seconds=st.floats(5.0, 60.0),
)
def test_a_voice_comes_back_from_the_page_as_it_was(weights, seconds):
    baseline = baseline_of(weights, seconds)
    opened = json.dumps(
        {"type": "open", "sampling_rate": 48_000, "voice": json.loads(Voice.of(baseline).to_json())}
    )
    control = read_control(opened)
    assert isinstance(control, Open)
    assert control.voice is not None
    assert control.voice.to_baseline(CARD) == baseline


@pytest.mark.parametrize(
    "change",
    [
        {"model_sha256": "0" * 64},
        {"labels": tuple(reversed(CARD.labels))},
        {"probabilities": (1.0,)},
        {"probabilities": (2.0, -1.0) + (0.0,) * (N_LABELS - 2)},
        {"probabilities": (0.5,) * N_LABELS},
    ],
)
def test_no_voice_of_another_model_or_made_up_is_used(change):
    voice = Voice.of(baseline_of([1.0] * N_LABELS)).model_copy(update=change)
    with pytest.raises(UsageError, match="heard by another model; record it anew"):
        voice.to_baseline(CARD)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"type": "opne"}', "the message has the type 'opne'; did you mean 'open'"),
        ('{"type": "open"}', "open: the key 'sampling_rate' is missing"),
        ('{"type": "open", "sampling_rate": 12}', "open: 'sampling_rate' is 12; it must be greater than or equal"),
        (
            '{"type": "avatar", "target": {"host": "a", "port": 0, "preset": "vmc"}}',
            "'target.port' is 0; it must be",
        ),
        ("hello", "audio is sent as binary, and text must be a JSON object"),
    ],
)
def test_what_cannot_be_understood_is_one_sentence(text, sentence):
    with pytest.raises(BadMessageError) as caught:
        read_control(text)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_avatar_may_be_none():
    assert read_control('{"type": "avatar", "target": null}') == Avatar(target=None)
