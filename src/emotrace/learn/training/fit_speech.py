"""Fit the speech detector to scenes; see `emotrace.learn.training.scenes`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from emotrace.audio.load import load_segment
from emotrace.features import log_mel
from emotrace.learn.models import speech_net
from emotrace.learn.training import augmentation
from emotrace.learn.training.fit import one_cycle
from emotrace.learn.training.noises import NOISES, SAMPLING_RATE, make_noise
from emotrace.learn.training.scenes import Scenes, Teacher, make_scenes
from emotrace.learn.training.speech_recipe import SpeechAugment, SpeechRecipe
from emotrace.types import Utterance

Report = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class FittedSpeech:
    """The trained detector, its operating threshold, and what was measured on validation scenes."""

    network: nn.Module
    threshold: float
    metrics: dict[str, Any]
    seconds: float


def fit_speech(
    recipe: SpeechRecipe,
    train: Sequence[Utterance],
    validation: Sequence[Utterance],
    report: Report | None = None,
) -> FittedSpeech:
    """Train the detector on scenes of ``train`` speakers and judge it on scenes of ``validation`` speakers."""
    settings = recipe.training
    started = time.perf_counter()
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    teacher = Teacher()
    scenes = _scenes_of(train, teacher, settings.scenes, recipe, rng, report)
    held_out = _scenes_of(validation, teacher, settings.validation_scenes, recipe, rng, report)
    network = speech_net.build()
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=0.01)
    generator = torch.Generator().manual_seed(settings.seed)
    n_batches = max(1, len(scenes.truth) // settings.batch_size)
    for epoch in range(1, settings.epochs + 1):
        network.train()
        losses = []
        for step, chosen in enumerate(np.array_split(rng.permutation(len(scenes.truth)), n_batches)):
            progress = ((epoch - 1) * n_batches + step) / (settings.epochs * n_batches)
            for group in optimiser.param_groups:
                group["lr"] = settings.learning_rate * one_cycle(progress)
            log_mels = torch.from_numpy(scenes.log_mels[chosen].astype(np.float32))
            truth = torch.from_numpy(scenes.truth[chosen].astype(np.float32))
            logits = network(_augment(log_mels, recipe.augment, generator))
            loss = functional.binary_cross_entropy_with_logits(logits, truth)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            losses.append(loss.item())
        if report is not None:
            accuracy = _agreement(network, held_out, 0.5)["accuracy"]
            report({"epoch": epoch, "loss": round(float(np.mean(losses)), 4), "validation_accuracy": accuracy})
    network.eval()
    threshold = _choose_threshold(network, held_out)
    metrics = {
        "validation_scenes": _agreement(network, held_out, threshold),
        "false_speech_by_noise": false_speech_by_noise(network, threshold, settings.seed + 1),
    }
    return FittedSpeech(network, threshold, metrics, time.perf_counter() - started)


def false_speech_by_noise(network: nn.Module, threshold: float, seed: int, n_each: int = 30) -> dict[str, float]:
    """Give, per kind of made noise, the share of 3 s windows in which 0.15 s of speech or more is heard.

    The kinds are those of the training scenes, drawn anew; `benchmarks/speech.py` has sounds that are not.
    """
    rng = np.random.default_rng(seed)
    shares = {}
    for name in NOISES:
        signals = [make_noise(name, 3 * SAMPLING_RATE, rng) * np.float32(0.1) for _ in range(n_each)]
        mels = np.stack([log_mel.extract(signal, SAMPLING_RATE) for signal in signals])
        heard = _probabilities(network, mels) >= threshold
        # With so much speech in a hop the engine would name an emotion.
        shares[name] = round(float(np.mean(heard.sum(axis=1) * speech_net.FRAME_SECONDS >= 0.15)), 4)
    return shares


def _scenes_of(
    utterances: Sequence[Utterance],
    teacher: Teacher,
    n_scenes: int,
    recipe: SpeechRecipe,
    rng: np.random.Generator,
    report: Report | None,
) -> Scenes:
    clips = []
    for corpus in sorted({u.corpus for u in utterances}):
        members = [u for u in utterances if u.corpus == corpus]
        chosen = rng.permutation(len(members))[: recipe.training.clips_per_corpus]
        clips += [load_segment(members[i].file, members[i].segment, SAMPLING_RATE) for i in chosen]
    taught = [teacher.probabilities(clip) for clip in clips]

    def tell(done: int, total: int) -> None:
        if report is not None and done % 500 == 0:
            report({"scenes": done, "of": total})

    return make_scenes(clips, taught, n_scenes, recipe.training.scene_seconds, rng, tell)


def _augment(x: torch.Tensor, settings: SpeechAugment, generator: torch.Generator) -> torch.Tensor:
    x = augmentation.reverberate(x, settings.reverb_probability, generator)
    x = augmentation.add_noise(x, settings.noise_probability, settings.noise_snr_db, generator)
    x = augmentation.equalise(x, settings.equaliser_db, generator)
    return augmentation.telephone(x, settings.telephone_probability, generator)


@torch.no_grad()
def _probabilities(network: nn.Module, log_mels: NDArray[Any]) -> NDArray[np.float32]:
    network.eval()
    batches = np.array_split(log_mels, max(1, len(log_mels) // 64))
    logits = [network(torch.from_numpy(batch.astype(np.float32))).sigmoid().numpy() for batch in batches]
    return np.concatenate(logits)


def _agreement(network: nn.Module, scenes: Scenes, threshold: float) -> dict[str, float]:
    """Compare with the teacher, frame by frame."""
    heard = _probabilities(network, scenes.log_mels) >= threshold
    truth = scenes.truth >= 0.5
    return {
        "accuracy": round(float((heard == truth).mean()), 4),
        "speech_found": round(float(heard[truth].mean()), 4),
        "false_speech": round(float(heard[~truth].mean()), 4),
    }


def _choose_threshold(network: nn.Module, scenes: Scenes) -> float:
    """Choose the threshold of the lowest cost; a share of false frames counts double a share of missed ones."""
    probabilities = _probabilities(network, scenes.log_mels)
    truth = scenes.truth >= 0.5
    candidates = np.arange(0.2, 0.9, 0.05)
    costs = [2.0 * (probabilities[~truth] >= t).mean() + (probabilities[truth] < t).mean() for t in candidates]
    return round(float(candidates[int(np.argmin(costs))]), 2)
