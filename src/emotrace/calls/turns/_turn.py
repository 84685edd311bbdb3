"""The record that all formats of turns are read into."""

from __future__ import annotations

from dataclasses import dataclass

from emotrace.types import Segment


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch in which one speaker of a call speaks.

    Attributes
    ----------
    segment
        When, in seconds from the start of the recording.
    speaker
        The file's own name for the speaker, such as ``SPEAKER_00``, ``A`` or ``CUSTOMER``.
    text
        What is said, on one line; None where the file does not tell.
    """

    segment: Segment
    speaker: str
    text: str | None = None
