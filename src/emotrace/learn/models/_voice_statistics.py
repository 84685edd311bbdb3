"""How a voice behaves over a clip: some 2,500 statistics of log-mels and periodicity, inside the network.

The classic view of speech emotion (the functionals of B. Schuller et al., "The INTERSPEECH 2009 Emotion
Challenge") beside the picture that a convolutional network sees: means, spreads, percentiles, forms and trends
of the spectrum, the cepstrum, the spectrum's shape, pitch and clearness of the voice, over all speech and over
its voiced part; then timing, the course over the quarters of the speech, and how much bands swell at which
rates. Everything is taken from what the networks are given, in operators that ONNX has, so that it is learnt
and used in one graph.

Like `residual_cnn.normalise`, nothing depends on the recording's level.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from emotrace.features import log_mel, periodicity

N_MELS = log_mel.N_MELS
FRAMES_PER_SECOND = log_mel.SAMPLING_RATE / log_mel.HOP_LENGTH
"""Of what the networks are given; with a frame step of 2, half of them are heard."""

VOICED = 0.45
"""The periodicity of a voice: Boersma's threshold."""

TELEPHONE_BANDS = (6, 46)
"""What a telephone carries, about 300 to 3400 Hz, of the 64 bands: the first, and the first above."""

_DB_PER_LN = 10.0 / math.log(10.0)
_N_CEPSTRUM = 20
_PERCENTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
_ROLL_OFFS = (0.25, 0.50, 0.85, 0.95)
_LEAST_FRAMES = 8
"""With fewer voiced frames nothing is said of pitch, and all speech stands for the part that is voiced. This and
the next two are for a frame step of 1."""

_SLOPE_REACH = 4
"""Frames on either side that a slope is taken over."""

_ORDERED = 4
"""Percentiles are of every fourth frame: to put all in order took half of the network's time."""

_QUARTERS = 4
_N_COURSE_CEPSTRUM = 8
_SLOPES_HZ = ((0.0, 500.0), (500.0, 1_500.0), (1_500.0, 5_000.0))
_JUMP_SEMITONES = 3.0
_OCTAVE_MERIT = 0.02
"""Twice the period repeats as well as the period itself: the shorter one is meant."""

_N_SWELLING = 8
_SWELLING_RANGE_DB = 60.0
_SWELLING_HZ = (0.5, 1.5, 3.0, 5.0, 8.0, 12.0, 20.0, 31.0)
_SWELLING_STEP_HZ = 0.5
_FAR = 1e9


@dataclass(frozen=True)
class Ear:
    """One way to hear a clip.

    Attributes
    ----------
    range_db
        How far below the loudest frame is still speech.
    depth_db
        How far below the loudest band of a clip is still heard; what is quieter counts as if it were there.
    bands
        First band that is heard, and first one above.
    """

    range_db: float = 36.0
    depth_db: float = 80.0
    bands: tuple[int, int] = (0, N_MELS)


class VoiceStatistics(nn.Module):
    """Log-mels and periodicity (batch, frames, 128) -> statistics (batch, n_ears x n_statistics), ear by ear.

    The ears are heard as so many clips at once: a graph for each would take long to open. With a ``frame_step``
    of 2 what is given are every second frames; spans of frames then hold half as many, and last as long.
    """

    range_db: Tensor
    depth_db: Tensor
    is_heard: Tensor

    cosines: Tensor
    centres: Tensor
    widths: Tensor
    slopes: Tensor
    semitones: Tensor
    merits: Tensor

    def __init__(self, ears: Sequence[Ear] = (Ear(),), frame_step: int = 1) -> None:
        super().__init__()
        self.frame_step = frame_step
        self.rate = FRAMES_PER_SECOND / frame_step
        self.reach = _SLOPE_REACH // frame_step
        self.least = _LEAST_FRAMES // frame_step
        edges = log_mel.mel_to_hz(np.linspace(*_mel_range(), N_MELS + 2))
        centres = edges[1:-1]
        band = np.arange(N_MELS)
        cosines = np.cos(np.pi * (band[:, None] + 0.5) * np.arange(_N_CEPSTRUM) / N_MELS) * np.sqrt(2.0 / N_MELS)
        octaves = np.log2(periodicity.pitches_hz() / periodicity.LOWEST_HZ)
        for name, values in (
            ("cosines", cosines),
            ("centres", centres),
            ("widths", edges[2:] - edges[:-2]),
            ("slopes", np.stack([_slope_weights(centres, low, high) for low, high in _SLOPES_HZ], axis=1)),
            ("semitones", 12.0 * octaves),
            ("merits", _OCTAVE_MERIT * octaves),
            ("range_db", np.array([[ear.range_db] for ear in ears])),
            ("depth_db", np.array([[[ear.depth_db]] for ear in ears])),
            ("is_heard", np.array([[(band >= ear.bands[0]) & (band < ear.bands[1])] for ear in ears])),
        ):
            # Constants: they are not learnt, and no part of what is kept.
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32), persistent=False)
        self._bands = {
            limits: slice(*np.searchsorted(centres, limits).tolist())
            for limits in ((0.0, 2_000.0), (2_000.0, 5_000.0), (50.0, 1_000.0), (1_000.0, 5_000.0))
        }

    @property
    def n_statistics(self) -> int:
        """How many statistics there are for each ear."""
        with torch.no_grad():
            heard: Tensor = self(torch.zeros(1, 16, N_MELS + periodicity.N_PERIODS))
        return heard.shape[1] // len(self.range_db)

    def forward(self, voice: Tensor) -> Tensor:
        log_mels, periods = voice[:, :, :N_MELS].float(), voice[:, :, N_MELS:].float()
        n_ears = len(self.range_db)
        audible = torch.where(self.is_heard > 0.5, log_mels.unsqueeze(1), -_FAR)  # (batch, ears, frames, 64)
        below = audible - audible.amax(dim=(2, 3), keepdim=True)
        mel = torch.maximum(below, -self.depth_db).flatten(0, 1)  # from here on every ear is a clip
        power = (mel / _DB_PER_LN).exp() * self.widths
        level = _decibels(power.sum(dim=2))  # (batch, frames)
        pitch, clearness = (_for_each(n_ears, track) for track in self._follow_pitch(periods))
        quietest = level.amax(dim=1, keepdim=True) - self.range_db.repeat(voice.shape[0], 1)
        speech = _or_all(level > quietest, torch.ones_like(level), self.least)
        voiced_only = speech * (clearness > VOICED)
        voiced = _or_all(voiced_only, speech, self.least)
        unvoiced = _or_all(speech * (clearness <= VOICED), speech, self.least)
        enough = (voiced_only.sum(dim=1, keepdim=True) >= self.least).float()
        within = _within(speech)

        cepstrum = mel @ self.cosines
        shape = self._shape(mel, power, level, clearness)
        pairs = mel.reshape(mel.shape[0], -1, N_MELS // 2, 2).mean(dim=3)
        moving = self._slope(cepstrum)
        of_speech = torch.cat([pairs, cepstrum, moving, self._slope(moving), shape, self._slope(shape)], 2)
        of_voice = torch.cat([pairs, cepstrum, shape], dim=2)
        tracks, where = _pitch_tracks(pitch, clearness, voiced_only, enough)
        values = torch.cat([of_speech, of_voice, tracks], dim=2)
        masks = torch.cat(
            [
                speech.unsqueeze(2).expand_as(of_speech),
                voiced.unsqueeze(2).expand_as(of_voice),
                where,
            ],
            dim=2,
        )
        parts = [
            statistics(values, masks, self.frame_step).flatten(1),
            _means_and_spreads(torch.cat([cepstrum, shape], dim=2), unvoiced),
            _timing(speech, within, voiced_only, self.rate),
            _course(torch.cat([shape, cepstrum[:, :, :_N_COURSE_CEPSTRUM]], dim=2), speech),
            _course(pitch.unsqueeze(2), voiced) * enough,
            _swelling(mel, level, within, self.rate),
            _decibels((power * speech.unsqueeze(2)).sum(dim=1) / speech.sum(dim=1, keepdim=True)),
        ]
        return torch.cat(parts, dim=1).reshape(voice.shape[0], -1)

    def _follow_pitch(self, periods: Tensor) -> tuple[Tensor, Tensor]:
        """Give pitch in semitones above 60 Hz, and the periodicity there, each (batch, frames)."""
        # Neighbouring frames have a say, so that single frames do not fall into other octaves.
        before = torch.cat([periods[:, :1], periods[:, :-1]], dim=1)
        after = torch.cat([periods[:, 1:], periods[:, -1:]], dim=1)
        merit = (before + periods + after) / 3.0 + self.merits
        best = merit[:, :, 1:-1].argmax(dim=2, keepdim=True) + 1
        left, middle, right = (merit.gather(2, best + step) for step in (-1, 0, 1))
        # The top of the parabola through three points.
        bend = (left - 2.0 * middle + right).clamp_max(-1e-4)
        shift = (0.5 * (left - right) / bend).clamp(-0.5, 0.5)
        step = self.semitones[1] - self.semitones[0]
        pitch = self.semitones[best] + shift * step
        return pitch.squeeze(2), periods.gather(2, best).squeeze(2)

    def _shape(self, mel: Tensor, power: Tensor, level: Tensor, clearness: Tensor) -> Tensor:
        """Give what the spectrum looks like, (batch, frames, 17)."""
        share = power / power.sum(dim=2, keepdim=True)
        centroid = share @ self.centres
        spread = (share * (self.centres - centroid.unsqueeze(2)).square()).sum(dim=2).clamp_min(1e-6).sqrt()
        running = share.cumsum(dim=2)[:, :, :-1].unsqueeze(3)
        steps = self.centres[1:] - self.centres[:-1]
        parts = torch.tensor(_ROLL_OFFS, device=mel.device)
        root = share.clamp_min(1e-12).sqrt()
        columns = [
            level,
            centroid,
            spread,
            *(self.centres[0] + steps @ (running < parts).float()).unbind(dim=2),
            mel.mean(dim=2) - level,
            -(share * share.clamp_min(1e-12).log()).sum(dim=2),
            self._band_level(power, (50.0, 1_000.0)) - self._band_level(power, (1_000.0, 5_000.0)),
            self._band_peak(mel, (0.0, 2_000.0)) - self._band_peak(mel, (2_000.0, 5_000.0)),
            *(mel @ self.slopes).unbind(dim=2),
            _change(root).square().sum(dim=2).clamp_min(1e-12).sqrt(),
            _change(mel).abs().mean(dim=2),
            clearness,
        ]
        return torch.stack(columns, dim=2)

    def _slope(self, values: Tensor) -> Tensor:
        """Give the slope of a straight line through the frames around each, per 16 ms; ends are repeated."""
        places = torch.arange(-self.reach, self.reach + 1, device=values.device, dtype=torch.float32)
        weights = places / (places.square().sum() * self.frame_step)
        columns = values.transpose(1, 2).reshape(-1, 1, values.shape[1])
        padded = functional.pad(columns, (self.reach, self.reach), mode="replicate")
        slopes = functional.conv1d(padded, weights.reshape(1, 1, -1))
        return slopes.reshape(values.shape[0], values.shape[2], -1).transpose(1, 2)

    def _band_level(self, power: Tensor, limits: tuple[float, float]) -> Tensor:
        return _decibels(power[:, :, self._bands[limits]].sum(dim=2))

    def _band_peak(self, mel: Tensor, limits: tuple[float, float]) -> Tensor:
        return mel[:, :, self._bands[limits]].amax(dim=2)


def _for_each(n_ears: int, track: Tensor) -> Tensor:
    """Give what is the same for all ears once for each, (batch, frames) -> (batch x ears, frames)."""
    return track.unsqueeze(1).repeat(1, n_ears, 1).flatten(0, 1)


def statistics(values: Tensor, where: Tensor, frame_step: int = 1) -> Tensor:
    """Give eleven statistics of each column over the frames where ``where`` is 1.

    Mean, standard deviation, five percentiles, their range, skewness, kurtosis, and the slope of a straight line
    per second; all 0 where a column has no frame. Percentiles are of one frame in 64 ms.

    Parameters
    ----------
    values, where
        Shape (batch, frames, n).
    frame_step
        1 where a frame stands for 16 ms, 2 where it stands for 32.

    Returns
    -------
    Tensor of shape (batch, 11, n)
    """
    count = where.sum(dim=1, keepdim=True)
    some = count.clamp_min(1.0)
    mean = (values * where).sum(dim=1, keepdim=True) / some
    away = (values - mean) * where
    variance = away.square().sum(dim=1, keepdim=True) / some
    unit = variance.clamp_min(1e-8).sqrt()
    scaled = away / unit
    skew = (scaled.square() * scaled).sum(dim=1, keepdim=True) / some
    kurtosis = scaled.square().square().sum(dim=1, keepdim=True) / some - 3.0
    place = (where.cumsum(dim=1) - 0.5 * (count + 1.0)) * where
    slope = FRAMES_PER_SECOND / frame_step * (place * away).sum(dim=1, keepdim=True)
    slope = slope / place.square().sum(dim=1, keepdim=True).clamp_min(1.0)
    ordered = slice(None, None, _ORDERED // frame_step)
    percentiles = _percentiles(values[:, ordered], where[:, ordered], mean)
    spread = percentiles[:, -1:] - percentiles[:, :1]
    every = torch.cat([mean, unit, percentiles, spread, skew, kurtosis, slope], dim=1)
    return every * (count > 0.5)


def _percentiles(values: Tensor, where: Tensor, mean: Tensor) -> Tensor:
    """Give five percentiles, (batch, 5, n); the mean where no frame is marked."""
    count = where.sum(dim=1, keepdim=True)
    # What does not count is sorted to the end.
    ordered = torch.where(where > 0.5, values, torch.full_like(values, _FAR)).sort(dim=1).values
    last = (count - 1.0).clamp_min(0.0)
    places = torch.tensor(_PERCENTILES, device=values.device).reshape(1, -1, 1) * last
    below = places.floor()
    low = ordered.gather(1, below.long())
    high = ordered.gather(1, torch.minimum(below + 1.0, last).long())
    return torch.where(count > 0.5, low + (places - below) * (high - low), mean)


def _means_and_spreads(values: Tensor, where: Tensor) -> Tensor:
    weights = where.unsqueeze(2) / where.sum(dim=1).reshape(-1, 1, 1)
    mean = (values * weights).sum(dim=1)
    variance = ((values - mean.unsqueeze(1)).square() * weights).sum(dim=1)
    return torch.cat([mean, variance.clamp_min(1e-8).sqrt()], dim=1)


def _pitch_tracks(pitch: Tensor, clearness: Tensor, voiced: Tensor, enough: Tensor) -> tuple[Tensor, Tensor]:
    """Give pitch, harmonics to noise (dB), steps of pitch and their sizes, and where each is known."""
    clear = clearness.clamp(1e-3, 1.0 - 1e-3)
    harmonics = _DB_PER_LN * (clear / (1.0 - clear)).log()
    step = _change(pitch)
    # A jump is a slip of the follower, not of the voice.
    together = torch.cat([torch.zeros_like(voiced[:, :1]), voiced[:, 1:] * voiced[:, :-1]], dim=1)
    stepped = together * (step.abs() < _JUMP_SEMITONES)
    tracks = torch.stack([pitch, harmonics, step, step.abs()], dim=2)
    where = torch.stack([voiced * enough, voiced * enough, stepped * enough, stepped * enough], dim=2)
    return tracks, where


def _timing(speech: Tensor, within: Tensor, voiced: Tensor, rate: float) -> Tensor:
    n_within, n_speech, n_voiced = (mask.sum(dim=1) for mask in (within, speech, voiced))
    pauses = within * (1.0 - speech)
    n_voices, n_pauses = _count_runs(voiced), _count_runs(pauses)
    seconds = n_within / rate
    columns = [
        seconds,
        n_speech / n_within,
        n_voiced / n_speech,
        n_voiced / n_within,
        n_voices / seconds,
        n_voiced / n_voices.clamp_min(1.0) / rate,
        n_pauses / seconds,
        pauses.sum(dim=1) / n_pauses.clamp_min(1.0) / rate,
    ]
    return torch.stack(columns, dim=1)


def _course(values: Tensor, where: Tensor) -> Tensor:
    """Give how the quarters of the marked frames differ from all of them, (batch, 4 n)."""
    count = where.sum(dim=1, keepdim=True)
    quarter = ((where.cumsum(dim=1) - 0.5) * (_QUARTERS / count)).floor()
    numbers = torch.arange(float(_QUARTERS), device=values.device).reshape(1, -1, 1)
    masks = where.unsqueeze(1) * (quarter.unsqueeze(1) == numbers)  # (batch, 4, frames)
    means = (masks @ values) / masks.sum(dim=2, keepdim=True).clamp_min(1.0)
    whole = (where.unsqueeze(1) @ values) / count.unsqueeze(2)
    return (means - whole).flatten(1)


def _swelling(mel: Tensor, level: Tensor, within: Tensor, rate: float) -> Tensor:
    """Give how much level and bands swell in each range that ``rate`` frames a second tell, log10 of power,
    (batch, 9 x ranges).
    """
    edges = sorted({min(hz, rate // 2.0) for hz in _SWELLING_HZ})
    bands = mel.reshape(mel.shape[0], -1, _N_SWELLING, N_MELS // _N_SWELLING).mean(dim=3)
    tracks = torch.cat([level.unsqueeze(2), bands], dim=2)
    tracks = torch.maximum(tracks, tracks.amax(dim=1, keepdim=True) - _SWELLING_RANGE_DB)
    count = within.sum(dim=1, keepdim=True)
    hann = 0.5 - 0.5 * (2.0 * math.pi * (within.cumsum(dim=1) - 0.5) / count).cos()
    mean = (tracks * within.unsqueeze(2)).sum(dim=1, keepdim=True) / count.unsqueeze(2)
    tracks = (tracks - mean) * (hann * within).unsqueeze(2)
    rates = torch.arange(edges[0], edges[-1], _SWELLING_STEP_HZ, device=mel.device)
    time = torch.ones_like(level[0]).cumsum(dim=0)
    angles = (2.0 * math.pi / rate) * rates.unsqueeze(1) * time
    power = (angles.cos() @ tracks).square() + (angles.sin() @ tracks).square()  # (batch, rates, 9)
    power = power / count.unsqueeze(2)
    means = torch.from_numpy(_means_of_rates(edges)).to(power.device) @ power  # (batch, ranges, 9)
    return (means.flatten(1) + 1e-6).log10()


def _means_of_rates(edges: Sequence[float]) -> NDArray[np.float32]:
    """Give the matrix (ranges, rates) that takes the mean of each range of rates."""
    rates = np.arange(edges[0], edges[-1], _SWELLING_STEP_HZ)
    inside = np.stack([(rates >= low) & (rates < high) for low, high in pairwise(edges)])
    return np.asarray(inside / inside.sum(axis=1, keepdims=True), dtype=np.float32)


def _within(speech: Tensor) -> Tensor:
    """Mark everything from the first to the last frame of speech."""
    so_far = speech.cumsum(dim=1)
    to_come = so_far[:, -1:] - so_far + speech
    return ((so_far > 0.5) & (to_come > 0.5)).float()


def _count_runs(mask: Tensor) -> Tensor:
    return mask[:, 0] + (mask[:, 1:] - mask[:, :-1]).clamp_min(0.0).sum(dim=1)


def _or_all(part: Tensor, whole: Tensor, least: int) -> Tensor:
    """Give a mask, or the whole where fewer than ``least`` frames are in it."""
    mask = part.float()
    return torch.where(mask.sum(dim=1, keepdim=True) >= least, mask, whole)


def _change(values: Tensor) -> Tensor:
    """Give the difference of each frame to the one before; the first has none."""
    return torch.cat([torch.zeros_like(values[:, :1]), values[:, 1:] - values[:, :-1]], dim=1)


def _decibels(power: Tensor) -> Tensor:
    return _DB_PER_LN * power.clamp_min(1e-12).log()


def _mel_range() -> tuple[float, float]:
    low, high = log_mel.hz_to_mel(np.array([log_mel.LOWEST_HZ, log_mel.HIGHEST_HZ]))
    return float(low), float(high)


def _slope_weights(centres: NDArray[np.float64], low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """Give the weights of bands in the slope of the spectrum between two frequencies, in dB per kHz."""
    inside = (centres >= low_hz) & (centres < high_hz)
    away = np.where(inside, centres - centres[inside].mean(), 0.0)
    return np.asarray(1_000.0 * away / (away @ away))
