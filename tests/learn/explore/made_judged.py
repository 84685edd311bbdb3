"""Judged folders made of a seed: as ``emotrace evaluate`` writes them.

Import it as ``from tests.learn.explore.made_judged import make_judged``.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emotrace.labels import NO_SPEECH
from emotrace.learn.evaluation.evaluate import evaluate
from emotrace.types import Utterance

LABELS = ("neutral", "happiness", "sadness", "anger")
HISTORY = [
    {"epoch": 1, "loss": 1.4, "accuracy": 0.3, "validation_loss": 1.2, "validation_accuracy": 0.4, "seconds": 2.0},
    {"epoch": 2, "loss": 1.0, "accuracy": 0.6, "validation_loss": 0.9, "validation_accuracy": 0.6, "seconds": 2.0},
    {"epoch": 3, "loss": 0.7, "accuracy": 0.8, "validation_loss": 1.0, "validation_accuracy": 0.5, "seconds": 2.0},
]


def make_judged(folder: Path, seed: int = 0, files: Sequence[str] = (), history: Any = None) -> Path:
    """Write a judged folder of 80 clips by four speakers, two of whom are women; in two nobody is heard."""
    rng = np.random.default_rng(seed)
    n = 80
    truths = [LABELS[k % 4] for k in range(n)]
    probabilities = rng.dirichlet([0.6] * 4, n)
    for k, truth in enumerate(truths):
        probabilities[k, LABELS.index(truth)] += 0.6
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    clips = [
        Utterance(
            files[k % len(files)] if files else f"clip-{k:02d}.wav",
            truth,
            f"s{k // 20}",
            sex="female" if k // 20 < 2 else "male",
            intensity="normal" if k % 3 else "strong",
        )
        for k, truth in enumerate(truths)
    ]
    is_silent = np.arange(n) >= n - 2
    scores = evaluate(
        truths, probabilities, LABELS, [c.speaker for c in clips], utterances=clips, is_no_speech=is_silent,
        n_resamples=20,
    )  # fmt: skip
    folder.mkdir(parents=True)
    report = {"bundle": f"model-{seed}", "pooled": scores, "corpora": {"(no corpus)": scores}}
    (folder / "report.json").write_text(json.dumps(report))
    with (folder / "predictions.csv").open("w", newline="") as stream:
        columns = ["file", "corpus", "speaker", "sex", "intensity", "emotion", "predicted", "confidence"]
        writer = csv.DictWriter(stream, [*columns, "start", "end", *(f"p_{label}" for label in LABELS)])
        writer.writeheader()
        for clip, row, silent in zip(clips, probabilities, is_silent, strict=True):
            writer.writerow(
                {
                    "file": clip.file, "corpus": "", "speaker": clip.speaker, "sex": clip.sex,
                    "intensity": clip.intensity, "emotion": clip.emotion,
                    "predicted": NO_SPEECH if silent else LABELS[int(row.argmax())],
                    "confidence": "" if silent else row.max(), "start": "", "end": "",
                    **{f"p_{label}": "" if silent else p for label, p in zip(LABELS, row, strict=True)},
                }
            )  # fmt: skip
    if history is not None:
        (folder / "history.json").write_text(json.dumps(history))
    return folder
