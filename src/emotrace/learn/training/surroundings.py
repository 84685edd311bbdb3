"""What may lie around a voice where it is recorded: a room, noise, a crowd, a bad line. Laid on waveforms.

Laid on log-mels in decibels, none of it would teach enough: a crowd brings pitches of its own, and a codec takes
away what no curve over frequency can.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from emotrace.learn.augment._sounds import make_babble
from emotrace.learn.augment.background import Background
from emotrace.learn.augment.codec import Codec
from emotrace.learn.augment.room import Room
from emotrace.learn.augment.telephone import Telephone
from emotrace.learn.training.noises import SAMPLING_RATE, make_noise

Signal = NDArray[np.float32]

_SNR_DB = (3.0, 30.0)
_N_CROWDS = 24
_CROWD_SECONDS = 8
_STEADY = ("coloured", "band", "hum")
"""Sounds that go on behind a voice; the others come and go, and leave most of it alone."""


def surround(signal: Signal, rng: np.random.Generator) -> Signal:
    """Give a voice as it may sound elsewhere: one of four surroundings, now and then in a room as well.

    Even chances of steady noise, a crowd made by code, a lossy codec, and noise or a crowd through a telephone.
    Ratios are of the active speech level, 3 to 30 dB.

    Parameters
    ----------
    signal
        Floats in [-1, 1], shape (n_samples,), at 16 kHz, at least one sample.
    rng
        What everything is drawn from.

    Returns
    -------
    ndarray of float32, shape (n_samples,)
    """
    if rng.random() < 0.25:
        signal = Room()(signal, SAMPLING_RATE, rng)
    kind = rng.choice(["noise", "crowd", "codec", "telephone"])
    if kind == "codec":
        return Codec("opus" if rng.random() < 0.5 else "mp3", (0.8, 0.99))(signal, SAMPLING_RATE, rng)
    is_crowd = kind == "crowd" or (kind == "telephone" and rng.random() < 0.5)
    sounds = _crowds() if is_crowd else (make_noise(str(rng.choice(_STEADY)), signal.size, rng),)
    heard = Background(snr_db=_SNR_DB, signals=sounds, signals_rate=SAMPLING_RATE)(signal, SAMPLING_RATE, rng)
    return Telephone()(np.clip(heard, -1.0, 1.0), SAMPLING_RATE, rng) if kind == "telephone" else heard


@cache
def _crowds() -> tuple[Signal, ...]:
    """Make crowds to choose from: one for every clip would take most of the time that a pack takes."""
    length = _CROWD_SECONDS * SAMPLING_RATE
    made = (make_babble(length, SAMPLING_RATE, np.random.default_rng([7, i])) for i in range(_N_CROWDS))
    return tuple(crowd.astype(np.float32) for crowd in made)
