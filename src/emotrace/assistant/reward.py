"""What the voice after an answer says of the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from emotrace.types import Prediction

REWARDS: Mapping[str, float] = MappingProxyType(
    {
        "happiness": 1.0,
        "amusement": 1.0,
        "calm": 0.5,
        "neutral": 0.0,
        "surprise": 0.0,
        "sadness": -0.5,
        "fear": -0.5,
        "boredom": -0.5,
        "sleepiness": -0.5,
        "anger": -1.0,
        "disgust": -1.0,
    }
)
"""What each emotion says of the answer, from -1 (it annoyed) to 1 (it pleased).

Not its valence: anger and disgust are aimed at the answer, while sadness and fear may be about the matter, and
surprise may be either. Our own choice, not measured. An emotion that is not named here says nothing.
"""


def reward_from(predictions: Iterable[Prediction], is_interruption: bool = False) -> float | None:
    """Make a reward of what was heard after an answer: the expected one, averaged over certain speech.

    Parameters
    ----------
    predictions
        Of the person alone, from the answer on; the first few seconds say most. Of the final results of a
        `emotrace.hear.session.Session`, pass each one's ``prediction``.
    is_interruption
        The person cut the answer short. If the voice is displeased as well, the reward is moved half the way to
        -1: an annoyed interruption says that the answer failed. A glad one (people agree early, too) is taken as
        heard.

    Returns
    -------
    float or None
        From -1 (annoyed) to 1 (pleased); None if nobody spoke, or nothing certain was heard.

    Examples
    --------
    >>> from emotrace.types import Segment
    >>> heard = Prediction(Segment(0.0, 1.5), "anger", 0.75, False, {"anger": 0.75, "neutral": 0.25}, 1.2)
    >>> reward_from([heard]), reward_from([heard], is_interruption=True)
    (-0.75, -0.875)
    >>> reward_from([]) is None
    True
    """
    heard = [(p.speech_seconds, _expected(p)) for p in predictions if p.is_speech and not p.uncertain]
    seconds = sum(weight for weight, _ in heard)
    if seconds <= 0.0:
        return None
    reward = sum(weight * value for weight, value in heard) / seconds
    if is_interruption and reward < 0.0:
        reward = (reward - 1.0) / 2.0
    # Probabilities sum to 1 but for rounding.
    return max(-1.0, min(1.0, reward))


def _expected(prediction: Prediction) -> float:
    return sum(p * REWARDS.get(emotion, 0.0) for emotion, p in prediction.probabilities.items())
