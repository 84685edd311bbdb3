"""Who spoke when: turns of a call, read from diarisers' and transcription services' files, one format per file."""

from emotrace.calls.turns._read import read_turns
from emotrace.calls.turns._turn import Turn

__all__ = ["Turn", "read_turns"]
