"""Folders of clips as people have them, made by code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE = 16_000


def make_voice(hz: float, seconds: float = 1.0) -> np.ndarray:
    """Give something with harmonics that comes and goes, as voices do."""
    times = np.arange(round(seconds * RATE)) / RATE
    harmonics = sum(np.sin(2 * np.pi * hz * k * times) / k for k in range(1, 12))
    return (0.2 * harmonics * (0.5 - 0.5 * np.cos(2 * np.pi * times / seconds))).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder per emotion: two clips of anger (under an alias), one of joy, one in no such folder."""
    root = tmp_path / "my clips"
    for place, (name, hz) in enumerate(
        {"Angry/a": 180, "Angry/b": 120, "happiness/c": 200, "other/d": 150}.items()
    ):
        path = root / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, make_voice(hz, 0.6 + 0.1 * place), RATE)
    return root


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Give a manifest of two women and two men, each with two emotions."""
    lines = ["file,emotion,speaker,sex,intensity"]
    for sex, hz in (("female", 210), ("male", 110)):
        for number in (1, 2):
            for emotion, factor in (("anger", 1.2), ("sadness", 1.0)):
                name = f"{sex}{number}-{emotion}.wav"
                soundfile.write(tmp_path / name, make_voice(hz * factor + number, 0.8), RATE)
                lines.append(f"{name},{emotion},{sex}{number},{sex},{'strong' if number == 1 else 'normal'}")
    path = tmp_path / "people.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
