"""HTML: the report of a call as one page, with the recording to be played and its waveform."""

from __future__ import annotations

from typing import TextIO

from emotrace.audio.limits import DEFAULT_LIMITS, Limits
from emotrace.calls import pages
from emotrace.calls.call import Call
from emotrace.calls.player import make_player_audio

SUFFIX = ".html"


def write_call(call: Call, stream: TextIO, has_audio: bool = True, limits: Limits = DEFAULT_LIMITS) -> None:
    """Write the page of a call; the recording, ``call.file``, is read once more for its waveform and its sound.

    Without ``has_audio`` the page shows the waveform and plays nothing: no voice is in it.
    """
    parties = {party.party: party.channel for party in call.parties}
    player = make_player_audio(call.file, parties, limits, has_audio)
    pages.write_call(call.to_dict(), stream, *player)
