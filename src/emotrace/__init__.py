"""Hear emotion in speech: from any recording to an honest, calibrated emotion timeline.

>>> import emotrace
>>> recogniser = emotrace.load()
>>> recogniser.labels[:3]
('neutral', 'happiness', 'sadness')
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "EmotraceError": "errors",
    "Prediction": "types",
    "Recording": "types",
    "Segment": "types",
    "Timeline": "types",
    "Utterance": "types",
    "Bundle": "bundle",
    "load_bundle": "bundle",
    "read_manifest": "manifest",
    "write_manifest": "manifest",
    "Engine": "hear.engine",
    "Recogniser": "hear.recognizer",
    "load": "hear.recognizer",
}

__all__ = ["__version__", *_HOMES]

if TYPE_CHECKING:
    from emotrace.bundle import Bundle as Bundle
    from emotrace.bundle import load_bundle as load_bundle
    from emotrace.errors import EmotraceError as EmotraceError
    from emotrace.hear.engine import Engine as Engine
    from emotrace.hear.recognizer import Recogniser as Recogniser
    from emotrace.hear.recognizer import load as load
    from emotrace.manifest import read_manifest as read_manifest
    from emotrace.manifest import write_manifest as write_manifest
    from emotrace.types import Prediction as Prediction
    from emotrace.types import Recording as Recording
    from emotrace.types import Segment as Segment
    from emotrace.types import Timeline as Timeline
    from emotrace.types import Utterance as Utterance


def __getattr__(name: str) -> Any:
    # Names are imported when first used, so that `import emotrace` costs next to nothing.
    if name not in _HOMES:
        raise AttributeError(f"module 'emotrace' has no attribute '{name}'")
    return getattr(importlib.import_module(f"emotrace.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
