"""From the audio that a model hears to the features that it judges: the same way in training and in use.

A bundle hears audio at one rate, 16,000 Hz, whatever the feature set's rate: what lies above 8,000 Hz is not there
when it is used, so it must not be there when it is trained. `FrontEnd` resamples what is heard to the set's rate,
cuts off the quiet ends as in training, and extracts.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.resample import resample
from emotrace.audio.trim import trim
from emotrace.bundle.card import FrontEndFacts
from emotrace.errors import AudioError, BundleError, UnknownNameError
from emotrace.features._feature_set import FeatureSet, load_feature_set

HEARD_RATE = 16_000
"""The rate of the audio that bundles of emotrace hear, in Hz."""

_SHAPE_SECONDS = 1.0


class FrontEnd:
    """What stands before a model of features.

    Parameters
    ----------
    facts
        As `describe_front_end` gives them and a bundle's card keeps them.

    Raises
    ------
    BundleError
        If this installation has no such feature set, or another one of the same name.
    MissingExtraError
        If the set needs a library that is not installed.
    """

    def __init__(self, facts: FrontEndFacts) -> None:
        self.facts = facts
        try:
            self._set = load_feature_set(facts["set"])
        except UnknownNameError as error:
            raise BundleError(f"the model needs features that this emotrace does not have: {error}") from None
        own = (self._set.sampling_rate, _digest(self._set.names), _data_digest(self._set))
        if own != (facts["sampling_rate"], facts["names_sha256"], facts["data_sha256"]):
            raise BundleError(
                f"the model was trained on another feature set '{facts['set']}' than this emotrace has (its rate, "
                "names or data differ); use the emotrace that wrote the bundle, or train the model anew"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Of the values along the features' last axis."""
        return self._set.names

    def extract(self, signal: NDArray[np.float32], sampling_rate: int) -> NDArray[np.float32]:
        """Give the features of one stretch of audio.

        Parameters
        ----------
        signal
            Samples in [-1, 1], shape (n_samples,), at least one.
        sampling_rate
            Of the signal, in Hz; that of the bundle's card, in training as in use.

        Returns
        -------
        ndarray of float32, of the shape that ``facts`` name.

        Raises
        ------
        AudioError
            If the set can say nothing of this stretch.
        """
        heard = resample(signal, sampling_rate, self._set.sampling_rate)
        if self.facts["trim_db"] is not None:
            heard = trim(heard, self.facts["trim_db"])[0]
        try:
            return self._set.extract(heard, self._set.sampling_rate)
        except ValueError as error:
            seconds = signal.size / sampling_rate
            raise AudioError(f"{seconds:.2f} s of audio give no features '{self._set.name}': {error}") from None


def describe_front_end(
    feature_set: str, trim_db: float | None = None, whole_clips: bool | None = None
) -> FrontEndFacts:
    """Give the facts of a front end, for `FrontEnd` and for a card.

    Parameters
    ----------
    feature_set
        Its name, for instance ``means184`` or ``smile:eGeMAPSv02``.
    trim_db
        Both ends are cut off where they are this far below the loudest frame, in dB; None: they are not.
    whole_clips
        Whether the model is trained on whole clips. By default so for functionals, which sum up a clip of any
        length; otherwise a clip is judged in windows.

    Raises
    ------
    UnknownNameError, UsageError, MissingExtraError
        As `load_feature_set`.

    >>> describe_front_end("means184", trim_db=60.0)["shape"]
    [184]
    """
    found = load_feature_set(feature_set)
    return {
        "set": found.name,
        "names_sha256": _digest(found.names),
        "data_sha256": _data_digest(found),
        "shape": _shape_of(found),
        "sampling_rate": found.sampling_rate,
        "trim_db": trim_db,
        "whole_clips": found.level == "functionals" if whole_clips is None else whole_clips,
    }


def _shape_of(feature_set: FeatureSet) -> list[int | None]:
    """Give the shape of what the set makes of one signal; None for the number of frames."""
    n_samples = round(_SHAPE_SECONDS * feature_set.sampling_rate)
    noise = np.random.default_rng(0).normal(0.0, 0.1, n_samples).astype(np.float32)
    shape = [int(length) for length in feature_set.extract(noise, feature_set.sampling_rate).shape]
    return [None, *shape[1:]] if feature_set.level == "lld" else [*shape]


def _digest(names: tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def _data_digest(feature_set: FeatureSet) -> str:
    data = feature_set.data_fingerprint()
    return hashlib.sha256(data.encode()).hexdigest() if data else ""
