"""The package as a whole: a frozen public API, and an import that costs next to nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

import emotrace

HEAVY = {"torch", "sklearn", "pandas", "matplotlib", "librosa", "scipy"}


def test_the_public_api_is_frozen():
    assert emotrace.__all__ == [
        "__version__",
        "EmotraceError",
        "Prediction",
        "Recording",
        "Segment",
        "Timeline",
        "Utterance",
        "Bundle",
        "load_bundle",
        "read_manifest",
        "write_manifest",
        "Engine",
        "Recogniser",
        "load",
    ]
    assert all(getattr(emotrace, name) is not None for name in emotrace.__all__)
    assert set(emotrace.__all__) == set(dir(emotrace))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'emotrace' has no attribute 'lod'"):
        emotrace.lod  # noqa: B018


@pytest.mark.parametrize(
    ("code", "forbidden"),
    [
        ("import emotrace", HEAVY | {"numpy", "onnxruntime", "soundfile", "typer", "rich"}),
        ("import emotrace; emotrace.load(); emotrace.load_bundle", HEAVY | {"onnx", "typer", "rich", "av"}),
        ("from emotrace.cli import build_app; build_app()", HEAVY | {"onnx", "onnxruntime", "av"}),
    ],
)
def test_imports_bring_in_no_more_than_they_need(code, forbidden):
    listing = f"import sys\n{code}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    result = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    assert not forbidden & set(result.stdout.split())
