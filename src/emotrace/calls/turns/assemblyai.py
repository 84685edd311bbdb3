"""AssemblyAI's transcript object, made with ``speaker_labels`` or ``multichannel``.

``{"id": "...", "utterances": [{"speaker": "A", "start": 250, "end": 26950, "text": "...", "words": [...]}],
...}``, times in whole milliseconds.
"""

from __future__ import annotations

from emotrace.calls.turns._fields import describe, objects, turn_of
from emotrace.calls.turns._transcript import Transcript
from emotrace.calls.turns._turn import Turn
from emotrace.errors import TurnsError

DESCRIPTION = "AssemblyAI JSON (utterances)"


def is_format(transcript: Transcript) -> bool:
    """Say whether the document has utterances at the top, where no other format has them."""
    return "utterances" in transcript.object


def read(transcript: Transcript) -> list[Turn]:
    """Read one turn per utterance."""
    utterances = transcript.object["utterances"]
    if utterances is None:
        raise TurnsError("its 'utterances' are null; ask AssemblyAI for speaker_labels or multichannel")
    turns = []
    for where, piece in objects(utterances, "utterances"):
        for key in ("start", "end"):
            # Others write seconds in this shape: read as milliseconds, a call would shrink to nothing.
            if isinstance(piece.get(key), float):
                raise TurnsError(
                    f"{where}.{key} is {describe(piece[key])}; AssemblyAI's times are whole milliseconds. "
                    "Are these seconds? Rename 'utterances' to 'segments'"
                )
        turns.append(turn_of(piece, where, per_second=1000))
    return turns
