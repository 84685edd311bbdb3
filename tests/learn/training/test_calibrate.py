from __future__ import annotations

import numpy as np

from emotrace.learn.training.calibrate import balance_corpora


def test_small_corpora_are_repeated():
    chosen = balance_corpora(["a"] * 6 + ["b"] * 2 + ["c"])
    np.testing.assert_array_equal(chosen, [*range(6), *[6] * 3, *[7] * 3, *[8] * 6])
    np.testing.assert_array_equal(balance_corpora(["a", "b"]), [0, 1])


def test_song_is_not_balanced_against_speech():
    np.testing.assert_array_equal(balance_corpora(["ravdess", "ravdess-song", "ravdess", "savee"]), [0, 2, 3, 3])
    np.testing.assert_array_equal(balance_corpora(["ravdess-song"] * 2), [0, 1])
