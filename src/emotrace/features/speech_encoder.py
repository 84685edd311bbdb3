"""What a network that learnt to write down speech hears in a voice: the lower layers of Moonshine's encoder.

It is used as it was published, and not learnt any further: a recording becomes a fixed list of numbers, means
and deviations over time of what three of its layers make of it. The graph in ``assets/speech-encoder`` says from
where it comes; it is what the shipped networks are taught with, and, byte for byte, a part of what is exported.

As a feature set it needs no torch and fetches nothing. It does not depend on the recording's level. Recordings of
more than 30 s are heard in equal stretches of at most 30 s, whose statistics are averaged.
"""

from __future__ import annotations

import hashlib
from functools import cache
from math import ceil

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from emotrace.bundle.read import ASSETS
from emotrace.features._signal import require_rate, require_signal
from emotrace.features._summary import numbered_names

MODEL = ASSETS / "speech-encoder" / "model.onnx"
INPUT, OUTPUT = "waveform", "statistics"

SOURCE = (
    "encoder of Moonshine tiny for English, layers 2 to 4 (arXiv:2410.15608; MIT, Copyright 2025 Moonshine AI)"
)
"""What a card says of it."""

SAMPLING_RATE = 16_000
LEVEL = "functionals"
LIBRARIES = ("onnxruntime",)
LEAST_SECONDS, STRETCH_SECONDS = 0.1, 30.0
NAMES = tuple(
    f"{name}_{statistic}"
    for layer in (2, 3, 4)
    for statistic in ("mean", "deviation")
    for name in numbered_names(f"layer_{layer}", 288)
)
N_STATISTICS = len(NAMES)


def extract(signal: NDArray[np.float32], sampling_rate: int) -> NDArray[np.float32]:
    """Give what the encoder hears in one clip.

    Parameters
    ----------
    signal
        Samples in [-1, 1], shape (n_samples,), of at least 0.1 s.
    sampling_rate
        Must be 16,000 Hz.

    Returns
    -------
    ndarray of float32, one value for each of ``NAMES``

    Raises
    ------
    ValueError
        If the sampling rate is another one, or the signal is too short, not one-dimensional or not finite.
    """
    require_rate("speech-encoder", sampling_rate, SAMPLING_RATE)
    require_signal(signal)
    seconds = signal.size / SAMPLING_RATE
    if seconds < LEAST_SECONDS:
        raise ValueError(f"the speech encoder needs {LEAST_SECONDS:g} s of sound, got {seconds:.3f} s")
    stretches = np.array_split(np.asarray(signal, dtype=np.float32), ceil(seconds / STRETCH_SECONDS))
    return np.asarray(np.mean([hear(stretch) for stretch in stretches], axis=0), dtype=np.float32)


@cache
def data_fingerprint() -> str:
    """Give what tells this encoder from every other: tables and training sets that it has heard name it."""
    return hashlib.sha256(read_model()).hexdigest()[:16]


def read_model() -> bytes:
    """Give the graph, waveform (batch, samples) at 16 kHz -> statistics (batch, 1728)."""
    return MODEL.read_bytes()


def hear(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the statistics (1728,) of a signal at 16 kHz, (samples,), of at least 0.1 s."""
    heard: NDArray[np.float32] = _session().run([OUTPUT], {INPUT: signal[np.newaxis]})[0][0]
    return heard


@cache
def _session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # Many clips are heard side by side, one in each process.
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(read_model(), options, providers=["CPUExecutionProvider"])
