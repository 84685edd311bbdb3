"""What a voice does, every 10 ms: its mel bands, cepstrum, spectral shape, pitch and harmonics.

Frames of 25 ms under a periodic Hann window, not centred. Decibels are of full scale, so level counts: who is
recorded more softly is heard as speaking more softly.

References
----------
F. Eyben et al. (2016), "The Geneva minimalistic acoustic parameter set (GeMAPS) for voice research and affective
computing", IEEE Transactions on Affective Computing 7(2) (alpha ratio, Hammarberg index, slopes).
P. Boersma (1993), "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a
sampled sound", IFA Proceedings 17 (harmonics to noise).
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from emotrace.features._pitch import HOP_SECONDS, pitch_hz
from emotrace.features._signal import require_signal
from emotrace.features._slopes import slopes
from emotrace.features.log_mel import hz_to_mel, mel_to_hz

RATE = 16_000
N_MELS = 40
N_CEPSTRUM = 20
SHAPE_NAMES = (
    "level",
    "centroid",
    "bandwidth",
    "roll_off_25",
    "roll_off_50",
    "roll_off_85",
    "roll_off_95",
    "flatness",
    "entropy",
    "alpha_ratio",
    "hammarberg",
    "slope_low",
    "slope_middle",
    "slope_high",
    "flux",
    "mel_flux",
    "zero_crossing_rate",
)

_FRAME, _HOP, _N_FFT = 400, 160, 512
_LEAST_SAMPLES = 4 * _N_FFT
_LOWEST_HZ = 50.0
_FLOOR = 1e-12
_ROLL_OFFS = (0.25, 0.50, 0.85, 0.95)
_SPEECH_RANGE_DB = 35.0
_LEAST_SPEECH = 10
_BINS_HZ = np.fft.rfftfreq(_N_FFT, 1.0 / RATE)

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class VoiceFrames:
    """A signal of 16,000 Hz, frame by frame; every quantity is computed when first asked for, and kept.

    Parameters
    ----------
    signal
        Samples in [-1, 1], shape (n_samples,), at least one; what is shorter than 0.128 s is filled with zeros.

    Raises
    ------
    ValueError
        If the signal is empty, not one-dimensional or not finite.
    """

    def __init__(self, signal: NDArray[np.float32]) -> None:
        require_signal(signal)
        self.signal: Array = np.pad(signal.astype(np.float64), (0, max(0, _LEAST_SAMPLES - signal.size)))
        self._frames = np.lib.stride_tricks.sliding_window_view(self.signal, _FRAME)[::_HOP]
        self.times: Array = (np.arange(len(self._frames)) * _HOP + _FRAME / 2.0) / RATE

    @cached_property
    def power(self) -> Array:
        """The power spectrum, (n_frames, 257)."""
        window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(_FRAME) / _FRAME)
        spectrum = np.fft.rfft(self._frames * window, _N_FFT, axis=1)
        return np.asarray((spectrum.real**2 + spectrum.imag**2) / (window.sum() ** 2 / 4.0))

    @cached_property
    def mel(self) -> Array:
        """Mel bands in dB, (n_frames, 40)."""
        return decibels(mel_power(self.power))

    @cached_property
    def cepstrum(self) -> Array:
        """The first mel-frequency cepstral coefficients, (n_frames, 20)."""
        return np.asarray(self.mel @ _cosines())

    @cached_property
    def cepstrum_slope(self) -> Array:
        """How fast the cepstrum changes, per frame, (n_frames, 20)."""
        return slopes(self.cepstrum.astype(np.float32), 1).astype(np.float64)

    @cached_property
    def cepstrum_bend(self) -> Array:
        """The second derivative of the cepstrum, (n_frames, 20)."""
        return slopes(self.cepstrum.astype(np.float32), 2).astype(np.float64)

    @cached_property
    def shape(self) -> Array:
        """Level and form of the spectrum, columns as in `SHAPE_NAMES`, (n_frames, 17)."""
        share = self.power / (self.power.sum(axis=1, keepdims=True) + _FLOOR)
        centroid = share @ _BINS_HZ
        spread = (share * (_BINS_HZ - centroid[:, None]) ** 2).sum(axis=1)
        running = np.cumsum(share, axis=1)
        last = len(_BINS_HZ) - 1
        columns = [
            self.level,
            centroid,
            np.sqrt(np.maximum(spread, 0.0)),
            *(_BINS_HZ[np.minimum((running < part).sum(axis=1), last)] for part in _ROLL_OFFS),
            self._decibels.mean(axis=1) - decibels(self.power.mean(axis=1)),
            -(share * np.log2(share + _FLOOR)).sum(axis=1),
            self._band_level(50.0, 1_000.0) - self._band_level(1_000.0, 5_000.0),
            self._band_peak(0.0, 2_000.0) - self._band_peak(2_000.0, 5_000.0),
            self._slope(0.0, 500.0),
            self._slope(500.0, 1_500.0),
            self._slope(1_500.0, 5_000.0),
            _steps(np.sqrt((np.diff(np.sqrt(share), axis=0) ** 2).sum(axis=1))),
            _steps(np.abs(np.diff(self.mel, axis=0)).mean(axis=1)),
            (np.diff(np.signbit(self._frames), axis=1)).mean(axis=1),
        ]
        return np.stack(columns, axis=1)

    @cached_property
    def shape_slope(self) -> Array:
        """How fast `shape` changes, per frame, (n_frames, 17)."""
        return slopes(self.shape.astype(np.float32), 1).astype(np.float64)

    @cached_property
    def level(self) -> Array:
        """The power of each frame in dB, (n_frames,)."""
        return np.asarray(10.0 * np.log10(self.power.sum(axis=1) + _FLOOR))

    @cached_property
    def speech(self) -> Mask:
        """Where somebody speaks: at most 35 dB below the loudest; the ten loudest frames, if those are fewer."""
        is_loud = self.level > np.percentile(self.level, 99) - _SPEECH_RANGE_DB
        if is_loud.sum() < _LEAST_SPEECH:
            is_loud = self.level >= np.sort(self.level)[-min(_LEAST_SPEECH, self.level.size)]
        return np.asarray(is_loud)

    @cached_property
    def voiced(self) -> Mask:
        """Where a voice with a pitch speaks."""
        return np.isfinite(self.f0) & self.speech

    @cached_property
    def pitch(self) -> tuple[Array, Array]:
        """Times and fundamental frequency, as `pitch_hz` gives them."""
        return pitch_hz(self.signal.astype(np.float32), RATE)

    @cached_property
    def f0(self) -> Array:
        """The fundamental frequency in Hz, NaN without voice, (n_frames,)."""
        times, hz = self.pitch
        nearest = np.clip(np.rint((self.times - times[0]) / HOP_SECONDS).astype(np.intp), 0, times.size - 1)
        is_near = np.abs(times[nearest] - self.times) <= 2.0 * HOP_SECONDS
        return np.where(is_near, hz[nearest], np.nan)

    def harmonics_db(self, frames: NDArray[np.intp]) -> Array:
        """Give harmonics to noise in dB, from how alike neighbouring periods are, of voiced frames, (n,)."""
        return np.array([self._harmonics(float(self.times[i]), float(self.f0[i])) for i in frames])

    def _harmonics(self, centre_seconds: float, hz: float) -> float:
        period = RATE / hz
        middle, half = int(centre_seconds * RATE), int(1.5 * period)
        stretch = self.signal[max(0, middle - half) : middle + half]
        alike = max(_likeness(stretch, lag) for lag in (int(period), int(period) + 1))
        return float(10.0 * np.log10(max(alike, 1e-3) / max(1.0 - alike, 1e-3)))

    @cached_property
    def _decibels(self) -> Array:
        return decibels(self.power)

    def _band_level(self, low_hz: float, high_hz: float) -> Array:
        return np.asarray(10.0 * np.log10(self.power[:, _band(low_hz, high_hz)].sum(axis=1) + _FLOOR))

    def _band_peak(self, low_hz: float, high_hz: float) -> Array:
        return np.asarray(self._decibels[:, _band(low_hz, high_hz)].max(axis=1))

    def _slope(self, low_hz: float, high_hz: float) -> Array:
        """Give the slope of the spectrum in dB per kHz."""
        band = _band(low_hz, high_hz)
        away = _BINS_HZ[band] - _BINS_HZ[band].mean()
        return np.asarray(1_000.0 * (self._decibels[:, band] @ away) / (away @ away))


def mel_power(power: Array) -> Array:
    """Give power in mel bands, each the mean over its triangle, from (..., 257) to (..., 40)."""
    return np.asarray(power @ _filters())


def decibels(power: Array) -> Array:
    """Give power in dB, -120 at the lowest."""
    return np.asarray(10.0 * np.log10(np.maximum(power, _FLOOR)))


def _band(low_hz: float, high_hz: float) -> slice:
    first, last = np.searchsorted(_BINS_HZ, (low_hz, high_hz))
    return slice(int(first), int(last))


def _steps(between_frames: Array) -> Array:
    """Give what lies between frames to the later ones; the first has none before it."""
    return np.concatenate([[0.0], between_frames])


def _likeness(stretch: Array, lag: int) -> float:
    """Give the correlation of a stretch with itself, later by ``lag``."""
    if stretch.size <= lag + 8:
        return 0.0
    early, late = stretch[:-lag], stretch[lag:]
    scale = float(np.sqrt((early @ early) * (late @ late)))
    return float(early @ late) / scale if scale > 0.0 else 0.0


@lru_cache(maxsize=1)
def _filters() -> Array:
    lowest, highest = hz_to_mel(np.array([_LOWEST_HZ, RATE / 2.0]))
    edges = mel_to_hz(np.linspace(lowest, highest, N_MELS + 2))
    rising = (_BINS_HZ - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - _BINS_HZ) / np.diff(edges)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray((triangles / triangles.sum(axis=1, keepdims=True)).T)


@lru_cache(maxsize=1)
def _cosines() -> Array:
    """Give the orthonormal DCT-II, (40, 20)."""
    n = np.arange(N_MELS)
    cosines = np.cos(np.pi * (n[:, None] + 0.5) * np.arange(N_CEPSTRUM) / N_MELS) * np.sqrt(2.0 / N_MELS)
    cosines[:, 0] /= np.sqrt(2.0)
    return np.asarray(cosines)
