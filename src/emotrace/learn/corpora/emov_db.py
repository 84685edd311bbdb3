"""EmoV-DB, English part: two women and two men read CMU ARCTIC sentences in up to 5 emotions.

Three naming schemes are about: the sorted release ``bea/Amused/bea_amused_00012.wav`` (josh's files lack the
second underscore: ``josh_sleepy00154.wav``), and the original and OpenSLR-115 one ``anger_1-28_0011.wav``
(emotion, range of the annotation file, sentence number), whose speaker stands in a folder's name. Words for
an emotion vary. The same name under two speakers is two files.
"""

from __future__ import annotations

import re
from pathlib import Path

from emotrace.learn.corpora._corpus import Corpus, misfit
from emotrace.learn.corpora._scan import scan
from emotrace.types import Utterance

_SORTED = re.compile(r"([a-z]+)_([a-z]+)_?(\d{1,5})", re.IGNORECASE)
_ORIGINAL = re.compile(r"(?:([a-z]+)_)?([a-z]+)_(\d+-\d+)_(\d{1,5})", re.IGNORECASE)
_FOLDER = re.compile(r"(?:spk[-_ ]?)?([a-z]+)(?:[-_ ]([a-z]+))?", re.IGNORECASE)
# The authors' own short names for the speakers, beside the folder names.
_SPEAKERS = {
    "bea": "bea",
    "jenie": "jenie",
    "je": "jenie",
    "josh": "josh",
    "jsh": "josh",
    "sam": "sam",
    "sa": "sam",
}
_FRENCH = frozenset({"noe", "no", "noé", "french", "fr"})

CORPUS = Corpus(
    name="emov-db",
    title="EmoV-DB",
    licence="its own licence, non-commercial research",
    licence_url="https://github.com/numediart/EmoV-DB/blob/master/LICENSE.md",
    allows_commercial_use=False,
    citation=(
        "Adigwe A, Tits N, El Haddad K, Ostadabbas S, Dutoit T (2018). The Emotional Voices Database: "
        "Towards Controlling the Emotion Dimension in Voice Generation Systems. arXiv:1806.09514"
    ),
    url="https://github.com/numediart/EmoV-DB",
    languages=("en",),
    speakers={
        "emov-db:bea": "female",
        "emov-db:jenie": "female",
        "emov-db:josh": "male",
        "emov-db:sam": "male",
    },
    emotions={
        "amused": "amusement",
        "amusement": "amusement",
        "anger": "anger",
        "angry": "anger",
        "disgust": "disgust",
        "disgusted": "disgust",
        "neutral": "neutral",
        "sleepiness": "sleepiness",
        "sleepy": "sleepiness",
    },
    counts={"amusement": 1317, "anger": 1268, "disgust": 1019, "neutral": 1568, "sleepiness": 1721},
    other_counts=({"amusement": 1330, "anger": 1308, "disgust": 1033, "neutral": 1585, "sleepiness": 1744},),
    example="bea/Amused/bea_amused_00012.wav or bea_Angry/anger_1-28_0011.wav",
    notes=(
        "Acted by four people; josh has no anger and no disgust, so speaker and emotion are confounded. "
        "The French speaker is left out."
    ),
)


def parse(path: str | Path) -> Utterance:
    """Read what the folders and the file name say; raise `CorpusError` if it is not one of EmoV-DB.

    >>> parse("EmoV-DB_sorted/josh/Sleepy/josh_sleepy00154.wav").sentence
    '0154'
    """
    path = Path(path)
    prefix, code, span, number = _fields(path)
    emotion = CORPUS.emotion_of(path, code)
    _check_folder(path, emotion)
    speaker = _speaker(path, prefix)
    return Utterance(
        file=str(path),
        emotion=emotion,
        speaker=speaker,
        corpus=CORPUS.name,
        sex=CORPUS.sex_of(path, speaker),
        source_label=code,
        sentence=f"{number:04d}",
        language="en",
        # The original scheme may hold one sentence in two sessions, told apart by the annotation range.
        recording=f"{speaker}/{emotion}_{span}_{number:04d}" if span else "",
    )


def _fields(path: Path) -> tuple[str | None, str, str, int]:
    original = _ORIGINAL.fullmatch(path.stem)
    if original is not None:
        prefix, code, span, number = original.groups()
        return prefix, code.lower(), span, int(number)
    named = _SORTED.fullmatch(path.stem)
    if named is None:
        raise CORPUS.misfit(path)
    return named[1], named[2].lower(), "", int(named[3])


def _check_folder(path: Path, emotion: str) -> None:
    # The sorted release's folder is the label its users take, so a contradiction must be seen.
    folder = path.parent.name.lower()
    word = folder if folder in CORPUS.emotions else folder.replace("-", "_").split("_")[-1]
    if CORPUS.emotions.get(word, emotion) != emotion:
        raise misfit(path, f"the name says {emotion}, the folder '{path.parent.name}'")


def _speaker(path: Path, prefix: str | None) -> str:
    named = _person(path, prefix.lower()) if prefix else None
    if prefix and named is None:
        raise misfit(path, f"unknown speaker '{prefix}'; known: bea, jenie, josh, sam")
    people = (_folder_person(path, folder) for folder in reversed(path.parent.parts))
    folder = next((person for person in people if person), None)
    if named and folder and named != folder:
        raise misfit(path, f"the name says speaker {named}, the folder {folder}")
    speaker = named or folder
    if speaker is None:
        raise misfit(path, "who speaks is unknown: neither a folder nor the name says bea, jenie, josh or sam")
    return f"emov-db:{speaker}"


def _folder_person(path: Path, folder: str) -> str | None:
    match = _FOLDER.fullmatch(folder)
    if match is None or (match[2] and match[2].lower() not in CORPUS.emotions):
        return None
    return _person(path, match[1].lower())


def _person(path: Path, word: str) -> str | None:
    if word in _FRENCH:
        raise misfit(path, "the French speaker; only the English part is read")
    return _SPEAKERS.get(word)


def utterances(root: str | Path) -> list[Utterance]:
    """List the utterances under ``root``; raise `CorpusError` if there are none."""
    return scan(CORPUS.name, root).utterances
