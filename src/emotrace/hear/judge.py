"""From one window of samples to one `Prediction`: the rule that files, streams and clips share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from emotrace.bundle import Bundle
from emotrace.errors import BundleError
from emotrace.features._front_end import FrontEnd
from emotrace.hear.baseline import Baseline
from emotrace.hear.speech import Signal, pad_to
from emotrace.labels import NO_SPEECH, restrict
from emotrace.types import Prediction, Segment

LEAST_SPEECH_SECONDS = 0.15
"""With less speech than this nothing is said about emotion."""


class Judge:
    """Names the emotion of a window with a bundle of kind ``emotion``.

    Parameters
    ----------
    bundle
        The bundle.
    labels
        Those to choose between; the bundle's probabilities are restricted to them and scaled to sum to 1.
    threads
        Most threads that one run may use.
    baseline
        Whose ordinary voice shifts the decision; None for nobody's.

    Raises
    ------
    BundleError, MissingExtraError
        If the bundle takes features that this installation cannot compute.
    UsageError
        If the baseline was heard by another model.
    """

    def __init__(
        self, bundle: Bundle, labels: Sequence[str], threads: int = 1, baseline: Baseline | None = None
    ) -> None:
        bundle.card.require_kind("emotion")
        if baseline is not None:
            baseline.require(bundle.card)
        self.labels = tuple(labels)
        self.baseline = baseline
        self._bundle = bundle
        self._threads = threads
        self._front_end = _make_front_end(bundle)
        self._uncertain_below = float(bundle.card.calibration["uncertain_below"])
        # Among two labels one always has half: certainty is judged among all that are shown by default.
        self._rivals = tuple(dict.fromkeys((*self.labels, *bundle.card.shown_labels)))

    @property
    def hears_whole_clips(self) -> bool:
        """Whether the bundle was trained on whole clips, so that a clip is judged at once and not in windows."""
        return self._front_end is not None and self._front_end.facts["whole_clips"]

    def probabilities(self, windows: Sequence[Signal]) -> list[NDArray[np.float64]]:
        """Give the probabilities of all the bundle's labels for each window, (n_labels,).

        Neighbours of one length are judged at once.
        """
        groups = [list(group) for _, group in groupby(windows, key=len)]
        return [row for group in groups for row in self.adapt(self._hear_all(group))]

    def adapt(self, heard: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shift what the model says, (..., n_labels), by the baseline, if there is one."""
        return heard if self.baseline is None else self.baseline.shift(heard)

    def hear(self, window: Signal) -> NDArray[np.float64]:
        """Give what the model says of one window, whoever speaks, shape (n_labels,)."""
        heard: NDArray[np.float64] = self._hear_all([window])[0]
        return heard

    def _hear_all(self, windows: Sequence[Signal]) -> NDArray[np.float64]:
        """Give what the model says of windows of one length, (n, n_labels)."""
        card = self._bundle.card
        heard = [pad_to(window, card.minimum_samples) for window in windows]
        if self._front_end is not None:
            heard = [self._front_end.extract(window, card.sampling_rate) for window in heard]
        return np.asarray(self._bundle.predict(np.stack(heard), self._threads), dtype=np.float64)

    def name(
        self,
        probabilities: NDArray[np.float64],
        segment: Segment,
        speech_seconds: float,
        file: str = "",
        channel: str = "mix",
    ) -> Prediction:
        """Make a prediction from the probabilities of all the bundle's labels."""
        every = dict(zip(self._bundle.card.labels, probabilities.tolist(), strict=True))
        chosen: Mapping[str, float] = restrict(every, self.labels)
        emotion = max(chosen, key=lambda label: chosen[label])
        return Prediction(
            segment=segment,
            emotion=emotion,
            confidence=chosen[emotion],
            uncertain=restrict(every, self._rivals)[emotion] < self._uncertain_below,
            probabilities=chosen,
            speech_seconds=speech_seconds,
            file=file,
            channel=channel,
        )


def _make_front_end(bundle: Bundle) -> FrontEnd | None:
    if bundle.card.features is None:
        return None
    try:
        return FrontEnd(bundle.card.features)
    except BundleError as error:
        raise BundleError(f"bundle '{bundle.card.name}': {error}") from None


def no_speech(segment: Segment, speech_seconds: float = 0.0, file: str = "", channel: str = "mix") -> Prediction:
    """Say that nobody speaks, or too little to judge."""
    return Prediction(
        segment=segment,
        emotion=NO_SPEECH,
        confidence=None,
        uncertain=False,
        probabilities={},
        speech_seconds=speech_seconds,
        file=file,
        channel=channel,
    )


def is_enough_speech(speech_seconds: float, segment: Segment) -> bool:
    """Say whether a stretch holds enough speech to name an emotion: 0.15 s, or 40 % of a shorter stretch.

    >>> is_enough_speech(0.1, Segment(0.0, 1.0)), is_enough_speech(0.1, Segment(0.0, 0.2))
    (False, True)
    """
    return speech_seconds > 0.0 and speech_seconds >= min(LEAST_SPEECH_SECONDS, 0.4 * segment.duration) - 1e-9
