from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from emotrace.features import log_mel
from emotrace.learn.training import augmentation
from emotrace.learn.training.network_recipe import Augment

Effect = Callable[[Tensor, torch.Generator], Tensor]


def warp(x: Tensor, tempo: float, frequency: float, generator: torch.Generator) -> Tensor:
    return augmentation.warp(x, x, tempo, frequency, generator)[0]


EFFECTS: dict[str, Effect] = {
    "all": lambda x, g: augmentation.augment(with_periods(x), Augment(), g)[:, :, :64],
    "warp": lambda x, g: warp(x, 0.15, 0.06, g),
    "reverberate": lambda x, g: augmentation.reverberate(x, 1.0, g),
    "add_noise": lambda x, g: augmentation.add_noise(x, 1.0, (5.0, 50.0), g),
    "equalise": lambda x, g: augmentation.equalise(x, 6.0, g),
    "telephone": lambda x, g: augmentation.telephone(x, 1.0, g),
    "mask bands": lambda x, g: augmentation.mask(x, 2, 10, 2, g),
    "mask frames": lambda x, g: augmentation.mask(x, 2, 25, 1, g),
}
NOTHING = Augment(
    tempo=0.0,
    frequency=0.0,
    equaliser_db=0.0,
    band_masks=0,
    time_masks=0,
)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def log_mels(batch: int = 4, frames: int = 60, seed: int = 0) -> Tensor:
    """Noise from -90 to -10 dB: everything above the floor."""
    return -90.0 + 80.0 * torch.rand(batch, frames, 64, generator=seeded(seed))


def with_periods(x: Tensor, seed: int = 0) -> Tensor:
    """Put a periodicity beside log-mels."""
    return torch.cat([x, torch.rand(x.shape, generator=seeded(seed))], dim=2)


@pytest.mark.parametrize("name", EFFECTS)
@settings(max_examples=10)
@given(
    batch=st.integers(1, 4),
    frames=st.integers(24, 120),
    level_db=st.sampled_from([-100.0, -40.0, 30.0]),
    seed=st.integers(0, 2**31),
)
def test_keeps_the_shape_and_gives_numbers(name, batch, frames, level_db, seed):
    # Constant clips too: silence and clipped noise must survive.
    for x in (log_mels(batch, frames, seed), torch.full((batch, frames, 64), level_db)):
        changed = EFFECTS[name](x, seeded(seed))
        assert changed.shape == x.shape
        assert changed.dtype == torch.float32
        assert changed.isfinite().all()


@pytest.mark.parametrize("name", EFFECTS)
def test_is_drawn_from_the_generator_alone(name):
    x = log_mels()
    torch.manual_seed(1)
    one = EFFECTS[name](x, seeded(3))
    torch.manual_seed(2)
    assert torch.equal(EFFECTS[name](x, seeded(3)), one)
    if name != "telephone":  # which has nothing to draw but whether
        assert not torch.equal(EFFECTS[name](x, seeded(4)), one)


@pytest.mark.parametrize("name", EFFECTS)
def test_leaves_its_input_alone_and_changes_the_output(name):
    x = log_mels()
    before = x.clone()
    assert not torch.equal(EFFECTS[name](x, seeded()), before)
    assert torch.equal(x, before)


def test_settings_of_zero_change_nothing():
    x = with_periods(log_mels())
    torch.testing.assert_close(augmentation.augment(x, NOTHING, seeded()), x, atol=1e-2, rtol=0)


@pytest.mark.parametrize("effect", ["reverberate", "telephone", "add_noise"])
def test_probability_zero_is_the_clip_itself(effect):
    x = log_mels()
    more = ((5.0, 50.0),) if effect == "add_noise" else ()
    assert torch.equal(getattr(augmentation, effect)(x, 0.0, *more, seeded()), x)


@pytest.mark.parametrize("effect", ["reverberate", "telephone", "add_noise"])
def test_probability_says_how_many_clips_are_changed(effect):
    x = log_mels(400, 24)
    more = ((5.0, 5.0),) if effect == "add_noise" else ()
    changed = getattr(augmentation, effect)(x, 0.3, *more, seeded())
    is_changed = (changed != x).any(dim=2).any(dim=1)
    assert 0.2 < is_changed.float().mean() < 0.4


# Warp.


def test_warp_by_nothing_is_the_clip_itself():
    x = log_mels()
    torch.testing.assert_close(warp(x, 0.0, 0.0, seeded()), x, atol=1e-2, rtol=0)


def test_warp_invents_no_levels():
    x = log_mels()
    warped = warp(x, 0.4, 0.4, seeded())
    assert warped.min() >= x.min() - 1e-3
    assert warped.max() <= x.max() + 1e-3


def test_warp_of_frequency_moves_a_line_in_proportion_to_its_band():
    x = torch.full((200, 30, 64), -80.0)
    x[:, :, 40] = 0.0
    x[:, :, 10] = 0.0
    warped = warp(x, 0.0, 0.1, seeded()).mean(dim=1)
    low, high = warped[:, :25].argmax(dim=1), 25 + warped[:, 25:].argmax(dim=1)
    assert (high - 40).abs().max() <= 40 * 0.1 / 0.9 + 1
    assert (low - 10).abs().max() <= 10 * 0.1 / 0.9 + 1
    assert high.min() < 38
    assert high.max() > 42
    # Towards lower or higher, both lines go the same way.
    assert np.corrcoef(low, high)[0, 1] > 0.7


def test_warp_of_tempo_stretches_about_the_middle():
    x = torch.full((200, 101, 64), -80.0)
    x[:, 50] = 0.0
    x[:, 80] = 0.0
    warped = warp(x, 0.2, 0.0, seeded()).mean(dim=2)
    assert (warped[:, 45:56].argmax(dim=1) == 5).all()
    moved = 56 + warped[:, 56:].argmax(dim=1)
    assert 50 + 30 / 1.2 - 1 <= moved.min() < 78
    assert 82 < moved.max() <= 50 + 30 / 0.8 + 1


# Reverberation.


def test_reverberation_only_adds_energy_afterwards():
    x = torch.full((8, 80, 64), -150.0)  # nothing at all: silence at the floor would itself ring a little
    x[:, 20, :] = -10.0
    wet = augmentation.reverberate(x, 1.0, seeded())
    torch.testing.assert_close(wet[:, :21], x[:, :21].clamp_min(-100.0), atol=1e-3, rtol=0)
    tail = wet[:, 21:60]
    assert (tail > -99.0).all(dim=2).any(dim=1).all()
    assert (tail[:, 1:] <= tail[:, :-1] + 1e-3).all()
    assert (wet[:, 21] < -10.0).all()


def test_reverberation_never_takes_energy_away():
    x = log_mels()
    assert (augmentation.reverberate(x, 1.0, seeded()) >= x - 1e-3).all()


def test_reverberation_falls_by_60_db_in_its_time():
    x = torch.full((100, 60, 64), -100.0)
    x[:, 0, :] = 30.0
    tail = augmentation.reverberate(x, 1.0, seeded())[:, 1:11, 0]
    slope = (tail[:, 0] - tail[:, -1]) / (9 * 0.016)  # dB per second
    seconds = 60.0 / slope
    assert 0.2 - 1e-3 <= seconds.min() < 0.3
    assert 0.7 < seconds.max() <= 0.8 + 1e-3


def test_reverberation_begins_3_to_10_db_below_the_sound():
    x = torch.full((200, 60, 64), -100.0)
    x[:, 0, :] = 30.0
    tail = augmentation.reverberate(x, 1.0, seeded())[:, 1:3, 0]
    a_frame_later = tail[:, 0] - tail[:, 1]
    begin = 30.0 - (tail[:, 0] + a_frame_later)
    assert 3.0 - 1e-2 <= begin.min() < 3.3
    assert 9.0 < begin.max() <= 10.0 + 1e-2


# Noise.


def test_noise_never_takes_energy_away():
    x = log_mels()
    assert (augmentation.add_noise(x, 1.0, (0.0, 30.0), seeded()) >= x - 1e-3).all()


def test_ratio_of_noise_is_measured_from_the_loudest_point():
    x = torch.full((50, 60, 64), -100.0)
    x[:, 30, 30] = 0.0
    for ratio in (10.0, 40.0):
        noise = augmentation.add_noise(x, 1.0, (ratio, ratio), seeded())
        middle = noise[:, :25, 31:33].mean()  # where the tilt is next to nothing
        assert middle.item() == pytest.approx(-12.0 - ratio, abs=1.0)


# Equaliser.


def test_equaliser_adds_one_curve_to_all_frames():
    x = log_mels(50)
    curve = augmentation.equalise(x, 6.0, seeded()) - x
    torch.testing.assert_close(curve, curve[:, :1].expand_as(curve), atol=1e-4, rtol=0)
    # Smooth: four waves of cosine, so neighbours differ little.
    assert (curve[:, 0].diff(dim=1)).abs().max() < 0.25 * curve.abs().max()
    assert curve[:, 0].std().item() == pytest.approx(6.0 / 2**0.5, rel=0.2)


# Telephone.


def test_telephone_takes_bands_away_and_leaves_the_voice():
    x = log_mels()
    heard = augmentation.telephone(x, 1.0, seeded())
    assert torch.equal(heard[:, :, 6:46], x[:, :, 6:46])
    assert (heard[:, :, 46:] == -100.0).all()
    torch.testing.assert_close(heard[:, :, :6], x[:, :, :6] - 25.0)


def test_telephone_bands_are_those_of_a_telephone():
    kept = augmentation.telephone(torch.zeros(1, 1, 64), 1.0, seeded())[0, 0].numpy() == 0.0
    edges_hz = log_mel.mel_to_hz(np.linspace(*log_mel.hz_to_mel(np.array([40.0, 8000.0])), 66))
    assert edges_hz[:-2][kept].min() == pytest.approx(300.0, abs=25.0)
    assert edges_hz[2:][kept].max() == pytest.approx(3400.0, abs=25.0)


# Both halves together.


def test_log_mels_and_periodicity_are_stretched_and_hidden_alike():
    line = torch.full((50, 60, 64), -80.0)
    line[:, 30:33, 20:23] = 0.0
    voice = torch.cat([line, line / 100.0], dim=2)
    changed = augmentation.augment(voice, replace(NOTHING, tempo=0.2, frequency=0.1), seeded())
    torch.testing.assert_close(changed[:, :, :64] / 100.0, changed[:, :, 64:], atol=1e-3, rtol=0)
    voice = with_periods(log_mels(50))
    changed = augmentation.augment(voice, replace(NOTHING, time_masks=2, time_mask_frames=20), seeded())
    is_hidden = (changed != voice).float()
    assert torch.equal(is_hidden[:, :, :64].amax(dim=2), is_hidden[:, :, 64:].amax(dim=2))
    assert is_hidden.any()


# Masks.


@settings(max_examples=40)
@given(
    n_masks=st.integers(0, 4),
    widest=st.integers(0, 40),
    axis=st.sampled_from([1, 2]),
    seed=st.integers(0, 2**31),
)
def test_mask_hides_whole_frames_or_bands_and_nothing_else(n_masks, widest, axis, seed):
    x = log_mels(3, 60)
    masked = augmentation.mask(x, n_masks, widest, axis, seeded(seed))
    is_hidden = (masked != x).all(dim=3 - axis)
    assert torch.equal((masked != x).any(dim=3 - axis), is_hidden), "a stretch is hidden as a whole or not at all"
    assert (is_hidden.sum(dim=1) <= n_masks * min(widest, x.shape[axis] // 3)).all()
    mean = x.mean(dim=(1, 2), keepdim=True).expand_as(x)
    torch.testing.assert_close(masked[masked != x], mean[masked != x])
    starts = (is_hidden[:, 1:] & ~is_hidden[:, :-1]).sum(dim=1) + is_hidden[:, 0].int()
    assert (starts <= n_masks).all(), "one mask is one stretch"


def test_masks_reach_every_width_and_both_ends():
    x = log_mels(2_000, 30)
    is_hidden = (augmentation.mask(x, 1, 10, 1, seeded()) != x).all(dim=2)
    widths = is_hidden.sum(dim=1)
    assert set(widths.tolist()) == set(range(11))
    assert is_hidden[:, 0].any()
    assert is_hidden[:, -1].any()
