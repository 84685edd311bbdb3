"""The winner of the honest figures as a bundle: its features need no extra, and its graph says what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from tests.tiny_bundles import make_speech_bundle

from emotrace.bundle import load_bundle, verify_bundle
from emotrace.features._front_end import FrontEnd, describe_front_end
from emotrace.hear.recognizer import Recogniser
from emotrace.learn.evaluation.protocols import independent_folds
from emotrace.learn.training.export_classic import hear_features, write_classic_bundle
from emotrace.learn.training.fit_classic import fit_classic
from emotrace.learn.training.recipe_sections import Export
from emotrace.types import Utterance

RATE = 16_000
PITCH_HZ = {"sadness": 120.0, "anger": 260.0}


def test_the_winner_is_exported_and_hears(tmp_path: Path) -> None:
    utterances = [
        _speak(tmp_path, emotion, speaker, take)
        for speaker in range(6)
        for emotion in PITCH_HZ
        for take in range(3)
    ]
    split = independent_folds("speaker-k-fold", utterances, n_folds=3)[0]
    front_end = FrontEnd(describe_front_end("voice-functionals"))
    train, validation, test = (
        np.stack([hear_features(front_end, u) for u in side])
        for side in (split.train, split.validation, split.test)
    )
    estimator = fit_classic("principal", train, split.train, n_components=10)
    export = Export(name="made-honest", licence="CC0-1.0")
    bundle = write_classic_bundle(tmp_path / "m", estimator, "principal", front_end, split, validation, export)
    verify_bundle(bundle.path)
    recogniser = Recogniser(load_bundle(bundle.path), make_speech_bundle(tmp_path / "speech"), "all")
    heard = [recogniser.predict(u.file).emotion for u in split.test]
    assert heard == [str(emotion) for emotion in estimator.predict(test)]
    assert np.mean([h == u.emotion for h, u in zip(heard, split.test, strict=True)]) > 0.9


def _speak(folder: Path, emotion: str, speaker: int, take: int) -> Utterance:
    rng = np.random.default_rng([speaker, take, len(emotion)])
    hz = PITCH_HZ[emotion] * (1.0 + 0.02 * speaker + 0.01 * rng.uniform())
    time = np.arange(RATE) / RATE
    harmonics = np.arange(1, 12)[:, None]
    tone = (np.sin(2 * np.pi * hz * harmonics * time) / harmonics).sum(axis=0)
    file = folder / f"{speaker}-{emotion}-{take}.wav"
    soundfile.write(file, 0.2 * tone + 0.002 * rng.normal(size=RATE), RATE)
    return Utterance(str(file), emotion, f"s{speaker}", corpus="made", sex=("female", "male")[speaker % 2])
