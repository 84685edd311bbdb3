"""The clips of a claim: found, chosen by label, cut, and named by what is to be told apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from emotrace.audio.load import load_audio
from emotrace.audio.trim import trim
from emotrace.errors import AudioError, TrainingError
from emotrace.features._feature_set import load_feature_set
from emotrace.labels import PRESETS
from emotrace.learn.corpora import scan
from emotrace.learn.laboratory.recipe import Claim, Features
from emotrace.learn.training.data import ROOT_VARIABLE
from emotrace.types import Segment, Utterance

FEW_SPEAKERS, FEW_CLIPS = 3, 2
"""Of the small version: speakers of each sex and corpus, and clips of each of their emotions."""


def why_missing(corpora: Sequence[str], root: Path | None) -> str:
    """Say which corpora are not at hand; an empty text if all are."""
    if root is None:
        return f"needs {', '.join(corpora)}; set {ROOT_VARIABLE} (or give --corpora) to the folder that has it"
    missing = [name for name in corpora if not (root / name).is_dir()]
    return f"needs {', '.join(missing)}, which is not among the corpora here" if missing else ""


def find_clips(claim: Claim, root: Path, is_small: bool = False) -> list[Utterance]:
    """Find the clips of a claim under a folder of corpora, those of one speaker and emotion in order of files.

    Parameters
    ----------
    is_small
        Take a few clips of a few speakers only.

    Raises
    ------
    CorpusError
        If a corpus's folder holds nothing of it.
    TrainingError
        If no clip is as long as a window, and shorter ones are left out.
    """
    found = [u for name in claim.corpora for u in scan(name, root / name).utterances]
    chosen = [u for u in found if u.emotion in PRESETS[claim.labels]]
    chosen = _few(chosen) if is_small else chosen
    if claim.target != "emotion":
        chosen = [replace(u, emotion=f"{u.sex} {u.emotion}") for u in chosen]
    cut = _cut(chosen, claim.features)
    if chosen and not cut:
        raise TrainingError(
            f"none of the {len(chosen)} clips of claim {claim.claim} holds a whole window of "
            f'{claim.features.window_seconds:g} s; make the window shorter, or write remainder = "pad"'
        )
    return cut


def choose_group(utterances: Sequence[Utterance], group: str) -> list[Utterance]:
    """Give the clips of one sex, or of all."""
    return [u for u in utterances if group in ("all", u.sex)]


def _few(utterances: Sequence[Utterance]) -> list[Utterance]:
    speakers: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    taken: Counter[tuple[str, str]] = Counter()
    chosen = []
    for u in utterances:
        known = speakers[u.corpus, u.sex]
        if u.speaker not in known and len(known) < FEW_SPEAKERS:
            known.append(u.speaker)
        if u.speaker in known and taken[u.speaker, u.emotion] < FEW_CLIPS:
            taken[u.speaker, u.emotion] += 1
            chosen.append(u)
    return chosen


def _cut(utterances: Sequence[Utterance], features: Features) -> list[Utterance]:
    if features.window_seconds is not None:
        return [window for u in utterances for window in _windows(u, features)]
    if features.duration_seconds is not None:
        start = features.offset_seconds or 0.0
        stretch = Segment(start, start + features.duration_seconds)
        return [replace(u, segment=stretch) for u in utterances]
    return list(utterances)


def _windows(utterance: Utterance, features: Features) -> list[Utterance]:
    """Cut what is heard of a clip, without its quiet ends, into windows that know their recording."""
    assert features.window_seconds is not None
    rate = load_feature_set(features.set).sampling_rate
    try:
        signal = load_audio(utterance.file, rate)
    except AudioError:
        # Told when its features are wanted.
        return [utterance]
    offset = features.offset_seconds or 0.0
    first = round(offset * rate)
    last = None if features.duration_seconds is None else round((offset + features.duration_seconds) * rate)
    heard = signal[first:last]
    if not heard.size:
        # Told when its features are wanted, too.
        return [replace(utterance, segment=Segment(offset, offset + features.window_seconds))]
    start, end = trim(heard, features.trim_db)[1] if features.trim_db is not None else (0, heard.size)
    width, hop = (
        max(1, round(seconds * rate))
        for seconds in (features.window_seconds, features.hop_seconds or features.window_seconds)
    )
    cuts = window_bounds(first + start, first + end, width, hop, is_whole=features.remainder == "drop")
    return [
        replace(utterance, segment=Segment(cut / rate, stop / rate), recording=utterance.recording_id)
        for cut, stop in cuts
    ]


def window_bounds(start: int, end: int, width: int, hop: int, is_whole: bool = False) -> list[tuple[int, int]]:
    """Give the half-open bounds of windows of ``width``, one every ``hop``, until one has reached the end.

    The last one may be shorter, or is left out if all must be whole. All numbers are of samples, ``width`` and
    ``hop`` at least 1.

    >>> window_bounds(0, 10, 4, 3)
    [(0, 4), (3, 7), (6, 10)]
    >>> window_bounds(0, 9, 4, 3), window_bounds(0, 9, 4, 3, is_whole=True)
    ([(0, 4), (3, 7), (6, 9)], [(0, 4), (3, 7)])
    """
    starts = range(start, max(start + 1, end - width + hop), hop)
    return [(cut, min(cut + width, end)) for cut in starts if cut < end and not (is_whole and cut + width > end)]
