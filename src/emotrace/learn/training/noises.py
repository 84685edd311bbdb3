"""Sounds that are not speech, made by code: what a speech detector must learn to leave alone.

Each function gives ``n_samples`` of float32 at `SAMPLING_RATE`, peak 1, drawn from the passed ``rng``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLING_RATE = 16_000

Signal = NDArray[np.float32]


def make_noise(name: str, n_samples: int, rng: np.random.Generator) -> Signal:
    """Make the noise called ``name``, one of `NOISES`."""
    signal = NOISES[name](n_samples, rng)
    peak = float(np.abs(signal).max())
    return np.asarray(signal / peak if peak > 0 else signal, dtype=np.float32)


def coloured(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Stationary noise whose power falls by 0 to 12 dB per octave (white, pink, brown and between)."""
    return _shape_spectrum(rng.standard_normal(n), lambda hz: np.maximum(hz, 20.0) ** -rng.uniform(0.0, 2.0))


def band(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise in one band, its strength swelling slowly: wind, fans, traffic, hiss."""
    centre, width = 10.0 ** rng.uniform(2.0, 3.8), rng.uniform(0.1, 1.0)
    noise = _shape_spectrum(
        rng.standard_normal(n),
        lambda hz: np.exp(-0.5 * (np.log(np.maximum(hz, 1.0) / centre) / width) ** 2),
    )
    return noise * _slow_curve(n, rng.uniform(0.1, 3.0), rng)


def breath(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Breaths: bursts of noise of 0.3 to 1.5 s through one or two broad resonances."""
    noise = np.zeros(n)
    position = int(rng.uniform(0, 0.5) * SAMPLING_RATE)
    while position < n:
        length = min(n - position, int(rng.uniform(0.3, 1.5) * SAMPLING_RATE))
        centre = rng.uniform(500.0, 3500.0)
        puff = _shape_spectrum(
            rng.standard_normal(length),
            lambda hz, c=centre: 0.15 + np.exp(-0.5 * ((hz - c) / (0.5 * c)) ** 2),  # type: ignore[misc]
        )
        rise = rng.uniform(0.2, 0.8)
        time = np.linspace(0.0, 1.0, length)
        noise[position : position + length] += puff * np.minimum(time / rise, (1.0 - time) / (1.0 - rise))
        position += length + int(rng.uniform(0.2, 2.0) * SAMPLING_RATE)
    return noise


def clicks(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Knocks, typing, crackle: short decaying resonances at irregular times."""
    noise = np.zeros(n)
    for start in rng.integers(0, n, rng.integers(1, max(2, n // 2000))):
        length = min(n - start, int(rng.uniform(0.003, 0.08) * SAMPLING_RATE))
        time = np.arange(length) / SAMPLING_RATE
        ring = np.sin(2 * np.pi * rng.uniform(150, 6000) * time) + 0.5 * rng.standard_normal(length)
        noise[start : start + length] += rng.uniform(0.2, 1.0) * ring * np.exp(-time * rng.uniform(40, 600))
    return noise


def tone(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """One to three steady tones: dial tones, whistles, test tones."""
    time = np.arange(n) / SAMPLING_RATE
    pitches = 10.0 ** rng.uniform(1.8, 3.8, rng.integers(1, 4))
    return np.asarray(sum(np.sin(2 * np.pi * f * time + rng.uniform(0, 6.3)) for f in pitches))


def beeps(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Tones switched on and off: dialling, ringing, alarms."""
    period, share = rng.uniform(0.08, 3.0), rng.uniform(0.2, 0.8)
    time = np.arange(n) / SAMPLING_RATE
    on = ((time / period + rng.random()) % 1.0) < share
    notes = rng.uniform(300, 3000, (int(n / SAMPLING_RATE / period) + 2, 2))
    which = (time / period).astype(int)
    pair = np.sin(2 * np.pi * notes[which, 0] * time) + np.sin(2 * np.pi * notes[which, 1] * time)
    return np.asarray(on * pair)


def hum(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Mains hum and engines: many harmonics of a steady or slowly drifting pitch."""
    pitch = rng.choice([50.0, 60.0, rng.uniform(25.0, 250.0)])
    drift = 1.0 + 0.15 * rng.random() * (_slow_curve(n, 0.3, rng) - 0.5)
    phase = 2 * np.pi * np.cumsum(pitch * drift) / SAMPLING_RATE
    orders = np.arange(1, rng.integers(3, 30))
    strengths = rng.random(len(orders)) * orders ** -rng.uniform(0.0, 2.0)
    return np.asarray(sum(s * np.sin(k * phase) for k, s in zip(orders, strengths, strict=True)))


def sweep(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Sirens and chirps: a tone, sometimes with harmonics, gliding up and down."""
    time = np.arange(n) / SAMPLING_RATE
    centre, depth, rate = rng.uniform(300, 2500), rng.uniform(0.1, 0.8), rng.uniform(0.1, 6.0)
    phase = 2 * np.pi * np.cumsum(centre * (1 + depth * np.sin(2 * np.pi * rate * time))) / SAMPLING_RATE
    return np.asarray(sum(np.sin(k * phase) / k for k in range(1, rng.integers(2, 5))))


def music(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Music-like sound: notes and chords of a scale with attack, decay, vibrato, over a beat of noise."""
    signal = np.zeros(n)
    beat = rng.uniform(0.12, 0.7)
    root = rng.uniform(60.0, 300.0)
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 19, 24])
    rolloff, decay = rng.uniform(0.5, 2.5), rng.uniform(0.5, 8.0)
    drums = rng.random() < 0.5
    for start in range(0, n, max(1, int(beat * SAMPLING_RATE))):
        length = min(n - start, int(beat * rng.uniform(0.8, 3.0) * SAMPLING_RATE))
        time = np.arange(length) / SAMPLING_RATE
        envelope = np.minimum(1.0, time / rng.uniform(0.004, 0.08)) * np.exp(-decay * time)
        for step in rng.choice(scale, rng.integers(1, 4), replace=False):
            pitch = root * 2.0 ** (step / 12.0)
            vibrato = rng.uniform(0, 0.01) * np.sin(2 * np.pi * 5.5 * time) / 5.5
            wave = sum(
                np.sin(2 * np.pi * k * pitch * (time + vibrato)) * k**-rolloff
                for k in range(1, 13)
                if k * pitch < 7500
            )
            signal[start : start + length] += envelope * wave
        if drums:
            hit = rng.standard_normal(length) * np.exp(-time * rng.uniform(15, 80))
            signal[start : start + length] += rng.uniform(0.2, 1.5) * hit
    return signal


def melody(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """One or two bowed, blown or synthetic voices: gliding pitch, vibrato, many harmonics, a body's resonances."""
    signal = np.zeros(n)
    for _ in range(rng.integers(1, 3)):
        notes = rng.uniform(80.0, 500.0) * 2.0 ** (rng.choice([0, 2, 3, 5, 7, 8, 10, 12], n // 1000 + 2) / 12.0)
        note_seconds = rng.uniform(0.12, 1.5)
        time = np.arange(n) / SAMPLING_RATE
        position = time / note_seconds
        step = np.floor(position).astype(int) % len(notes)
        glide = np.clip((position % 1.0) / rng.uniform(0.02, 0.5), 0.0, 1.0)
        pitch = notes[step - 1] * (notes[step] / notes[step - 1]) ** glide
        pitch *= 1.0 + rng.uniform(0.0, 0.025) * np.sin(2 * np.pi * rng.uniform(4.0, 7.5) * time)
        phase = 2 * np.pi * np.cumsum(pitch) / SAMPLING_RATE
        tilt, odd_only = rng.uniform(0.5, 2.0), rng.random() < 0.3
        orders = [k for k in range(1, 31, 2 if odd_only else 1) if k * pitch.max() < 7800]
        wave = sum(np.sin(k * phase) * k**-tilt for k in orders)
        swell = np.sin(np.pi * np.clip(position % 1.0, 0.0, 1.0)) ** rng.uniform(0.1, 2.0)
        signal += rng.uniform(0.3, 1.0) * np.asarray(wave) * (swell if rng.random() < 0.7 else 1.0)
    peaks = rng.uniform(200.0, 4000.0, 3)
    depth = rng.choice([0.0, rng.uniform(0.5, 5.0)])
    return _shape_spectrum(
        signal, lambda hz: 1.0 + depth * sum(np.exp(-0.5 * ((hz - p) / (0.2 * p)) ** 2) for p in peaks)
    )


def murmur(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise with the rhythm of syllables but no voice: the hardest of them."""
    noise = _shape_spectrum(
        rng.standard_normal(n), lambda hz: 1.0 / (1.0 + (np.maximum(hz, 1.0) / rng.uniform(300, 3000)) ** 2)
    )
    return noise * _slow_curve(n, rng.uniform(3.0, 7.0), rng) ** 2


NOISES: Mapping[str, Callable[[int, np.random.Generator], NDArray[np.float64]]] = {
    "coloured": coloured,
    "band": band,
    "breath": breath,
    "clicks": clicks,
    "tone": tone,
    "beeps": beeps,
    "hum": hum,
    "sweep": sweep,
    "music": music,
    "melody": melody,
    "murmur": murmur,
}


def _shape_spectrum(
    noise: NDArray[np.float64], gain: Callable[[NDArray[Any]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    hz = np.fft.rfftfreq(noise.size, 1.0 / SAMPLING_RATE)
    return np.asarray(np.fft.irfft(np.fft.rfft(noise) * gain(hz), noise.size))


def _slow_curve(n: int, rate_hz: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """A random curve in [0, 1] that turns about ``rate_hz`` times a second."""
    points = rng.random(int(n / SAMPLING_RATE * rate_hz * 2) + 3)
    return np.interp(np.linspace(0, len(points) - 1, n), np.arange(len(points)), points)
