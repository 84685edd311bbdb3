"""Listen to the recordings of a division: a checksum and a fingerprint of every clip."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotrace.audio.load import load_audio
from emotrace.audio.source import show_path
from emotrace.errors import AudioError, AudioWarning, MissingExtraError
from emotrace.learn._processes import Death, run_tasks
from emotrace.learn.corpora._measure import by_file, measure_file
from emotrace.learn.evaluation.near_identical import SAMPLING_RATE, Fingerprint, take_fingerprint
from emotrace.types import Segment, Utterance

Progress = Callable[[int, int], Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of one clip.

    Attributes
    ----------
    content
        Checksum of its samples; None for silence, which equals all other silence.
    fingerprint
        Empty for silence and what is too short.
    """

    content: str | None
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Unheard:
    """Why a clip could not be listened to."""

    reason: str
    is_missing: bool


@dataclass(frozen=True, slots=True)
class _FileTask:
    file: str
    segments: tuple[Segment | None, ...]


def listen(
    utterances: Sequence[Utterance], n_jobs: int = 1, progress: Progress | None = None
) -> list[Heard | Unheard]:
    """Give what was heard of each utterance; every file is read once, and held in memory as a whole.

    Parameters
    ----------
    n_jobs
        How many processes. More than one starts fresh ones: a script then needs ``if __name__ == "__main__"``.
    progress
        Called with clips done and of all.
    """
    places = list(by_file(utterances).items())
    tasks = [_FileTask(file, tuple(utterances[row].segment for row in rows)) for file, rows in places]
    heard: list[Heard | Unheard] = [Unheard("", is_missing=False)] * len(utterances)
    n_done = 0
    for place, answer in run_tasks(_hear_file, tasks, n_jobs):
        file, rows = places[place]
        if isinstance(answer, Death):
            reason = f"{show_path(file)}: the process that read it {answer.how}, twice"
            answer = [Unheard(reason, is_missing=False)] * len(rows)
        for row, result in zip(rows, answer, strict=True):
            heard[row] = result
        n_done += len(rows)
        if progress is not None:
            progress(n_done, len(utterances))
    return heard


def _hear_file(task: _FileTask) -> list[Heard | Unheard]:
    if not Path(task.file).exists():
        return [Unheard(f"{show_path(task.file)}: no such file", is_missing=True)] * len(task.segments)
    with warnings.catch_warnings():
        # Damaged or not: it can be compared.
        warnings.simplefilter("ignore", AudioWarning)
        try:
            measured = measure_file(task.file, task.segments)
            signal = load_audio(task.file, SAMPLING_RATE)
        except (AudioError, MissingExtraError) as error:
            return [Unheard(str(error), is_missing=False)] * len(task.segments)
    heard: list[Heard | Unheard] = []
    for measurement, segment in zip(measured, task.segments, strict=True):
        if measurement.seconds == 0.0 and segment is not None:
            reason = f"{show_path(task.file)}: ends before {segment.start:g} s, where the segment starts"
            heard.append(Unheard(reason, is_missing=False))
            continue
        stretch = signal
        if segment is not None:
            stretch = signal[round(segment.start * SAMPLING_RATE) : round(segment.end * SAMPLING_RATE)]
        content = measurement.content if math.isfinite(measurement.peak_db) else None
        heard.append(Heard(content, take_fingerprint(stretch, SAMPLING_RATE)))
    return heard
