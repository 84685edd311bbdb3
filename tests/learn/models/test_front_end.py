from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.features import log_mel, periodicity
from emotrace.learn.models._front_end import LogMel, Periodicity, Voice

FRONT_END = LogMel().eval()


def compute(signal: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return FRONT_END(torch.from_numpy(np.atleast_2d(signal))).numpy()


def noise(n_samples: int, seed: int = 0, peak: float = 0.5) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-peak, peak, n_samples).astype(np.float32)


@settings(max_examples=40)
@given(st.integers(512, 6_000), st.floats(1e-4, 1.0), st.integers(0, 2**32 - 1))
def test_equals_numpy_for_any_length_and_level(n_samples, peak, seed):
    signal = noise(n_samples, seed, peak)
    np.testing.assert_allclose(compute(signal)[0], log_mel.extract(signal, 16_000), atol=0.02)


@pytest.mark.parametrize("hz", [60.0, 440.0, 4_000.0, 7_900.0])
def test_equals_numpy_on_tones(hz):
    signal = (0.5 * np.sin(2 * np.pi * hz * np.arange(8_000) / 16_000)).astype(np.float32)
    ours, reference = compute(signal)[0], log_mel.extract(signal, 16_000)
    # Beside a pure tone only rounding is left, 80 dB and more below it: the network floors it there.
    floor = reference.max() - 80.0
    np.testing.assert_allclose(np.maximum(ours, floor), np.maximum(reference, floor), atol=0.05)


def test_equals_librosa():
    signal = noise(16_000)
    power = librosa.feature.melspectrogram(
        y=signal, sr=16_000, n_fft=512, hop_length=256, center=False, n_mels=64, fmin=40.0, fmax=8000.0
    )
    np.testing.assert_allclose(compute(signal)[0], 10 * np.log10(np.maximum(power.T, 1e-10)), atol=0.02)


def test_silence_is_the_floor():
    np.testing.assert_allclose(compute(np.zeros(2048, dtype=np.float32)), -100.0, atol=1e-3)


@pytest.mark.parametrize("n_samples", [512, 767, 768, 1023, 1024, 48_000])
def test_number_of_frames(n_samples):
    assert compute(noise(n_samples)).shape == (1, log_mel.n_frames(n_samples), 64)


def test_rows_of_a_batch_do_not_meet():
    rows = np.stack([noise(4_000, seed) for seed in range(3)])
    together = compute(rows)
    for row, alone in zip(together, rows, strict=True):
        np.testing.assert_allclose(row, compute(alone)[0], atol=1e-3)


def test_has_nothing_to_learn():
    assert list(FRONT_END.parameters()) == []


# Periodicity.


@settings(max_examples=40)
@given(st.integers(512, 6_000), st.floats(1e-4, 1.0), st.integers(0, 2**32 - 1))
def test_periodicity_equals_numpy_for_any_length_and_level(n_samples, peak, seed):
    signal = noise(n_samples, seed, peak)
    with torch.no_grad():
        ours = Periodicity()(torch.from_numpy(signal[None]))[0].numpy()
    np.testing.assert_allclose(ours, periodicity.extract(signal, 16_000), atol=1e-3)


def test_a_voice_is_log_mels_and_periodicity_side_by_side():
    signals = torch.from_numpy(np.stack([noise(4_000, seed) for seed in range(2)]))
    with torch.no_grad():
        heard = Voice()(signals)
        assert torch.equal(heard, torch.cat([FRONT_END(signals), Periodicity()(signals)], dim=2))
    assert heard.shape == (2, log_mel.n_frames(4_000), 128)


@settings(max_examples=40)
@given(st.integers(512, 6_000), st.integers(0, 2**32 - 1))
def test_with_a_step_of_two_every_second_frame_is_heard(n_samples, seed):
    signal = torch.from_numpy(noise(n_samples, seed)[None])
    with torch.no_grad():
        torch.testing.assert_close(Voice(2)(signal), Voice()(signal)[:, ::2], atol=1e-4, rtol=1e-5)
