"""Every neural family, exported and run by ONNX Runtime."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from emotrace.errors import UsageError
from emotrace.learn.models import cnn2d, cnn_lstm, conv1d, gru, lstm, weighted_layers
from emotrace.learn.models._neural import NeuralClassifier

CASES: dict[str, tuple[ModuleType, dict[str, Any], tuple[int, ...]]] = {
    "conv1d": (conv1d, {"shrink": 4}, (21,)),
    **{f"cnn2d {v}": (cnn2d, {"variant": v}, (64, 64, 3)) for v in ("m4", "m7", "m8")},
    **{f"cnn2d {v}": (cnn2d, {"variant": v}, (12, 14, 3)) for v in ("baseline", "m5")},
    "lstm rows": (lstm, {"units": 8}, (20,)),
    "lstm frames": (lstm, {"units": (8, 4)}, (9, 3)),
    "gru rows": (gru, {"units": 8}, (20,)),
    "gru frames": (gru, {"units": (8, 4)}, (9, 3)),
    "cnn-lstm": (cnn_lstm, {"shrink": 32}, (20,)),
    "weighted-layers linear": (weighted_layers, {"n_layers": 4, "dropout": 0.2}, (20,)),
    "weighted-layers hidden": (weighted_layers, {"n_layers": 5, "hidden": 8, "dropout": 0.2}, (20,)),
}


def inputs(n: int, shape: tuple[int, ...]) -> np.ndarray:
    rng = np.random.default_rng(n)
    if len(shape) == 3:
        return rng.uniform(size=(n, *shape)).astype(np.float32)
    return (2000.0 + 300.0 * rng.normal(size=(n, *shape))).astype(np.float32)


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[NeuralClassifier, onnx.ModelProto, tuple[int, ...]]:
    family, params, shape = CASES[request.param]
    # A rate at which the moving means and the weights leave where they began.
    model = family.build(epochs=3, batch_size=6, learning_rate=3e-3, device="cpu", **params)
    model.fit(inputs(12, shape), np.arange(12) % 3)
    return model, family.to_onnx(model, shape[0] if len(shape) == 1 else shape), shape


def run(graph: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (probabilities,) = session.run(["probabilities"], {"features": x})
    return probabilities


def test_onnxruntime_gives_the_same_probabilities(case):
    model, graph, shape = case
    for n in (1, 2, 7):
        x = inputs(n, shape)
        given = run(graph, x)
        assert given.dtype == np.float32
        np.testing.assert_allclose(given, model.predict_proba(x), atol=1e-4)
    assert given.std(axis=0).max() > 1e-4  # the network does listen


def test_the_graph_is_sound(case):
    _, graph, shape = case
    onnx.checker.check_model(graph, full_check=True)
    assert [(entry.domain, entry.version) for entry in graph.opset_import] == [("", 17)]
    (features,), (probabilities,) = graph.graph.input, graph.graph.output
    assert (features.name, probabilities.name) == ("features", "probabilities")
    of_input = [d.dim_param or d.dim_value for d in features.type.tensor_type.shape.dim]
    of_output = [d.dim_param or d.dim_value for d in probabilities.type.tensor_type.shape.dim]
    assert of_input == (["batch", "frames", 3] if len(shape) == 2 else ["batch", *shape])
    assert of_output == ["batch", 3]
    assert not any(tensor.external_data for tensor in graph.graph.initializer)


def test_the_export_leaves_dropout_and_batch_statistics_out(case):
    model, graph, shape = case
    model.net_.module_.train()
    try:
        assert CASES_BY_TYPE[type(model)].to_onnx(model, shape) == graph
    finally:
        model.net_.module_.eval()


CASES_BY_TYPE = {module.build: module for module, _, _ in CASES.values()}


def test_the_number_of_frames_is_free():
    rng = np.random.default_rng(0)
    clips = [rng.normal(size=(int(n), 3)) for n in rng.integers(2, 30, 12)]
    model = gru.build(units=8, epochs=2).fit(clips, np.arange(12) % 2)
    graph = gru.to_onnx(model, (9, 3))
    for clip in clips:
        alone = clip[None].astype(np.float32)
        np.testing.assert_allclose(run(graph, alone), model.predict_proba(alone), atol=1e-4)


def test_another_shape_than_in_training():
    model = lstm.build(units=2, epochs=1).fit(inputs(6, (20,)), list("ababab"))
    with pytest.raises(UsageError, match=r"the network was trained on inputs of the shape \(20,\), not \(19,\)"):
        lstm.to_onnx(model, 19)
    with pytest.raises(UsageError, match=r"trained on inputs of the shape \(20,\), not \(9, 20\)"):
        lstm.to_onnx(model, (9, 20))
