from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from onnx import TensorProto, helper, numpy_helper

from emotrace.bundle.onnx_scan import scan_model
from emotrace.features import log_mel, periodicity, speech_encoder
from emotrace.learn.models import residual_cnn, speech_net, statistics_mlp, two_views
from emotrace.learn.models._front_end import LogMel
from emotrace.learn.training.export import (
    HALVED_ABOVE_BYTES,
    OPSET,
    EmotionGraph,
    SpeechGraph,
    halve_weights,
    round_matrices,
    to_onnx,
    trace,
)

TEMPERATURE = 1.7
# What storing the weights in 16 bits may move a probability by.
HALF = 2e-3
# What libraries may differ by. A pitch that is as likely as its octave may turn out as either.
SLACK = {"picture": 1e-4, "speech": 1e-4, "emotion": 3e-3}
LENGTHS = [8_000, 8_191, 16_000, 48_000, 50_001, 160_000]


def exercised(graph: torch.nn.Module) -> torch.nn.Module:
    """Let the norms see some data, so that they are not the identity."""
    with torch.no_grad():
        for seconds in (1, 2, 3):
            graph(torch.from_numpy(waveforms(4, seconds * 16_000)))
    return graph.eval()


NARROW = {"n_labels": 5, "widths": (16, 16, 16, 16, 16), "pool_width": 16}


def picture_graph() -> torch.nn.Module:
    torch.manual_seed(0)
    return exercised(EmotionGraph(residual_cnn.build(**NARROW), TEMPERATURE))


def emotion_graph() -> torch.nn.Module:
    torch.manual_seed(0)
    return exercised(EmotionGraph(two_views.build(**NARROW, hidden=(32, 16)), TEMPERATURE))


def speech_graph() -> torch.nn.Module:
    torch.manual_seed(0)
    return exercised(SpeechGraph(speech_net.build(width=16)))


GRAPHS = {"picture": picture_graph, "emotion": emotion_graph, "speech": speech_graph}


@pytest.fixture(scope="module")
def exported() -> dict[str, tuple[torch.nn.Module, bytes]]:
    return {kind: (graph := build(), to_onnx(graph)) for kind, build in GRAPHS.items()}


def open_session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def waveforms(batch: int, n_samples: int) -> np.ndarray:
    rng = np.random.default_rng(batch * n_samples)
    time = np.arange(n_samples) / 16_000
    tones = 0.3 * np.sin(2 * np.pi * rng.uniform(80, 400, (batch, 1)) * time)
    return (tones + rng.normal(0.0, 0.03, (batch, n_samples))).astype(np.float32)


@pytest.mark.parametrize("n_samples", LENGTHS)
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("kind", GRAPHS)
def test_onnxruntime_equals_torch(exported, kind, batch, n_samples):
    graph, model = exported[kind]
    x = waveforms(batch, n_samples)
    with torch.no_grad():
        expected = graph(torch.from_numpy(x)).numpy()
    (exact,) = open_session(trace(graph)).run(["probabilities"], {"waveform": x})
    (stored,) = open_session(model).run(["probabilities"], {"waveform": x})
    assert exact.dtype == stored.dtype == np.float32
    np.testing.assert_allclose(exact, expected, atol=SLACK[kind])
    np.testing.assert_allclose(stored, exact, atol=HALF)


def test_probabilities_sum_to_one_and_are_cooled_by_the_temperature(exported):
    graph, model = exported["emotion"]
    x = waveforms(3, 16_000)
    (heard,) = open_session(model).run(None, {"waveform": x})
    # The same, step by step, from the plain NumPy front end.
    views = [np.hstack([log_mel.extract(row, 16_000), periodicity.extract(row, 16_000)]) for row in x]
    with torch.no_grad():
        logits = graph.network(torch.from_numpy(np.stack(views))).numpy().astype(np.float64)
    powers = np.exp(logits / TEMPERATURE)
    assert heard.shape == (3, 5)
    np.testing.assert_allclose(heard, powers / powers.sum(axis=1, keepdims=True), atol=HALF)
    np.testing.assert_allclose(heard.sum(axis=1), 1.0, atol=1e-5)


def test_speech_is_one_probability_every_32_ms(exported):
    (heard,) = open_session(exported["speech"][1]).run(None, {"waveform": waveforms(2, 48_000)})
    assert heard.shape == (2, (log_mel.n_frames(48_000) + 1) // 2)
    assert ((heard >= 0) & (heard <= 1)).all()


@pytest.mark.parametrize("n_samples", [512, 8_000, 33_333])
def test_the_front_end_in_a_graph_equals_numpy(n_samples):
    x = waveforms(2, n_samples)
    (heard,) = open_session(to_onnx(LogMel())).run(None, {"waveform": x})
    expected = np.stack([log_mel.extract(row, 16_000) for row in x])
    np.testing.assert_allclose(heard, expected, atol=0.02)


@pytest.mark.parametrize("kind", GRAPHS)
def test_same_weights_same_bytes(exported, kind):
    assert to_onnx(exported[kind][0]) == exported[kind][1]
    assert to_onnx(GRAPHS[kind]()) == exported[kind][1]


def test_export_leaves_dropout_and_batch_statistics_out(exported):
    graph, model = emotion_graph(), exported["emotion"][1]
    graph.train()
    assert to_onnx(graph) == model


@pytest.mark.parametrize("kind", GRAPHS)
def test_graph_is_sound_and_free_in_batch_and_length(exported, kind):
    model = onnx.load_model_from_string(exported[kind][1])
    onnx.checker.check_model(model, full_check=True)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", OPSET)]
    (waveform,) = model.graph.input
    assert waveform.name == "waveform"
    assert [d.dim_param for d in waveform.type.tensor_type.shape.dim] == ["batch", "samples"]
    assert [node.name for node in model.graph.output] == ["probabilities"]
    assert not any(tensor.external_data for tensor in model.graph.initializer)


@torch.no_grad()
def test_quiet_recordings_are_heard_as_their_louder_copies():
    graph, loud = emotion_graph(), torch.from_numpy(waveforms(2, 32_000))
    heard = graph(loud)
    torch.testing.assert_close(graph(0.003 * loud), graph(0.01 * loud), atol=1e-5, rtol=0)
    torch.testing.assert_close(graph(0.01 * loud), heard, atol=5e-3, rtol=0)
    assert graph(torch.zeros(1, 16_000)).isfinite().all()


@pytest.fixture(scope="module")
def hearing() -> tuple[torch.nn.Module, bytes]:
    """The default's network, untrained, and its graph with the speech encoder before it."""
    torch.manual_seed(0)
    network = statistics_mlp.build(n_labels=9, ears=1, encoder=True, frame_step=2)
    with torch.no_grad():
        network.standardise.deviation.fill_(20.0)
        network.share.fill_(0.7)
    graph = EmotionGraph(network, TEMPERATURE).eval()
    return graph, to_onnx(graph)


@pytest.mark.parametrize("n_samples", LENGTHS)
def test_the_speech_encoder_stands_in_the_graph(hearing, n_samples):
    graph, model = hearing
    x = waveforms(3, n_samples)
    encoded = torch.from_numpy(np.stack([speech_encoder.hear(row) for row in x]))
    with torch.no_grad():
        expected = graph(torch.from_numpy(x), encoded).numpy()
        deaf = graph(torch.from_numpy(x), torch.zeros_like(encoded)).numpy()
    (heard,) = open_session(model).run(None, {"waveform": x})
    np.testing.assert_allclose(heard, expected, atol=5e-4)
    assert np.abs(heard - deaf).max() > 1e-3


def test_a_graph_with_the_speech_encoder_is_sound_small_and_holds_its_licence(hearing):
    graph, model = hearing
    assert len(model) < 8_000_000
    assert to_onnx(graph) == model
    scan_model(model)
    proto = onnx.load_model_from_string(model)
    onnx.checker.check_model(proto, full_check=True)
    assert [given.name for given in proto.graph.input] == ["waveform"]
    assert [(entry.domain, entry.version) for entry in proto.opset_import] == [("", OPSET)]
    assert "MIT License" in proto.doc_string


def test_large_matrices_are_stored_in_8_bits_with_a_scale_for_each_column():
    rng = np.random.default_rng(0)
    weights = (rng.normal(0.0, 1.0, (1024, 256)) * np.geomspace(1e-4, 1e2, 256)).astype(np.float32)
    small = weights[:100]
    rounded = onnx.load_model_from_string(round_matrices(model_of(weights, small, weights), keep={"w2"}))
    stored = {tensor.name: tensor for tensor in rounded.graph.initializer}
    assert set(stored) == {"w0.codes", "w0.scale", "w1", "w2"}
    assert (stored["w0.codes"].data_type, stored["w1"].data_type) == (TensorProto.INT8, TensorProto.FLOAT)
    again = numpy_helper.to_array(stored["w0.codes"]) * numpy_helper.to_array(stored["w0.scale"])
    # Half a step of 127 to the largest of the column.
    assert (np.abs(again - weights) <= np.abs(weights).max(axis=0) / 253.9).all()
    onnx.checker.check_model(rounded, full_check=True)
    a, b = (
        open_session(model).run(None, {"waveform": np.ones((1, 1), np.float32)})[0]
        for model in (rounded.SerializeToString(), model_of(again, small, weights))
    )
    np.testing.assert_allclose(a, b, rtol=1e-4)


def test_the_network_of_two_views_makes_less_than_eight_megabytes():
    assert len(to_onnx(EmotionGraph(two_views.build(n_labels=9), 1.0))) < 8_000_000


def model_of(*weights: np.ndarray) -> bytes:
    """A graph that multiplies the waveform by the sums of its weights."""
    tensors = [numpy_helper.from_array(array, f"w{place}") for place, array in enumerate(weights)]
    nodes, name = [], "waveform"
    for tensor in tensors:
        nodes.append(helper.make_node("ReduceSum", [tensor.name], [f"{tensor.name}.sum"], keepdims=0))
        nodes.append(helper.make_node("Mul", [name, f"{tensor.name}.sum"], [f"{tensor.name}.out"]))
        name = f"{tensor.name}.out"
    nodes.append(helper.make_node("Identity", [name], ["probabilities"]))
    ends = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", "samples"])
        for n in ("waveform", "probabilities")
    ]
    graph = helper.make_graph(nodes, "tiny", ends[:1], ends[1:], tensors)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    made.ir_version = 8
    return made.SerializeToString()


def stored_types(model: bytes) -> dict[str, int]:
    return {t.name: t.data_type for t in onnx.load_model_from_string(model).graph.initializer}


def test_large_weights_are_stored_in_16_bits_and_what_was_not_learnt_in_32(exported):
    for graph, model in exported.values():
        proto = onnx.load_model_from_string(model)
        tensors = {tensor.name: tensor for tensor in proto.graph.initializer}
        constants = dict(graph.named_buffers())
        kept = {name for name in constants if name in tensors}
        assert {name.rpartition(".")[2] for name in kept} >= {"cosine", "sine", "filters"}
        for name in kept:
            np.testing.assert_array_equal(numpy_helper.to_array(tensors[name]), constants[name].numpy())
        large = [
            tensor
            for name, tensor in tensors.items()
            if name not in kept and np.prod(tensor.dims) * 4 > HALVED_ABOVE_BYTES
        ]
        assert large
        assert {tensor.data_type for tensor in large} == {TensorProto.FLOAT16}
        casts = [node for node in proto.graph.node if node.op_type == "Cast" and node.input[0].endswith(".half")]
        assert [node.input[0] for node in casts] == [tensor.name for tensor in large]


@pytest.mark.parametrize("kind", GRAPHS)
def test_a_graph_of_halves_is_smaller_and_taken_by_the_scanner(exported, kind):
    graph, model = exported[kind]
    n_halved = sum(
        2 * np.prod(t.dims)
        for t in onnx.load_model_from_string(model).graph.initializer
        if t.data_type == TensorProto.FLOAT16
    )
    # A cast and a longer name per weight.
    assert len(trace(graph)) - n_halved <= len(model) <= len(trace(graph)) - n_halved + 5_000
    scan_model(model)


def test_the_runtime_casts_once_and_not_in_every_run(exported, tmp_path):
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    onnxruntime.InferenceSession(exported["emotion"][1], options, providers=["CPUExecutionProvider"])
    left = onnx.load(tmp_path / "optimised.onnx").graph
    assert TensorProto.FLOAT16 not in {tensor.data_type for tensor in left.initializer}
    assert not [node for node in left.node if any(name.endswith(".half") for name in node.input)]


def test_halving_again_changes_nothing(exported):
    for graph, model in exported.values():
        assert halve_weights(model, {name for name, _ in graph.named_buffers()}) == model


@given(
    arrays(
        np.float32,
        st.integers(1, 2_000),
        elements=st.floats(-(2.0**40), 2.0**40, width=32),
        fill=st.floats(-1, 1, width=32),
    )
)
def test_any_weights_are_kept_to_eleven_bits(weights):
    model = halve_weights(model_of(weights))
    proto = onnx.load_model_from_string(model)
    onnx.checker.check_model(proto)
    (stored,) = (numpy_helper.to_array(t) for t in proto.graph.initializer if t.name.startswith("w0"))
    if weights.nbytes <= HALVED_ABOVE_BYTES or np.abs(weights).max() >= 65_520:
        assert stored.dtype == np.float32
    assert np.abs(stored.astype(np.float64) - weights).max() <= 2.0**-11 * np.abs(weights).max()


def test_only_large_numbers_that_16_bits_can_hold_are_halved():
    rng = np.random.default_rng(0)
    ones, small = np.ones(1_025, np.float32), np.ones(1_024, np.float32)
    huge, tiny = ones * 1e5, rng.normal(0.0, 1e-9, 2_000).astype(np.float32)
    whole = np.arange(2_000, dtype=np.int64)
    half, full = TensorProto.FLOAT16, TensorProto.FLOAT
    types = stored_types(halve_weights(model_of(ones, small, huge, tiny, ones), keep={"w4"}))
    assert types == {"w0.half": half, "w1": full, "w2": full, "w3": full, "w4": full}
    assert stored_types(halve_weights(model_of(whole))) == {"w0": TensorProto.INT64}


def test_a_weight_is_rounded_to_the_nearest_of_16_bits():
    third = np.full(2_000, 1 / 3, np.float32)
    (heard,) = open_session(halve_weights(model_of(third))).run(None, {"waveform": np.ones((1, 1), np.float32)})
    assert heard == pytest.approx(2_000 * 1365 / 4096, rel=1e-6)


def test_silence_gives_numbers(exported):
    for _, model in exported.values():
        (heard,) = open_session(model).run(None, {"waveform": np.zeros((1, 8_000), np.float32)})
        assert np.isfinite(heard).all()
