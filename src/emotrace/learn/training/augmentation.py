"""Random changes of what a network sees: what a voice, a room, a microphone or a telephone line may do.

All work on log-mels in dB, shape (batch, frames, 64), and draw from the `torch.Generator` they are given. They
are cheap because they never go back to the waveform, and near enough to tell speech from noise. Emotion networks
hear rooms, noise and telephones as `emotrace.learn.training.surroundings` lays them on waveforms.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from emotrace.features import log_mel
from emotrace.learn.models._voice_statistics import TELEPHONE_BANDS
from emotrace.learn.training.network_recipe import Augment

_FRAME_SECONDS = 0.016


def augment(voice: Tensor, settings: Augment, generator: torch.Generator) -> Tensor:
    """Change voices as speakers and microphones differ, then hide stretches of them.

    Parameters
    ----------
    voice
        Log-mels in dB, then periodicity, shape (batch, frames, 128).
    settings
        What may happen, and how often.
    generator
        What is drawn from.

    Returns
    -------
    Tensor
        Shape (batch, frames, 128).
    """
    x, periods = voice[:, :, : log_mel.N_MELS], voice[:, :, log_mel.N_MELS :]
    x, periods = warp(x, periods, settings.tempo, settings.frequency, generator)
    x = equalise(x, settings.equaliser_db, generator)
    x = mask(x, settings.band_masks, settings.band_mask_width, 2, generator)
    hidden = draw_masks(x, settings.time_masks, settings.time_mask_frames, 1, generator)
    return torch.cat([hide(x, hidden), hide(periods, hidden)], dim=2)


def warp(
    x: Tensor, periods: Tensor, tempo: float, frequency: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Stretch time and the second axis by random factors within 1 +- ``tempo`` and 1 +- ``frequency``.

    Log-mels and periodicity, whose second axes have as many steps, are stretched alike: they are of one moment.
    """
    batch, frames, bands = x.shape
    scale = 1.0 + (2.0 * torch.rand(batch, 2, generator=generator) - 1.0) * torch.tensor([tempo, frequency])
    scale = scale.to(x.device)
    time = torch.linspace(-1.0, 1.0, frames, device=x.device)
    band = torch.linspace(0.0, 2.0, bands, device=x.device)
    grid = torch.empty(batch, frames, bands, 2, device=x.device)
    grid[..., 0] = (band * scale[:, 1:2]).unsqueeze(1) - 1.0
    grid[..., 1] = (time * scale[:, 0:1]).unsqueeze(2)
    both = torch.stack([x, periods], dim=1)
    warped: Tensor = functional.grid_sample(both, grid, mode="bilinear", padding_mode="border", align_corners=True)
    return warped[:, 0], warped[:, 1]


def reverberate(x: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """Smear power over time with exponential decays of 0.2 to 0.8 s reverberation time."""
    chosen = _choose(x, probability, generator)
    if chosen.numel() == 0:
        return x
    reverberation_seconds = 0.2 + 0.6 * torch.rand(len(chosen), 1, generator=generator)
    level = (0.1 + 0.4 * torch.rand(len(chosen), 1, generator=generator)).to(x.device)
    decay = (10.0 ** (-6.0 * _FRAME_SECONDS / reverberation_seconds)).to(x.device)
    power = _power(x[chosen])
    tail = torch.zeros_like(power[:, 0])
    smeared = []
    for frame in power.unbind(1):
        smeared.append(frame + level * tail)
        tail = decay * (tail + frame)
    return x.index_copy(0, chosen, _decibels(torch.stack(smeared, dim=1)))


def add_noise(x: Tensor, probability: float, snr_db: tuple[float, ...], generator: torch.Generator) -> Tensor:
    """Add stationary noise of a random spectral tilt at a random ratio to the loudest part of the clip."""
    chosen = _choose(x, probability, generator)
    if chosen.numel() == 0:
        return x
    clips = x[chosen]
    low, high = snr_db
    ratio = low + (high - low) * torch.rand(len(chosen), 1, 1, generator=generator).to(x.device)
    tilt = 24.0 * (torch.rand(len(chosen), 1, 1, generator=generator).to(x.device) - 0.5)
    slope = torch.linspace(-1.0, 1.0, x.shape[2], device=x.device)
    # The power of noise in one band and frame scatters about its mean.
    scatter_db = 2.5 * torch.randn(clips.shape, generator=generator).to(x.device)
    noise = clips.amax(dim=(1, 2), keepdim=True) - 12.0 - ratio + tilt * slope + scatter_db
    return x.index_copy(0, chosen, _decibels(_power(clips) + _power(noise)))


def equalise(x: Tensor, depth_db: float, generator: torch.Generator) -> Tensor:
    """Add a smooth random curve over frequency, as microphones and rooms do."""
    n_waves = 4
    weights = torch.randn(x.shape[0], n_waves, generator=generator) * (depth_db / n_waves**0.5)
    band = torch.linspace(0.0, torch.pi, x.shape[2])
    waves = torch.stack([torch.cos((k + 1) * band) for k in range(n_waves)])
    curves: Tensor = (weights @ waves).unsqueeze(1).to(x.device)
    return x + curves


def telephone(x: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """Take away what a telephone line does not carry: below 300 and above 3400 Hz."""
    chosen = _choose(x, probability, generator)
    if chosen.numel() == 0:
        return x
    lowest, highest = TELEPHONE_BANDS
    clips = x[chosen].clone()
    clips[:, :, :lowest] -= 25.0
    clips[:, :, highest:] = -100.0
    return x.index_copy(0, chosen, clips)


def mask(x: Tensor, n_masks: int, widest: int, axis: int, generator: torch.Generator) -> Tensor:
    """SpecAugment (Park et al. 2019, arXiv:1904.08779): hide random stretches of frames or bands."""
    return hide(x, draw_masks(x, n_masks, widest, axis, generator))


def draw_masks(x: Tensor, n_masks: int, widest: int, axis: int, generator: torch.Generator) -> Tensor:
    """Draw what is hidden, bool, shape (batch, frames, 1) or (batch, 1, bands)."""
    size = x.shape[axis]
    positions = torch.arange(size)
    hidden = torch.zeros(x.shape[0], size, dtype=torch.bool)
    for _ in range(n_masks):
        width = (torch.rand(x.shape[0], 1, generator=generator) * (min(widest, size // 3) + 1)).long()
        start = (torch.rand(x.shape[0], 1, generator=generator) * (size - width + 1)).long()
        hidden |= (positions >= start) & (positions < start + width)
    return hidden.unsqueeze(3 - axis).to(x.device)


def hide(x: Tensor, hidden: Tensor) -> Tensor:
    """Put each clip's mean where it is hidden."""
    return torch.where(hidden, x.mean(dim=(1, 2), keepdim=True), x)


def _choose(x: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    return torch.nonzero(torch.rand(x.shape[0], generator=generator) < probability).flatten().to(x.device)


def _power(decibels: Tensor) -> Tensor:
    return (decibels * (math.log(10.0) / 10.0)).exp()


def _decibels(power: Tensor) -> Tensor:
    return power.clamp_min(1e-10).log() * (10.0 / math.log(10.0))
