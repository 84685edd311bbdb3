"""A collection on disk, and real clips to put into it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest
import soundfile

from emotrace.app.collection.clips import keep_clip
from emotrace.app.collection.consent import give_consent
from emotrace.app.collection.folder import Collection, open_collection
from emotrace.types import Utterance

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=timezone.utc)


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    """Give a collection in a folder with an awkward name."""
    return open_collection(str(tmp_path / 'cl"ips of ü'))


@pytest.fixture(scope="session")
def flac(voice: Path) -> list[bytes]:
    """Give four different clips of 3 s in which somebody speaks."""
    samples, rate = soundfile.read(voice, dtype="float32")
    clips = []
    for start in (3, 4, 5, 6):
        encoded = io.BytesIO()
        part = samples[start * rate : (start + 3) * rate]
        soundfile.write(encoded, part, rate, "PCM_16", format="FLAC")
        clips.append(encoded.getvalue())
    return clips


@pytest.fixture
def contribute(collection: Collection, flac: list[bytes]) -> Callable[..., Utterance]:
    """Give a function by which somebody agrees and gives a clip."""
    n_given = 0

    def give(person: str, emotion: str = "anger", text: str = "", sex: str | None = None) -> Utterance:
        nonlocal n_given
        n_given += 1
        consent = give_consent(collection, person, "Lab, lab@example.org", sex, NOW)
        return keep_clip(collection, consent, flac[n_given % len(flac)], emotion, text, NOW)

    return give
