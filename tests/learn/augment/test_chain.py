from __future__ import annotations

import numpy as np
import pytest

from emotrace.errors import DecodeError, UnknownNameError, UsageError
from emotrace.learn.augment import Chain, find_augmentation, make_chain
from emotrace.learn.augment.noise import Noise
from emotrace.learn.augment.time_stretch import TimeStretch

RATE = 16_000


def test_steps_follow_one_another_with_one_generator(speech):
    chain = make_chain(["noise:quality-assurance", "time_stretch:Capstone"])
    assert chain == Chain((Noise(0.030), TimeStretch(0.8)))
    rng = np.random.default_rng(3)
    by_hand = TimeStretch(0.8)(Noise(0.030)(speech(RATE), RATE, rng), RATE, rng)
    np.testing.assert_array_equal(chain(speech(RATE), RATE, np.random.default_rng(3)), by_hand)


def test_the_empty_chain_gives_a_copy(speech):
    same = make_chain([])(speech(RATE), RATE, np.random.default_rng(1))
    np.testing.assert_array_equal(same, speech(RATE))
    same[0] = 1.0
    assert speech(RATE)[0] != 1.0
    with pytest.raises(DecodeError, match="chain: the signal is empty"):
        Chain()(np.zeros(0, np.float32), RATE, np.random.default_rng(1))


def test_names_without_a_preset_are_the_default():
    assert find_augmentation("noise") == find_augmentation("noise:default") == Noise()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nois", "no augmentation named 'nois'; did you mean 'noise'"),
        ("noise:capston", "no preset of noise named 'capston'; did you mean 'capstone'"),
        (
            "noise:loudest",
            "no preset of noise named 'loudest'; known: avatar, capstone, default, quality-assurance,",
        ),
    ],
)
def test_unknown_names_are_explained(text, sentence):
    with pytest.raises(UnknownNameError, match=sentence):
        make_chain([text])


def test_a_spectrogram_is_no_signal():
    with pytest.raises(UsageError, match="'spec-augment:default' changes spectrograms, not signals: it cannot"):
        make_chain(["spec-augment:default"])


def test_one_text_is_no_list():
    with pytest.raises(UsageError, match=r"a chain is a list of names, not one text; give \['noise'\]"):
        make_chain("noise")
