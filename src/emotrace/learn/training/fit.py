"""Fit a network to packed log-mels: balanced batches, masked labels, one cycle, early stopping, resumable.

A run is a folder. ``checkpoint.pt`` is written after every epoch and holds all that is needed to go on after
an interruption; ``best.pt`` holds the weights with the best validation score so far; ``log.jsonl`` has one
line per epoch. The clips of an epoch and their changes are drawn from (seed, epoch), and the state of what
drops units is part of the checkpoint, so a resumed run gives the same weights as one that was never
interrupted.
"""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import math
import pickle
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from emotrace import registry
from emotrace.atomic import replacing
from emotrace.errors import RecipeError, TrainingError
from emotrace.features import log_mel
from emotrace.learn.training.augmentation import augment
from emotrace.learn.training.examples import Examples
from emotrace.learn.training.network_recipe import Recipe, Training
from emotrace.learn.training.network_scores import mean_score, tell_scores, validation_scores
from emotrace.learn.training.sampler import Batch, Sampler

LOG_FILE = "log.jsonl"

Report = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Fitted:
    """The network with the best validation score, and how it came to be."""

    network: nn.Module
    labels: tuple[str, ...]
    best_epoch: int
    n_epochs: int
    validation_score: float
    seconds: float


def fit(
    recipe: Recipe,
    train: Examples,
    validation: Examples,
    folder: Path,
    report: Report | None = None,
    device: str | None = None,
    name: str | None = None,
) -> Fitted:
    """Train a network epoch by epoch, going on from ``folder``'s checkpoint if there is one.

    Parameters
    ----------
    train, validation
        Examples with the same labels, of different speakers.
    folder
        Where checkpoint, best weights and log are kept.
    report
        Called with the numbers of each epoch.
    device
        ``cpu`` or ``cuda``; by default a GPU is used when there is one.
    name
        Of the network; by default the recipe's.

    Raises
    ------
    TrainingError
        If the checkpoint belongs to another recipe or other speech, or cannot be read, or the loss stops
        being a number.
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    settings = recipe.training
    torch.manual_seed(settings.seed)
    network = build_network(recipe, len(train.labels), name).to(device)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network).eval()
    optimiser = torch.optim.AdamW(weight_groups(network, settings.weight_decay), lr=settings.learning_rate)
    state = _State(network, average, optimiser, run_identity(recipe, train, validation))
    folder.mkdir(parents=True, exist_ok=True)
    state.resume(folder / "checkpoint.pt", device)
    sampler = Sampler(train, recipe)
    while state.epoch < settings.epochs and state.epoch - state.best_epoch < settings.patience:
        started = time.perf_counter()
        state.epoch += 1
        loss = _train_epoch(state, sampler, recipe, device)
        scores = validation_scores(average, validation, device)
        score = mean_score(scores)
        state.seconds += time.perf_counter() - started
        if score > state.best_score:
            state.best_score, state.best_epoch = score, state.epoch
            save_weights({"weights": average.state_dict()}, folder / "best.pt")
        line = {
            "epoch": state.epoch,
            "loss": round(loss, 4),
            **tell_scores(scores),
            "best_epoch": state.best_epoch,
            "seconds": round(state.seconds, 1),
        }
        with (folder / LOG_FILE).open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        state.save(folder / "checkpoint.pt")
        if report is not None:
            report(line)
    average.load_state_dict(load_weights(folder / "best.pt", device)["weights"])
    return Fitted(
        network=average.to("cpu", memory_format=torch.contiguous_format).eval(),
        labels=train.labels,
        best_epoch=state.best_epoch,
        n_epochs=state.epoch,
        validation_score=state.best_score,
        seconds=state.seconds,
    )


def run_identity(recipe: Recipe, train: Examples, validation: Examples) -> str:
    """Hash all that the weights depend on: the recipe, and whose clip is labelled how on which side.

    Where the files lie does not matter, so that a run can be moved.
    """
    sides = [
        [
            (Path(u.file).stem, str(u.segment), u.speaker, examples.labels[label])
            for u, label in zip(examples.utterances, examples.truth.tolist(), strict=True)
        ]
        for examples in (train, validation)
    ]
    facts = json.dumps([recipe.fingerprint, train.labels, sides])
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def build_network(recipe: Recipe, n_labels: int, name: str | None = None) -> nn.Module:
    """Build the untrained network that the recipe names, or another one with the recipe's parameters."""
    model = dataclasses.asdict(recipe.model)
    named = model.pop("name")
    module = registry.load("model", name or named)
    own = {field.name for field in dataclasses.fields(module.Config)}
    if module.INPUT != "waveform" or "n_labels" not in own:
        raise RecipeError(
            f"key 'model.name' is '{recipe.model.name}', which does not name emotions from audio; try 'two-views'"
        )
    network: nn.Module = module.build(
        n_labels=n_labels, **{key: value for key, value in model.items() if key in own}
    )
    return network


class _State:
    """All that changes while training."""

    def __init__(
        self, network: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer, identity: str
    ) -> None:
        self.network, self.average, self.optimiser, self.identity = network, average, optimiser, identity
        self.epoch, self.best_epoch, self.best_score, self.seconds = 0, 0, -1.0, 0.0

    def save(self, path: Path) -> None:
        save_weights(
            {
                "identity": self.identity,
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "numbers": [self.epoch, self.best_epoch, self.best_score, self.seconds],
                "random": _random_states(),
            },
            path,
        )

    def resume(self, path: Path, device: str) -> None:
        if not path.exists():
            return
        saved = load_weights(path, device)
        if saved.get("identity") != self.identity:
            raise TrainingError(
                f"{path} was begun with another recipe or other speech; "
                "choose another output folder or delete this one"
            )
        self.network.load_state_dict(saved["network"])
        self.average.load_state_dict(saved["average"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.epoch, self.best_epoch, self.best_score, self.seconds = saved["numbers"]
        _restore_random(saved.get("random", []))


def _train_epoch(state: _State, sampler: Sampler, recipe: Recipe, device: str) -> float:
    settings = recipe.training
    rng = np.random.default_rng([settings.seed, state.epoch])
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    state.network.train()
    losses = []
    for step in range(settings.steps_per_epoch):
        done = (state.epoch - 1) * settings.steps_per_epoch + step
        rate = settings.learning_rate * one_cycle(done / (settings.epochs * settings.steps_per_epoch))
        for group in state.optimiser.param_groups:
            group["lr"] = rate
        batch = sampler.draw(rng).to(device)
        voice = augment(batch.voice, recipe.augment, generator)
        loss = _mixup_loss(state.network, voice, batch, settings, rng, device)
        state.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(state.network.parameters(), 5.0)
        state.optimiser.step()
        update_average(state.average, state.network, min(settings.ema_decay, (1 + done) / (10 + done)))
        losses.append(loss.item())
    mean = float(np.mean(losses))
    if not math.isfinite(mean):
        raise TrainingError(f"the loss became {mean} in epoch {state.epoch}; lower training.learning_rate")
    return mean


def _mixup_loss(
    network: nn.Module, voice: Tensor, batch: Batch, settings: Training, rng: np.random.Generator, device: str
) -> Tensor:
    """Mixup (Zhang et al. 2018, arXiv:1710.09412): each clip blended with another, and its loss likewise."""
    share = float(rng.beta(settings.mixup, settings.mixup)) if settings.mixup > 0 else 1.0
    other = torch.from_numpy(rng.permutation(len(voice))).to(device)
    voice = _level(voice)
    with torch.autocast(device, torch.bfloat16):
        logits = network(share * voice + (1.0 - share) * voice[other]).float()
    return mixed_loss(logits, batch.truth, batch.allowed, other, share, settings.label_smoothing)


def mixed_loss(
    logits: Tensor, truth: Tensor, allowed: Tensor, other: Tensor, share: float, smoothing: float
) -> Tensor:
    """Give the loss of clips of which ``share`` is their own and the rest that of the clip ``other`` names."""
    own = masked_cross_entropy(logits, truth, allowed, smoothing)
    return share * own + (1.0 - share) * masked_cross_entropy(logits, truth[other], allowed[other], smoothing)


def _level(voice: Tensor) -> Tensor:
    """Make all clips as loud: a clip's own level must not decide which of two is heard."""
    log_mels, periods = voice[:, :, : log_mel.N_MELS], voice[:, :, log_mel.N_MELS :]
    return torch.cat([log_mels - log_mels.amax(dim=(1, 2), keepdim=True), periods], dim=2)


def masked_cross_entropy(logits: Tensor, truth: Tensor, allowed: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy among each row's allowed labels only, with label smoothing over those."""
    log_probabilities = logits.masked_fill(~allowed, -1e9).log_softmax(dim=1)
    hit = -log_probabilities.gather(1, truth.unsqueeze(1)).squeeze(1)
    spread = -(log_probabilities * allowed).sum(dim=1) / allowed.sum(dim=1)
    return ((1.0 - smoothing) * hit + smoothing * spread).mean()


def one_cycle(progress: float) -> float:
    """Give the share of the peak learning rate: linear warm-up over 15 %, then cosine down to zero."""
    warm_up = 0.15
    if progress < warm_up:
        return 0.04 + 0.96 * progress / warm_up
    return 0.5 + 0.5 * math.cos(math.pi * (progress - warm_up) / (1.0 - warm_up))


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, decay: float) -> None:
    source = network.state_dict()
    for name, value in average.state_dict().items():
        if value.is_floating_point():
            value.lerp_(source[name], 1.0 - decay)
        else:
            value.copy_(source[name])


def weight_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    # Norms and biases are scale and offset, not capacity: they are not decayed.
    parameters = list(network.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]


def save_weights(content: dict[str, Any], path: Path) -> None:
    with replacing(path) as part:
        torch.save(content, part)


def load_weights(path: Path, device: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
        raise TrainingError(
            f"{path} cannot be read; choose another output folder or delete this one to begin anew"
        ) from error
    return content


def _random_states() -> list[Tensor]:
    """Give the state of PyTorch's own generators, which dropout draws from: the CPU's, then a GPU's."""
    states: list[Tensor] = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state()] if torch.cuda.is_available() else states


def _restore_random(states: Sequence[Tensor]) -> None:
    if states:
        torch.set_rng_state(states[0].cpu())
    if len(states) > 1 and torch.cuda.is_available():
        torch.cuda.set_rng_state(states[1].cpu())
