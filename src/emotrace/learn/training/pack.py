"""The training set as one compact table of what the networks see: log-mels and periodicity, eight bits a value.

Every clip is decoded once, and kept at each speed the recipe asks for (speed changes tempo and pitch together,
as a tape does) and, if it wants that, once more after a telephone line and a few times in other surroundings,
and trimmed of the silence around it. Log-mels are kept in steps of 0.5 dB, periodicity in steps of 0.005;
where a recipe wants it, what the speech encoder hears of each version is kept beside them, in 16 bits. The
pack is cached beside the run, under a name made from everything it depends on.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotrace.atomic import replacing
from emotrace.audio.load import load_segment
from emotrace.audio.resample import resample
from emotrace.errors import AudioError, EmotraceError, TrainingError
from emotrace.features import log_mel, periodicity, speech_encoder
from emotrace.learn._processes import Death, run_tasks, usable_cores
from emotrace.learn.augment.telephone import Telephone
from emotrace.learn.training.network_recipe import Recipe
from emotrace.learn.training.surroundings import surround
from emotrace.types import Utterance

TRIM_DB = 40.0
MARGIN_FRAMES = 9
MINIMUM_FRAMES = 24
N_COLUMNS = log_mel.N_MELS + periodicity.N_PERIODS

_LOWEST_DB = -100.0
_STEPS_PER_DB = 2.0
_STEPS_OF_PERIODICITY = 200.0
_CLIPS_AT_ONCE = 100
"""What one process is given; fewer clips than a few times this many are not worth starting processes."""

Progress = Callable[[int, int], None]
Codes = NDArray[np.uint8]
Encoded = NDArray[np.float16]

_NOT_HEARD: Encoded = np.empty(0, dtype=np.float16)


@dataclass(frozen=True)
class Seen:
    """One version of one clip: frames (n_frames, 128), and what the speech encoder hears of it, (n,) or (0,)."""

    frames: Codes
    encoded: Encoded

    @property
    def nbytes(self) -> int:
        return self.frames.nbytes + self.encoded.nbytes


@dataclass(frozen=True)
class Versions:
    """Which versions there are of every clip: first its speeds, then a telephone line, then other surroundings.

    Attributes
    ----------
    speeds
        With 1.0, the clip as it is, among them.
    telephone
        Whether one has come through a telephone line.
    noisy
        How many are heard as `emotrace.learn.training.surroundings` changes them.
    encoder
        `speech_encoder.data_fingerprint` of the encoder that hears them, too; empty if none does.
    """

    speeds: tuple[float, ...]
    telephone: bool = False
    noisy: int = 0
    encoder: str = ""

    @property
    def count(self) -> int:
        """How many there are of every clip."""
        return len(self.speeds) + self.telephone + self.noisy

    @property
    def original(self) -> int:
        """Which one is the clip as it is."""
        return self.speeds.index(1.0)

    @property
    def told(self) -> str:
        """How they are told: ``speeds 0.9, 1, a telephone, 2 in noise``."""
        speeds = f"speeds {', '.join(f'{speed:g}' for speed in self.speeds)}"
        telephone = ["a telephone"] if self.telephone else []
        noisy = [f"{self.noisy} in noise"] if self.noisy else []
        encoder = [f"the speech encoder {self.encoder}"] if self.encoder else []
        return ", ".join([speeds, *telephone, *noisy, *encoder])

    def draw(
        self, n: int, telephone_probability: float, noisy_probability: float, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Draw which version of each of ``n`` clips is heard; those that there are not have no chance."""
        numbers = rng.integers(len(self.speeds), size=n)
        surroundings = rng.integers(max(1, self.noisy), size=n)
        chance = rng.random(n)
        if self.telephone:
            numbers = np.where(chance < telephone_probability, len(self.speeds), numbers)
        if self.noisy:
            first = len(self.speeds) + self.telephone
            numbers = np.where(chance > 1.0 - noisy_probability, first + surroundings, numbers)
        return numbers

    def see_all(self, utterances: Sequence[Utterance]) -> Iterator[list[list[Seen]]]:
        """Give the versions of each clip, some clips at a time, in their order; of many clips in several
        processes.

        Raises
        ------
        TrainingError
            If a clip cannot be read or is too short, naming the file.
        """
        is_worth_it = len(utterances) >= 4 * _CLIPS_AT_ONCE
        at_once = _CLIPS_AT_ONCE if is_worth_it else 1
        tasks = [utterances[start : start + at_once] for start in range(0, len(utterances), at_once)]
        early: dict[int, list[list[Seen]]] = {}
        turn = 0
        for place, clips in _run(self, tasks, usable_cores() if is_worth_it else 1):
            if isinstance(clips, Death):
                files = f"{tasks[place][0].file} to {tasks[place][-1].file}"
                raise TrainingError(
                    f"a process that read {files} ended: {clips.how}; the same command tries again"
                )
            early[place] = clips
            while turn in early:
                yield early.pop(turn)
                turn += 1

    def __call__(self, utterances: Sequence[Utterance]) -> list[list[Seen]]:
        return [self._see(utterance) for utterance in utterances]

    def _see(self, utterance: Utterance) -> list[Seen]:
        rate = log_mel.SAMPLING_RATE
        try:
            signal = load_segment(utterance.file, utterance.segment, rate)
        except AudioError as error:
            raise TrainingError(f"cannot train on this clip: {error}") from error
        shortest = (MINIMUM_FRAMES * log_mel.HOP_LENGTH + log_mel.N_FFT) / rate
        if signal.size / rate < shortest * max(self.speeds):
            raise TrainingError(
                f"{utterance.file}: only {signal.size / rate:.2f} s long; "
                f"training needs at least {shortest * max(self.speeds):.2f} s"
            )
        signals = [
            signal if speed == 1.0 else resample(signal, round(rate * speed), rate) for speed in self.speeds
        ]
        if self.telephone:
            signals.append(Telephone()(signal, rate, np.random.default_rng(0)))
        looks = [_look(variant) for variant in signals]
        talks = [find_talk(look) for look in looks]
        name = zlib.crc32(f"{Path(utterance.file).stem} {utterance.segment}".encode())
        for number in range(self.noisy):
            signals.append(surround(signal, np.random.default_rng([name, number])))
            looks.append(_look(signals[-1]))
            # Where noise goes on, talk is where it is in the clip as it is.
            talks.append(talks[self.original])
        return [
            Seen(encode(look[talk]), self._hear(variant, talk))
            for variant, look, talk in zip(signals, looks, talks, strict=True)
        ]

    def _hear(self, signal: NDArray[np.float32], talk: slice) -> Encoded:
        if not self.encoder:
            return _NOT_HEARD
        end = None if talk.stop is None else (talk.stop + 1) * log_mel.HOP_LENGTH
        spoken = signal[(talk.start or 0) * log_mel.HOP_LENGTH : end]
        return speech_encoder.hear(spoken).astype(np.float16)


def versions_of(recipe: Recipe) -> Versions:
    """Give the versions of every clip that a recipe is trained on."""
    changes, encoder = recipe.augment, speech_encoder.data_fingerprint() if recipe.model.encoder else ""
    return Versions(changes.speeds, changes.telephone_probability > 0.0, changes.noisy_versions, encoder)


@dataclass(frozen=True)
class Pack:
    """What the networks see of many utterances, in several versions.

    Attributes
    ----------
    versions
        Which they are.
    frames
        Per version, all clips' frames one after another, shape (n_frames, 128), as `encode` gives them.
    offsets
        Per version, shape (n_utterances + 1,): clip *i* is ``frames[offsets[i]:offsets[i + 1]]``.
    encoded
        Per version, what the speech encoder hears, shape (n_utterances, n); empty where none does.
    """

    versions: Versions
    frames: tuple[Codes, ...]
    offsets: tuple[NDArray[np.int64], ...]
    encoded: tuple[Encoded, ...] = ()

    def clip(self, index: int, version: int) -> Codes:
        """Give one version of one utterance, shape (n_frames, 128); see `decode`."""
        start, end = self.offsets[version][index : index + 2]
        return self.frames[version][start:end]

    def subset(self, places: Sequence[int]) -> Pack:
        """Give the pack of some of the clips, in the order asked for."""
        clips = [[self._see(place, version) for version in range(self.versions.count)] for place in places]
        return join_clips(clips, self.versions)

    def _see(self, index: int, version: int) -> Seen:
        heard = self.encoded[version][index] if self.encoded else _NOT_HEARD
        return Seen(self.clip(index, version), heard)


def join_clips(clips: Sequence[Sequence[Seen]], versions: Versions) -> Pack:
    """Make a pack of clips, each of which is given in all versions."""
    columns = list(zip(*clips, strict=True))
    return Pack(
        versions,
        tuple(np.concatenate([seen.frames for seen in column]) for column in columns),
        tuple(offsets_of([len(seen.frames) for seen in column]) for column in columns),
        tuple(np.stack([seen.encoded for seen in column]) for column in columns) if versions.encoder else (),
    )


def offsets_of(lengths: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Give where each clip begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def encode(voice: NDArray[np.float32]) -> Codes:
    """Put log-mels (dB) and periodicity, (..., 128), into eight bits a value."""
    steps = np.empty(voice.shape, dtype=np.float32)
    bands = log_mel.N_MELS
    steps[..., :bands] = (voice[..., :bands] - _LOWEST_DB) * _STEPS_PER_DB
    steps[..., bands:] = (voice[..., bands:] - periodicity.LEAST) * _STEPS_OF_PERIODICITY
    return np.clip(np.rint(steps), 0, 255).astype(np.uint8)


def decode(codes: Codes) -> NDArray[np.float32]:
    """Give back what `encode` was given, within half a step of 0.5 dB and of 0.005."""
    voice = codes.astype(np.float32)
    bands = log_mel.N_MELS
    voice[..., :bands] = voice[..., :bands] / _STEPS_PER_DB + _LOWEST_DB
    voice[..., bands:] = voice[..., bands:] / _STEPS_OF_PERIODICITY + periodicity.LEAST
    return voice


def find_talk(voice: NDArray[np.float32]) -> slice:
    """Find the frames that stay when those more than 40 dB below the loudest are cut off both ends.

    A margin of 0.15 s is kept; what would be too short to train on stays whole.
    """
    level = 10.0 * np.log10(np.sum(10.0 ** (voice[:, : log_mel.N_MELS] / 10.0), axis=1))
    loud = np.flatnonzero(level > level.max() - TRIM_DB)
    start = max(0, int(loud[0]) - MARGIN_FRAMES)
    end = min(len(voice), int(loud[-1]) + 1 + MARGIN_FRAMES)
    return slice(None) if end - start < MINIMUM_FRAMES else slice(start, end)


def build_pack(
    utterances: Sequence[Utterance],
    versions: Versions,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Pack:
    """Make the pack of ``utterances``, or read it from the folder ``cache`` if it was made before.

    Of many utterances it is made in one process per core.

    Raises
    ------
    TrainingError
        If a clip cannot be read or is too short, naming the file.
    """
    path = None if cache is None else cache / f"pack-{_fingerprint(utterances, versions)}.npz"
    if path is not None and path.exists():
        return _read(path, versions)
    rows: list[list[Seen]] = []
    for clips in versions.see_all(utterances):
        rows += clips
        if progress is not None:
            progress(len(rows), len(utterances))
    pack = join_clips(rows, versions)
    if path is not None:
        _write(pack, path)
    return pack


def _look(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give what the networks see of a signal, (n_frames, 128)."""
    log_mels = log_mel.extract(signal, log_mel.SAMPLING_RATE)
    return np.concatenate([log_mels, periodicity.extract(signal, log_mel.SAMPLING_RATE)], axis=1)


def _run(
    versions: Versions, tasks: Sequence[Sequence[Utterance]], n_jobs: int
) -> Iterator[tuple[int, list[list[Seen]] | Death]]:
    try:
        yield from run_tasks(versions, tasks, n_jobs)
    except EmotraceError as error:
        # Another process has no class of its own for what was wrong.
        raise TrainingError(str(error)) from None


def _fingerprint(utterances: Sequence[Utterance], versions: Versions) -> str:
    # Size and time of change stand for the content: hashing 12,000 files would cost as much as reading them.
    files = []
    for u in utterances:
        try:
            status = Path(u.file).stat()
        except OSError as error:
            raise TrainingError(f"cannot train on this clip: {u.file}: {error.strerror}") from error
        files.append((u.file, str(u.segment), status.st_size, status.st_mtime_ns))
    facts = [files, *astuple(versions), "version 4"]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _write(pack: Pack, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Codes | NDArray[np.int64] | Encoded] = {}
    for i, (frames, offsets) in enumerate(zip(pack.frames, pack.offsets, strict=True)):
        arrays[f"frames{i}"], arrays[f"offsets{i}"] = frames, offsets
    arrays |= {f"encoded{i}": encoded for i, encoded in enumerate(pack.encoded)}
    with replacing(path) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _read(path: Path, versions: Versions) -> Pack:
    places = range(versions.count)
    with np.load(path, allow_pickle=False) as arrays:
        frames = tuple(arrays[f"frames{i}"] for i in places)
        offsets = tuple(arrays[f"offsets{i}"] for i in places)
        encoded = tuple(arrays[f"encoded{i}"] for i in places) if versions.encoder else ()
    return Pack(versions, frames, offsets, encoded)
