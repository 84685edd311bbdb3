"""What the classic feature sets are made of, computed once per signal and shared.

One short-time Fourier transform serves mel bands, MFCC, chroma, contrast, centroid and roll-off. Conventions are
those of librosa's defaults, to which the tests compare every quantity: frames of 2048 samples every 512, centred
(the signal is padded with zeros by half a frame), periodic Hann window, 128 mel bands of unit area on Slaney's
scale, decibels with 80 dB of range below the loudest value.

All matrices have shape ``(n_frames, n_values)``.

References
----------
B. McFee et al. (2015), "librosa: Audio and music signal analysis in Python", Proc. SciPy.
M. Slaney (1998), "Auditory Toolbox", Interval Research report 1998-010 (mel scale).
D. Jiang et al. (2002), "Music type classification by spectral contrast feature", ICME (contrast).
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.features._signal import require_signal
from emotrace.features.log_mel import hz_to_mel, mel_to_hz

N_FFT = 2048
HOP_LENGTH = 512
N_MELS = 128
N_CHROMA = 12
N_CONTRAST = 7
RANGE_DB = 80.0

_FLOOR_POWER = 1e-10
_ROLL_OFF = 0.85
_QUANTILE = 0.02
_LOWEST_CONTRAST_HZ = 200.0
_TUNING_HZ = (150.0, 4_000.0)
_TUNING_PEAK = 0.1
_TUNING_STEPS = 100
_MEL_BLOCK = 16
# As many as stay in the processor's cache.
_FRAMES_AT_ONCE = 32
_ROLL_OFF_BLOCK = 32

Matrix = NDArray[np.float32]


class Spectra:
    """A signal seen frame by frame; every quantity is computed when first asked for, and kept.

    Parameters
    ----------
    signal
        Samples in [-1, 1], shape (n_samples,), at least one.
    sampling_rate
        In Hz; the contrast needs more than 12,800 Hz.

    Raises
    ------
    ValueError
        If the signal is empty, not one-dimensional or not finite.
    """

    def __init__(self, signal: NDArray[np.float32], sampling_rate: int) -> None:
        require_signal(signal)
        self.signal: Matrix = np.ascontiguousarray(signal, dtype=np.float32)
        self.sampling_rate = sampling_rate

    @cached_property
    def power(self) -> Matrix:
        """The power spectrum, (n_frames, 1025)."""
        frames, window = _frames(np.pad(self.signal, N_FFT // 2)), _hann().astype(np.float32)
        power = np.empty((len(frames), 1 + N_FFT // 2), dtype=np.float32)
        for start in range(0, len(frames), _FRAMES_AT_ONCE):
            some = slice(start, start + _FRAMES_AT_ONCE)
            spectrum = _rfft(frames[some] * window)
            np.add(np.square(spectrum.real), np.square(spectrum.imag), out=power[some])
        return power

    @cached_property
    def magnitude(self) -> Matrix:
        """The magnitude spectrum, (n_frames, 1025)."""
        return np.sqrt(self.power)

    @cached_property
    def mel_power(self) -> Matrix:
        """Power in mel bands, (n_frames, 128)."""
        blocks = [self.power[:, bins] @ filters for bins, filters in _mel_blocks(self.sampling_rate)]
        return np.concatenate(blocks, axis=1)

    @cached_property
    def mel_db(self) -> Matrix:
        """Mel bands in dB of full scale, at most 80 dB below the loudest, (n_frames, 128)."""
        return power_to_db(self.mel_power)

    def mfcc(self, n_coefficients: int) -> Matrix:
        """Give the first mel-frequency cepstral coefficients (orthonormal DCT-II), (n_frames, n_coefficients)."""
        return np.asarray(self.mel_db @ _cosines()[:, :n_coefficients], dtype=np.float32)

    @cached_property
    def chroma(self) -> Matrix:
        """Strength of the 12 pitch classes, from C on, the strongest of each frame 1, (n_frames, 12)."""
        filters = _chroma_filters(self.sampling_rate, self.tuning)
        raw = self.magnitude @ filters
        loudest = raw.max(axis=1, keepdims=True)
        return _divide(raw, loudest)

    @cached_property
    def tuning(self) -> float:
        """How far the signal's pitches lie from A = 440 Hz, as a share of a semitone, in [-0.5, 0.5)."""
        pitches_hz = _spectral_peaks_hz(self.magnitude, self.sampling_rate)
        if not pitches_hz.size:
            return 0.0
        # In 32 bits like librosa: where two steps are all but equally full, rounding decides.
        semitones = np.float32(12.0) * np.log2(pitches_hz / np.float32(27.5))
        share = (semitones % np.float32(1.0) + 0.5) % 1.0
        counts = np.bincount((share.astype(np.float64) * _TUNING_STEPS).astype(np.intp))
        return float(counts.argmax()) / _TUNING_STEPS - 0.5

    @cached_property
    def centroid(self) -> Matrix:
        """The spectrum's centre of gravity in Hz, 0 in silence, (n_frames, 1)."""
        total = self.magnitude.sum(axis=1, keepdims=True)
        weighted = self.magnitude @ self._bins_hz[:, np.newaxis]
        return _divide(weighted, total)

    @cached_property
    def roll_off(self) -> Matrix:
        """The frequency in Hz below which 85 % of the magnitude lies, (n_frames, 1)."""
        return np.asarray(self._bins_hz[_first_bins_reaching(_ROLL_OFF, self.magnitude)][:, np.newaxis])

    @cached_property
    def contrast(self) -> Matrix:
        """Peaks above valleys in dB, in six octave bands from 200 Hz and the one below, (n_frames, 7)."""
        # Valleys lie so deep that the rounding of 32 bits would fill them.
        signal = np.pad(self.signal.astype(np.float64), N_FFT // 2)
        magnitude = np.abs(_rfft(_frames(signal) * _hann()))
        bands = [_band_extremes(magnitude[:, band], n) for band, n in _contrast_bands(self.sampling_rate)]
        peaks, valleys = (np.stack(values, axis=1) for values in zip(*bands, strict=True))
        return power_to_db(peaks) - power_to_db(valleys)

    @cached_property
    def rms(self) -> Matrix:
        """Root mean square of the samples, (n_frames, 1)."""
        hops = _hops(np.pad(self.signal, N_FFT // 2))
        power = _sum_over_frames(np.square(hops, dtype=np.float64).sum(axis=1)) / N_FFT
        return np.asarray(np.sqrt(power)[:, np.newaxis], dtype=np.float32)

    @cached_property
    def zero_crossing_rate(self) -> Matrix:
        """Share of samples at which the sign changes, (n_frames, 1)."""
        # Samples nearer to zero than this have no sign of their own.
        is_negative = np.pad(self.signal, N_FFT // 2, mode="edge") < -1e-10
        hops = _hops(np.concatenate([[False], is_negative[1:] != is_negative[:-1]]))
        # Within a frame the first sample crosses nothing.
        n_changes = _sum_over_frames(np.count_nonzero(hops, axis=1)) - hops[: 1 - N_FFT // HOP_LENGTH, 0]
        return np.asarray((n_changes / N_FFT)[:, np.newaxis], dtype=np.float32)

    @property
    def _bins_hz(self) -> Matrix:
        return np.fft.rfftfreq(N_FFT, 1.0 / self.sampling_rate).astype(np.float32)


def power_to_db(power: NDArray[Any]) -> Matrix:
    """Give power in dB, at most 80 dB below the loudest value and not below -100 dB."""
    decibels = 10.0 * np.log10(np.maximum(power, _FLOOR_POWER))
    return np.asarray(np.maximum(decibels, decibels.max() - RANGE_DB), dtype=np.float32)


def _divide(values: Matrix, by: Matrix) -> Matrix:
    """Divide frame by frame; frames of silence give 0."""
    return np.divide(values, by, out=np.zeros_like(values), where=by > np.finfo(np.float32).tiny)


def _rfft(frames: NDArray[Any]) -> NDArray[Any]:
    try:
        # Five times as fast where SciPy is installed; the values agree.
        from scipy.fft import rfft
    except ImportError:
        from numpy.fft import rfft
    return np.asarray(rfft(frames, axis=1))


def _frames(padded: NDArray[Any]) -> NDArray[Any]:
    return np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP_LENGTH]


def _hops(padded: NDArray[Any]) -> NDArray[Any]:
    """Cut a padded signal into stretches without overlap, (n_frames + 3, 512): a frame is four of them."""
    return padded[: padded.size // HOP_LENGTH * HOP_LENGTH].reshape(-1, HOP_LENGTH)


def _sum_over_frames(per_hop: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.lib.stride_tricks.sliding_window_view(per_hop, N_FFT // HOP_LENGTH).sum(axis=1))


@lru_cache(maxsize=1)
def _hann() -> NDArray[np.float64]:
    return np.asarray(0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(N_FFT) / N_FFT))


@lru_cache(maxsize=8)
def _mel_filters(sampling_rate: int) -> Matrix:
    """Give the filters from bins to bands, (1025, 128); every triangle has unit area."""
    bins_hz = np.fft.rfftfreq(N_FFT, 1.0 / sampling_rate)
    lowest, highest = hz_to_mel(np.array([0.0, sampling_rate / 2.0]))
    edges_hz = mel_to_hz(np.linspace(lowest, highest, N_MELS + 2))
    rising = (bins_hz - edges_hz[:-2, None]) / np.diff(edges_hz)[:-1, None]
    falling = (edges_hz[2:, None] - bins_hz) / np.diff(edges_hz)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    filters = triangles * (2.0 / (edges_hz[2:] - edges_hz[:-2]))[:, None]
    return np.ascontiguousarray(filters.T, dtype=np.float32)


@lru_cache(maxsize=8)
def _mel_blocks(sampling_rate: int) -> tuple[tuple[slice, Matrix], ...]:
    """Give neighbouring filters together, each block with the bins it sees: five times less to multiply."""
    filters = _mel_filters(sampling_rate)
    blocks = []
    for first in range(0, N_MELS, _MEL_BLOCK):
        block = filters[:, first : first + _MEL_BLOCK]
        seen = np.flatnonzero(block.any(axis=1))
        # At high rates low filters may fall between two bins, and see none.
        bins = slice(int(seen[0]), int(seen[-1]) + 1) if seen.size else slice(0, 0)
        blocks.append((bins, np.ascontiguousarray(block[bins])))
    return tuple(blocks)


@lru_cache(maxsize=1)
def _cosines() -> Matrix:
    """Give the orthonormal DCT-II as a matrix, (128, 128): cepstrum = mel_db @ cosines."""
    n = np.arange(N_MELS)
    cosines = np.cos(np.pi * (n[:, None] + 0.5) * n / N_MELS) * np.sqrt(2.0 / N_MELS)
    cosines[:, 0] /= np.sqrt(2.0)
    return np.asarray(cosines, dtype=np.float32)


def _spectral_peaks_hz(magnitude: Matrix, sampling_rate: int) -> Matrix:
    """Give the frequencies of the stronger half of all spectral peaks between 150 and 4,000 Hz.

    A peak is a local maximum in frequency above a tenth of its frame's maximum; a parabola through it and its
    neighbours says where it lies and how high it is.
    """
    bins_hz = np.fft.rfftfreq(N_FFT, 1.0 / sampling_rate)
    low, high = np.searchsorted(bins_hz, np.minimum(_TUNING_HZ, sampling_rate / 2.0))
    low, high = max(int(low), 1), min(int(high), magnitude.shape[1] - 1)
    left, here, right = magnitude[:, low - 1 : high - 1], magnitude[:, low:high], magnitude[:, low + 1 : high + 1]
    is_peak = here > left
    is_peak &= here >= right
    is_peak &= here > _TUNING_PEAK * magnitude.max(axis=1, keepdims=True)
    flat = np.flatnonzero(is_peak)
    if not flat.size:
        return np.empty(0, dtype=np.float32)
    rows = flat // is_peak.shape[1]
    columns = flat - rows * is_peak.shape[1] + low
    left, here, right = (magnitude.take(rows * magnitude.shape[1] + columns + k) for k in (-1, 0, 1))
    slope, bend = 0.5 * (right - left), 2.0 * here - right - left
    shift = np.divide(slope, bend, out=np.zeros_like(slope), where=np.abs(slope) < np.abs(bend))
    heights = here + 0.5 * slope * shift
    hz = (columns + shift.astype(np.float64)) * sampling_rate / N_FFT
    return np.asarray(hz[heights >= np.median(heights)], dtype=np.float32)


def _first_bins_reaching(share: float, magnitude: Matrix) -> NDArray[np.intp]:
    """Give each frame's first bin at which the running sum reaches ``share`` of the whole sum.

    Sums of 32 bins say near which bin it is; only there is summed bin by bin.
    """
    parts = magnitude[:, :-1].reshape(len(magnitude), -1, _ROLL_OFF_BLOCK)
    coarse = np.cumsum(parts.sum(axis=2), axis=1)
    goal = np.float32(share) * (coarse[:, -1:] + magnitude[:, -1:])
    block = np.minimum((coarse < goal).sum(axis=1), parts.shape[1] - 1)
    rows = np.arange(len(magnitude))
    before = np.where(block > 0, coarse[rows, block - 1], 0.0)[:, np.newaxis]
    fine = before + np.cumsum(parts[rows, block], axis=1)
    return np.asarray(block * _ROLL_OFF_BLOCK + (fine < goal).sum(axis=1))


@lru_cache(maxsize=2 * _TUNING_STEPS)
def _chroma_filters(sampling_rate: int, tuning: float) -> Matrix:
    """Give the filters from bins to pitch classes, (1025, 12).

    Each bin counts for the pitch classes around it by a bell one semitone wide, and by its octave: most around
    the fifth octave above C0, with a bell two octaves wide.
    """
    a440_hz = 440.0 * 2.0 ** (tuning / N_CHROMA)
    bins_hz = np.arange(1, N_FFT) * sampling_rate / N_FFT
    classes = N_CHROMA * np.log2(bins_hz / (a440_hz / 16.0))
    # The bin of 0 Hz has no pitch: it is put an octave and a half below the first.
    classes = np.concatenate([[classes[0] - 1.5 * N_CHROMA], classes])
    widths = np.concatenate([np.maximum(np.diff(classes), 1.0), [1.0]])
    distance = classes - np.arange(N_CHROMA)[:, None]
    half = round(N_CHROMA / 2)
    distance = (distance + half + 10 * N_CHROMA) % N_CHROMA - half
    filters = np.exp(-0.5 * (2.0 * distance / widths) ** 2)
    filters /= np.sqrt(np.sum(filters**2, axis=0, keepdims=True))
    filters *= np.exp(-0.5 * ((classes / N_CHROMA - 5.0) / 2.0) ** 2)
    # From A first to C first.
    filters = np.roll(filters, -3, axis=0)[:, : 1 + N_FFT // 2]
    return np.ascontiguousarray(filters.T, dtype=np.float32)


@lru_cache(maxsize=8)
def _contrast_bands(sampling_rate: int) -> tuple[tuple[slice, int], ...]:
    """Give each band's bins, and how many of them are its peak and its valley."""
    bins_hz = np.fft.rfftfreq(N_FFT, 1.0 / sampling_rate)
    edges_hz = np.concatenate([[0.0], _LOWEST_CONTRAST_HZ * 2.0 ** np.arange(N_CONTRAST)])
    if edges_hz[-2] >= sampling_rate / 2.0:
        raise ValueError(
            f"spectral contrast needs a sampling rate above {2 * edges_hz[-2]:g} Hz, got {sampling_rate} Hz"
        )
    bands = []
    for band in range(N_CONTRAST):
        inside = np.flatnonzero((bins_hz >= edges_hz[band]) & (bins_hz <= edges_hz[band + 1]))
        is_last = band == N_CONTRAST - 1
        first = inside[0] - (1 if band else 0)
        last = len(bins_hz) if is_last else inside[-1] + 1
        n_extreme = max(round(_QUANTILE * (last - first)), 1)
        # All bands but the last leave out their upper edge.
        bands.append((slice(int(first), int(last if is_last else last - 1)), n_extreme))
    return tuple(bands)


def _band_extremes(band: NDArray[Any], n: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give the mean of the ``n`` largest and of the ``n`` smallest values of each frame."""
    if n == 1:
        return band.max(axis=1), band.min(axis=1)
    ordered = np.partition(band, (n - 1, band.shape[1] - n), axis=1)
    return ordered[:, -n:].mean(axis=1), ordered[:, :n].mean(axis=1)
