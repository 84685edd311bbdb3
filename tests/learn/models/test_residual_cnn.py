from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.learn.models import residual_cnn
from emotrace.learn.models._front_end import Voice

TINY = {"n_labels": 5, "widths": (16, 16, 16, 16, 16), "pool_width": 8}
BANDS = slice(0, 64)


def voices(batch: int = 2, frames: int = 60, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    log_mels = -40.0 + 15.0 * torch.randn(batch, frames, 64, generator=generator)
    return torch.cat([log_mels, torch.rand(batch, frames, 64, generator=generator)], dim=2)


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    """A tiny network whose norms have seen some data."""
    torch.manual_seed(0)
    net = residual_cnn.build(**TINY)
    with torch.no_grad():
        for seed in range(3):
            net(voices(4, seed=seed))
    return net.eval()


@torch.no_grad()
def answer(network: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    return network(x)


@settings(max_examples=25)
@given(n_frames=st.integers(1, 400))
def test_any_length_gives_one_answer(network, n_frames):
    logits = answer(network, voices(1, n_frames))
    assert logits.shape == (1, 5)
    assert logits.isfinite().all()


@settings(max_examples=20)
@given(gain_db=st.floats(-60.0, 60.0))
def test_gain_changes_nothing(network, gain_db):
    x = voices()
    louder = x.clone()
    louder[:, :, BANDS] += gain_db
    torch.testing.assert_close(answer(network, louder), answer(network, x), atol=1e-3, rtol=0)


@pytest.mark.parametrize("gain", [0.01, 0.3, 2.0])
def test_gain_of_the_waveform_changes_nothing(network, gain):
    waveform = torch.rand(2, 16_000, generator=torch.Generator().manual_seed(0)) - 0.5
    front_end = Voice()
    torch.testing.assert_close(
        answer(network, front_end(gain * waveform)), answer(network, front_end(waveform)), atol=1e-2, rtol=0
    )


def test_the_network_does_listen(network):
    one, two = answer(network, voices(2)), answer(network, voices(2, seed=1))
    assert (one - two).abs().max() > 1e-3
    assert (one[0] - one[1]).abs().max() > 1e-3


def test_clips_of_a_batch_do_not_meet(network):
    x = voices(3)
    alone = torch.cat([answer(network, clip.unsqueeze(0)) for clip in x])
    torch.testing.assert_close(answer(network, x), alone, atol=1e-5, rtol=1e-4)


def test_normalise_has_mean_zero_and_a_floor_of_80_db():
    x = voices(2)[:, :, BANDS]
    x[0, 3, 5] = -1_000.0
    normal = residual_cnn.normalise(x)
    torch.testing.assert_close(normal.mean(dim=(1, 2)), torch.zeros(2), atol=1e-5, rtol=0)
    assert (normal[0].max() - normal[0].min()).item() == pytest.approx(80.0 / 20.0, abs=1e-4)
    # Above the floor 20 dB are 1.
    difference_db = (x[1, 0, 0] - x[1, 0, 1]).item()
    assert (normal[1, 0, 0] - normal[1, 0, 1]).item() == pytest.approx(difference_db / 20.0, abs=1e-4)


def test_silence_is_a_number(network):
    assert (
        answer(network, torch.cat([torch.full((1, 30, 64), -100.0), torch.zeros(1, 30, 64)], dim=2))
        .isfinite()
        .all()
    )


def test_the_default_network_has_about_a_million_parameters():
    n_parameters = sum(p.numel() for p in residual_cnn.build(n_labels=9).parameters())
    assert 0.8e6 < n_parameters < 1.25e6  # at most 5 MB as 32-bit numbers


def test_every_parameter_is_learnt():
    torch.manual_seed(0)
    # Wide enough that no gate of a few units is dead by chance.
    net = residual_cnn.build(n_labels=5, widths=(16, 32, 32, 64, 64), pool_width=32)
    net(voices(8)).square().sum().backward()
    assert [name for name, p in net.named_parameters() if p.grad is None] == []
    # Attention's last offset moves all frames alike, so the softmax over frames cannot feel it.
    idle = {name for name, p in net.named_parameters() if not p.grad.abs().max() > 1e-9}
    assert idle <= {"pool.attention.2.bias"}


def test_attention_pools_mean_and_deviation():
    pool = residual_cnn.AttentiveStatistics(3)
    torch.nn.init.zeros_(pool.attention[2].weight)  # equal attention: plain statistics
    x = torch.randn(2, 3, 50, generator=torch.Generator().manual_seed(0))
    expected = torch.cat([x.mean(dim=2), x.std(dim=2, correction=0)], dim=1)
    torch.testing.assert_close(pool(x), expected, atol=1e-4, rtol=1e-4)


def test_attention_can_pick_a_frame():
    pool = residual_cnn.AttentiveStatistics(1, hidden=1)
    with torch.no_grad():
        for layer, value in ((0, 10.0), (2, 100.0)):
            pool.attention[layer].weight.fill_(value)
            pool.attention[layer].bias.zero_()
    x = torch.tensor([[[-1.0, -1.0, 3.0, -1.0]]])
    torch.testing.assert_close(pool(x), torch.tensor([[3.0, 0.01]]), atol=1e-4, rtol=0)


def test_squeeze_excite_scales_whole_channels():
    torch.manual_seed(0)
    gate = residual_cnn.SqueezeExcite(16)
    x = torch.rand(2, 16, 4, 5) + 0.5
    share = gate(x) / x
    torch.testing.assert_close(share, share[:, :, :1, :1].expand_as(share))
    assert ((share > 0.0) & (share < 1.0)).all()


@pytest.mark.parametrize("widths", [(16, 16, 16, 16), (16, 16, 16, 16, 8), ()])
def test_wrong_widths(widths):
    with pytest.raises(ValueError, match=r"widths must be five numbers of at least 16, got \("):
        residual_cnn.build(n_labels=2, widths=widths)
