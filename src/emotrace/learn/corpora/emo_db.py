"""EMO-DB: ten German actors, 7 emotions, ten everyday sentences; only takes that listeners recognised."""

from __future__ import annotations

import re
from pathlib import Path

from emotrace.learn.corpora._corpus import Corpus, misfit
from emotrace.learn.corpora._scan import scan
from emotrace.types import Utterance

_NAME = re.compile(r"(\d\d)([ab]\d\d)([A-Z])([a-z])?", re.IGNORECASE)
_SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
_MEN = ("03", "10", "11", "12", "15")
_WOMEN = ("08", "09", "13", "14", "16")

CORPUS = Corpus(
    name="emo-db",
    title="EMO-DB",
    licence="free (redistributed as CC0 1.0)",
    licence_url="https://creativecommons.org/publicdomain/zero/1.0/",
    allows_commercial_use=True,
    citation=(
        "Burkhardt F, Paeschke A, Rolfes M, Sendlmeier WF, Weiss B (2005). A database of German emotional "
        "speech. Proc. Interspeech 2005: 1517-1520. doi:10.21437/Interspeech.2005-446"
    ),
    url="http://emodb.bilderbar.info/",
    languages=("de",),
    speakers={
        **{f"emo-db:{number}": "male" for number in _MEN},
        **{f"emo-db:{number}": "female" for number in _WOMEN},
    },
    # First letters of the German words: Wut, Langeweile, Ekel, Angst, Freude, Trauer, neutral.
    emotions={
        "W": "anger",
        "L": "boredom",
        "E": "disgust",
        "A": "fear",
        "F": "happiness",
        "T": "sadness",
        "N": "neutral",
    },
    counts={
        "anger": 127,
        "boredom": 81,
        "disgust": 46,
        "fear": 69,
        "happiness": 71,
        "sadness": 62,
        "neutral": 79,
    },
    example="03a01Fa.wav",
    notes="Acted. Only takes that at least 80 % of listeners recognised were kept: easier than life.",
)


def parse(path: str | Path) -> Utterance:
    """Read what a file name says; raise `CorpusError` if it is not one of EMO-DB.

    >>> parse("wav/16a02Tc.wav").emotion
    'sadness'
    """
    path = Path(path)
    match = _NAME.fullmatch(path.stem)
    if match is None:
        raise CORPUS.misfit(path)
    number, sentence, code, version = match[1], match[2].lower(), match[3].upper(), match[4]
    speaker = f"emo-db:{number}"
    if sentence not in _SENTENCES:
        raise misfit(path, f"unknown sentence '{sentence}'; known: {', '.join(_SENTENCES)}")
    return Utterance(
        file=str(path),
        emotion=CORPUS.emotion_of(path, code),
        speaker=speaker,
        corpus=CORPUS.name,
        sex=CORPUS.sex_of(path, speaker),
        source_label=code,
        sentence=sentence,
        text=_SENTENCES[sentence],
        language="de",
        repetition=ord(version.lower()) - ord("a") + 1 if version else None,
    )


def utterances(root: str | Path) -> list[Utterance]:
    """List the utterances under ``root``; raise `CorpusError` if there are none."""
    return scan(CORPUS.name, root).utterances
