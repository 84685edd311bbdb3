"""Fit the perceptrons on a voice's statistics, and on the speech encoder's: on a table of every version of
every clip, in a minute or two.

Nothing is drawn anew in every epoch as it is for pictures: every version of the pack is heard once. Statistics of
voices that are masked and cut at random are statistics of nobody, and teach little.
"""

from __future__ import annotations

import copy
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from emotrace.errors import TrainingError
from emotrace.learn.models.statistics_mlp import StatisticsMLP, frame_step, hears_encoded
from emotrace.learn.training.examples import Examples
from emotrace.learn.training.fit import (
    build_network,
    load_weights,
    mixed_loss,
    one_cycle,
    save_weights,
    update_average,
    weight_groups,
)
from emotrace.learn.training.network_recipe import Recipe
from emotrace.learn.training.network_scores import whole_clips
from emotrace.learn.training.pack import Pack
from emotrace.learn.training.sampler import Sampler


def fit_statistics(
    recipe: Recipe, train: Examples, path: Path, identity: str, device: str
) -> tuple[nn.Module, float]:
    """Fit the perceptrons, or read them from ``path`` if the same were fitted before.

    Parameters
    ----------
    recipe
        Its seed, its weights of corpora, and what is in its section ``statistics``.
    train
        Of the speakers that are learnt from.
    path
        Where the weights are kept.
    identity
        Of the run, as `run_identity` gives it.
    device
        ``cpu`` or ``cuda``.

    Returns
    -------
    The network, and how many seconds it took to fit, now or then.

    Raises
    ------
    TrainingError
        If the weights cannot be read, or the loss is no number.
    """
    started = time.perf_counter()
    torch.manual_seed(recipe.training.seed)
    network = build_network(recipe, len(train.labels), "statistics-mlp").to(device)
    assert isinstance(network, StatisticsMLP)
    saved = load_weights(path, device) if path.exists() else {}
    if saved.get("identity") == identity:
        network.load_state_dict(saved["weights"])
        return network.eval(), saved["seconds"]
    table = torch.stack(
        [_hear(network, train.pack, version, device) for version in range(train.pack.versions.count)]
    )
    network.standardise.learn(table.flatten(0, 1))
    fitted = _fit(network, network.standard(table), train, recipe, device)
    seconds = time.perf_counter() - started
    save_weights({"identity": identity, "weights": fitted.state_dict(), "seconds": seconds}, path)
    return fitted, seconds


@torch.no_grad()
def _hear(network: StatisticsMLP, pack: Pack, version: int, device: str) -> Tensor:
    """Give the statistics (n_clips, n) of one version."""
    heard = torch.empty(len(pack.offsets[version]) - 1, len(network.standardise.mean), device=device)
    for places, voice in whole_clips(pack, version, frame_step(network)):
        encoded = torch.from_numpy(pack.encoded[version][places]).to(device) if hears_encoded(network) else None
        heard[torch.from_numpy(places)] = network.hear(voice.to(device), encoded)
    return heard


def _fit(network: StatisticsMLP, table: Tensor, train: Examples, recipe: Recipe, device: str) -> StatisticsMLP:
    """Give the average over the course of training; all members learn from the same batches."""
    settings, own = recipe.training, recipe.statistics
    average = copy.deepcopy(network).eval()
    network.train()
    optimiser = torch.optim.AdamW(weight_groups(network, settings.weight_decay), lr=own.learning_rate)
    sampler, rng = Sampler(train, recipe), np.random.default_rng(settings.seed)
    truth, allowed = (torch.from_numpy(column).to(device) for column in (train.truth, train.allowed))
    for step in range(own.steps):
        for group in optimiser.param_groups:
            group["lr"] = own.learning_rate * one_cycle(step / own.steps)
        clips, versions = sampler.draw_clips(own.batch_size, rng)
        heard = table[versions, clips]
        share = float(rng.beta(settings.mixup, settings.mixup)) if settings.mixup > 0 else 1.0
        other = torch.from_numpy(rng.permutation(len(clips))).to(device)
        mixed = share * heard + (1.0 - share) * heard[other]
        target = truth[clips], allowed[clips], other, share, settings.label_smoothing
        loss = torch.stack([mixed_loss(logits, *target) for logits in network.judge(mixed)]).sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        update_average(average, network, min(settings.ema_decay, (1 + step) / (10 + step)))
    if not torch.isfinite(loss):
        raise TrainingError(f"the loss of the statistics became {loss.item()}; lower statistics.learning_rate")
    return average
