"""What the spoken and the sung part of RAVDESS share: the same 24 actors and one naming scheme.

A name is seven two-digit fields: modality, vocal channel, emotion, intensity, statement, repetition, actor
(Livingstone & Russo 2018, table 2). Odd actors are men, even ones women.
"""

from __future__ import annotations

import re
from pathlib import Path

from emotrace.learn.corpora._corpus import Corpus, misfit
from emotrace.types import Utterance

CITATION = (
    "Livingstone SR, Russo FA (2018). The Ryerson Audio-Visual Database of Emotional Speech and Song "
    "(RAVDESS): A dynamic, multimodal set of facial and vocal expressions in North American English. "
    "PLoS ONE 13(5): e0196391. doi:10.1371/journal.pone.0196391"
)
URL = "https://zenodo.org/records/1188976"
LICENCE = "CC BY-NC-SA 4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by-nc-sa/4.0/"

_SPEECH, _SONG = "01", "02"
_NAME = re.compile(r"(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)")
_MODALITIES = {"01": "audio and video", "02": "video without sound"}
_CHANNELS = {_SPEECH: "spoken: belongs to 'ravdess'", _SONG: "sung: belongs to 'ravdess-song'"}
_INTENSITIES = {"01": "normal", "02": "strong"}
_STATEMENTS = {
    "01": ("kids", "Kids are talking by the door"),
    "02": ("dogs", "Dogs are sitting by the door"),
}
_NEUTRAL = "01"


def actors(*, without: tuple[int, ...] = ()) -> dict[str, str]:
    """Give the sex of each actor; speech and song share the ids because they share the people."""
    return {
        f"ravdess:{actor:02d}": "male" if actor % 2 else "female" for actor in range(1, 25) if actor not in without
    }


def parse_name(corpus: Corpus, path: str | Path) -> Utterance:
    """Read a RAVDESS file name; raise `CorpusError` if it does not fit the part that ``corpus`` is."""
    path = Path(path)
    match = _NAME.fullmatch(path.stem)
    if match is None:
        raise corpus.misfit(path)
    modality, channel, emotion, intensity, statement, repetition, actor = match.groups()
    _check_part(corpus, path, modality, channel)
    speaker = f"ravdess:{actor}"
    if intensity not in _INTENSITIES or (emotion == _NEUTRAL and intensity != "01"):
        raise misfit(path, f"no intensity '{intensity}' here; 01 normal, 02 strong (never for neutral)")
    if statement not in _STATEMENTS or repetition not in ("01", "02"):
        raise misfit(path, f"statement '{statement}' and repetition '{repetition}' must each be 01 or 02")
    sentence, text = _STATEMENTS[statement]
    return Utterance(
        file=str(path),
        emotion=corpus.emotion_of(path, emotion),
        speaker=speaker,
        corpus=corpus.name,
        sex=corpus.sex_of(path, speaker),
        source_label=emotion,
        intensity=_INTENSITIES[intensity],
        sentence=sentence,
        text=text,
        language="en",
        repetition=int(repetition),
    )


def _check_part(corpus: Corpus, path: Path, modality: str, channel: str) -> None:
    if modality != "03":
        what = _MODALITIES.get(modality, "unknown")
        raise misfit(path, f"modality {modality} ({what}); only 03, sound alone, is read")
    wanted = _SONG if corpus.name == "ravdess-song" else _SPEECH
    if channel != wanted:
        raise misfit(path, f"vocal channel {channel} ({_CHANNELS.get(channel, 'unknown')})")
