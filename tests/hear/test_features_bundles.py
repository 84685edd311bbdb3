"""Bundles whose graph takes features: heard by the same judge, engine and recogniser."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.tiny_bundles import LABELS, make_features_bundle

from emotrace.audio.resample import resample
from emotrace.bundle import Bundle, load_bundle
from emotrace.errors import BundleError
from emotrace.features._front_end import FrontEnd
from emotrace.hear.recognizer import Recogniser, load


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_features_bundle(tmp_path_factory.mktemp("whole") / "m", trim_db=60.0)


@pytest.fixture(scope="module")
def windowed(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_features_bundle(tmp_path_factory.mktemp("windowed") / "m", whole_clips=False)


def judge(bundle: Bundle, signal: np.ndarray) -> np.ndarray:
    assert bundle.card.features is not None
    features = FrontEnd(bundle.card.features).extract(signal, 16_000)
    return bundle.predict(features[np.newaxis])[0]


def as_row(probabilities: dict[str, float]) -> list[float]:
    return [probabilities[label] for label in LABELS]


def test_a_clip_is_judged_at_once_if_it_was_in_training(whole, caller):
    clip = caller[: 16_000 * 20]
    prediction = load(whole.path, "all").predict(clip, 16_000)
    np.testing.assert_allclose(as_row(prediction.probabilities), judge(whole, clip), atol=1e-6)


def test_otherwise_it_is_judged_in_windows(windowed, caller):
    clip = caller[: 16_000 * 20]
    prediction = load(windowed.path, "all").predict(clip, 16_000)
    assert np.abs(np.array(as_row(prediction.probabilities)) - judge(windowed, clip)).max() > 1e-3


def test_a_recording_is_judged_window_by_window(whole, caller):
    clip = caller[: 16_000 * 8]
    recogniser = load(whole.path, "all")
    timeline = recogniser.analyze(clip, 16_000)
    assert len(timeline.predictions) == 16
    heard = [p for p in timeline.predictions if p.is_speech]
    assert heard
    for prediction in heard:
        middle = round(16_000 * (prediction.segment.start + 0.25))
        window = clip[max(0, middle - 16_000) : middle + 16_000]
        np.testing.assert_allclose(as_row(prediction.probabilities), judge(whole, window), atol=1e-6)


def test_any_blocks_give_the_same_timeline(whole, caller):
    recogniser, clip = load(whole.path, "all"), caller[: 16_000 * 6]
    engine, predictions, start = recogniser.engine(), [], 0
    for size in (7, 16_001, 3, 30_000, 49_989):
        predictions += engine.push(clip[start : start + size])
        start += size
    assert (*predictions, *engine.close()) == recogniser.analyze(clip, 16_000).predictions


def test_a_file_of_another_rate_is_heard_as_a_bundle_hears(whole, caller, tmp_path):
    clip = resample(caller[16_000 * 12 : 16_000 * 15], 16_000, 48_000)
    soundfile.write(tmp_path / "a.wav", clip, 48_000, subtype="FLOAT")
    prediction = load(whole.path, "all").predict(tmp_path / "a.wav")
    heard = resample(clip, 48_000, 16_000)
    np.testing.assert_allclose(as_row(prediction.probabilities), judge(whole, heard), atol=1e-4)


def test_silence_is_no_speech_and_warming_up_says_nothing(whole):
    recogniser = load(whole.path)
    recogniser.warm_up(0.5)
    assert not recogniser.predict(np.zeros(16_000, np.float32), 16_000).is_speech


def test_a_feature_set_that_is_another_one_here(whole, tmp_path):
    facts = {**json.loads((whole.path / "card.json").read_text())["features"], "names_sha256": "0" * 64}
    other = make_features_bundle(tmp_path / "m")
    card = json.loads((other.path / "card.json").read_text())
    (other.path / "card.json").write_text(json.dumps({**card, "features": facts}))
    with pytest.raises(BundleError, match=r"^bundle 'tiny-emotion': the model was trained on another feature set"):
        Recogniser(load_bundle(other.path), load_bundle("speech"))


def test_using_one_brings_in_nothing_of_training(whole, tmp_path, demo_call):
    code = (
        "import sys, emotrace; r = emotrace.load(sys.argv[1]); r.analyze(sys.argv[2]);"
        "print(sorted({'sklearn', 'torch', 'pandas', 'onnx', 'librosa', 'lightgbm'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(whole.path), str(demo_call)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
    assert Path(demo_call).exists()
