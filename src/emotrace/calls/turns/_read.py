"""One door to all formats of turns: what a file is, is seen by its content."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from pathlib import Path
from typing import Protocol, cast

from emotrace.calls.turns._transcript import Transcript, open_transcript
from emotrace.calls.turns._turn import Turn
from emotrace.errors import TurnsError


class Format(Protocol):
    """What a module of this folder exports."""

    DESCRIPTION: str

    def is_format(self, transcript: Transcript) -> bool:
        """Say whether the file looks like this format; must not raise."""

    def read(self, transcript: Transcript) -> list[Turn]:
        """Read it; `TurnsError` names the place of what is wrong."""


def read_turns(path: str | Path, recording: str | Path | None = None) -> list[Turn]:
    """Read who spoke when from the file of a diariser or a transcription service.

    Known are RTTM and the JSON of WhisperX, AssemblyAI, Deepgram, Amazon Transcribe, Call Analytics and Contact
    Lens; which of them a file is, its content tells.

    Parameters
    ----------
    path
        The file: UTF-8, at most 32 MiB and 100,000 turns.
    recording
        Path or name of the recording whose turns are wanted, for an RTTM file that holds several.

    Returns
    -------
    list of Turn
        In order of time. Turns may overlap, and neighbours of one speaker are not joined. What has no length is
        left out.

    Raises
    ------
    TurnsError
        If the file cannot be read, is none of these formats, is damaged, or holds no turns or no speakers.
    """
    file = Path(path)
    try:
        transcript = open_transcript(file, None if recording is None else Path(recording).stem)
        turns = _find_format(transcript).read(transcript)
        heard = [turn for turn in turns if turn.segment.duration > 0.0]
        if not heard:
            raise TurnsError("holds no turns; give a file in which somebody speaks")
    except TurnsError as error:
        name = str(file)
        raise TurnsError(f"{name if name.isprintable() else ascii(name)}: {error}") from None
    return sorted(heard, key=lambda turn: (turn.segment, turn.speaker))


@lru_cache(maxsize=1)
def formats() -> tuple[Format, ...]:
    """Give all formats: the modules of this folder whose names do not start with an underscore."""
    folder = Path(__file__).parent
    names = sorted(info.name for info in pkgutil.iter_modules([str(folder)]) if not info.name.startswith("_"))
    return tuple(cast(Format, importlib.import_module(f"emotrace.calls.turns.{name}")) for name in names)


def _find_format(transcript: Transcript) -> Format:
    for known in formats():
        if known.is_format(transcript):
            return known
    descriptions = "; ".join(known.DESCRIPTION for known in formats())
    if transcript.json is None:
        first = ascii(transcript.text.strip().split("\n", 1)[0][:40])
        raise TurnsError(f"no known format of turns (it begins with {first}); allowed: {descriptions}")
    keys = ", ".join(ascii(key)[1:-1][:40] for key in list(transcript.object)[:8]) or "no keys at the top"
    raise TurnsError(f"JSON, but of no known transcript (it has: {keys}); allowed: {descriptions}")
