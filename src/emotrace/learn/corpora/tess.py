"""TESS: two women of Toronto, 26 and 64 years old, say 200 words in 7 emotions."""

from __future__ import annotations

import re
from pathlib import Path

from emotrace.learn.corpora._corpus import Corpus
from emotrace.learn.corpora._scan import scan
from emotrace.types import Utterance

# The distribution writes OA once where it means OAF.
_NAME = re.compile(r"(OAF?|YAF)_([a-z]+)_([a-z]+(?:_[a-z]+)?)", re.IGNORECASE)

CORPUS = Corpus(
    name="tess",
    title="TESS",
    licence="CC BY-NC-ND 4.0",
    licence_url="https://creativecommons.org/licenses/by-nc-nd/4.0/",
    allows_commercial_use=False,
    citation=(
        "Pichora-Fuller MK, Dupuis K (2020). Toronto emotional speech set (TESS). Borealis. doi:10.5683/SP2/E8H2MF"
    ),
    url="https://doi.org/10.5683/SP2/E8H2MF",
    languages=("en",),
    speakers={"tess:OAF": "female", "tess:YAF": "female"},
    emotions={
        "angry": "anger",
        "disgust": "disgust",
        "fear": "fear",
        "happy": "happiness",
        "neutral": "neutral",
        "ps": "surprise",
        "sad": "sadness",
        # Spelt out in some re-uploads.
        "pleasant_surprise": "surprise",
        "pleasant_surprised": "surprise",
    },
    counts=dict.fromkeys(
        ("anger", "disgust", "fear", "happiness", "neutral", "surprise", "sadness"),
        400,
    ),
    example="OAF_back_angry.wav",
    notes=(
        "Acted by two women only: figures on it say little about other people. Its surprise is pleasant. "
        "Common downloads hold it twice, one folder inside the other: one copy is kept, the other reported."
    ),
)


def parse(path: str | Path) -> Utterance:
    """Read what a file name says; raise `CorpusError` if it is not one of TESS.

    >>> parse("OAF_Pleasant_surprise/OAF_back_ps.wav").emotion
    'surprise'
    """
    path = Path(path)
    match = _NAME.fullmatch(path.stem)
    if match is None:
        raise CORPUS.misfit(path)
    actress, word, code = match[1].upper(), match[2].lower(), match[3].lower()
    speaker = "tess:OAF" if actress.startswith("OA") else "tess:YAF"
    return Utterance(
        file=str(path),
        emotion=CORPUS.emotion_of(path, code),
        speaker=speaker,
        corpus=CORPUS.name,
        sex=CORPUS.sex_of(path, speaker),
        source_label=code,
        sentence=word,
        text=f"Say the word {word}",
        language="en",
    )


def utterances(root: str | Path) -> list[Utterance]:
    """List the utterances under ``root``; raise `CorpusError` if there are none."""
    return scan(CORPUS.name, root).utterances
