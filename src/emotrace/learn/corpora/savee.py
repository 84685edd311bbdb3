"""SAVEE: four Englishmen, 27 to 31 years old, read TIMIT sentences in 7 emotions.

Each emotion has its own 15 sentences (neutral 30), the same for all four men. Three of them are common to all
emotions, but the file names do not say which, so a sentence is known here by emotion and number (``a04``).
"""

from __future__ import annotations

import re
from pathlib import Path

from emotrace.learn.corpora._corpus import Corpus, misfit
from emotrace.learn.corpora._scan import scan
from emotrace.types import Utterance

_NAME = re.compile(r"(?:(DC|JE|JK|KL)[_-]?)?(sa|su|[adfhn])(\d{1,2})", re.IGNORECASE)

CORPUS = Corpus(
    name="savee",
    title="SAVEE",
    licence="research only, on registration",
    licence_url="http://kahlan.eps.surrey.ac.uk/savee/Register.html",
    allows_commercial_use=False,
    citation=(
        "Haq S, Jackson PJB (2009). Speaker-dependent audio-visual emotion recognition. "
        "Proc. Int. Conf. on Auditory-Visual Speech Processing (AVSP'09), Norwich, UK: 53-58."
    ),
    url="http://kahlan.eps.surrey.ac.uk/savee/",
    languages=("en",),
    speakers={"savee:DC": "male", "savee:JE": "male", "savee:JK": "male", "savee:KL": "male"},
    emotions={
        "a": "anger",
        "d": "disgust",
        "f": "fear",
        "h": "happiness",
        "n": "neutral",
        "sa": "sadness",
        "su": "surprise",
    },
    counts={
        "anger": 60,
        "disgust": 60,
        "fear": 60,
        "happiness": 60,
        "neutral": 120,
        "sadness": 60,
        "surprise": 60,
    },
    example="DC/sa04.wav or DC_sa04.wav",
    notes="Acted by four men only; what is said depends on the emotion. Some 100 clips are clipped.",
)


def parse(path: str | Path) -> Utterance:
    """Read what folder (the speaker) and file name say; raise `CorpusError` if it is not one of SAVEE.

    >>> parse("AudioData/JK/su12.wav").speaker
    'savee:JK'
    """
    path = Path(path)
    match = _NAME.fullmatch(path.stem)
    if match is None:
        raise CORPUS.misfit(path)
    code, number = match[2].lower(), int(match[3])
    speaker = _speaker(path, match[1])
    highest = 30 if code == "n" else 15
    if not 1 <= number <= highest:
        raise misfit(path, f"sentence {number} does not exist; '{code}' has 1 to {highest}")
    return Utterance(
        file=str(path),
        emotion=CORPUS.emotion_of(path, code),
        speaker=speaker,
        corpus=CORPUS.name,
        sex=CORPUS.sex_of(path, speaker),
        source_label=code,
        sentence=f"{code}{number:02d}",
        language="en",
    )


def _speaker(path: Path, prefix: str | None) -> str:
    folders = [f"savee:{part.upper()}" for part in reversed(path.parent.parts)]
    folder = next((name for name in folders if name in CORPUS.speakers), None)
    named = f"savee:{prefix.upper()}" if prefix else None
    if folder and named and folder != named:
        raise misfit(path, f"the name says speaker {named[6:]}, the folder {folder[6:]}")
    speaker = named or folder
    if speaker is None:
        raise misfit(path, "who speaks is unknown: neither a folder nor the name says DC, JE, JK or KL")
    return speaker


def utterances(root: str | Path) -> list[Utterance]:
    """List the utterances under ``root``; raise `CorpusError` if there are none."""
    return scan(CORPUS.name, root).utterances
