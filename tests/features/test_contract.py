"""What every feature set promises, whoever wrote it."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from emotrace import registry

AXES = {"functionals": 1, "lld": 2, "image": 3}

MODULES = {name: registry.load("feature set", name) for name in registry.names("feature set")}


@pytest.fixture(params=[name for name, module in MODULES.items() if not hasattr(module, "configure")])
def feature_set(request: pytest.FixtureRequest) -> ModuleType:
    return MODULES[request.param]


@pytest.mark.parametrize("name", [name for name, module in MODULES.items() if hasattr(module, "configure")])
def test_sets_with_a_parameter_say_which_and_have_nothing_else(name):
    module = MODULES[name]
    assert module.PARAMETER
    assert callable(module.configure)
    assert not {"NAMES", "LEVEL", "extract"} & set(vars(module))


def test_says_what_it_gives(feature_set):
    assert feature_set.LEVEL in AXES
    assert hasattr(feature_set, "SHAPE") == (feature_set.LEVEL == "image")
    assert 4_000 <= feature_set.SAMPLING_RATE <= 192_000
    assert len(set(feature_set.NAMES)) == len(feature_set.NAMES) > 0
    assert all(name == name.lower() and name.isidentifier() for name in feature_set.NAMES)


def test_gives_one_finite_number_by_name(feature_set):
    rate = feature_set.SAMPLING_RATE
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, rate).astype(np.float32)
    values = feature_set.extract(noise, rate)
    assert values.dtype == np.float32
    assert values.ndim == AXES[feature_set.LEVEL]
    assert values.shape == getattr(feature_set, "SHAPE", values.shape)
    assert values.shape[-1] == len(feature_set.NAMES)
    assert np.isfinite(values).all()


def test_same_signal_same_features_and_signal_untouched(feature_set):
    rate = feature_set.SAMPLING_RATE
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, rate).astype(np.float32)
    before = noise.copy()
    np.testing.assert_array_equal(feature_set.extract(noise, rate), feature_set.extract(noise, rate))
    np.testing.assert_array_equal(noise, before)
