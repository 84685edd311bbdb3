"""What a whole recording sounds like, in a line of words; and what a probability is in words."""

from __future__ import annotations

from typing import NamedTuple

from emotrace.calls.words import percent, show_duration
from emotrace.reports._summary import UNCERTAIN, speech_shares
from emotrace.types import Prediction, Timeline

_MOSTLY = 0.5
_WORDS = ((0.85, "very clearly"), (0.65, "clearly"), (0.5, "fairly clearly"))


class Headline(NamedTuple):
    """A title, a sentence below it, and the emotion that dominates; None where none does."""

    title: str
    sentence: str
    emotion: str | None


def write_headline(timeline: Timeline) -> Headline:
    """Say which emotion dominates the speech of one channel, how sure that is, and where nothing is said."""
    speech = [each for each in timeline.predictions if each.is_speech]
    if not speech:
        return Headline("No speech", "Nobody speaks here, so nothing is said of emotion.", None)
    shares = speech_shares(timeline)
    spoken = show_duration(timeline.speech_seconds)
    unsure = shares.get(UNCERTAIN, 0.0)
    clear = next((emotion for emotion in shares if emotion != UNCERTAIN), None)
    if clear is None:
        closest, share = _closest(speech)
        return Headline(
            "Uncertain",
            f"Nothing in {spoken} of speech is clear enough to name an emotion. Closest is {closest}, "
            f"{percent(share)} on average: better not act upon it.",
            None,
        )
    confidence = _confidence(speech, clear)
    there = f"{clear} in {percent(shares[clear])} of {spoken} of speech, {say_confidence(confidence)} there: "
    there += f"{percent(confidence)} sure on average"
    if unsure > _MOSTLY:
        return Headline(
            "Mostly uncertain",
            f"{percent(unsure)} of the speech is too unclear to name an emotion. What is clear sounds most like "
            f"{there}.",
            None,
        )
    rest = f" {percent(unsure)} of the speech is uncertain." if round(unsure, 2) else ""
    title = f"Mostly {clear}" if shares[clear] >= _MOSTLY else f"Most often {clear}"
    return Headline(title, f"{there[0].upper()}{there[1:]}.{rest}", clear)


def say_confidence(confidence: float) -> str:
    """Say in words how sure a calibrated probability is.

    >>> say_confidence(0.9), say_confidence(0.4)
    ('very clearly', 'faintly')
    """
    return next((words for least, words in _WORDS if confidence >= least), "faintly")


def _confidence(speech: list[Prediction], emotion: str) -> float:
    """Give the mean confidence where ``emotion`` is heard with certainty, by time of speech."""
    heard = [(p.speech_seconds, p.confidence or 0.0) for p in speech if p.emotion == emotion and not p.uncertain]
    return _mean(heard)


def _closest(speech: list[Prediction]) -> tuple[str, float]:
    means = {
        label: _mean([(p.speech_seconds, p.probabilities.get(label, 0.0)) for p in speech])
        for label in speech[0].probabilities
    }
    emotion = max(means, key=means.__getitem__)
    return emotion, means[emotion]


def _mean(weighted: list[tuple[float, float]]) -> float:
    total = sum(weight for weight, _ in weighted)
    if total <= 0.0:
        return sum(value for _, value in weighted) / len(weighted)
    return sum(weight * value for weight, value in weighted) / total
