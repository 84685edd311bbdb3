"""CREMA-D: 91 US actors of many backgrounds, 6 emotions, 12 sentences, with listener votes."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from emotrace.errors import CorpusError
from emotrace.learn.corpora._corpus import Corpus, misfit
from emotrace.learn.corpora._crema_d_votes import find_votes_table, read_votes
from emotrace.learn.corpora._scan import Problem, Scan, scan
from emotrace.types import Utterance

# fmt: off
_WOMEN = frozenset({
    1002, 1003, 1004, 1006, 1007, 1008, 1009, 1010, 1012, 1013, 1018, 1020, 1021, 1024, 1025,
    1028, 1029, 1030, 1037, 1043, 1046, 1047, 1049, 1052, 1053, 1054, 1055, 1056, 1058, 1060,
    1061, 1063, 1072, 1073, 1074, 1075, 1076, 1078, 1079, 1082, 1084, 1089, 1091,
})
# fmt: on
_SENTENCES = {
    "IEO": "It's eleven o'clock",
    "TIE": "That is exactly what happened",
    "IOM": "I'm on my way to the meeting",
    "IWW": "I wonder what this is about",
    "TAI": "The airplane is almost full",
    "MTI": "Maybe tomorrow it will be cold",
    "IWL": "I would like a new alarm clock",
    "ITH": "I think I have a doctor's appointment",
    "DFA": "Don't forget a jacket",
    "ITS": "I think I've seen this before",
    "TSI": "The surface is slick",
    "WSI": "We'll stop in a couple of minutes",
}
# One file of the distribution, 1040_ITH_SAD_X, has a single X; the tables call it XX.
_LEVELS = {"LO": "low", "MD": "medium", "HI": "high", "XX": "unspecified", "X": "unspecified"}
_NAME = re.compile(r"(\d{4})_([A-Z]{3})_([A-Z]{3})_(LO|MD|HI|XX?)")


def _same_audio(first: str, second: str) -> dict[str, str]:
    return {
        first: f"same audio as {second.upper()}, which has another label",
        second: f"same audio as {first.upper()}, which has another label",
    }


CORPUS = Corpus(
    name="crema-d",
    title="CREMA-D",
    licence="ODbL 1.0 (contents: DbCL 1.0)",
    licence_url="https://opendatacommons.org/licenses/odbl/1-0/",
    allows_commercial_use=True,
    citation=(
        "Cao H, Cooper DG, Keutmann MK, Gur RC, Nenkova A, Verma R (2014). CREMA-D: Crowd-sourced Emotional "
        "Multimodal Actors Dataset. IEEE Transactions on Affective Computing 5(4): 377-390. "
        "doi:10.1109/TAFFC.2014.2336244"
    ),
    url="https://github.com/CheyneyComputerScience/CREMA-D",
    languages=("en",),
    speakers={f"crema-d:{n}": "female" if n in _WOMEN else "male" for n in range(1001, 1092)},
    emotions={
        "ANG": "anger",
        "DIS": "disgust",
        "FEA": "fear",
        "HAP": "happiness",
        "NEU": "neutral",
        "SAD": "sadness",
    },
    counts={
        "anger": 1271,
        "disgust": 1271,
        "fear": 1271,
        "happiness": 1271,
        "neutral": 1087,
        "sadness": 1271,
    },
    example="1001_DFA_ANG_XX.wav",
    known_bad={
        "1076_mti_sad_xx": "digital silence",
        **_same_audio("1006_tie_hap_xx", "1006_tie_neu_xx"),
        **_same_audio("1013_wsi_dis_xx", "1013_wsi_sad_xx"),
        **_same_audio("1017_iww_ang_xx", "1017_iww_fea_xx"),
    },
    notes=(
        "Acted; of the votes of listeners who only heard the voice about 40 % are for the intended emotion. "
        "Some 250 clips are clipped."
    ),
)


def parse(path: str | Path) -> Utterance:
    """Read what a file name says; raise `CorpusError` if it is not one of CREMA-D.

    >>> parse("AudioWAV/1001_DFA_ANG_XX.wav").text
    "Don't forget a jacket"
    """
    path = Path(path)
    match = _NAME.fullmatch(path.stem.upper())
    if match is None:
        raise CORPUS.misfit(path)
    actor, sentence, code, level = match.groups()
    speaker = f"crema-d:{actor}"
    if sentence not in _SENTENCES:
        raise misfit(path, f"unknown sentence '{sentence}'; known: {', '.join(_SENTENCES)}")
    return Utterance(
        file=str(path),
        emotion=CORPUS.emotion_of(path, code),
        speaker=speaker,
        corpus=CORPUS.name,
        sex=CORPUS.sex_of(path, speaker),
        source_label=code,
        intensity=_LEVELS[level],
        sentence=sentence,
        text=_SENTENCES[sentence],
        language="en",
    )


def annotate(result: Scan) -> Scan:
    """Add the votes of voice-only listeners where their table lies in or beside the folder."""
    table = find_votes_table(Path(result.root))
    if table is None:
        return result
    try:
        votes = read_votes(table)
    except (CorpusError, OSError) as error:
        reason = str(error).removeprefix(f"{table}: ")
        return replace(result, problems=[*result.problems, Problem(str(table), reason)])
    voted = [replace(utterance, votes=votes.get(_clip_name(utterance))) for utterance in result.utterances]
    return replace(result, utterances=voted)


def _clip_name(utterance: Utterance) -> str:
    stem = Path(utterance.file).stem.upper()
    return f"{stem}X" if stem.endswith("_X") else stem


def utterances(root: str | Path) -> list[Utterance]:
    """List the utterances under ``root``; raise `CorpusError` if there are none."""
    return scan(CORPUS.name, root).utterances
