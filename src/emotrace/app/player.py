"""What a page needs to play a recording and draw its waveform, made by a worker: no decoder runs in here."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from emotrace.app.desk import Desk
from emotrace.app.saying import HELD_AGAINST, trouble

_SUFFIXES = {"audio/mpeg": ".mp3", "audio/flac": ".flac"}


class Player(NamedTuple):
    """A recording to be played.

    Attributes
    ----------
    audio
        A small copy, all channels mixed; None where it is too long to be played.
    n_channels
        Of the recording itself.
    peaks
        Highest absolute sample of each of many equal stretches, 0 to 1, by channel: ``mix``, ``0``, ``1`` ...
    """

    audio: Path | None
    n_channels: int
    peaks: Mapping[str, Sequence[float]]


async def make_player(
    desk: Desk, recording: Path, folder: Path, on_read: Callable[[float], None] | None = None
) -> Player:
    """Make the player of a recording; its small copy is written into ``folder``.

    Raises
    ------
    gradio.Error
        With the one line that says what is wrong and what to do.
    """
    job = {"task": "player", "name": recording.name, "request_id": secrets.token_hex(8)}
    service = desk.service
    try:
        with service.requests.acquire(), recording.open("rb") as file:
            answer = await service.workers.run(job, file.fileno(), on_read)
    except HELD_AGAINST as error:
        raise trouble(error) from None
    line, _, sound = answer.body.partition(b"\n")
    head = json.loads(line)
    audio = folder / f"player{_SUFFIXES[head['media_type']]}" if sound else None
    if audio is not None:
        audio.write_bytes(sound)
    return Player(audio, head["n_channels"], head["peaks"])
