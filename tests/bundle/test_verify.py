from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import helper
from tests.tiny_bundles import (
    emotion_card,
    emotion_model,
    graph_bytes,
    make_emotion_bundle,
    make_features_bundle,
    make_speech_bundle,
    write_unchecked,
)

from emotrace.bundle import verify_bundle
from emotrace.bundle.verify import CHECKS
from emotrace.features._front_end import describe_front_end


@pytest.mark.parametrize("make", [make_emotion_bundle, make_speech_bundle, make_features_bundle])
@pytest.mark.parametrize("name", ["m", "m.zip"])
def test_sound_bundle_passes_every_check(tmp_path: Path, make: type[make_emotion_bundle], name: str) -> None:
    checks = verify_bundle(make(tmp_path / name).path)
    assert [check.check for check in checks] == list(CHECKS)
    assert all(check.passed for check in checks)
    assert all(check.detail.isprintable() and check.detail for check in checks)


def foreign_operator() -> bytes:
    return graph_bytes([helper.make_node("Foo", ["waveform"], ["probabilities"], domain="x.y")], {}, None)


def throw_dice() -> bytes:
    """A graph that judges at random."""
    nodes = [
        helper.make_node("ReduceMean", ["waveform"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("MatMul", ["mean", "row"], ["zeros"]),
        helper.make_node("RandomUniformLike", ["zeros"], ["noise"]),
        helper.make_node("Softmax", ["noise"], ["probabilities"], axis=1),
    ]
    return graph_bytes(nodes, {"row": np.zeros((1, 4), np.float32)}, None)


@pytest.mark.parametrize(
    ("failed", "model", "detail"),
    [
        ("self-contained", foreign_operator(), r"operators of 'x.y'"),
        ("graph", emotion_model(5), r"gives 5 probabilities"),
        ("run", throw_dice(), r"judges the same 1600 samples differently each time"),
    ],
)
def test_bad_model_fails_its_check_and_ends_the_list(
    tmp_path: Path, failed: str, model: bytes, detail: str
) -> None:
    checks = verify_bundle(write_unchecked(tmp_path / "m", model))
    assert [check.check for check in checks] == list(CHECKS[: CHECKS.index(failed) + 1])
    assert [check.passed for check in checks] == [True] * (len(checks) - 1) + [False]
    assert detail in checks[-1].detail


def test_each_kind_of_damage_fails_its_check(tmp_path: Path) -> None:
    folder = make_emotion_bundle(tmp_path / "m").path
    card, model = (folder / "card.json").read_bytes(), (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(model[:-1])
    assert verify_bundle(folder)[-1][:2] == ("hash", False)
    (folder / "card.json").write_bytes(card[:-3])
    assert verify_bundle(folder)[-1][:2] == ("card", False)
    (folder / "x.py").touch()
    assert verify_bundle(folder)[-1][:2] == ("files", False)
    assert verify_bundle(tmp_path / "none")[-1][:2] == ("files", False)
    assert verify_bundle("")[-1][:2] == ("found", False)


def test_minimum_that_the_graph_does_not_take_fails_the_run(tmp_path: Path) -> None:
    """The card promises 0.1 s, the graph takes whole half seconds."""
    nodes = [
        helper.make_node("Reshape", ["waveform", "shape"], ["halves"]),
        helper.make_node("ReduceMean", ["halves"], ["mean"], axes=[2], keepdims=0),
        helper.make_node("ReduceMean", ["mean"], ["level"], axes=[1], keepdims=1),
        helper.make_node("MatMul", ["level", "row"], ["zeros"]),
        helper.make_node("Softmax", ["zeros"], ["probabilities"], axis=1),
    ]
    constants = {"shape": np.array([0, -1, 8000]), "row": np.zeros((1, 4), np.float32)}
    folder = write_unchecked(tmp_path / "m", graph_bytes(nodes, constants, None), emotion_card())
    last = verify_bundle(folder)[-1]
    assert last[:2] == ("run", False)
    passing = emotion_card(minimum_seconds=0.5)
    assert verify_bundle(write_unchecked(tmp_path / "n", (folder / "model.onnx").read_bytes(), passing))[-1].passed


def test_model_of_features_is_run_on_features(tmp_path: Path) -> None:
    details = {check.check: check.detail for check in verify_bundle(make_features_bundle(tmp_path / "m").path)}
    assert details["graph"] == "'features' (batch, 20) to 'probabilities' as the card says"
    assert details["run"] == "zeros and noise in place of the features 'mfcc20' give probabilities"
    assert details["card"].endswith("format version 2")


def test_model_of_features_that_throws_dice(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("RandomNormalLike", ["features"], ["noise"]),
        helper.make_node("Softmax", ["noise"], ["probabilities"], axis=1),
    ]
    model = graph_bytes(nodes, {}, None, input_shape=("batch", "n"), input_name="features")
    facts = {**describe_front_end("mfcc20"), "shape": [4]}
    last = verify_bundle(write_unchecked(tmp_path / "m", model, emotion_card(features=facts)))[-1]
    assert (last.check, last.passed) == ("run", False)
    assert "judges the same features differently each time" in last.detail
