from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from emotrace.features import log_mel
from emotrace.learn.models import residual_cnn, speech_net
from emotrace.learn.models._front_end import LogMel
from emotrace.learn.training.export import OPSET, EmotionGraph, SpeechGraph, to_onnx

TEMPERATURE = 1.7
LENGTHS = [8_000, 8_191, 16_000, 48_000, 50_001, 160_000]


def exercised(network: torch.nn.Module) -> torch.nn.Module:
    """Let the norms see some data, so that they are not the identity."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for _ in range(3):
            network(-40.0 + 15.0 * torch.randn(4, 60, 64, generator=generator))
    return network.eval()


def emotion_graph() -> EmotionGraph:
    torch.manual_seed(0)
    network = residual_cnn.build(n_labels=5, widths=(16, 16, 16, 16, 16), pool_width=16)
    return EmotionGraph(exercised(network), TEMPERATURE).eval()


def speech_graph() -> SpeechGraph:
    torch.manual_seed(0)
    return SpeechGraph(exercised(speech_net.build(width=16))).eval()


@pytest.fixture(scope="module")
def exported() -> dict[str, tuple[torch.nn.Module, bytes]]:
    return {"emotion": (g := emotion_graph(), to_onnx(g)), "speech": (h := speech_graph(), to_onnx(h))}


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
@pytest.mark.parametrize("kind", ["emotion", "speech"])
def test_onnxruntime_equals_torch(exported, kind, batch, n_samples):
    graph, model = exported[kind]
    x = waveforms(batch, n_samples)
    with torch.no_grad():
        expected = graph(torch.from_numpy(x)).numpy()
    (given,) = open_session(model).run(["probabilities"], {"waveform": x})
    assert given.dtype == np.float32
    np.testing.assert_allclose(given, expected, atol=1e-4)


def test_probabilities_sum_to_one_and_are_cooled_by_the_temperature(exported):
    graph, model = exported["emotion"]
    x = waveforms(3, 16_000)
    (given,) = open_session(model).run(None, {"waveform": x})
    # The same, step by step, from the plain NumPy front end.
    mels = np.stack([log_mel.extract(row, 16_000) for row in x])
    with torch.no_grad():
        logits = graph.network(torch.from_numpy(mels)).numpy().astype(np.float64)
    powers = np.exp(logits / TEMPERATURE)
    assert given.shape == (3, 5)
    np.testing.assert_allclose(given, powers / powers.sum(axis=1, keepdims=True), atol=1e-3)
    np.testing.assert_allclose(given.sum(axis=1), 1.0, atol=1e-5)


def test_speech_is_one_probability_every_32_ms(exported):
    (given,) = open_session(exported["speech"][1]).run(None, {"waveform": waveforms(2, 48_000)})
    assert given.shape == (2, (log_mel.n_frames(48_000) + 1) // 2)
    assert ((given >= 0) & (given <= 1)).all()


@pytest.mark.parametrize("n_samples", [512, 8_000, 33_333])
def test_the_front_end_in_a_graph_equals_numpy(n_samples):
    x = waveforms(2, n_samples)
    (given,) = open_session(to_onnx(LogMel())).run(None, {"waveform": x})
    expected = np.stack([log_mel.extract(row, 16_000) for row in x])
    np.testing.assert_allclose(given, expected, atol=0.02)


@pytest.mark.parametrize("kind", ["emotion", "speech"])
def test_same_weights_same_bytes(exported, kind):
    build = {"emotion": emotion_graph, "speech": speech_graph}[kind]
    assert to_onnx(exported[kind][0]) == exported[kind][1]
    assert to_onnx(build()) == exported[kind][1]


def test_export_leaves_dropout_and_batch_statistics_out(exported):
    graph, model = emotion_graph(), exported["emotion"][1]
    graph.train()
    assert to_onnx(graph) == model


@pytest.mark.parametrize("kind", ["emotion", "speech"])
def test_graph_is_sound_and_free_in_batch_and_length(exported, kind):
    model = onnx.load_model_from_string(exported[kind][1])
    onnx.checker.check_model(model, full_check=True)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", OPSET)]
    (waveform,) = model.graph.input
    assert waveform.name == "waveform"
    assert [d.dim_param for d in waveform.type.tensor_type.shape.dim] == ["batch", "samples"]
    assert [node.name for node in model.graph.output] == ["probabilities"]
    assert not any(tensor.external_data for tensor in model.graph.initializer)


def test_the_default_network_makes_less_than_five_megabytes():
    assert len(to_onnx(EmotionGraph(residual_cnn.build(n_labels=9), 1.0))) < 5_000_000


def test_silence_gives_numbers(exported):
    for _, model in exported.values():
        (given,) = open_session(model).run(None, {"waveform": np.zeros((1, 8_000), np.float32)})
        assert np.isfinite(given).all()
