"""A judged folder, as ``emotrace evaluate`` writes it, of clips made by code."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROWS = (
    ("a", "ravdess", "anger", "anger", 0.9),
    ("b", "ravdess", "anger", "anger", 0.5),
    ("c", "ravdess", "anger", "fear", 0.7),
    ("d", "savee", "fear", "anger", 0.6),
    ("e", "savee", "fear", "no speech", ""),
    ("f", "ravdess-song", "fear", "fear", 0.8),
)


@pytest.fixture
def judged_folder(tmp_path: Path) -> Path:
    """Give the folder; one of its clips is gone."""
    lines = ["file,corpus,speaker,sex,intensity,emotion,predicted,confidence"]
    for name, corpus, emotion, predicted, confidence in ROWS:
        path = tmp_path / "clips" / f"{name}.wav"
        path.parent.mkdir(exist_ok=True)
        if name != "b":
            soundfile.write(path, 0.1 * np.sin(np.arange(8_000) / 5.0), 8_000)
        lines.append(f"{path},{corpus},{corpus}:01,female,,{emotion},{predicted},{confidence}")
    folder = tmp_path / "judged"
    folder.mkdir()
    (folder / "predictions.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    scores = {
        "n": 5, "labels": ["anger", "fear"], "confusion": {}, "unweighted_average_recall": 0.5, "accuracy": 0.5,
        "macro_f1": 0.5, "per_class": {},
    }  # fmt: skip
    (folder / "report.json").write_text(json.dumps({"bundle": "mine", "pooled": scores, "corpora": {}}))
    return folder
