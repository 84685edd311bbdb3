"""Speech that leaks from one channel into the other: echo and cross-talk, which are nobody's turn.

A frame of a channel is taken for a leak if the other channel has been at least 12 dB louder within the last 0.3 s
(as long as an echo is late), and the frame is also at least 9 dB quieter than the channel's own voice usually is.
The second keeps real words apart that are said into the louder voice of the other: they are as loud as that party
always is. Where a channel has no voice of its own, the first is enough.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emotrace.calls.activity import FRAME_SECONDS
from emotrace.calls.stretches import union, without
from emotrace.types import Segment

LOUDER_DB = 12.0
"""By how much the other channel must be louder."""

QUIETER_DB = 9.0
"""By how much a leak must be quieter than the party's own voice."""

_LATEST_ECHO_SECONDS = 0.3
_SHORTEST_SECONDS = 0.1
_BRIDGED_SECONDS = 0.25

Levels = NDArray[np.float32]


def find_crosstalk(speech: Sequence[Segment], own: Levels, other: Levels) -> list[Segment]:
    """Find the parts of a channel's speech that leak from the other channel.

    Parameters
    ----------
    speech
        The stretches in which the channel seems to speak.
    own, other
        Level of this and of the other channel in dBFS every 50 ms, shape (n_frames,).
    """
    is_speech = _frames_of(speech, own.size)
    is_drowned = is_speech & (own <= _recent_maximum(other) - LOUDER_DB)
    is_own = is_speech & ~is_drowned
    usual = float(np.median(own[is_own])) if is_own.any() else np.inf
    leaks = np.flatnonzero(is_drowned & (own <= usual - QUIETER_DB))
    return union(Segment(frame * FRAME_SECONDS, (frame + 1) * FRAME_SECONDS) for frame in leaks.tolist())


def own_speech(speech: Sequence[Segment], crosstalk: Sequence[Segment]) -> list[Segment]:
    """Give the stretches of speech that are left without the cross-talk.

    A dip between two syllables that drowns in the other's voice is bridged, and what is left of less than 0.1 s is
    cross-talk too.
    """
    kept = [stretch for stretch in without(speech, crosstalk) if stretch.duration >= _SHORTEST_SECONDS]
    return union(kept, gap=_BRIDGED_SECONDS)


def _frames_of(speech: Sequence[Segment], n_frames: int) -> NDArray[np.bool_]:
    frames = np.zeros(n_frames, dtype=bool)
    for stretch in speech:
        frames[int(stretch.start / FRAME_SECONDS) : int(np.ceil(stretch.end / FRAME_SECONDS))] = True
    return frames


def _recent_maximum(levels: Levels) -> Levels:
    """Give the loudest of each frame and the few before it."""
    n_before = round(_LATEST_ECHO_SECONDS / FRAME_SECONDS)
    padded = np.concatenate([np.full(n_before, -np.inf, dtype=levels.dtype), levels])
    recent: Levels = np.lib.stride_tricks.sliding_window_view(padded, n_before + 1).max(axis=1)
    return recent
