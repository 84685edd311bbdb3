"""What can be heard of every clip: length, level, silence at its ends; and of some, pitch and pace."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.load import load_audio
from emotrace.audio.source import show_path
from emotrace.audio.trim import trim
from emotrace.errors import AudioError, AudioWarning, MissingExtraError
from emotrace.features._level import speech_level_dbfs
from emotrace.features._prosody import measure_prosody
from emotrace.learn._processes import Death, run_tasks
from emotrace.types import Segment, Utterance

SAMPLING_RATE = 16_000
SILENCE_DB = 30.0
"""What lies so far below the loudest frame, at the ends of a clip, is called silence."""

_FLOOR = 1e-6


@dataclass(frozen=True)
class ClipFacts:
    """What was measured of one clip, mixed to one channel at 16 kHz.

    Attributes
    ----------
    seconds
        Its length.
    peak_dbfs, rms_dbfs
        The largest sample, and the root mean square of all, in dB of full scale; -120 in silence.
    level_dbfs
        RMS level of the speech without its pauses.
    leading_seconds, trailing_seconds
        How much at either end is 30 dB or more below the loudest frame.
    pitch_hz
        Median fundamental frequency; None where it was not asked for, or there is no voice.
    pitch_range_semitones
        From its 10th to its 90th percentile.
    syllables_per_second
        None where it was not asked for, or cannot be told.
    """

    seconds: float
    peak_dbfs: float
    rms_dbfs: float
    level_dbfs: float
    leading_seconds: float
    trailing_seconds: float
    pitch_hz: float | None = None
    pitch_range_semitones: float | None = None
    syllables_per_second: float | None = None


@dataclass(frozen=True)
class _Task:
    file: str
    wanted: tuple[tuple[Segment | None, bool], ...]


def measure_clips(
    utterances: Sequence[Utterance],
    has_prosody: Sequence[bool],
    n_jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[ClipFacts | str]:
    """Measure every clip; where one cannot be used, say why.

    Parameters
    ----------
    utterances
        The clips.
    has_prosody
        Of which of them pitch and pace are wanted, which takes ten times as long as the rest.
    n_jobs
        How many processes.
    progress
        Called with the number of clips done and of all.
    """
    rows_of: dict[str, list[int]] = {}
    for row, utterance in enumerate(utterances):
        rows_of.setdefault(utterance.file, []).append(row)
    tasks = [
        _Task(file, tuple((utterances[row].segment, has_prosody[row]) for row in rows))
        for file, rows in rows_of.items()
    ]
    found: list[ClipFacts | str] = [""] * len(utterances)
    n_done = 0
    for place, result in run_tasks(measure_file, tasks, n_jobs):
        rows = rows_of[tasks[place].file]
        if isinstance(result, Death):
            result = [f"{show_path(tasks[place].file)}: the process that read it {result.how}, twice"] * len(rows)
        for row, facts in zip(rows, result, strict=True):
            found[row] = facts
        n_done += len(rows)
        if progress is not None:
            progress(n_done, len(utterances))
    return found


def measure_file(task: _Task) -> list[ClipFacts | str]:
    """Decode a file once and measure its clips."""
    with warnings.catch_warnings():
        # `check` tells of damage.
        warnings.simplefilter("ignore", AudioWarning)
        try:
            signal = load_audio(task.file, SAMPLING_RATE)
        except (AudioError, MissingExtraError) as error:
            return [str(error)] * len(task.wanted)
    return [_measure_stretch(task.file, signal, segment, prosody) for segment, prosody in task.wanted]


def _measure_stretch(
    file: str, signal: NDArray[np.float32], segment: Segment | None, has_prosody: bool
) -> ClipFacts | str:
    if segment is not None:
        signal = signal[round(segment.start * SAMPLING_RATE) : round(segment.end * SAMPLING_RATE)]
        if not signal.size:
            return f"{show_path(file)}: ends before {segment.start:g} s, where the segment starts"
    return measure_signal(signal, has_prosody)


def measure_signal(signal: NDArray[np.float32], has_prosody: bool = True) -> ClipFacts:
    """Measure a signal at 16 kHz, shape (n_samples,), at least one sample.

    >>> tone = np.sin(2 * np.pi * 200 * np.arange(16000) / 16000).astype(np.float32)
    >>> facts = measure_signal(np.pad(tone, 8192))
    >>> round(facts.pitch_hz), facts.leading_seconds, round(facts.level_dbfs)
    (200, 0.48, -3)
    """
    _, (start, end) = trim(signal, SILENCE_DB)
    prosody = measure_prosody(signal, SAMPLING_RATE) if has_prosody else None
    return ClipFacts(
        seconds=signal.size / SAMPLING_RATE,
        peak_dbfs=_dbfs(float(np.abs(signal).max())),
        rms_dbfs=_dbfs(float(np.sqrt(np.mean(np.square(signal, dtype=np.float64))))),
        level_dbfs=speech_level_dbfs(signal, SAMPLING_RATE),
        leading_seconds=start / SAMPLING_RATE,
        trailing_seconds=(signal.size - end) / SAMPLING_RATE,
        pitch_hz=None if prosody is None else prosody.pitch_median_hz,
        pitch_range_semitones=None if prosody is None else prosody.pitch_range_semitones,
        syllables_per_second=None if prosody is None else prosody.syllables_per_second,
    )


def _dbfs(amplitude: float) -> float:
    return 20.0 * float(np.log10(max(amplitude, _FLOOR)))
