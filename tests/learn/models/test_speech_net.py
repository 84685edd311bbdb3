from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.learn.models import speech_net


def log_mels(batch: int = 1, frames: int = 60, seed: int = 0) -> torch.Tensor:
    return -40.0 + 15.0 * torch.randn(batch, frames, 64, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    net = speech_net.build(width=16)
    with torch.no_grad():
        for seed in range(3):
            net(log_mels(4, seed=seed))
    return net.eval()


@torch.no_grad()
def answer(network: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    return network(x)


@settings(max_examples=25)
@given(n_frames=st.integers(1, 400))
def test_one_answer_for_every_two_frames(network, n_frames):
    logits = answer(network, log_mels(2, n_frames))
    assert logits.shape == (2, (n_frames + 1) // 2)
    assert logits.isfinite().all()


def test_a_frame_of_answers_is_32_ms():
    assert pytest.approx(0.032) == speech_net.FRAME_SECONDS


@settings(max_examples=20)
@given(gain_db=st.floats(-60.0, 60.0))
def test_gain_changes_nothing(network, gain_db):
    x = log_mels()
    torch.testing.assert_close(answer(network, x + gain_db), answer(network, x), atol=1e-3, rtol=0)


def test_looks_about_half_a_second_back_and_ahead(network):
    x = log_mels(1, 400)
    changed = x.clone()
    # Turning one frame upside down leaves the loudest point and the mean, hence the levels, as they are.
    changed[0, 200] = x[0, 200].flip(0)
    moved = torch.nonzero((answer(network, changed) - answer(network, x)).abs()[0] > 1e-6).flatten()
    seconds = (moved - 100) * speech_net.FRAME_SECONDS
    assert len(moved) > 0
    assert seconds.min() >= -0.6
    assert seconds.max() <= 0.6
    assert seconds.max() - seconds.min() > 0.7


def test_clips_of_a_batch_do_not_meet(network):
    x = log_mels(3)
    alone = torch.cat([answer(network, clip.unsqueeze(0)) for clip in x])
    torch.testing.assert_close(answer(network, x), alone, atol=1e-5, rtol=1e-4)


def test_is_very_small():
    assert sum(p.numel() for p in speech_net.build().parameters()) < 60_000
