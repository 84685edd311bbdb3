"""From made speakers to a bundle that hears them: features, split, fit, export, use."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from tests.tiny_bundles import make_speech_bundle

from emotrace.bundle import Bundle, load_bundle, verify_bundle
from emotrace.errors import BundleError, TrainingError, UsageError
from emotrace.features._front_end import FrontEnd, describe_front_end
from emotrace.hear.recognizer import Recogniser
from emotrace.learn.evaluation.protocols import independent_folds
from emotrace.learn.evaluation.split import Split
from emotrace.learn.training.export_classic import hear_features, write_classic_bundle
from emotrace.learn.training.fit_classic import fit_classic
from emotrace.learn.training.recipe_sections import Export
from emotrace.types import Utterance

EMOTIONS = ("neutral", "happiness", "anger")
DEMO_CALL = str(files("emotrace.assets") / "demo-call.flac")
FRONT_END = FrontEnd(describe_front_end("means184", trim_db=60.0))


def make_sound(emotion: str, speaker: int, seed: int) -> NDArray[np.float32]:
    """Make noise of a colour that stands for an emotion, a little different by each speaker, in silence."""
    rng = np.random.default_rng((speaker, seed))
    spectrum = np.fft.rfft(rng.normal(size=12_000))
    octaves = np.log2(np.fft.rfftfreq(12_000, 1 / 16_000) / (1_000 * 1.05**speaker) + 1e-3)
    tilt = {"neutral": -3.0 * octaves, "happiness": -2.0 * octaves**2, "anger": 2.0 * octaves}[emotion]
    sound = np.fft.irfft(spectrum * np.exp2(np.clip(tilt, -12, 12)))
    silent = np.zeros(3_000)
    return np.concatenate([silent, 0.8 * sound / np.abs(sound).max(), silent]).astype(np.float32)


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Split:
    """Six speakers, three emotions, four takes of each."""
    root, utterances = tmp_path_factory.mktemp("speech"), []
    for speaker in range(6):
        for number, emotion in enumerate(EMOTIONS):
            for take in range(4):
                file = root / f"{speaker}-{emotion}-{take}.wav"
                soundfile.write(file, make_sound(emotion, speaker, seed=10 * number + take), 16_000)
                sex = ("female", "male")[speaker % 2]
                utterances.append(Utterance(str(file), emotion, f"s{speaker}", corpus="made", sex=sex))
    return independent_folds("speaker-k-fold", utterances, n_folds=3)[0]


@pytest.fixture(scope="module")
def tables(split: Split) -> dict[str, NDArray[np.float32]]:
    sides = ("train", "validation", "test")
    return {side: np.stack([hear_features(FRONT_END, u) for u in getattr(split, side)]) for side in sides}


EXPORT = Export(name="made-classic", licence="CC0-1.0")


@pytest.fixture(scope="module")
def hear(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Bundle], Recogniser]:
    """Give a bundle's recogniser, to which all that is loud is speech."""
    speech = make_speech_bundle(tmp_path_factory.mktemp("speech-bundle") / "m")
    return lambda bundle: Recogniser(load_bundle(bundle.path), speech, "all")


@pytest.fixture(scope="module", params=["light-gbm", "svm", "two-step"])
def made(
    request: pytest.FixtureRequest,
    split: Split,
    tables: dict[str, NDArray[np.float32]],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Any, Bundle]:
    params = {"light-gbm": {"min_child_samples": 2, "n_estimators": 40}, "two-step": {"inner": "logistic"}}
    estimator = fit_classic(request.param, tables["train"], split.train, **params.get(request.param, {}))
    target = tmp_path_factory.mktemp("bundle") / "m"
    return estimator, write_classic_bundle(
        target, estimator, request.param, FRONT_END, split, tables["validation"], EXPORT, training={"seed": 0}
    )


def test_the_bundle_hears_the_right_emotion_of_speakers_it_does_not_know(made, split, hear):
    recogniser = hear(made[1])
    heard = [recogniser.predict(u.file) for u in split.test]
    assert all(p.is_speech for p in heard)
    assert np.mean([p.emotion == u.emotion for p, u in zip(heard, split.test, strict=True)]) > 0.9


def test_the_bundle_says_what_the_estimator_says_but_cooler(made, split, tables, hear):
    estimator, bundle = made
    temperature = bundle.card.calibration["temperature"]
    raw = estimator.predict_proba(tables["test"])[:, [list(estimator.classes_).index(e) for e in EMOTIONS]]
    cooled = np.maximum(raw, 1e-6) ** (1.0 / temperature)
    cooled /= cooled.sum(axis=1, keepdims=True)
    recogniser = hear(bundle)
    for utterance, expected in zip(split.test, cooled, strict=True):
        given = recogniser.predict(utterance.file).probabilities
        assert list(given) == list(EMOTIONS)
        np.testing.assert_allclose(list(given.values()), expected, atol=2e-3)


def test_the_card_says_what_there_is_to_know(made, split):
    card = load_bundle(made[1].path).card
    assert card.labels == EMOTIONS
    assert (card.sampling_rate, card.window_seconds, card.hop_seconds) == (16_000, 3.0, 1.5)
    assert card.features == FRONT_END.facts
    assert card.split["protocol"] == split.name
    assert card.split["test_speakers"] == sorted({u.speaker for u in split.test})
    assert [(c["name"], c["n_speakers"], c["labels"]) for c in card.corpora] == [
        ("made", len({u.speaker for u in split.train}), sorted(EMOTIONS))
    ]
    assert card.training["seed"] == 0
    assert 0.05 <= card.calibration["temperature"] <= 20.0
    assert verify_bundle(made[1].path)[-1].passed


def test_it_is_used_from_the_shell_without_a_training_stack(made):
    code = (
        "import sys\n"
        "for name in ('sklearn', 'lightgbm', 'torch', 'onnx'): sys.modules[name] = None\n"
        "from emotrace.cli import main\nmain()"
    )
    for command in ("predict", "analyze"):
        done = subprocess.run(
            [sys.executable, "-c", code, command, "-f", "json", "--model", str(made[1].path), DEMO_CALL],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert '"probabilities": {"neutral"' in " ".join(done.stdout.split())


def test_a_network_of_features_makes_a_bundle_too(split, tables, tmp_path, hear):
    from emotrace.learn.models import conv1d

    network = conv1d.build(shrink=16, epochs=15, batch_size=8, learning_rate=3e-3, device="cpu")
    network.fit(tables["train"], [u.emotion for u in split.train])
    bundle = write_classic_bundle(
        tmp_path / "m", network, "conv1d", FRONT_END, split, tables["validation"], EXPORT
    )
    assert verify_bundle(bundle.path)[-1].passed
    assert hear(bundle).predict(split.test[0].file).emotion == split.test[0].emotion


def test_features_that_the_bundle_would_not_hear_are_refused(split, tables, tmp_path):
    estimator = fit_classic("logistic", tables["train"], split.train)
    untrimmed = FrontEnd(describe_front_end("means184"))
    sentence = (
        r"\.wav: the features given are not those that the bundle would hear \(means184 of audio at 16000 Hz, trim"
    )
    with pytest.raises(TrainingError, match=sentence):
        write_classic_bundle(tmp_path / "m", estimator, "logistic", untrimmed, split, tables["validation"], EXPORT)
    with pytest.raises(TrainingError, match="there are features of 1 clip, but 12 validation clips"):
        write_classic_bundle(tmp_path / "m", estimator, "logistic", FRONT_END, split, tables["train"][:1], EXPORT)
    assert not (tmp_path / "m").exists()


def test_a_graph_that_says_something_else_is_refused(split, tables, tmp_path):
    estimator = fit_classic("logistic", tables["train"], split.train)

    class Liar:
        """Its graph is written of one learner, its probabilities are another's."""

        classes_ = estimator.classes_
        named_steps = estimator.named_steps

        @staticmethod
        def predict_proba(rows: Any) -> Any:
            return estimator.predict_proba(rows)[:, ::-1]

        def __getitem__(self, place: int) -> Any:
            return estimator[place]

    with pytest.raises(TrainingError, match=r"the graph of the model 'logistic' differs from what was fitted by"):
        write_classic_bundle(tmp_path / "m", Liar(), "logistic", FRONT_END, split, tables["validation"], EXPORT)
    assert not (tmp_path / "m").exists()


def test_words_for_splits_and_labels_that_make_no_bundle(split, tables, tmp_path):
    estimator = fit_classic("logistic", tables["train"], split.train)
    give = (estimator, "logistic", FRONT_END)
    nobody = Split(split.train, (), split.test, "lonely")
    with pytest.raises(TrainingError, match="split 'lonely' has no validation speakers to calibrate on"):
        write_classic_bundle(tmp_path / "m", *give, nobody, tables["validation"], EXPORT)
    strange = [replace(split.validation[0], emotion="fear"), *split.validation[1:]]
    with pytest.raises(TrainingError, match="has the emotion 'fear', which the model was not trained on"):
        write_classic_bundle(
            tmp_path / "m", *give, Split(split.train, strange, split.test), tables["validation"], EXPORT
        )
    estimator = fit_classic("logistic", tables["train"], split.train)
    estimator[-1].classes_ = np.array(["anger", "happiness", "joyful"])
    with pytest.raises(TrainingError, match="the model names joyful, which are no emotions of emotrace"):
        write_classic_bundle(tmp_path / "m", *give[:0], estimator, *give[1:], split, tables["validation"], EXPORT)
    (tmp_path / "mine").write_text("keep me")
    with pytest.raises(BundleError, match="is there and no bundle"):
        write_classic_bundle(
            tmp_path / "mine",
            fit_classic("logistic", tables["train"], split.train),
            *give[1:],
            split,
            tables["validation"],
            EXPORT,
        )


def test_no_feature_may_be_missing(split, tables):
    features = tables["train"].copy()
    features[2, 4] = np.nan
    features[5, 0] = np.inf
    with pytest.raises(
        TrainingError, match=r"neutral-2\.wav: feature chroma_01_mean is nan, and 1 more are not finite"
    ):
        fit_classic("svm", features, split.train, FRONT_END.names)
    with pytest.raises(TrainingError, match=r"feature number 4 is nan"):
        fit_classic("svm", features, split.train)


def test_words_for_clips_that_teach_nothing(split, tables):
    angry = [place for place, u in enumerate(split.train) if u.emotion == "anger"]
    with pytest.raises(TrainingError, match="training clips have only the emotion anger; at least two are needed"):
        fit_classic("svm", tables["train"][angry], [split.train[i] for i in angry])
    with pytest.raises(TrainingError, match="the 0 training clips have no emotion"):
        fit_classic("svm", tables["train"][:0], [])
    with pytest.raises(
        UsageError, match=r"features must have one row per clip, shape \(2, n_features\), got \(3, 184\)"
    ):
        fit_classic("svm", tables["train"][:3], split.train[:2])
    one_each = [next(i for i, u in enumerate(split.train) if u.emotion == e) for e in EMOTIONS]
    with pytest.raises(TrainingError, match=r"'svm' fits .* by 5 folds and needs 5 clips .* there is 1"):
        fit_classic("svm", tables["train"][one_each], [split.train[i] for i in one_each])
    nobody = [replace(u, sex=None) if i == 1 else u for i, u in enumerate(split.train)]
    with pytest.raises(
        TrainingError, match=r"'two-step' needs the sex of every speaker, but it is not known of 1 clip, first"
    ):
        fit_classic("two-step", tables["train"], nobody)


def test_paths_may_be_zips(split, tables, tmp_path):
    estimator = fit_classic("tree", tables["train"], split.train)
    bundle = write_classic_bundle(
        Path(tmp_path / "m.emotrace"), estimator, "tree", FRONT_END, split, tables["validation"], EXPORT
    )
    assert load_bundle(bundle.path).card.training["model"] == "tree"
