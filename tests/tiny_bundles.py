"""Small bundles for tests, made of a few ONNX operators: real graphs that judge by loudness alone.

Import it as ``from tests.tiny_bundles import make_emotion_bundle``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from emotrace.bundle import Bundle, Card, write_bundle
from emotrace.features._front_end import describe_front_end

LABELS = ("neutral", "happiness", "sadness", "anger")
SAMPLING_RATE = 16_000
FRAME_SECONDS = 0.02


def make_emotion_bundle(target: Path, labels: Sequence[str] = LABELS, **card: Any) -> Bundle:
    """Write a bundle of kind ``emotion`` to a folder or zip; ``card`` are values of its card.

    The louder the waveform, the later the most probable label stands in ``labels``: silence gives the
    first one, full scale the last one.
    """
    return write_bundle(target, emotion_card(labels, **card), emotion_model(len(labels)))


def make_speech_bundle(target: Path, **card: Any) -> Bundle:
    """Write a bundle of kind ``speech``: frames of 20 ms louder than 0.02 (mean magnitude) are speech."""
    return write_bundle(target, speech_card(**card), speech_model())


def make_sex_bundle(target: Path, **card: Any) -> Bundle:
    """Write a bundle of kind ``sex``: silence sounds female to it, full scale male."""
    return write_bundle(target, sex_card(**card), emotion_model(2))


def make_features_bundle(
    target: Path, feature_set: str = "mfcc20", trim_db: float | None = None, whole_clips: bool = True, **card: Any
) -> Bundle:
    """Write a bundle whose graph takes features: the greater the first one, the later the most probable label."""
    facts = describe_front_end(feature_set, trim_db, whole_clips)
    (n_features,) = facts["shape"]
    return write_bundle(target, emotion_card(features=facts, **card), features_model(n_features))


def emotion_card(labels: Sequence[str] = LABELS, **values: Any) -> Card:
    return Card(
        **{
            "name": "tiny-emotion",
            "kind": "emotion",
            "description": "Judges by loudness alone; for tests.",
            "labels": tuple(labels),
            "sampling_rate": SAMPLING_RATE,
            "window_seconds": 2.0,
            "hop_seconds": 0.5,
            "minimum_seconds": 0.1,
            "calibration": {"temperature": 1.0, "uncertain_below": 0.4},
            "licence": "CC0-1.0: free for any use",
            "created": "2025-01-31T12:00:00+00:00",
            "code_version": "0.1.0",
            **values,
        }
    )


def speech_card(**values: Any) -> Card:
    return Card(
        **{
            "name": "tiny-speech",
            "kind": "speech",
            "description": "Calls every loud frame speech; for tests.",
            "sampling_rate": SAMPLING_RATE,
            "window_seconds": 2.0,
            "hop_seconds": 1.0,
            "minimum_seconds": FRAME_SECONDS,
            "frame_seconds": FRAME_SECONDS,
            "licence": "CC0-1.0: free for any use",
            **values,
        }
    )


def sex_card(**values: Any) -> Card:
    facts = {"labels": ("female", "male"), "calibration": {"temperature": 1.0}}
    return emotion_card(**{"name": "tiny-sex", "kind": "sex", **facts, **values})


def emotion_model(n_labels: int = len(LABELS)) -> bytes:
    """``waveform`` (batch, samples) -> softmax over labels of -(mean magnitude - centre)^2."""
    centres = np.linspace(0.0, 0.6, n_labels, dtype=np.float32)
    # -(x - c)^2 up to a constant of x: 2 c x - c^2, scaled so that the nearest centre wins clearly.
    weight, bias = 100.0 * 2.0 * centres[None, :], -100.0 * centres**2
    nodes = [
        helper.make_node("Abs", ["waveform"], ["magnitude"]),
        helper.make_node("ReduceMean", ["magnitude"], ["loudness"], axes=[1], keepdims=1),
        helper.make_node("MatMul", ["loudness", "weight"], ["scores"]),
        helper.make_node("Add", ["scores", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    return graph_bytes(nodes, {"weight": weight, "bias": bias}, ["batch", n_labels])


def features_model(n_features: int | str | None, n_labels: int = len(LABELS)) -> bytes:
    """``features`` (batch, n_features) -> softmax over labels of -((first / 100 + 5) - place)^2."""
    places = np.arange(n_labels, dtype=np.float32)
    # MFCC 0 of silence is about -1100, of full scale about 0: it is brought to about 0 .. 4.
    nodes = [
        helper.make_node("Gather", ["features", "first"], ["value"], axis=1),
        helper.make_node("Div", ["value", "hundred"], ["small"]),
        helper.make_node("Add", ["small", "five"], ["place"]),
        helper.make_node("MatMul", ["place", "weight"], ["scores"]),
        helper.make_node("Add", ["scores", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    constants = {
        "first": np.array([0]),
        "hundred": np.float32(100.0),
        "five": np.float32(5.0),
        "weight": 2.0 * places[None, :],
        "bias": -(places**2),
    }
    return graph_bytes(
        nodes, constants, ["batch", n_labels], input_shape=("batch", n_features), input_name="features"
    )


def speech_model() -> bytes:
    """``waveform`` (batch, samples) -> sigmoid of loudness, in whole frames of 20 ms."""
    frame = round(FRAME_SECONDS * SAMPLING_RATE)
    nodes = [
        helper.make_node("Abs", ["waveform"], ["magnitude"]),
        helper.make_node("Unsqueeze", ["magnitude", "axis"], ["signal"]),
        helper.make_node("AveragePool", ["signal"], ["pooled"], kernel_shape=[frame], strides=[frame]),
        helper.make_node("Squeeze", ["pooled", "axis"], ["loudness"]),
        helper.make_node("Sub", ["loudness", "threshold"], ["excess"]),
        helper.make_node("Mul", ["excess", "gain"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["probabilities"]),
    ]
    constants = {"axis": np.array([1]), "threshold": np.float32(0.02), "gain": np.float32(1000.0)}
    return graph_bytes(nodes, constants, ["batch", "n_frames"])


def graph_bytes(
    nodes: Sequence[onnx.NodeProto],
    constants: dict[str, Any],
    output_shape: Sequence[int | str] | None,
    input_shape: Sequence[int | str] = ("batch", "samples"),
    input_name: str = "waveform",
    output_name: str = "probabilities",
    input_type: int = TensorProto.FLOAT,
    **model: Any,
) -> bytes:
    """Serialise a graph from one input to one output."""
    graph = helper.make_graph(
        list(nodes),
        "tiny",
        [helper.make_tensor_value_info(input_name, input_type, input_shape)],
        [helper.make_tensor_value_info(output_name, TensorProto.FLOAT, output_shape)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    # Old versions on purpose: every onnxruntime that emotrace allows can open them.
    settings = {"opset_imports": [helper.make_opsetid("", 17)], "ir_version": 8, **model}
    return bytes(helper.make_model(graph, **settings).SerializeToString())


def write_unchecked(folder: Path, model_bytes: bytes, card: Card | None = None) -> Path:
    """Write a folder that `write_bundle` may refuse, with a card that fits the model's bytes."""
    facts = {"sha256": hashlib.sha256(model_bytes).hexdigest(), "bytes": max(1, len(model_bytes))}
    card = replace(card or emotion_card(), files={"model.onnx": facts})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model_bytes)
    (folder / "card.json").write_bytes(card.to_json())
    return folder
