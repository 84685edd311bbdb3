"""The frozen records that travel between the rooms: times in seconds, rates in Hz."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emotrace.labels import NO_SPEECH, VALENCE_AROUSAL, valence_arousal


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """A half-open stretch of time ``[start, end)`` in seconds.

    >>> Segment(1.0, 2.5).duration
    1.5
    """

    start: float
    end: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and math.isfinite(self.end) and 0.0 <= self.start <= self.end):
            raise ValueError(f"a segment needs 0 <= start <= end, got start={self.start}, end={self.end}")

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Recording:
    """What is known of one audio file before its samples are read.

    ``n_samples`` is None where the container does not say how long it is.
    """

    path: str
    sampling_rate: int
    n_channels: int
    n_samples: int | None = None
    format: str = ""

    @property
    def duration(self) -> float | None:
        """Length in seconds, None where the container does not say."""
        return None if self.n_samples is None else self.n_samples / self.sampling_rate


@dataclass(frozen=True, slots=True)
class Utterance:
    """A labelled stretch of speech by one speaker.

    Attributes
    ----------
    file
        Path of the audio file.
    emotion
        A word of `emotrace.labels.EMOTIONS`.
    speaker
        Unique across corpora, for instance ``ravdess:01``.
    segment
        The stretch within the file; None means all of it.
    corpus
        Name of the corpus; empty for users' own speech.
    sex
        ``female``, ``male`` or None where unknown.
    source_label
        The corpus's own word or code for the emotion.
    intensity
        The corpus's own word, for instance ``normal`` or ``strong``; None where there is none.
    sentence
        Identifier of what is said, unique within the corpus (for sentence-leak checks).
    text, language
        The words spoken, and an ISO 639-1 code such as ``en``.
    repetition
        Counts repeated takes of one sentence.
    recording
        Identifier of the source recording: all windows and copies of one recording share it. Empty
        means that the file is its own recording.
    twin_of
        Identifier of the recording that this utterance was made from by augmentation, else None.
    content
        Fingerprint of the decoded samples, where it has been computed.
    votes
        Number of listeners per emotion (CREMA-D, voice only), where known.
    split
        The side (``train``, ``validation``, ``test``) a manifest assigns, else None.
    """

    file: str
    emotion: str
    speaker: str
    segment: Segment | None = None
    corpus: str = ""
    sex: str | None = None
    source_label: str = ""
    intensity: str | None = None
    sentence: str | None = None
    text: str | None = None
    language: str | None = None
    repetition: int | None = None
    recording: str = ""
    twin_of: str | None = None
    content: str | None = None
    votes: Mapping[str, int] | None = None
    split: str | None = None

    @property
    def recording_id(self) -> str:
        """The recording this utterance ultimately comes from (its twin's source, itself, or its file)."""
        return self.twin_of or self.recording or self.file


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was heard in one stretch of one recording.

    Attributes
    ----------
    segment
        The stretch judged, in seconds from the start of the recording.
    emotion
        The most probable label, or ``no speech``.
    confidence
        Calibrated probability of ``emotion``; None when nobody speaks.
    uncertain
        True if the confidence, among the labels the model shows by default, is below its threshold: better not
        acted upon.
    probabilities
        Probability by label, summing to 1; empty when nobody speaks.
    speech_seconds
        How much of the stretch is speech.
    file, channel
        Where it was heard; channel is ``mix`` or a number counted from 0.
    speaker_sex
        Probability that the voice sounds ``female`` or ``male``, summing to 1; empty when nobody speaks, None
        where it was not asked for. It is not who a person is.
    """

    segment: Segment
    emotion: str
    confidence: float | None
    uncertain: bool
    probabilities: Mapping[str, float]
    speech_seconds: float
    file: str = ""
    channel: str = "mix"
    speaker_sex: Mapping[str, float] | None = None

    @property
    def is_speech(self) -> bool:
        """True if somebody speaks."""
        return self.emotion != NO_SPEECH

    @property
    def valence(self) -> float | None:
        """How pleasant it sounds, from -1 to 1; *derived*: no network hears it.

        It is the valence expected under ``probabilities`` (`emotrace.labels.valence_arousal`), so it follows
        whatever changes them: a baseline, smoothing, a choice of labels. None where nobody speaks, and where a
        label is none of `emotrace.labels.EMOTIONS`.
        """
        return _derive(self.probabilities)["valence"]

    @property
    def arousal(self) -> float | None:
        """How excited it sounds, from -1 to 1; *derived* as `valence` is, and None where that is."""
        return _derive(self.probabilities)["arousal"]

    def to_dict(self) -> dict[str, Any]:
        """Give the record as documented by the JSON Schema ``emotrace/assets/prediction.schema.json``.

        What is derived there follows from the probabilities as they stand there, rounded: whoever computes it
        again gets the same. The key ``speaker_sex`` is there only where that was asked for.
        """
        probabilities = {label: round(p, 4) for label, p in self.probabilities.items()}
        record = {
            "file": self.file,
            "channel": self.channel,
            "start": round(self.segment.start, 3),
            "end": round(self.segment.end, 3),
            "emotion": self.emotion,
            "confidence": None if self.confidence is None else round(self.confidence, 4),
            "uncertain": self.uncertain,
            "probabilities": probabilities,
            "derived": {name: _rounded(value) for name, value in _derive(probabilities).items()},
            "speech_seconds": round(self.speech_seconds, 3),
        }
        if self.speaker_sex is not None:
            record["speaker_sex"] = {sex: round(p, 4) for sex, p in self.speaker_sex.items()}
        return record


@dataclass(frozen=True, slots=True)
class Timeline:
    """All predictions of one channel of one recording, in order of time, without overlaps.

    ``predictions`` tile ``[0, duration)``: each covers one hop. ``speech`` are the stretches in which
    somebody speaks. ``model`` names the bundle; ``labels`` are those it chose between.
    """

    file: str
    channel: str
    duration: float
    predictions: tuple[Prediction, ...]
    speech: tuple[Segment, ...] = ()
    labels: tuple[str, ...] = ()
    model: str = ""
    settings: Mapping[str, float] = field(default_factory=dict)

    @property
    def speech_seconds(self) -> float:
        """Total time in which somebody speaks."""
        return sum(segment.duration for segment in self.speech)

    def runs(self) -> list[Prediction]:
        """Join neighbouring predictions of the same emotion and certainty into longer ones.

        Probabilities are averaged by speech time.
        """
        runs: list[list[Prediction]] = []
        for prediction in self.predictions:
            last = runs[-1][-1] if runs else None
            if (
                last is not None
                and (last.emotion, last.uncertain) == (prediction.emotion, prediction.uncertain)
                and math.isclose(last.segment.end, prediction.segment.start, abs_tol=1e-6)
            ):
                runs[-1].append(prediction)
            else:
                runs.append([prediction])
        return [_join(run) for run in runs]


def _derive(probabilities: Mapping[str, float]) -> dict[str, float | None]:
    # What another tool or an earlier model called an emotion has no place on the plane.
    if not probabilities or not probabilities.keys() <= VALENCE_AROUSAL.keys():
        return {"valence": None, "arousal": None}
    valence, arousal = valence_arousal(probabilities)
    return {"valence": valence, "arousal": arousal}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4) + 0.0  # -0.0 becomes 0.0


def _join(run: list[Prediction]) -> Prediction:
    first, last = run[0], run[-1]
    speech = sum(p.speech_seconds for p in run)
    weights = [p.speech_seconds / speech if speech > 0 else 1.0 / len(run) for p in run]
    probabilities = {
        label: sum(w * p.probabilities[label] for w, p in zip(weights, run, strict=True))
        for label in first.probabilities
    }
    return Prediction(
        segment=Segment(first.segment.start, last.segment.end),
        emotion=first.emotion,
        confidence=probabilities.get(first.emotion),
        uncertain=first.uncertain,
        probabilities=probabilities,
        speech_seconds=speech,
        file=first.file,
        channel=first.channel,
    )
