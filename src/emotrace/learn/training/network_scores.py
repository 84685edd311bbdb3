"""How well a network does on packed clips, each heard whole and at its own speed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from emotrace.learn.evaluation.metrics import unweighted_average_recall
from emotrace.learn.models.statistics_mlp import frame_step, hears_encoded
from emotrace.learn.training.examples import Examples
from emotrace.learn.training.pack import Pack, decode
from emotrace.learn.training.sampler import fit_length


def validation_scores(network: nn.Module, examples: Examples, device: str = "cpu") -> dict[str, float]:
    """Give the UAR of each corpus among its own labels."""
    return score_logits(predict_logits(network, examples, device), examples)


def score_logits(logits: NDArray[np.float32], examples: Examples) -> dict[str, float]:
    """Give the UAR of each corpus among its own labels; ``logits`` as of `predict_logits`."""
    guess = np.where(examples.allowed, logits, -np.inf).argmax(axis=1)
    corpora = np.array([u.corpus for u in examples.utterances])
    return {
        str(corpus): unweighted_average_recall(
            [examples.labels[i] for i in examples.truth[corpora == corpus]],
            [examples.labels[i] for i in guess[corpora == corpus]],
        )
        for corpus in np.unique(corpora)
    }


def mean_score(scores: Mapping[str, float]) -> float:
    """Give the mean over corpora."""
    return float(np.mean(list(scores.values())))


def tell_scores(scores: Mapping[str, float]) -> dict[str, Any]:
    """Give scores of validation speakers as they are told and logged."""
    return {
        "validation_uar": round(mean_score(scores), 4),
        "per_corpus": {corpus: round(score, 4) for corpus, score in scores.items()},
    }


@torch.no_grad()
def predict_logits(network: nn.Module, examples: Examples, device: str = "cpu") -> NDArray[np.float32]:
    """Give logits, shape (n, n_labels), for each whole clip at its own speed."""
    network.eval()
    logits = np.empty((len(examples.utterances), len(examples.labels)), dtype=np.float32)
    pack, version = examples.pack, examples.pack.versions.original
    for places, voice in whole_clips(pack, version, frame_step(network)):
        given = [voice, torch.from_numpy(pack.encoded[version][places])] if hears_encoded(network) else [voice]
        logits[places] = network(*(part.to(device) for part in given)).float().cpu().numpy()
    return logits


def whole_clips(pack: Pack, version: int, step: int = 1) -> Iterator[tuple[NDArray[np.int64], Tensor]]:
    """Give all clips of a version, some at a time: their places, (n,), and every ``step``-th of their frames, (n,
    frames, 128).
    """
    lengths = np.diff(pack.offsets[version])
    order = np.argsort(lengths, kind="stable")
    for places in np.array_split(order, max(1, len(order) // 32)):
        # Neighbours in order of length need next to no padding.
        longest = int(lengths[places].max())
        clips = [fit_length(pack.clip(place, version), longest, 0.0) for place in places.tolist()]
        yield places, torch.from_numpy(decode(np.stack(clips)[:, ::step]))
