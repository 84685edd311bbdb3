"""A feature set by its name, with or without a parameter."""

from __future__ import annotations

import re

import numpy as np
import pytest

from emotrace.errors import UnknownNameError, UsageError
from emotrace.features import means184
from emotrace.features._feature_set import load_feature_set


def test_a_plain_set_is_its_module():
    features = load_feature_set("Means184")
    assert features.name == "means184"
    assert (features.names, features.sampling_rate, features.level) == (means184.NAMES, 22_050, "functionals")
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 5_000).astype(np.float32)
    np.testing.assert_array_equal(features.extract(noise, 22_050), means184.extract(noise, 22_050))
    assert features.data_fingerprint() == ""


def test_underscores_and_hyphens_are_the_same_set():
    assert load_feature_set("mel_image_clean") == load_feature_set("mel-image-clean")


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("means18", UnknownNameError, "no feature set named 'means18'; did you mean 'means18"),
        ("means184:loud", UsageError, "'means184' takes no parameter, got 'loud'; write just means184"),
        ("means184:", UsageError, "'means184' takes no parameter"),
        ("smile", UsageError, "'smile' needs a parameter: smile:eGeMAPSv02|ComParE_2016"),
        ("ssl:", UsageError, "'ssl' needs a parameter: ssl:CHECKPOINT@"),
    ],
)
def test_names_that_do_not_work_say_what_would(name, kind, words):
    with pytest.raises(kind, match=re.escape(words)):
        load_feature_set(name)
