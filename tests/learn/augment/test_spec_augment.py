from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.errors import DecodeError, UsageError
from emotrace.learn.augment.spec_augment import PRESETS, SpecAugment


def matrix(n_frames: int = 300, n_bands: int = 80) -> np.ndarray:
    return np.random.default_rng(0).normal(-40.0, 10.0, (n_frames, n_bands)).astype(np.float32)


@given(
    st.integers(0, 10**6),
    st.integers(1, 200),
    st.integers(1, 90),
    st.sampled_from(sorted(PRESETS)),
)
def test_hides_whole_frames_and_bands_within_the_bounds(seed, n_frames, n_bands, preset):
    policy, before = PRESETS[preset], matrix(n_frames, n_bands)
    frames, bands = policy.draw(n_frames, n_bands, np.random.default_rng(seed))
    after = policy(before, np.random.default_rng(seed))
    hidden = frames[:, np.newaxis] | bands
    np.testing.assert_array_equal(after[~hidden], before[~hidden])
    np.testing.assert_allclose(after[hidden], before.mean(dtype=np.float64), rtol=1e-5)
    longest = min(policy.widest_frames, policy.widest_share * n_frames)
    assert frames.sum() <= policy.n_time_masks * longest
    assert bands.sum() <= policy.n_band_masks * policy.widest_bands
    assert np.count_nonzero(np.diff(np.pad(frames, 1).astype(int)) == 1) <= policy.n_time_masks


def test_widths_are_drawn_from_none_to_the_widest():
    policy = SpecAugment(n_band_masks=1, widest_bands=5, n_time_masks=0)
    widths = {int(policy.draw(10, 80, np.random.default_rng(seed))[1].sum()) for seed in range(200)}
    assert widths == {0, 1, 2, 3, 4, 5}


def test_policies_are_the_papers():
    assert PRESETS["librispeech-double"] == SpecAugment(2, 27, 2, 100, 1.0)
    assert PRESETS["switchboard-mild"] == SpecAugment(2, 15, 2, 70, 0.2)


@pytest.mark.parametrize(
    ("bad", "error", "sentence"),
    [
        (np.zeros(5, np.float32), UsageError, r"got float32 of shape \(5,\); give floats of shape \(n_frames"),
        (np.zeros((5, 5), int), UsageError, r"got int64 of shape \(5, 5\); give floats"),
        (np.zeros((0, 80), np.float32), DecodeError, r"the matrix is empty, of shape \(0, 80\)"),
        (np.full((5, 5), np.nan, np.float32), DecodeError, "values that are NaN or infinite"),
    ],
)
def test_what_is_no_matrix_is_refused(bad, error, sentence):
    with pytest.raises(error, match=f"spec-augment: .*{sentence}"):
        SpecAugment()(bad, np.random.default_rng(1))


def test_mistakes_are_told():
    with pytest.raises(UsageError, match="spec-augment: n_time_masks is -1; it must be a whole number from 0 to"):
        SpecAugment(n_time_masks=-1)
    with pytest.raises(UsageError, match=r"spec-augment: widest_share is .*; it must be a number from 0 to 1"):
        SpecAugment(widest_share=1.5)
    with pytest.raises(UsageError, match=r"rng is int; give a numpy.random.Generator"):
        SpecAugment()(matrix(), 3)
