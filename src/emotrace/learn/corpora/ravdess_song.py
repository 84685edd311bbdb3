"""RAVDESS, song: 23 of the 24 actors sing two sentences in 6 emotions."""

from __future__ import annotations

from pathlib import Path

from emotrace.learn.corpora import _ravdess
from emotrace.learn.corpora._corpus import Corpus
from emotrace.learn.corpora._scan import scan
from emotrace.types import Utterance

CORPUS = Corpus(
    name="ravdess-song",
    title="RAVDESS song",
    licence=_ravdess.LICENCE,
    licence_url=_ravdess.LICENCE_URL,
    allows_commercial_use=False,
    citation=_ravdess.CITATION,
    url=_ravdess.URL,
    languages=("en",),
    is_sung=True,
    speakers=_ravdess.actors(without=(18,)),
    emotions={
        "01": "neutral",
        "02": "calm",
        "03": "happiness",
        "04": "sadness",
        "05": "anger",
        "06": "fear",
    },
    counts={"neutral": 92, "calm": 184, "happiness": 184, "sadness": 184, "anger": 184, "fear": 184},
    example="03-02-06-01-02-01-12.wav",
    notes="Sung, acted: never mix it into a test of speech. The actors are those of 'ravdess', without 18.",
)


def parse(path: str | Path) -> Utterance:
    """Read what a file name says; raise `CorpusError` if it is not RAVDESS song.

    >>> parse("Actor_12/03-02-06-01-02-01-12.wav").speaker
    'ravdess:12'
    """
    return _ravdess.parse_name(CORPUS, path)


def utterances(root: str | Path) -> list[Utterance]:
    """List the utterances under ``root``; raise `CorpusError` if there are none."""
    return scan(CORPUS.name, root).utterances
