"""Fit the perceptrons on a voice's statistics: on a table of every version of every clip, in a minute or two.

Nothing is drawn anew in every epoch as it is for pictures: a clip is heard once at each speed, once
after a telephone line, and a few times in noise. Statistics of voices that are masked and cut
at random are statistics of nobody, and teach little.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from emotrace.errors import TrainingError
from emotrace.learn.models.statistics_mlp import StatisticsMLP
from emotrace.learn.training.augmentation import augment
from emotrace.learn.training.fit import (
    Examples,
    Sampler,
    build_network,
    load_weights,
    mixed_loss,
    one_cycle,
    save_weights,
    update_average,
    weight_groups,
    whole_clips,
)
from emotrace.learn.training.pack import Pack
from emotrace.learn.training.recipe import Augment, Recipe


def fit_statistics(recipe: Recipe, train: Examples, path: Path, identity: str, device: str) -> nn.Module:
    """Fit the perceptrons, or read them from ``path`` if the same were fitted before.

    Parameters
    ----------
    recipe
        Its seed, its rate, its weights of corpora, and what is in its section ``statistics``.
    train
        Of the speakers that are learnt from.
    path
        Where the weights are kept.
    identity
        Of the run, as `run_identity` gives it.
    device
        ``cpu`` or ``cuda``.

    Raises
    ------
    TrainingError
        If the weights cannot be read, or the loss is no number.
    """
    torch.manual_seed(recipe.training.seed)
    network = build_network(recipe, len(train.labels), "statistics-mlp").to(device)
    assert isinstance(network, StatisticsMLP)
    saved = load_weights(path, device) if path.exists() else {}
    if saved.get("identity") == identity:
        network.load_state_dict(saved["weights"])
        return network.eval()
    table = torch.stack(list(_hear_versions(network, train, recipe, device)))
    network.standardise.learn(table.flatten(0, 1))
    fitted = _fit(network, network.standard(table), train, recipe, device)
    save_weights({"identity": identity, "weights": fitted.state_dict()}, path)
    return fitted


def _hear_versions(network: StatisticsMLP, train: Examples, recipe: Recipe, device: str) -> Iterator[Tensor]:
    """Give the statistics (n_clips, n) of every version of the pack, and last of those in noise."""
    for version in range(len(train.pack.frames)):
        yield _hear(network, train.pack, version, device)
    generator, settings = torch.Generator().manual_seed(recipe.training.seed), _in_noise(recipe.augment)
    for _ in range(recipe.statistics.noisy_versions):
        original = train.pack.speeds.index(1.0)
        yield _hear(network, train.pack, original, device, lambda voice: augment(voice, settings, generator))


def _in_noise(settings: Augment) -> Augment:
    """Give what makes a clip noisy: mostly sounds behind it, and nothing hidden."""
    return replace(
        settings,
        noise_probability=0.5,
        babble_probability=0.5,
        reverb_probability=0.3,
        band_masks=0,
        time_masks=0,
    )


@torch.no_grad()
def _hear(
    network: StatisticsMLP, pack: Pack, version: int, device: str, change: Callable[[Tensor], Tensor] | None = None
) -> Tensor:
    heard = torch.empty(len(pack.offsets[version]) - 1, len(network.standardise.mean), device=device)
    for places, voice in whole_clips(pack, version):
        voice = voice.to(device)
        heard[torch.from_numpy(places)] = network.hear(voice if change is None else change(voice))
    return heard


def _fit(network: StatisticsMLP, table: Tensor, train: Examples, recipe: Recipe, device: str) -> StatisticsMLP:
    """Give the average over the course of training; all members learn from the same batches."""
    settings, own = recipe.training, recipe.statistics
    average = copy.deepcopy(network).eval()
    network.train()
    optimiser = torch.optim.AdamW(weight_groups(network, settings.weight_decay), lr=settings.learning_rate)
    sampler, rng = Sampler(train, recipe), np.random.default_rng(settings.seed)
    truth, allowed = (torch.from_numpy(column).to(device) for column in (train.truth, train.allowed))
    for step in range(own.steps):
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * one_cycle(step / own.steps)
        clips = np.array([sampler.draw_clip(rng) for _ in range(own.batch_size)])
        heard = table[_draw_versions(len(clips), train, recipe, rng), clips]
        share = float(rng.beta(settings.mixup, settings.mixup)) if settings.mixup > 0 else 1.0
        other = torch.from_numpy(rng.permutation(len(clips))).to(device)
        mixed = share * heard + (1.0 - share) * heard[other]
        target = truth[clips], allowed[clips], other, share, settings.label_smoothing
        loss = torch.stack([mixed_loss(member(mixed), *target) for member in network.members]).sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        update_average(average, network, min(settings.ema_decay, (1 + step) / (10 + step)))
    if not torch.isfinite(loss):
        raise TrainingError(f"the loss of the statistics became {loss.item()}; lower training.learning_rate")
    return average


def _draw_versions(n: int, train: Examples, recipe: Recipe, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw which version of each clip is heard: a speed, the telephone, or one in noise, which are the last."""
    n_speeds = len(train.pack.speeds)
    telephone = recipe.augment.telephone_probability if train.pack.has_telephone else 0.0
    own = recipe.statistics
    noisy = own.noisy_probability if own.noisy_versions else 0.0
    versions = rng.integers(n_speeds, size=n)
    chance = rng.random(n)
    versions[chance < telephone] = n_speeds
    is_noisy = chance > 1.0 - noisy
    in_noise = rng.integers(max(1, own.noisy_versions), size=int(is_noisy.sum()))
    versions[is_noisy] = len(train.pack.frames) + in_noise
    return versions
