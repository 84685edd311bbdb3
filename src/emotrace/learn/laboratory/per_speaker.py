"""Features as they stand among those of the same speaker."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def standardise_by_speaker(features: NDArray[np.float32], speakers: Sequence[str]) -> NDArray[np.float32]:
    """Bring every feature of each speaker to mean 0 and deviation 1; no labels are looked at.

    What is left says how a clip differs from the speaker's others. It needs several clips of everybody, of the
    tested speakers too, and of all emotions alike: somebody of whom only angry clips are given loses his anger. A
    model that was fitted so cannot judge the first clip of a new voice.

    Parameters
    ----------
    features
        (n, n_features).
    speakers
        Of each row.

    Returns
    -------
    ndarray of float32, (n, n_features); a feature that is the same in all of a speaker's clips is 0 there.

    References
    ----------
    C. Busso et al. (2013), "Iterative feature normalization scheme for automatic emotion detection from speech",
    IEEE Transactions on Affective Computing 4(4).

    >>> standardise_by_speaker(np.array([[1.0], [3.0], [7.0]], dtype=np.float32), ["a", "a", "b"]).tolist()
    [[-1.0], [1.0], [0.0]]
    """
    names = np.asarray(speakers)
    standardised = np.empty(features.shape, dtype=np.float32)
    for name in np.unique(names):
        own = features[names == name].astype(np.float64)
        away, scale = own - own.mean(axis=0), own.std(axis=0)
        is_varied = scale > 10.0 * np.finfo(np.float32).eps * np.abs(own).max(axis=0)
        standardised[names == name] = np.where(is_varied, away / np.where(is_varied, scale, 1.0), 0.0)
    return standardised
