"""The statistics' perceptrons, and both views together."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from emotrace.learn.models import residual_cnn, statistics_mlp, two_views

TINY = {"n_labels": 5, "hidden": (16,), "members": 2}
BOTH = {**TINY, "widths": (16, 16, 16, 16, 16), "pool_width": 8}


def voices(batch: int = 4, frames: int = 60, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    log_mels = -40.0 + 15.0 * torch.randn(batch, frames, 64, generator=generator)
    return torch.cat([log_mels, torch.rand(batch, frames, 64, generator=generator)], dim=2)


@pytest.fixture(scope="module")
def network() -> statistics_mlp.StatisticsMLP:
    """Perceptrons that have learnt what voices are like."""
    torch.manual_seed(0)
    built = statistics_mlp.build(**TINY)
    with torch.no_grad():
        built.standardise.learn(torch.cat([built.hear(voices(50, seed=seed)) for seed in range(6)]))
    return built.eval()


@torch.no_grad()
def test_statistics_are_standardised_by_what_was_learnt(network):
    heard = network.standard(network.hear(voices(200, seed=99)))
    assert heard.abs().max() <= 5.0
    assert heard.mean(dim=0).abs().median() < 0.2
    assert 0.7 < heard.std(dim=0).median() < 1.3


@torch.no_grad()
def test_a_statistic_that_never_varies_does_no_harm(network):
    one_voice = statistics_mlp.build(**TINY).eval()
    one_voice.standardise.learn(one_voice.hear(voices(1).repeat(5, 1, 1)))
    assert one_voice(voices(3, seed=5)).isfinite().all()


@torch.no_grad()
def test_says_the_mean_of_its_members_each_of_which_hears_with_one_ear(network):
    x, n_ears = voices(), len(statistics_mlp.EARS)
    heard = network.standard(network.hear(x))
    by_ear = heard.chunk(n_ears, dim=1)
    alone = [member(by_ear[i % n_ears]) for i, member in enumerate(network.members)]
    assert len(alone) == 2 * n_ears
    torch.testing.assert_close(network.judge(heard), torch.stack(alone))
    torch.testing.assert_close(network(x), torch.stack(alone).mean(dim=0))


@torch.no_grad()
def test_ears_hear_differently(network):
    one, *others = network.hear(voices()).chunk(len(statistics_mlp.EARS), dim=1)
    for other in others:
        assert (one != other).float().mean() > 0.5


@torch.no_grad()
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_each_view_has_its_share(network, share):
    torch.manual_seed(0)
    picture = residual_cnn.build(n_labels=5, widths=(16,) * 5, pool_width=8).eval()
    both, x = two_views.TwoViews(picture, network, share), voices()
    torch.testing.assert_close(both(x), share * picture(x) + (1.0 - share) * network(x))


def test_is_built_of_both():
    both = two_views.build(**BOTH)
    assert both.picture.config.widths == (16,) * 5
    assert both.statistics.config.hidden == (16,)
    assert both.share == 0.5


def test_the_default_network_fits_into_eight_megabytes():
    n_parameters = sum(p.numel() for p in two_views.build(n_labels=9).parameters())
    assert 2 * n_parameters < 6_000_000  # as 16-bit numbers; the front end comes on top
