"""Personal baseline: how a person sounds when nothing is the matter, and what follows for everything else.

A model hears some voices as sad or angry whatever they feel. Ten seconds of such a voice, speaking as it always
does, tell how much. An emotion that is heard there with odds above `USUAL_ODDS` against *neutral* and *calm*
together is taken back by that excess: its probability is multiplied by ``(USUAL_ODDS / odds) ** strength``, and
then all are scaled to sum to 1. The strength grows with the speech heard. No emotion ever wins by it against
neutral and calm, which keep their proportion, and a voice that is heard as it should be is left as it is.

The form and its constants were chosen on validation speakers, beside shifts in both directions and re-weighted
priors; ``benchmarks/baseline.py`` has the figures, ``docs/baseline.md`` shows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotrace.bundle.card import MODEL_FILE, Card
from emotrace.errors import UsageError
from emotrace.hear.clip import HeardClip

ORDINARY = ("neutral", "calm")
"""What an ordinary voice ought to be heard as."""

USUAL_ODDS = 0.08
"""Odds of each single emotion against the ordinary labels up to which nothing is taken back."""

FULL_STRENGTH = 1.0
HALF_STRENGTH_SECONDS = 10.0
"""With so much speech the strength is half of the full one."""

LEAST_SECONDS, MOST_SECONDS = 5.0, 60.0
"""How much speech a baseline needs, and how much is used."""

_FLOOR = 1e-3


@dataclass(frozen=True, slots=True)
class Baseline:
    """What one model heard in one person's ordinary voice; made by `emotrace.Recogniser.adapt`.

    Attributes
    ----------
    model_sha256
        Of the model that heard it: no other can use it.
    labels
        Of that model.
    probabilities
        Their mean over the windows, each counting as much as it holds speech.
    speech_seconds
        How much speech was heard.
    n_windows
        In how many windows.
    """

    model_sha256: str
    labels: tuple[str, ...]
    probabilities: tuple[float, ...]
    speech_seconds: float
    n_windows: int

    @property
    def strength(self) -> float:
        """How much of the excess is taken back, from 0 without speech to nearly `FULL_STRENGTH`."""
        return FULL_STRENGTH * self.speech_seconds / (self.speech_seconds + HALF_STRENGTH_SECONDS)

    @property
    def factors(self) -> NDArray[np.float64]:
        """What each label's probability is multiplied by, (n_labels,), in (0, 1]."""
        return excess_factors(self.probabilities, self.labels, self.strength)

    def shift(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shift probabilities of all the model's labels, (..., n_labels); they sum to 1 before and after."""
        shifted = probabilities * self.factors
        return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))

    def require(self, card: Card) -> None:
        """Raise `UsageError` unless the model of this card has heard the baseline."""
        if self.model_sha256 != card.files[MODEL_FILE]["sha256"]:
            raise UsageError(
                f"this baseline was heard by another model than that of bundle '{card.name}'; make it anew with "
                "Recogniser.adapt"
            )


def excess_factors(
    heard: Sequence[float], labels: Sequence[str], strength: float, usual_odds: float = USUAL_ODDS
) -> NDArray[np.float64]:
    """Give what probabilities are multiplied by, (n_labels,), where an ordinary voice is heard with these.

    >>> excess_factors([0.4, 0.1, 0.5, 0.0], ["neutral", "calm", "sadness", "anger"], 1.0, usual_odds=0.1)
    array([1. , 1. , 0.1, 1. ])
    """
    means = np.maximum(heard, _FLOOR)
    is_ordinary = np.isin(labels, ORDINARY)
    odds = np.where(is_ordinary, 0.0, means / means[is_ordinary].sum())
    return np.asarray((usual_odds / np.maximum(odds, usual_odds)) ** strength)


def make_baseline(card: Card, clips: Sequence[HeardClip]) -> Baseline:
    """Sum up what the model of this card heard in clips, at least one with speech, of an ordinary voice.

    Raises
    ------
    UsageError
        If the model has no label for an ordinary voice.
    """
    if not set(ORDINARY) & set(card.labels):
        raise UsageError(
            f"bundle '{card.name}' names neither {' nor '.join(ORDINARY)}, so that it cannot say how an ordinary "
            "voice should be heard; no baseline can be made with it"
        )
    seconds = np.array([clip.speech_seconds for clip in clips])
    mean = seconds @ np.array([clip.mean for clip in clips]) / seconds.sum()
    return Baseline(
        model_sha256=card.files[MODEL_FILE]["sha256"],
        labels=card.labels,
        probabilities=tuple(mean.tolist()),
        speech_seconds=float(seconds.sum()),
        n_windows=sum(clip.weights.size for clip in clips),
    )
