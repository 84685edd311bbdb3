"""openSMILE's functionals through its own package."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from emotrace.errors import MissingExtraError, UnknownNameError
from emotrace.features import smile
from emotrace.features._feature_set import load_feature_set

RATE = 16_000


@pytest.fixture(scope="module")
def tone() -> np.ndarray:
    t = np.arange(RATE) / RATE
    noise = 0.01 * np.random.default_rng(0).standard_normal(RATE)
    return (0.3 * np.sign(np.sin(2 * np.pi * 150 * t)) * np.sin(2 * t) + noise).astype(np.float32)


@pytest.mark.parametrize(("name", "size"), [("eGeMAPSv02", 88), ("ComParE_2016", 6373)])
def test_values_and_names_are_opensmiles(name, size, tone):
    opensmile = pytest.importorskip("opensmile")
    level = opensmile.FeatureLevel.Functionals
    frame = opensmile.Smile(opensmile.FeatureSet[name], level).process_signal(tone, RATE)
    features = load_feature_set(f"smile:{name}")
    assert features.names == tuple(frame.columns)
    assert len(features.names) == size
    np.testing.assert_array_equal(features.extract(tone, RATE), frame.to_numpy(np.float32)[0])
    assert (features.level, features.sampling_rate) == ("functionals", RATE)


def test_case_of_a_name_does_not_matter():
    pytest.importorskip("opensmile")
    assert load_feature_set("smile:egemapsv02").name == "smile:eGeMAPSv02"


def test_what_it_cannot_measure_is_an_error_and_no_nan(tone):
    pytest.importorskip("opensmile")
    extract = load_feature_set("smile:eGeMAPSv02").extract
    with pytest.raises(ValueError, match=r"openSMILE finds nothing in it \(0.006 s; it needs about 0.1 s"):
        extract(tone[:100], RATE)
    with pytest.raises(ValueError, match="NaN or infinite: 16000 of 16000"):
        extract(np.full(RATE, np.nan, np.float32), RATE)
    with pytest.raises(ValueError, match="is defined at 16000 Hz, got 8000 Hz"):
        extract(tone, 8_000)
    assert np.isfinite(extract(np.zeros(RATE, np.float32), RATE)).all()


def test_unknown_sets_are_answered_with_those_there_are():
    with pytest.raises(UnknownNameError, match=r"no openSMILE feature set named .eGeMAPSv3.; .*eGeMAPSv02"):
        smile.configure("eGeMAPSv3")


def test_without_the_package_its_extra_is_named(monkeypatch):
    smile._smile.cache_clear()
    monkeypatch.setitem(sys.modules, "opensmile", None)
    with pytest.raises(MissingExtraError, match=r"^openSMILE needs the extra 'smile': pip install"):
        smile.configure("eGeMAPSv02")
