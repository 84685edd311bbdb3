"""The statistics' perceptrons, and both views together."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from emotrace.learn.models import statistics_mlp, two_views
from emotrace.learn.models._mixup import blend

TINY = {"n_labels": 5, "hidden": (16,), "members": 2}
BOTH = {**TINY, "widths": (16, 16, 16, 16, 16), "pool_width": 8}


def voices(batch: int = 4, frames: int = 60, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    log_mels = -40.0 + 15.0 * torch.randn(batch, frames, 64, generator=generator)
    return torch.cat([log_mels, torch.rand(batch, frames, 64, generator=generator)], dim=2)


def seen(network: torch.nn.Module) -> torch.nn.Module:
    """Let the norms see some voices."""
    network.train()
    with torch.no_grad():
        for seed in range(30):
            network(voices(16, seed=seed))
    return network.eval()


@pytest.fixture(scope="module")
def network() -> statistics_mlp.StatisticsMLP:
    torch.manual_seed(0)
    return seen(statistics_mlp.build(**TINY))


@torch.no_grad()
def test_statistics_are_standardised_by_what_was_seen(network):
    heard = network._hear(voices(200, seed=99))
    assert heard.abs().max() <= 5.0
    assert heard.mean(dim=0).abs().median() < 0.2
    assert 0.7 < heard.std(dim=0).median() < 1.3


@torch.no_grad()
def test_says_the_mean_of_its_members(network):
    x = voices()
    alone = [member(network._hear(x)) for member in network.members]
    assert (alone[0] - alone[1]).abs().max() > 1e-3
    torch.testing.assert_close(network(x), (alone[0] + alone[1]) / 2)


@torch.no_grad()
def test_blends_what_was_heard_and_not_the_voices(network):
    x, other = voices(), torch.tensor([1, 0, 3, 2])
    parts = network.mixed(x, other, 0.3)
    expected = [member(blend(network._hear(x), other, 0.3)) for member in network.members]
    assert len(parts) == 2
    for part, wanted in zip(parts, expected, strict=True):
        torch.testing.assert_close(part, wanted)


@torch.no_grad()
def test_both_views_have_a_say_and_are_judged_apart():
    torch.manual_seed(0)
    both = seen(two_views.build(**BOTH))
    x = voices()
    torch.testing.assert_close(both(x), (both.picture(x) + both.statistics(x)) / 2)
    parts = both.mixed(x, torch.arange(4), 1.0)
    assert len(parts) == 3
    torch.testing.assert_close(parts[0], both.picture(x))
    torch.testing.assert_close((parts[1] + parts[2]) / 2, both.statistics(x))


def test_every_parameter_is_learnt():
    torch.manual_seed(0)
    network = two_views.build(**{**BOTH, "widths": (16, 32, 32, 64, 64), "pool_width": 32})
    sum(part.square().sum() for part in network.mixed(voices(8), torch.arange(8), 0.5)).backward()
    assert [name for name, p in network.named_parameters() if p.grad is None] == []


def test_the_default_network_fits_into_eight_megabytes():
    n_parameters = sum(p.numel() for p in two_views.build(n_labels=9).parameters())
    assert 2 * n_parameters < 6_000_000  # as 16-bit numbers; the front end comes on top
