"""RAVDESS, speech: 24 North American actors, 8 emotions, two sentences."""

from __future__ import annotations

from pathlib import Path

from emotrace.learn.corpora import _ravdess
from emotrace.learn.corpora._corpus import Corpus
from emotrace.learn.corpora._scan import scan
from emotrace.types import Utterance

_VERY_QUIET = "very quiet: below -60 dBFS RMS"
_QUIET_CLIPS = (
    "03-01-02-02-01-01-09",
    "03-01-04-01-01-01-09",
    "03-01-04-01-01-02-09",
    "03-01-04-01-02-02-09",
    "03-01-06-01-01-01-09",
    "03-01-02-01-02-01-20",
    "03-01-02-02-01-01-20",
    "03-01-02-02-01-02-20",
    "03-01-02-02-02-01-20",
    "03-01-02-02-02-02-20",
    "03-01-04-01-01-02-20",
    "03-01-04-01-02-01-20",
    "03-01-04-01-02-02-20",
)

CORPUS = Corpus(
    name="ravdess",
    title="RAVDESS speech",
    licence=_ravdess.LICENCE,
    licence_url=_ravdess.LICENCE_URL,
    allows_commercial_use=False,
    citation=_ravdess.CITATION,
    url=_ravdess.URL,
    languages=("en",),
    speakers=_ravdess.actors(),
    emotions={
        "01": "neutral",
        "02": "calm",
        "03": "happiness",
        "04": "sadness",
        "05": "anger",
        "06": "fear",
        "07": "disgust",
        "08": "surprise",
    },
    counts={
        "neutral": 96,
        "calm": 192,
        "happiness": 192,
        "sadness": 192,
        "anger": 192,
        "fear": 192,
        "disgust": 192,
        "surprise": 192,
    },
    example="03-01-06-01-02-01-12.wav",
    known_bad={
        "03-01-03-01-02-01-07": "same audio as 03-01-03-01-02-02-07",
        "03-01-03-01-02-02-07": "same audio as 03-01-03-01-02-01-07",
        **dict.fromkeys(_QUIET_CLIPS, _VERY_QUIET),
    },
    notes=(
        "Acted. The actors are those of 'ravdess-song'. Common downloads hold the audio twice "
        "(an extra folder audio_speech_actors_01-24): one copy is kept, the other reported."
    ),
)


def parse(path: str | Path) -> Utterance:
    """Read what a file name says; raise `CorpusError` if it is not RAVDESS speech.

    >>> parse("Actor_12/03-01-06-01-02-01-12.wav").emotion
    'fear'
    """
    return _ravdess.parse_name(CORPUS, path)


def utterances(root: str | Path) -> list[Utterance]:
    """List the utterances under ``root``; raise `CorpusError` if there are none."""
    return scan(CORPUS.name, root).utterances
