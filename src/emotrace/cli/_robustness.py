"""Listen to altered recordings and to sounds that are not speech, in several processes, and keep what was heard.

What one condition gave is kept beside the result until that is written, so that an interrupted run goes on.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from emotrace import __version__
from emotrace.atomic import replacing
from emotrace.audio.load import load_segment
from emotrace.errors import AudioError, AudioWarning, EmotraceError, MissingExtraError
from emotrace.hear.recognizer import Recogniser, load
from emotrace.labels import NO_SPEECH, restrict
from emotrace.learn._processes import Death, run_tasks
from emotrace.learn.robustness.alter import alter, draw_for, is_clipped, measure_bit_rate
from emotrace.learn.robustness.conditions import CLEAN, CONDITIONS, Condition
from emotrace.learn.robustness.sounds import SOUNDS, make_sound
from emotrace.learn.training.noises import SAMPLING_RATE
from emotrace.types import Segment, Utterance

SOUND_SECONDS = 30.0
"""How long each sound is that nobody speaks in."""

_CLIPS_PER_TASK = 24
_N_FOR_BIT_RATE = 20
_SOUNDS = "non-speech"

Facts = dict[str, Any]
Row = Facts
"""Of a clip ``{"predicted", "confidence", "is_uncertain", "is_clipped"}`` or ``{"failed"}``; counts of a sound."""


@dataclass(frozen=True)
class Clip:
    """A clip to be judged, and the labels it is judged by."""

    place: int
    file: str
    segment: Segment | None
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """A few clips under a condition; or, without one, a few sounds of a kind."""

    condition: Condition | None = None
    clips: tuple[Clip, ...] = ()
    kind: str = ""
    sounds: tuple[int, ...] = ()

    @property
    def part(self) -> str:
        """What it is a part of: a condition, or the sounds."""
        return self.condition.name if self.condition is not None else _SOUNDS


@dataclass(frozen=True)
class Heard:
    """What was heard: rows by condition, in the order of the clips, and by kind of sound."""

    clips: dict[str, list[Row]]
    sounds: dict[str, list[Row]]


@dataclass(frozen=True)
class Hear:
    """One bundle listening to clips, and to ``n_sounds`` sounds of every kind (0: to none)."""

    bundle: str
    clips: tuple[Clip, ...]
    seed: int
    n_sounds: int

    def all(
        self,
        conditions: Sequence[Condition],
        n_jobs: int,
        parts: Parts,
        progress: Callable[[int, int], None],
    ) -> Heard:
        """Hear all clips under all conditions, and the sounds; what ``parts`` holds is not heard again.

        Raises
        ------
        EmotraceError
            If a process is lost twice over the same clips.
        """
        tasks = [*self._clip_tasks(conditions), *self._sound_tasks()]
        n_all = sum(len(task.clips) + len(task.sounds) for task in tasks)
        found: dict[str, list[Row]] = {}
        waiting: list[Task] = []
        for part, own in groupby(tasks, key=lambda task: task.part):
            found[part], mine = parts.read(part), list(own)
            waiting += mine if not found[part] else []
        n_kept = sum(len(rows) for rows in found.values())
        progress(n_kept, n_all)
        work = _Work(self.bundle, self.seed)
        for part, rows in _hear_parts(work, waiting, n_jobs, lambda n: progress(n_kept + n, n_all)):
            parts.write(part, rows)
            found[part] = rows
        sounds = {kind: [row for row in found.get(_SOUNDS, []) if row["kind"] == kind] for kind in SOUNDS}
        return Heard({c.name: found[c.name] for c in conditions}, sounds if self.n_sounds else {})

    def bit_rate(self, condition: Condition, sampling_rate: int) -> float | None:
        """Give the kbit/s that a codec makes of clips from all over the list; None for what is no codec."""
        if condition.change != "codec":
            return None
        signals = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AudioWarning)
            for clip in self.clips[:: max(1, len(self.clips) // _N_FOR_BIT_RATE)]:
                with contextlib.suppress(AudioError, MissingExtraError):
                    signals.append(load_segment(clip.file, clip.segment, sampling_rate))
        return measure_bit_rate(condition, signals, sampling_rate)

    def _clip_tasks(self, conditions: Sequence[Condition]) -> Iterator[Task]:
        for condition in conditions:
            for start in range(0, len(self.clips), _CLIPS_PER_TASK):
                yield Task(condition, self.clips[start : start + _CLIPS_PER_TASK])

    def _sound_tasks(self) -> Iterator[Task]:
        if self.n_sounds:
            yield from (Task(kind=kind, sounds=tuple(range(self.n_sounds))) for kind in SOUNDS)


def make_clips(utterances: Sequence[Utterance], own: Mapping[str, tuple[str, ...]]) -> tuple[Clip, ...]:
    """Give the clips of utterances, each with its corpus's labels."""
    return tuple(Clip(n, u.file, u.segment, own[u.corpus]) for n, u in enumerate(utterances))


@dataclass(frozen=True)
class _Work:
    """Do a task: the bundle is loaded once in each process."""

    bundle: str
    seed: int

    def __call__(self, task: Task) -> list[Row]:
        """Give a row for each clip or sound of the task."""
        recogniser = _load(self.bundle)
        with warnings.catch_warnings():
            # The same for every condition: `emotrace evaluate` tells of damaged files.
            warnings.simplefilter("ignore", AudioWarning)
            if task.condition is None:
                return [_hear_sound(recogniser, task.kind, number, self.seed) for number in task.sounds]
            return [_hear_clip(recogniser, clip, task.condition, self.seed) for clip in task.clips]


class Parts:
    """What has been heard so far, a file for each condition, in a folder beside the result.

    Each carries a digest of everything that its rows depend on: parts of another run are not taken for ours.
    """

    def __init__(
        self, output: Path, recogniser: Recogniser, clips: Sequence[Clip], seed: int, n_sounds: int
    ) -> None:
        self.folder = output.with_name(f"{output.name}.parts")
        bundles = (recogniser.bundle, recogniser.speech_bundle)
        facts = {
            "emotrace": __version__,
            "bundles": [bundle.card.files["model.onnx"]["sha256"] for bundle in bundles],
            "conditions": [condition.to_dict() for condition in CONDITIONS],
            "clips": [asdict(clip) for clip in clips],
            "seed": seed,
            "n_sounds": n_sounds,
        }
        text = json.dumps(facts, sort_keys=True)
        self._key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def read(self, part: str) -> list[Row]:
        """Give the rows that were kept of a part; none if there are none, or of another run."""
        try:
            kept = json.loads(self._file(part).read_text(encoding="utf-8"))
            rows: list[Row] = kept["rows"] if kept["key"] == self._key else []
        except (OSError, ValueError, KeyError, TypeError):
            return []
        return rows

    def write(self, part: str, rows: list[Row]) -> None:
        """Keep the rows of a part."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with replacing(self._file(part)) as file:
                file.write_text(json.dumps({"key": self._key, "rows": rows}), encoding="utf-8")
        except OSError as error:
            raise EmotraceError(f"cannot write into {self.folder}: {error.strerror or error}") from None

    def remove(self) -> None:
        """Forget all parts: the result holds what they were for."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, part: str) -> Path:
        return self.folder / f"{part}.json"


def _hear_parts(
    work: _Work, tasks: Sequence[Task], n_jobs: int, tell: Callable[[int], None]
) -> Iterator[tuple[str, list[Row]]]:
    """Do tasks and give the rows of each part as soon as it is complete, in the order of its tasks."""
    places: dict[str, list[int]] = {}
    for place, task in enumerate(tasks):
        places.setdefault(task.part, []).append(place)
    answers: dict[int, list[Row]] = {}
    n_done = 0
    for place, answer in run_tasks(work, tasks, n_jobs):
        part = tasks[place].part
        if isinstance(answer, Death):
            raise EmotraceError(
                f"a process that heard '{part}' {answer.how}, twice; start the same command again, with fewer "
                "--jobs if memory is short: what has been heard is kept"
            )
        answers[place] = answer
        n_done += len(answer)
        tell(n_done)
        if all(other in answers for other in places[part]):
            yield part, [row for other in places[part] for row in answers[other]]


@functools.cache
def _load(bundle: str) -> Recogniser:
    return load(bundle, labels="all")


def _hear_clip(recogniser: Recogniser, clip: Clip, condition: Condition, seed: int) -> Row:
    rate = recogniser.sampling_rate
    try:
        signal = load_segment(clip.file, clip.segment, rate)
        altered = alter(signal, rate, condition, draw_for(condition, clip.place, seed))
        prediction = recogniser.predict(altered, sampling_rate=rate)
    except (AudioError, MissingExtraError) as error:
        return {"failed": str(error)}
    row = {"predicted": NO_SPEECH, "confidence": None, "is_uncertain": False, "is_clipped": is_clipped(altered)}
    if not prediction.is_speech:
        return row
    probabilities = restrict(prediction.probabilities, clip.labels)
    guess = max(probabilities, key=lambda label: probabilities[label])
    return {**row, "predicted": guess, "confidence": probabilities[guess], "is_uncertain": prediction.uncertain}


def _hear_sound(recogniser: Recogniser, kind: str, number: int, seed: int) -> Row:
    rng = np.random.default_rng([seed, list(SOUNDS).index(kind), number])
    sound = make_sound(kind, round(SOUND_SECONDS * SAMPLING_RATE), rng)
    windows = recogniser.analyze(sound, SAMPLING_RATE).predictions
    return {
        "kind": kind,
        "n": len(windows),
        "n_emotions": sum(window.is_speech for window in windows),
        "n_certain": sum(window.is_speech and not window.uncertain for window in windows),
    }


def failures(heard: Heard, clips: Sequence[Clip]) -> dict[int, str]:
    """Give why clips could not be used, by their place: those failing anywhere are left out everywhere."""
    found: dict[int, str] = {}
    for name, rows in heard.clips.items():
        for clip, row in zip(clips, rows, strict=True):
            if "failed" in row and clip.place not in found:
                found[clip.place] = row["failed"] if name == CLEAN else f"{row['failed']} (under '{name}')"
    return found
