from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from tests.tiny_bundles import (
    LABELS,
    emotion_card,
    emotion_model,
    features_model,
    graph_bytes,
    make_emotion_bundle,
    make_features_bundle,
    make_sex_bundle,
    make_speech_bundle,
    sex_card,
    speech_card,
    speech_model,
    write_unchecked,
)

from emotrace.bundle import Bundle, load_bundle
from emotrace.errors import BundleError, UsageError
from emotrace.features._front_end import describe_front_end


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return make_emotion_bundle(tmp_path / "model")


def test_probabilities_are_those_of_the_graph(bundle: Bundle) -> None:
    waveforms = np.random.default_rng(0).uniform(-1, 1, (3, 4000)).astype(np.float32)
    waveforms *= np.array([[0.0], [0.4], [1.0]], dtype=np.float32)
    probabilities = bundle.predict(waveforms)
    centres = np.linspace(0.0, 0.6, len(LABELS))
    scores = np.exp(-100.0 * (np.abs(waveforms).mean(axis=1, keepdims=True, dtype=np.float64) - centres) ** 2)
    np.testing.assert_allclose(probabilities, scores / scores.sum(axis=1, keepdims=True), atol=1e-5)
    assert probabilities.dtype == np.float32


def test_speech_bundle_gives_one_probability_per_frame(tmp_path: Path) -> None:
    bundle = make_speech_bundle(tmp_path / "speech")
    signal = np.concatenate([np.zeros(3200), np.full(3300, 0.3)]).astype(np.float32)
    probabilities = bundle.predict(signal[None])
    assert probabilities.shape == (1, 20)
    assert (probabilities[0] > 0.5).tolist() == [False] * 10 + [True] * 10


def test_session_is_opened_once_for_each_number_of_threads(bundle: Bundle) -> None:
    assert bundle.session() is bundle.session(1)
    assert bundle.session(2) is not bundle.session(1)
    options = bundle.session(2).get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 2)
    assert bundle.session().get_providers() == ["CPUExecutionProvider"]


def test_session_is_opened_once_by_many_callers(bundle: Bundle) -> None:
    fresh = load_bundle(bundle.path)
    sessions: list[object] = []
    threads = [threading.Thread(target=lambda: sessions.append(fresh.session())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sessions) == 4
    assert len({id(session) for session in sessions}) == 1


def test_bundle_travels_to_another_process(bundle: Bundle) -> None:
    waveforms = np.full((1, 1600), 0.3, dtype=np.float32)
    expected = bundle.predict(waveforms)
    arrived = pickle.loads(pickle.dumps(bundle))  # noqa: S301 (as multiprocessing does)
    assert (arrived.card, arrived.path) == (bundle.card, bundle.path)
    np.testing.assert_array_equal(arrived.predict(waveforms), expected)


def test_reading_a_bundle_brings_in_neither_onnxruntime_nor_numpy(bundle: Bundle) -> None:
    code = (
        "import sys; from emotrace.bundle import load_bundle; load_bundle(sys.argv[1]);"
        "print(sorted({'onnxruntime', 'numpy', 'onnx', 'rich', 'typer'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(bundle.path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("waveforms", "sentence"),
    [
        ([[0.0] * 1600], r"waveforms must be a float32 array \(batch, samples\), not list"),
        (np.zeros((1, 1600)), r"must be a float32 array \(batch, samples\), not float64 \(1, 1600\)"),
        (np.zeros(1600, np.float32), r"must be a float32 array \(batch, samples\), not float32 \(1600\)"),
        (np.zeros((1, 1, 1600), np.float32), r"not float32 \(1, 1, 1600\)"),
        (
            np.zeros((1, 1599), np.float32),
            r"shape \(1, 1599\) are too short: .* at least one of 1600 samples \(0.1 s\)",
        ),
        (np.zeros((0, 1600), np.float32), r"shape \(0, 1600\) are too short"),
    ],
)
def test_wrong_waveforms_are_refused(bundle: Bundle, waveforms: object, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        bundle.predict(waveforms)  # type: ignore[arg-type]


def test_no_threads_are_refused(bundle: Bundle) -> None:
    with pytest.raises(UsageError, match="threads must be at least 1, not 0"):
        bundle.session(0)


def test_samples_that_are_no_numbers_are_noticed(bundle: Bundle) -> None:
    with pytest.raises(BundleError, match=r"gives numbers that are not finite; are all samples of the waveform"):
        bundle.predict(np.full((1, 1600), np.nan, dtype=np.float32))


def test_a_model_of_sex_gives_two_probabilities_that_sum_to_1(tmp_path: Path) -> None:
    bundle = make_sex_bundle(tmp_path / "sex")
    given = bundle.predict(np.zeros((3, 1600), dtype=np.float32))
    assert given.shape == (3, 2)
    assert given.sum(axis=1) == pytest.approx([1.0] * 3)
    write_unchecked(tmp_path / "wide", emotion_model(3), sex_card())
    with pytest.raises(BundleError, match=r"gives 3 probabilities, but card\.json names 2 labels"):
        load_bundle(tmp_path / "wide").session()


RELU = helper.make_node("Relu", ["waveform"], ["probabilities"])
ROWS = ["batch", "samples"]


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (graph_bytes([RELU], {}, ["batch", 3]), r"gives 3 probabilities, but card\.json names 4 labels"),
        (
            graph_bytes([helper.make_node("Relu", ["x"], ["probabilities"])], {}, ROWS, input_name="x"),
            r"takes x; a bundle's graph takes 'waveform' and nothing else",
        ),
        (
            graph_bytes([helper.make_node("Relu", ["waveform"], ["y"])], {}, ROWS, output_name="y"),
            r"gives y; a bundle's graph gives 'probabilities'",
        ),
        (
            graph_bytes([helper.make_node("Relu", ["waveform"], ["probabilities"])], {}, None, ["samples"]),
            r"has waveform as tensor\(float\) \(samples\); it must be float32 with two axes",
        ),
        (
            graph_bytes(
                [helper.make_node("Cast", ["waveform"], ["probabilities"], to=1)],
                {},
                ROWS,
                input_type=TensorProto.DOUBLE,
            ),
            r"has waveform as tensor\(double\) \(batch, samples\); it must be float32",
        ),
        (
            graph_bytes([RELU], {}, None, ["batch", 16000]),
            r"takes waveform of shape \(batch, 16000\) only; batch and samples must be free",
        ),
        (
            graph_bytes([helper.make_node("ReduceMean", ["waveform"], ["probabilities"], keepdims=0)], {}, []),
            r"onnxruntime refuses|gives an array|has probabilities",
        ),
        (
            graph_bytes([helper.make_node("NoSuchOperator", ["waveform"], ["probabilities"])], {}, ROWS),
            r"onnxruntime refuses model\.onnx: .*NoSuchOperator",
        ),
        (
            graph_bytes([helper.make_node("Relu", ["nowhere"], ["probabilities"])], {}, ROWS),
            r"onnxruntime refuses model\.onnx: ",
        ),
        (graph_bytes([RELU], {}, ROWS, ir_version=900), r"onnxruntime refuses model\.onnx: .*IR version"),
        (
            graph_bytes([RELU], {}, ROWS, opset_imports=[helper.make_opsetid("", 999)]),
            r"onnxruntime refuses model\.onnx: ",
        ),
    ],
)
def test_graph_that_is_no_bundles_graph_is_refused(tmp_path: Path, model: bytes, sentence: str) -> None:
    bundle = load_bundle(write_unchecked(tmp_path / "m", model))
    with pytest.raises(BundleError, match=sentence) as info:
        bundle.predict(np.zeros((1, 1600), dtype=np.float32))
    assert str(info.value).startswith(f"bundle '{tmp_path / 'm'}': model.onnx ") or "refuses" in sentence
    assert str(info.value).isprintable()


def fixed_output(value: float, n_labels: int = 4) -> bytes:
    """A graph that gives the same number for every label."""
    nodes = [
        helper.make_node("ReduceMean", ["waveform"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
        helper.make_node("Add", ["zero", "value"], ["probabilities"]),
    ]
    constants = {"nothing": np.float32(0), "value": np.full(n_labels, value, np.float32)}
    return graph_bytes(nodes, constants, None)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (fixed_output(0.5), r"model\.onnx gives probabilities that do not sum to 1"),
        (fixed_output(-3.0), r"model\.onnx gives numbers outside of \[0, 1\] \(-3 to -3\)"),
        (fixed_output(np.inf), r"model\.onnx gives numbers that are not finite"),
        (graph_bytes([RELU], {}, None), r"model\.onnx gives an array of shape \(2, 1600\) instead of \(2, 4\)"),
    ],
)
def test_output_that_is_no_probability_is_refused(tmp_path: Path, model: bytes, sentence: str) -> None:
    bundle = load_bundle(write_unchecked(tmp_path / "m", model))
    with pytest.raises(BundleError, match=sentence):
        bundle.predict(np.zeros((2, 1600), dtype=np.float32))


def test_failure_while_running_is_one_line_and_logs_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    nodes = [helper.make_node("Reshape", ["waveform", "shape"], ["probabilities"])]
    model = graph_bytes(nodes, {"shape": np.array([7, 4])}, None)
    bundle = load_bundle(write_unchecked(tmp_path / "m", model))
    with pytest.raises(BundleError, match=r"m': model\.onnx cannot be run: .*cannot be reshaped") as info:
        bundle.predict(np.zeros((1, 1600), dtype=np.float32))
    assert str(info.value).isprintable()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ["emotion", "speech"])
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_model_with_a_true_hash_raises_nothing_but_bundle_errors(
    tmp_path: Path, kind: str, data: st.DataObject
) -> None:
    model, card = (emotion_model(), emotion_card()) if kind == "emotion" else (speech_model(), speech_card())
    mutated = bytearray(model)
    for _ in range(data.draw(st.integers(1, 4))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    refusal = ""
    try:
        bundle = load_bundle(write_unchecked(tmp_path / "m", bytes(mutated), card))
        bundle.predict(np.zeros((1, 1600), dtype=np.float32))
    except BundleError as error:
        refusal = str(error)
    assert refusal.isprintable()


def test_model_saved_with_its_weights_outside_never_reaches_onnxruntime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    def fail(*args: object, **kwargs: object) -> None:
        raise AssertionError("onnxruntime was called")

    monkeypatch.setattr(onnxruntime, "InferenceSession", fail)
    model = onnx.load_from_string(emotion_model())
    onnx.save(model, tmp_path / "m.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
    folder = write_unchecked(tmp_path / "m", (tmp_path / "m.onnx").read_bytes())
    with pytest.raises(BundleError, match=r"m': model\.onnx keeps the weights of tensor 'weight' in another file"):
        load_bundle(folder)


@pytest.mark.parametrize("name", [b"waveform", b"probabilities", b"Abs"])
def test_names_that_are_no_text_are_refused_without_a_word_on_the_terminal(
    tmp_path: Path, name: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    model = emotion_model().replace(name, b"\xff" + name[1:])
    bundle = load_bundle(write_unchecked(tmp_path / "m", model))
    with pytest.raises(BundleError, match=r"m': onnxruntime refuses model\.onnx: ") as info:
        bundle.session()
    assert str(info.value).isprintable()
    assert capfd.readouterr() == ("", "")


def test_speech_model_must_give_at_least_one_frame(tmp_path: Path) -> None:
    nodes = [helper.make_node("Slice", ["waveform", "start", "end", "axis"], ["probabilities"])]
    constants = {"start": np.array([0]), "end": np.array([0]), "axis": np.array([1])}
    model = graph_bytes(nodes, constants, ["batch", "n_frames"])
    bundle = load_bundle(write_unchecked(tmp_path / "m", model, speech_card()))
    with pytest.raises(BundleError, match=r"gives an array of shape \(1, 0\) instead of \(1, n_frames\)"):
        bundle.predict(np.zeros((1, 1600), dtype=np.float32))


@pytest.mark.parametrize("wish", [None, "1"])
def test_tells_nobody(wish, tmp_path):
    # onnxruntime leaves an identifier and a queue of events in the home folder, and sends them.
    environment = {k: v for k, v in os.environ.items() if k not in ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")}
    environment |= {"HOME": str(tmp_path), "TMPDIR": str(tmp_path)} | (
        {"ORT_DISABLE_TELEMETRY": wish} if wish else {}
    )
    code = "import emotrace; emotrace.load_bundle().session()"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.fixture
def features_bundle(tmp_path: Path) -> Bundle:
    return make_features_bundle(tmp_path / "features")


def test_features_go_where_the_card_names_a_feature_set(features_bundle: Bundle) -> None:
    assert (features_bundle.input_name, features_bundle.input_shape) == ("features", (20,))
    features = np.zeros((3, 20), dtype=np.float32)
    features[:, 0] = (-500.0, -400.0, -200.0)
    probabilities = load_bundle(features_bundle.path).predict(features)
    assert probabilities.argmax(axis=1).tolist() == [0, 1, 3]


@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        (np.zeros((1, 20)), r"features must be a float32 array \(batch, 20\), not float64 \(1, 20\)"),
        (np.zeros(20, np.float32), r"features must be a float32 array \(batch, 20\), not float32 \(20\)"),
        (np.zeros((1, 16_000), np.float32), r"features of shape \(1, 16000\) do not fit: .* takes \(batch, 20\)"),
        (np.zeros((0, 20), np.float32), r"features of shape \(0, 20\) do not fit"),
    ],
)
def test_wrong_features_are_refused(features_bundle: Bundle, features: object, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        features_bundle.predict(features)  # type: ignore[arg-type]


def test_features_that_are_no_numbers_are_noticed(features_bundle: Bundle) -> None:
    with pytest.raises(BundleError, match=r"numbers that are not finite; are all features finite\?"):
        features_bundle.predict(np.full((1, 20), np.nan, dtype=np.float32))


@pytest.mark.parametrize(
    ("card", "model", "sentence"),
    [
        (
            {},
            emotion_model(),
            r"takes waveform; .* takes 'features' and nothing else, for its card names a feature",
        ),
        (
            {"shape": [21]},
            features_model(20),
            r"takes features of shape \(batch, 20\), but card\.json promises \(batch, 21\)",
        ),
        ({"shape": [None, 20]}, features_model(20), r"has features as .* \(batch, 20\); .* with three axes"),
    ],
)
def test_graph_that_does_not_fit_the_front_end(
    tmp_path: Path, card: dict[str, object], model: bytes, sentence: str
) -> None:
    facts = {**describe_front_end("mfcc20"), **card}
    bundle = load_bundle(write_unchecked(tmp_path / "m", model, emotion_card(features=facts)))
    with pytest.raises(BundleError, match=sentence):
        bundle.session()


def test_waveform_card_refuses_a_graph_of_features(tmp_path: Path) -> None:
    bundle = load_bundle(write_unchecked(tmp_path / "m", features_model(20)))
    with pytest.raises(BundleError, match=r"takes features; a bundle's graph takes 'waveform' and nothing else$"):
        bundle.session()


def test_frames_of_any_number(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ReduceMean", ["features"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("Softmax", ["mean"], ["probabilities"], axis=1),
    ]
    model = graph_bytes(nodes, {}, ["batch", 4], input_shape=("batch", "frames", 4), input_name="features")
    facts = {**describe_front_end("mfcc20"), "shape": [None, 4]}
    bundle = load_bundle(write_unchecked(tmp_path / "m", model, emotion_card(features=facts)))
    for n_frames in (1, 7):
        assert bundle.predict(np.zeros((2, n_frames, 4), np.float32)).shape == (2, 4)
    with pytest.raises(UsageError, match=r"of shape \(1, 2, 5\) do not fit: tiny-emotion takes \(batch, any, 4\)"):
        bundle.predict(np.zeros((1, 2, 5), np.float32))
