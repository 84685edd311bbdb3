"""The training set as one compact table of log-mels.

Every clip is decoded once, at each speed the recipe asks for (speed changes tempo and pitch together, as a
tape does), turned into log-mels and trimmed of the silence around it. Values are kept as 16-bit floats. The
pack is cached beside the run, under a name made from everything it depends on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotrace.atomic import replacing
from emotrace.audio.load import load_segment
from emotrace.audio.resample import resample
from emotrace.errors import AudioError, TrainingError
from emotrace.features import log_mel
from emotrace.types import Utterance

TRIM_DB = 40.0
MARGIN_FRAMES = 9
MINIMUM_FRAMES = 24

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Pack:
    """Log-mels of many utterances at several speeds.

    Attributes
    ----------
    frames
        Per speed, all clips' frames one after another, float16, shape (n_frames, 64), in dB.
    offsets
        Per speed, shape (n_utterances + 1,): clip *i* is ``frames[offsets[i]:offsets[i + 1]]``.
    """

    speeds: tuple[float, ...]
    frames: tuple[NDArray[np.float16], ...]
    offsets: tuple[NDArray[np.int64], ...]

    def clip(self, index: int, speed: int) -> NDArray[np.float16]:
        """Give the log-mels of one utterance at the ``speed``-th speed, shape (n_frames, 64)."""
        start, end = self.offsets[speed][index : index + 2]
        return self.frames[speed][start:end]


def trim_frames(log_mels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut away leading and trailing frames more than 40 dB below the loudest, keeping a margin of 0.15 s."""
    level = 10.0 * np.log10(np.sum(10.0 ** (log_mels / 10.0), axis=1))
    loud = np.flatnonzero(level > level.max() - TRIM_DB)
    start = max(0, int(loud[0]) - MARGIN_FRAMES)
    end = min(len(log_mels), int(loud[-1]) + 1 + MARGIN_FRAMES)
    if end - start < MINIMUM_FRAMES:
        return log_mels
    return log_mels[start:end]


def build_pack(
    utterances: Sequence[Utterance],
    speeds: Sequence[float],
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Pack:
    """Make the pack of ``utterances``, or read it from the folder ``cache`` if it was made before.

    Raises
    ------
    TrainingError
        If a clip cannot be read or is too short, naming the file.
    """
    path = None if cache is None else cache / f"pack-{_fingerprint(utterances, speeds)}.npz"
    if path is not None and path.exists():
        return _read(path, speeds)
    rows: list[list[NDArray[np.float16]]] = [[] for _ in speeds]
    for done, utterance in enumerate(utterances, start=1):
        for row, mels in zip(rows, _clip_log_mels(utterance, speeds), strict=True):
            row.append(mels)
        if progress is not None:
            progress(done, len(utterances))
    offsets = tuple(np.concatenate([[0], np.cumsum([len(m) for m in row])]).astype(np.int64) for row in rows)
    pack = Pack(tuple(speeds), tuple(np.concatenate(row) for row in rows), offsets)
    if path is not None:
        _write(pack, path)
    return pack


def _clip_log_mels(utterance: Utterance, speeds: Sequence[float]) -> list[NDArray[np.float16]]:
    rate = log_mel.SAMPLING_RATE
    try:
        signal = load_segment(utterance.file, utterance.segment, rate)
    except AudioError as error:
        raise TrainingError(f"cannot train on this clip: {error}") from error
    shortest = (MINIMUM_FRAMES * log_mel.HOP_LENGTH + log_mel.N_FFT) / rate
    if signal.size / rate < shortest * max(speeds):
        raise TrainingError(
            f"{utterance.file}: only {signal.size / rate:.2f} s long; "
            f"training needs at least {shortest * max(speeds):.2f} s"
        )
    variants = (signal if speed == 1.0 else resample(signal, round(rate * speed), rate) for speed in speeds)
    return [trim_frames(log_mel.extract(variant, rate)).astype(np.float16) for variant in variants]


def _fingerprint(utterances: Sequence[Utterance], speeds: Sequence[float]) -> str:
    # Size and time of change stand for the content: hashing 12,000 files would cost as much as reading them.
    files = []
    for u in utterances:
        try:
            status = Path(u.file).stat()
        except OSError as error:
            raise TrainingError(f"cannot train on this clip: {u.file}: {error.strerror}") from error
        files.append((u.file, str(u.segment), status.st_size, status.st_mtime_ns))
    front_end = (
        log_mel.SAMPLING_RATE,
        log_mel.N_FFT,
        log_mel.HOP_LENGTH,
        log_mel.N_MELS,
        log_mel.LOWEST_HZ,
        log_mel.HIGHEST_HZ,
    )
    facts = [files, list(speeds), front_end, TRIM_DB, MARGIN_FRAMES, "version 1"]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _write(pack: Pack, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, NDArray[np.float16] | NDArray[np.int64]] = {}
    for i, (frames, offsets) in enumerate(zip(pack.frames, pack.offsets, strict=True)):
        arrays[f"frames{i}"], arrays[f"offsets{i}"] = frames, offsets
    with replacing(path) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _read(path: Path, speeds: Sequence[float]) -> Pack:
    with np.load(path, allow_pickle=False) as arrays:
        frames = tuple(arrays[f"frames{i}"] for i in range(len(speeds)))
        offsets = tuple(arrays[f"offsets{i}"] for i in range(len(speeds)))
    return Pack(tuple(speeds), frames, offsets)
