"""Why speech is measured in mels: equal steps in hertz are not equal steps to the ear.

The formula is O'Shaughnessy's (1987), "Speech Communication: Human and Machine", p. 150:
m = 2595 log10(1 + f / 700). The feature sets of emotrace use another fit to the same ear, that of Slaney's
Auditory Toolbox (linear below 1 kHz, logarithmic above).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.features.log_mel import hz_to_mel as slaney_mel

TONES_HZ = (300, 400, 900, 1000)
STEPS_HZ = ((300, 400), (900, 1000))
SAMPLING_RATE = 16_000
TONE_SECONDS = 0.7
_HIGHEST_HZ = 8_000
_AMPLITUDE = 0.25
_FADE_SECONDS = 0.02


def hz_to_mel(hz: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert hertz to mels: 2595 log10(1 + f / 700).

    >>> hz_to_mel(1000.0).round(1).item()
    1000.0
    """
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hz, dtype=np.float64) / 700.0))


def mel_to_hz(mel: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert mels to hertz, the inverse of `hz_to_mel`."""
    return np.asarray(700.0 * (10.0 ** (np.asarray(mel, dtype=np.float64) / 2595.0) - 1.0))


def make_tone(hz: float, seconds: float = TONE_SECONDS, sampling_rate: int = SAMPLING_RATE) -> NDArray[np.float32]:
    """Give a pure tone that fades in and out, so that it does not click; amplitude 0.25."""
    n = round(seconds * sampling_rate)
    times = np.arange(n) / sampling_rate
    ends = np.minimum(times, times[::-1]) / _FADE_SECONDS
    fade = 0.5 - 0.5 * np.cos(np.pi * np.clip(ends, 0.0, 1.0))
    return np.asarray(_AMPLITUDE * np.sin(2.0 * np.pi * hz * times) * fade, dtype=np.float32)


def make_step(first_hz: float, second_hz: float) -> NDArray[np.float32]:
    """Give two tones, one after the other."""
    return np.concatenate([make_tone(first_hz), make_tone(second_hz)])


def mel_lesson() -> dict[str, Any]:
    """Give the numbers of the lesson: the curve, the tones and the steps between them."""
    curve_hz = np.linspace(0.0, _HIGHEST_HZ, 161)
    scale = slaney_mel(np.array([1000.0]))[0]
    edges_hz = mel_to_hz(np.linspace(0.0, float(hz_to_mel(_HIGHEST_HZ)), 26))
    return {
        "formula": "m = 2595 log10(1 + f / 700)",
        "tones": [{"hz": hz, "mel": round(float(hz_to_mel(hz)), 2)} for hz in TONES_HZ],
        "steps": [
            {
                "from_hz": low,
                "to_hz": high,
                "hz": high - low,
                "mel": round(float(hz_to_mel(high) - hz_to_mel(low)), 2),
            }
            for low, high in STEPS_HZ
        ],
        "curve": {
            "hz": curve_hz.tolist(),
            "mel": np.round(hz_to_mel(curve_hz), 2).tolist(),
            # In its own units 1 kHz is 15; scaled so that both curves meet there.
            "slaney": np.round(slaney_mel(curve_hz) * 1000.0 / scale, 2).tolist(),
        },
        "bands_hz": np.round(edges_hz, 1).tolist(),
    }
