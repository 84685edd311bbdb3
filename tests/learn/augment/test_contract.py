"""What every augmentation promises, whoever wrote it."""

from __future__ import annotations

import dataclasses
import pickle
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace import registry
from emotrace.errors import DecodeError, UsageError

NAMES = registry.names("augmentation")
PRESETS = [
    pytest.param(registry.load("augmentation", name), preset, id=f"{name}:{preset}")
    for name in NAMES
    for preset in registry.load("augmentation", name).PRESETS
]
SIGNAL_NAMES = [name for name in NAMES if registry.load("augmentation", name).LEVEL == "signal"]
RATE = 16_000


@pytest.fixture(params=NAMES)
def module(request: pytest.FixtureRequest) -> ModuleType:
    return registry.load("augmentation", request.param)


@pytest.fixture(params=SIGNAL_NAMES)
def signal_module(request: pytest.FixtureRequest) -> ModuleType:
    return registry.load("augmentation", request.param)


def call(module: ModuleType, preset: str, signal: np.ndarray, rate: int, seed: int) -> np.ndarray:
    """Apply a preset to a signal, or to the matrix made of it."""
    rng = np.random.default_rng(seed)
    augmentation = module.PRESETS[preset]
    return augmentation(signal, rate, rng) if module.LEVEL == "signal" else augmentation(as_matrix(signal), rng)


def as_matrix(signal: np.ndarray) -> np.ndarray:
    padded = np.resize(signal, 80 * max(1, signal.size // 80)).reshape(-1, 80)
    padded.flags.writeable = False
    return padded


def test_the_folder_is_the_list():
    assert {
        "background",
        "clip",
        "codec",
        "gain",
        "noise",
        "pitch-shift",
        "room",
        "spec-augment",
        "speed",
        "telephone",
        "time-shift",
        "time-stretch",
    } <= set(NAMES)


def test_says_what_it_is(module):
    assert module.LEVEL in ("signal", "spectrogram")
    assert isinstance(module.KEEPS_LENGTH, bool)
    assert module.__doc__
    first_line = module.__doc__.splitlines()[0]
    assert first_line.endswith(".")
    assert "`" not in first_line, "is shown at the command line"


def test_the_class_is_named_after_the_module_and_frozen(module):
    name = module.__name__.rpartition(".")[2].title().replace("_", "")
    cls = getattr(module, name)
    assert dataclasses.is_dataclass(cls)
    assert cls.__dataclass_params__.frozen
    assert module.PRESETS["default"] == cls()
    assert next(iter(module.PRESETS)) == "default"
    for preset, thing in module.PRESETS.items():
        assert type(thing) is cls
        assert preset == preset.lower().replace("_", "-")
        again = pickle.loads(pickle.dumps(thing))  # noqa: S301 - what this line has written itself
        assert (again, hash(again)) == (thing, hash(thing))


@pytest.mark.parametrize(("module", "preset"), PRESETS)
def test_speech_stays_a_finite_signal_and_the_original_as_it_was(module, preset, speech):
    before = speech(RATE).copy()
    # The speech cannot be written to, so that a change in place would fail.
    result = call(module, preset, speech(RATE), RATE, 1)
    assert result.dtype == np.float32
    assert result.ndim == (1 if module.LEVEL == "signal" else 2)
    assert np.isfinite(result).all()
    assert result.any()
    assert result.flags.writeable
    np.testing.assert_array_equal(speech(RATE), before)
    if module.KEEPS_LENGTH:
        expected = before if module.LEVEL == "signal" else as_matrix(before)
        assert result.shape == expected.shape


@pytest.mark.parametrize(("module", "preset"), PRESETS)
def test_one_seed_one_result_and_no_other_randomness(module, preset, speech):
    state = np.random.get_state()[1].copy()  # noqa: NPY002 - looked at, not used
    first = call(module, preset, speech(RATE), RATE, 7)
    np.testing.assert_array_equal(first, call(module, preset, speech(RATE), RATE, 7))
    np.testing.assert_array_equal(state, np.random.get_state()[1])  # noqa: NPY002


def test_the_default_draws_anew_for_another_seed_unless_nothing_is_drawn(signal_module, speech):
    one, two = (call(signal_module, "default", speech(RATE), RATE, seed) for seed in (1, 2))
    draws = signal_module.PRESETS["default"].draw(100, RATE, np.random.default_rng(0)) is not None
    assert (one.shape != two.shape or not np.array_equal(one, two)) == draws


def test_apply_is_pure(signal_module, speech):
    thing = signal_module.PRESETS["default"]
    drawn = thing.draw(speech(RATE).size, RATE, np.random.default_rng(3))
    first = thing.apply(speech(RATE), RATE, drawn)
    np.testing.assert_array_equal(first, thing.apply(speech(RATE), RATE, drawn))
    np.testing.assert_array_equal(first, thing(speech(RATE), RATE, np.random.default_rng(3)))


@pytest.mark.parametrize(("module", "preset"), PRESETS)
def test_silence_stays_silence(module, preset):
    assert not call(module, preset, np.zeros(4_000, np.float32), RATE, 1).any()


@given(
    name=st.sampled_from(SIGNAL_NAMES),
    seed=st.integers(0, 2**32 - 1),
    n_samples=st.one_of(st.integers(1, 20), st.integers(1, 3_000)),
    rate=st.sampled_from([1_000, 8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000]),
    kind=st.sampled_from(["noise", "square", "click", "offset", "tiny"]),
)
@settings(max_examples=120)
def test_any_signal_of_any_length_and_rate_stays_finite(name, seed, n_samples, rate, kind):
    module = registry.load("augmentation", name)
    rng = np.random.default_rng(seed)
    signal = {
        "noise": rng.uniform(-1.0, 1.0, n_samples),
        "square": np.sign(np.sin(np.arange(n_samples) * 0.3)),
        "click": np.eye(1, n_samples, seed % n_samples)[0],
        "offset": np.full(n_samples, -0.7),
        "tiny": rng.uniform(-1e-30, 1e-30, n_samples),
    }[kind].astype(np.float32)
    presets = sorted(module.PRESETS)
    result = module.PRESETS[presets[seed % len(presets)]](signal, rate, rng)
    assert result.dtype == np.float32
    assert result.ndim == 1
    assert np.isfinite(result).all()
    assert result.size >= 1
    if module.KEEPS_LENGTH:
        assert result.size == n_samples


@pytest.mark.parametrize(
    ("signal", "rate", "error", "sentence"),
    [
        (np.zeros(100, np.int16), RATE, UsageError, r"the samples are int16; give floats in \[-1, 1\]"),
        (np.zeros((2, 100), np.float32), RATE, UsageError, r"the signal has shape \(2, 100\); give one channel"),
        (np.float32(1.0), RATE, UsageError, r"the signal has shape \(\); give one channel"),
        (np.zeros(100, np.float32), 16_000.0, UsageError, "the sampling rate is 16000.0; give whole Hz"),
        (np.zeros(100, np.float32), 0, UsageError, "the sampling rate is 0; give whole Hz, at least 1000"),
        (np.zeros(0, np.float32), RATE, DecodeError, "the signal is empty; give at least one sample"),
        (np.array([0.0, np.nan], np.float32), RATE, DecodeError, "samples that are NaN or infinite; leave this"),
        (np.array([0.0, -np.inf], np.float32), RATE, DecodeError, "samples that are NaN or infinite; leave this"),
        (np.array([0.0, 3e4], np.float32), RATE, DecodeError, r"samples reach 30000; a signal lies in \[-1, 1\]"),
    ],
)
def test_what_is_no_signal_is_refused_in_one_line(signal_module, signal, rate, error, sentence):
    name = signal_module.__name__.rpartition(".")[2].replace("_", "-")
    with pytest.raises(error, match=f"^{name}: .*{sentence}") as caught:
        signal_module.PRESETS["default"](signal, rate, np.random.default_rng(1))
    assert "\n" not in str(caught.value)


def test_a_seed_is_no_generator(signal_module):
    with pytest.raises(UsageError, match=r"rng is int; give a numpy.random.Generator, for instance numpy.random"):
        signal_module.PRESETS["default"](np.zeros(9, np.float32), RATE, 42)


def test_parameters_out_of_range_are_refused_by_name(signal_module):
    cls = type(signal_module.PRESETS["default"])
    for field in dataclasses.fields(cls):
        if field.type in ("float", "Range", "int"):
            for bad in (float("nan"), 1e12, -1e12):
                with pytest.raises(UsageError, match=rf"{field.name} is|the band is"):
                    cls(**{field.name: bad})
