"""The speech encoder as it is shipped: what the perceptrons learn from."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from emotrace.bundle.onnx_scan import scan_model
from emotrace.features import speech_encoder as encoder
from emotrace.features._feature_set import load_feature_set

RATE = 16_000


def talk(seconds: float = 1.5, hz: float = 140.0, seed: int = 0) -> NDArray[np.float32]:
    """Make syllables of a buzz: as far as code comes to a voice."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    buzz = sum(np.sin(2.0 * np.pi * k * hz * time) / k for k in range(1, 20))
    return (0.1 * buzz * (0.6 + 0.4 * np.sin(2.0 * np.pi * 4.0 * time)) + rng.normal(0, 1e-3, time.size)).astype(
        np.float32
    )


def distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """How far two recordings are from one another, by what is heard of them, against how far two voices are."""
    usual = np.abs(encoder.hear(talk()) - encoder.hear(talk(hz=260.0, seed=5)))
    return float((np.abs(encoder.hear(one) - encoder.hear(other)) / (usual + 0.1)).mean())


def test_is_data_with_its_licence_in_it():
    model = encoder.read_model()
    scan_model(model)
    proto = onnx.load_model_from_string(model)
    onnx.checker.check_model(proto, full_check=True)
    licence = encoder.MODEL.with_name("LICENSE").read_text("utf-8")
    assert licence in proto.doc_string
    assert "Permission is hereby granted, free of charge" in licence
    assert [(entry.domain, entry.version) for entry in proto.opset_import] == [("", 17)]
    assert len(model) < 6_500_000


def test_columns_are_rounded_before_they_are_put_together_to_frames():
    graph = onnx.load_model_from_string(encoder.read_model()).graph
    made_by = {output: node.op_type for node in graph.node for output in node.output}
    rounded = [made_by[node.input[0]] for node in graph.node if node.op_type == "QuantizeLinear"]
    assert "Concat" not in rounded
    # The second convolution, and six products in each of four layers, of which three share what they take.
    assert len(rounded) == 1 + 4 * 4


@pytest.mark.parametrize("seconds", [0.1, 0.5, 3.0, 11.3])
def test_gives_a_list_of_numbers_whatever_the_length(seconds):
    heard = encoder.hear(talk(seconds))
    assert heard.shape == (encoder.N_STATISTICS,)
    assert heard.dtype == np.float32
    assert np.isfinite(heard).all()
    assert np.abs(heard).max() < 60_000  # is kept in 16 bits


def test_silence_gives_numbers():
    assert np.isfinite(encoder.hear(np.zeros(RATE, np.float32))).all()


def test_level_does_not_matter():
    assert distance(0.01 * talk(), talk()) < 0.02
    assert distance(5.0 * talk(), talk()) < 0.02


def test_another_voice_is_another_voice():
    assert distance(talk(), talk(hz=260.0, seed=5)) > 0.7


def test_each_of_a_batch_is_heard_as_if_it_were_alone():
    session = onnxruntime.InferenceSession(encoder.read_model(), providers=["CPUExecutionProvider"])
    batch = np.stack([talk(), 0.2 * talk(hz=220.0), np.random.default_rng(0).normal(0, 0.1, 24_000)])
    batch = batch.astype(np.float32)
    (together,) = session.run([encoder.OUTPUT], {encoder.INPUT: batch})
    for row, alone in zip(together, batch, strict=True):
        np.testing.assert_allclose(row, encoder.hear(alone), rtol=1e-4, atol=1e-4)


def test_is_known_by_its_bytes():
    assert encoder.data_fingerprint() == encoder.data_fingerprint()
    assert len(encoder.data_fingerprint()) == 16


def test_a_long_recording_is_heard_in_equal_stretches_of_at_most_half_a_minute():
    signal = talk(61.0)
    thirds = np.array_split(signal, 3)
    expected = np.mean([encoder.hear(third) for third in thirds], axis=0)
    np.testing.assert_allclose(encoder.extract(signal, RATE), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(encoder.extract(signal[: 30 * RATE], RATE), encoder.hear(signal[: 30 * RATE]))


@pytest.mark.parametrize(
    ("signal", "rate", "sentence"),
    [
        (talk(), 8_000, "speech-encoder is defined at 16000 Hz, got 8000 Hz"),
        (talk(0.05), RATE, "the speech encoder needs 0.1 s of sound, got 0.050 s"),
        (np.zeros(0, np.float32), RATE, "the signal holds no sample"),
        (np.full(RATE, np.nan, np.float32), RATE, "NaN or infinite: 16000 of 16000"),
        (np.zeros((2, RATE), np.float32), RATE, r"signal must have shape \(n_samples,\)"),
    ],
)
def test_says_what_it_cannot_hear(signal, rate, sentence):
    with pytest.raises(ValueError, match=sentence):
        encoder.extract(signal, rate)


def test_as_a_feature_set_it_names_its_weights_and_who_runs_them():
    found = load_feature_set("speech-encoder")
    assert (found.level, found.sampling_rate, len(found.names)) == ("functionals", RATE, 1_728)
    assert found.names[:289:288] == ("layer_2_001_mean", "layer_2_001_deviation")
    assert found.libraries == ("onnxruntime",)
    assert found.data_fingerprint() == encoder.data_fingerprint()
    means, deviations = found.extract(talk(), RATE)[:576].reshape(2, 288)
    assert (deviations > 0).all()
    assert (means < 0).any()
