"""WhisperX (``--diarize --output_format json``), and what others write in the same shape.

``{"segments": [{"start": 0.5, "end": 2.1, "text": "...", "speaker": "SPEAKER_00", "words": [...]}], ...}``, times
in seconds. WhisperX gives no speaker to a segment in which the diariser heard nobody: such a segment is nobody's
turn and left out. The diarised JSON of OpenAI's transcription has the same shape.
"""

from __future__ import annotations

from emotrace.calls.turns._fields import objects, turn_of
from emotrace.calls.turns._transcript import Transcript
from emotrace.calls.turns._turn import Turn
from emotrace.errors import TurnsError

DESCRIPTION = "WhisperX JSON (segments with speaker)"


def is_format(transcript: Transcript) -> bool:
    """Say whether the document has segments."""
    return "segments" in transcript.object


def read(transcript: Transcript) -> list[Turn]:
    """Read one turn per segment."""
    pieces = list(objects(transcript.object["segments"], "segments"))
    turns = [turn_of(piece, where) for where, piece in pieces if piece.get("speaker") is not None]
    if pieces and not turns:
        raise TurnsError("none of its segments has a 'speaker'; run WhisperX with --diarize")
    return turns
