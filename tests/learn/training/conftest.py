"""Made speakers: tones and noises that differ by "emotion", in files with the corpora's own names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray

from emotrace.learn.evaluation.split import Split
from emotrace.learn.training.data import divide, gather
from emotrace.learn.training.examples import Examples, label_inventory, make_examples
from emotrace.learn.training.network_recipe import Augment, Model, Recipe, Statistics, Training
from emotrace.learn.training.pack import Pack, Versions, build_pack, versions_of
from emotrace.learn.training.recipe_sections import Data, Export

RATE = 16_000
RAVDESS_CODES = {"neutral": "01", "happiness": "03", "anger": "05"}
EMO_DB_CODES = {"neutral": "N", "anger": "W", "boredom": "L"}


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def make_voice(emotion: str, pitch_hz: float, seed: int, seconds: float = 0.7) -> NDArray[np.float32]:
    """Make a sound that stands for an emotion, by a speaker of that pitch, with silence around it."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    harmonics = sum(np.sin(2 * np.pi * k * pitch_hz * time) / k for k in range(1, 4))
    sound = {
        "neutral": harmonics,
        "happiness": (1 + np.sin(2 * np.pi * 8 * time)) * np.sin(2 * np.pi * 12 * pitch_hz * time),
        "anger": rng.standard_normal(time.size),
        "boredom": np.sin(2 * np.pi * pitch_hz / 2 * time * (1 - 0.3 * time)),
    }[emotion]
    sound = np.concatenate([np.zeros(1600), sound, np.zeros(1600)])
    sound = sound + 1e-3 * rng.standard_normal(sound.size)
    return (rng.uniform(0.05, 0.5) * sound / np.abs(sound).max()).astype(np.float32)


def write_corpora(root: Path) -> Path:
    """Write eight made RAVDESS actors and five EMO-DB ones: in joint-6, fold 1 two of each are tested."""
    for actor in (1, 11, 3, 4, 5, 6, 7, 8):
        for emotion, code in RAVDESS_CODES.items():
            for statement in (1, 2):
                path = root / f"ravdess/Actor_{actor:02d}/03-01-{code}-01-{statement:02d}-01-{actor:02d}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                soundfile.write(path, make_voice(emotion, 90.0 + 10 * actor, 10 * actor + statement), RATE)
    for speaker in (3, 8, 9, 10, 11):
        for emotion, code in EMO_DB_CODES.items():
            for number, sentence in enumerate(("a01", "b02")):
                path = root / f"emo-db/wav/{speaker:02d}{sentence}{code}a.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                soundfile.write(path, make_voice(emotion, 95.0 + 10 * speaker, 500 + 10 * speaker + number), RATE)
    return root


@pytest.fixture(scope="session")
def voice() -> Callable[..., NDArray[np.float32]]:
    return make_voice


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpora(tmp_path_factory.mktemp("corpora"))


def make_recipe(**sections: dict[str, Any]) -> Recipe:
    """Give a recipe of a few seconds; ``sections`` change values of its parts."""
    recipe = Recipe(
        data=Data(corpora=("ravdess", "emo-db"), weights={"ravdess": 0.6, "emo-db": 0.4}),
        model=Model(name="residual-cnn", widths=(16, 16, 16, 16, 16), pool_width=16, dropout=0.2, hidden=(16,)),
        augment=Augment(speeds=(0.9, 1.0), telephone_probability=0.2, noisy_versions=2, noisy_probability=0.3),
        training=Training(
            epochs=2, batch_size=16, steps_per_epoch=12, learning_rate=1e-2, ema_decay=0.8, crop_seconds=(0.5, 0.8)
        ),
        statistics=Statistics(steps=60, batch_size=16),
        export=Export(name="tiny", licence="CC0-1.0"),
    )
    changes = {name: replace(getattr(recipe, name), **values) for name, values in sections.items()}
    return replace(recipe, **changes)


@pytest.fixture(scope="session")
def tiny_recipe() -> Callable[..., Recipe]:
    return make_recipe


@pytest.fixture(scope="session")
def split(corpora: Path) -> Split:
    data = make_recipe().data
    return divide(data, gather(data, corpora))


@pytest.fixture(scope="session")
def sides(split: Split) -> dict[str, Examples]:
    """The packed examples of each side of the made corpora."""
    inventory = label_inventory(split.train)
    as_it_is = Versions((1.0,))
    versions = {"train": versions_of(make_recipe()), "validation": as_it_is, "test": as_it_is}
    packs = {side: build_pack(getattr(split, side), own) for side, own in versions.items()}
    return {side: make_examples(getattr(split, side), pack, inventory) for side, pack in packs.items()}


@pytest.fixture(scope="session")
def pack_of() -> Callable[..., Pack]:
    """Make a pack of noise, clips of the given lengths, at one speed or more."""

    def make(lengths: list[int], speeds: tuple[float, ...] = (1.0,)) -> Pack:
        rng = np.random.default_rng(0)
        frames = rng.integers(40, 200, (sum(lengths), 128), dtype=np.uint8)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return Pack(Versions(speeds), (frames,) * len(speeds), (offsets,) * len(speeds))

    return make
