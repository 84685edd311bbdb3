"""Listen to the recordings of a division: a checksum and a fingerprint of every clip."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotrace.audio.load import load_audio
from emotrace.audio.source import show_path
from emotrace.errors import AudioError, AudioWarning, MissingExtraError
from emotrace.learn._processes import Death, run_tasks
from emotrace.learn.audit._heard import Heard, Unheard
from emotrace.learn.audit._kept import KeptClips, open_kept, warn_not_kept
from emotrace.learn.corpora._measure import by_file, measure_file
from emotrace.learn.evaluation.near_identical import SAMPLING_RATE, take_fingerprint
from emotrace.learn.table._cache import hash_content
from emotrace.types import Segment, Utterance

__all__ = ["Heard", "Unheard", "listen"]

Progress = Callable[[int, int], Any]


@dataclass(frozen=True, slots=True)
class _FileTask:
    file: str
    segments: tuple[Segment | None, ...]


def listen(
    utterances: Sequence[Utterance],
    n_jobs: int = 1,
    progress: Progress | None = None,
    cache: Path | bool = False,
) -> list[Heard | Unheard]:
    """Give what was heard of each utterance; every file is read once, and held in memory as a whole.

    Parameters
    ----------
    n_jobs
        How many processes. More than one starts fresh ones: a script then needs ``if __name__ == "__main__"``.
    progress
        Called with clips done and of all.
    cache
        Where what is heard is kept for the next time: a folder; True for the system's, False for nowhere.

    Warns
    -----
    CacheWarning
        If it cannot be kept.
    """
    places = list(by_file(utterances).items())
    tasks = [_FileTask(file, tuple(utterances[row].segment for row in rows)) for file, rows in places]
    heard: list[Heard | Unheard] = [Unheard("", is_missing=False)] * len(utterances)
    n_done, is_warned = 0, False
    for place, answer in run_tasks(_Listener(open_kept(cache)), tasks, n_jobs):
        file, rows = places[place]
        if isinstance(answer, Death):
            reason = f"{show_path(file)}: the process that read it {answer.how}, twice"
            clips: list[Heard | Unheard] = [Unheard(reason, is_missing=False)] * len(rows)
        else:
            clips, trouble = answer
            if trouble and not is_warned:
                is_warned = True
                warn_not_kept(trouble)
        for row, result in zip(rows, clips, strict=True):
            heard[row] = result
        n_done += len(rows)
        if progress is not None:
            progress(n_done, len(utterances))
    return heard


@dataclass(frozen=True, slots=True)
class _Listener:
    """Listens to one file after another, in a process of its own."""

    kept: KeptClips | None

    def __call__(self, task: _FileTask) -> tuple[list[Heard | Unheard], str]:
        """Give what was heard of each segment, and what kept it from being kept."""
        if self.kept is None:
            return _hear_file(task), ""
        content = hash_content(task.file)
        known = [self.kept.get(content, segment) for segment in task.segments]
        if all(known):
            return [clip for clip in known if clip is not None], ""
        clips, trouble = _hear_file(task), ""
        for segment, clip in zip(task.segments, clips, strict=True):
            if isinstance(clip, Heard):
                trouble = trouble or self.kept.put(task.file, content, segment, clip)
        return clips, trouble


def _hear_file(task: _FileTask) -> list[Heard | Unheard]:
    if not os.path.exists(task.file):  # noqa: PTH110 (a name may be too long for a path)
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
