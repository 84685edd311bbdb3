"""The option ``--baseline``: a recording of how a person sounds when nothing is the matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emotrace.cli._output import tell

if TYPE_CHECKING:
    from emotrace.hear.recognizer import Recogniser


def adapt(recogniser: Recogniser, file: str | None) -> Recogniser:
    """Give the recogniser that knows the voice in ``file``, and say how much was heard; without one, itself."""
    if file is None:
        return recogniser
    adapted = recogniser.adapt(file)
    assert adapted.baseline is not None
    tell(f"baseline: {adapted.baseline.speech_seconds:.1f} s of speech in {file}")
    return adapted
