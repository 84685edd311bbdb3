"""What a network that learnt to write down speech hears in a voice: the lower layers of Moonshine's encoder.

It is used as it was published, and not learnt any further: a recording becomes a fixed list of numbers, means
and deviations over time of what its layers make of it. The graph in ``assets/speech-encoder`` says from where
it comes; it is what the networks are taught with, and, byte for byte, a part of what is exported.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from emotrace.bundle.read import ASSETS

MODEL = ASSETS / "speech-encoder" / "model.onnx"
INPUT, OUTPUT = "waveform", "statistics"
N_STATISTICS = 1_728

SOURCE = (
    "encoder of Moonshine tiny for English, layers 2 to 4 (arXiv:2410.15608; MIT, Copyright 2025 Moonshine AI)"
)
"""What a card says of it."""


def read_model() -> bytes:
    """Give the graph, waveform (batch, samples) at 16 kHz -> statistics (batch, 1728)."""
    return MODEL.read_bytes()


@cache
def identity() -> str:
    """Give what tells this encoder from every other: training sets that it has heard name it."""
    return hashlib.sha256(read_model()).hexdigest()[:16]


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
