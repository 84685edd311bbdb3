"""Balanced batches of packed clips, drawn and changed anew for every epoch."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from emotrace.features import log_mel
from emotrace.learn.training.examples import Examples
from emotrace.learn.training.network_recipe import Recipe
from emotrace.learn.training.pack import MINIMUM_FRAMES, N_COLUMNS, Codes, decode


@dataclass(frozen=True)
class Batch:
    """What is learnt from at once.

    ``voice`` (batch, frames, 128), ``truth`` (batch,), ``allowed`` (batch, n_labels).
    """

    voice: Tensor
    truth: Tensor
    allowed: Tensor

    def to(self, device: str) -> Batch:
        return Batch(*(getattr(self, field.name).to(device) for field in dataclasses.fields(self)))


class Sampler:
    """Draws batches: first a corpus by the recipe's weights, then a label, then a clip of it."""

    def __init__(self, examples: Examples, recipe: Recipe) -> None:
        self.examples = examples
        self.settings = recipe.training
        self.chances = recipe.augment.telephone_probability, recipe.augment.noisy_probability
        corpora = sorted({u.corpus for u in examples.utterances})
        weights = np.array([recipe.data.weights.get(corpus, 1.0) for corpus in corpora])
        self.weights = weights / weights.sum()
        self.groups: list[list[NDArray[np.int64]]] = []
        for corpus in corpora:
            members = np.array([u.corpus == corpus for u in examples.utterances])
            truth = np.where(members, examples.truth, -1)
            self.groups.append([np.flatnonzero(truth == k) for k in np.unique(examples.truth[members])])

    def draw(self, rng: np.random.Generator) -> Batch:
        shortest, longest = self.settings.crop_seconds
        seconds = rng.uniform(shortest, longest)
        n_frames = max(MINIMUM_FRAMES, round(seconds * log_mel.SAMPLING_RATE / log_mel.HOP_LENGTH))
        chosen, versions = self.draw_clips(self.settings.batch_size, rng)
        pack = self.examples.pack
        clips = [
            fit_length(pack.clip(clip, version), n_frames, rng.random())
            for clip, version in zip(chosen.tolist(), versions.tolist(), strict=True)
        ]
        return Batch(
            torch.from_numpy(decode(np.stack(clips))),
            torch.from_numpy(self.examples.truth[chosen]),
            torch.from_numpy(self.examples.allowed[chosen]),
        )

    def draw_clips(self, n: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw clips, and which version of each is heard."""
        clips = np.array([self._draw_clip(rng) for _ in range(n)])
        return clips, self.examples.pack.versions.draw(n, *self.chances, rng)

    def _draw_clip(self, rng: np.random.Generator) -> int:
        groups = self.groups[rng.choice(len(self.groups), p=self.weights)]
        return int(rng.choice(groups[rng.integers(len(groups))]))


def fit_length(clip: Codes, n_frames: int, position: float) -> Codes:
    """Crop or pad a clip to ``n_frames``; ``position`` in [0, 1] says from where, or how much goes before.

    Padding is the clip's own background (the 5th percentile of each band), as if the speaker were silent.
    """
    spare = len(clip) - n_frames
    if spare >= 0:
        start = round(position * spare)
        return clip[start : start + n_frames]
    background = np.sort(clip, axis=0)[len(clip) // 20]
    padded = np.empty((n_frames, N_COLUMNS), dtype=clip.dtype)
    padded[:] = background
    start = round(position * -spare)
    padded[start : start + len(clip)] = clip
    return padded
