"""From a recording that somebody gave to what is shown of it."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from emotrace.app.desk import Desk
from emotrace.app.downloads import write_downloads
from emotrace.app.examples import EXAMPLES, write_example
from emotrace.app.hearing import hear
from emotrace.app.player import Player, make_player
from emotrace.app.saying import trouble
from emotrace.app.views.analysis import Link, Shown, draw_analysis
from emotrace.reports.json import read_timelines

# Making the player takes about as long as hearing.
_PLAYER_SHARE = 0.45

Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class Given:
    """A recording that somebody gave, the folder of all that was made of it, and therein the files to be saved."""

    recording: Path
    folder: Path
    player: Player
    saved: Path | None = None

    def forget(self, now: Given | None = None) -> None:
        """Delete all of it; or only the files to be saved, where ``now`` is the same recording, heard anew."""
        if now is None or now.folder != self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        elif self.saved is not None and self.saved != now.saved:
            shutil.rmtree(self.saved, ignore_errors=True)


class Choice(NamedTuple):
    """How a recording is to be heard: by which model, between which labels, and which channel of it."""

    model: str
    labels: str
    channel: str


class Analysed(NamedTuple):
    """A recording and what is shown of it, and how it was heard: not every recording has the channel asked for."""

    given: Given
    drawn: str
    choice: Choice


async def open_given(desk: Desk, what: Any, tell: Tell) -> Given:
    """Take what the page gave: ``{"path": ...}`` of an upload, or ``{"example": ...}``.

    Raises
    ------
    gradio.Error
        If it is neither, or no recording.
    """
    folder = Path(tempfile.mkdtemp(prefix="analyse-", dir=desk.temporary))
    try:
        given = folder / "given"
        given.mkdir()
        recording = _take(desk, what if isinstance(what, dict) else {}, given)
        player = await make_player(
            desk, recording, folder, lambda share: tell("Reading the recording", _PLAYER_SHARE * share)
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Given(recording, folder, player)


async def analyse(desk: Desk, given: Given, choice: Choice, tell: Tell) -> Analysed:
    """Hear a recording, write what was heard into files to be saved, and draw it.

    Raises
    ------
    gradio.Error
        With the one line that says what is wrong and what to do.
    """
    if not given.recording.is_file():
        raise trouble("this recording is no longer kept here; give it once more")
    choice = choice._replace(channel=_possible_channel(choice.channel, given.player.n_channels))

    def tell_share(share: float) -> None:
        tell("Hearing the recording", _PLAYER_SHARE + (1 - _PLAYER_SHARE) * share)

    tell_share(0.0)
    channel: int | Literal["mix", "each"] = (
        choice.channel if choice.channel in ("mix", "each") else int(choice.channel)  # type: ignore[assignment]
    )
    heard = await hear(desk, str(given.recording), choice.model, choice.labels, channel, tell_share)
    saved = Path(tempfile.mkdtemp(prefix="saved-", dir=given.folder))
    drawn = await asyncio.to_thread(_show, given, saved, heard.document, heard.warnings)
    return Analysed(replace(given, saved=saved), drawn, choice)


def _take(desk: Desk, what: dict[str, Any], folder: Path) -> Path:
    """Put into ``folder`` what is meant; a page may ask for nothing but examples and what was uploaded."""
    if what.get("example") in EXAMPLES:
        return write_example(what["example"], folder)
    upload = Path(str(what.get("path", ""))).resolve()
    # Gradio lays an upload into a folder that is named after its content.
    is_upload = upload.parent.parent == desk.temporary.resolve() and re.fullmatch(
        "[0-9a-f]{64}", upload.parent.name
    )
    if not is_upload or not upload.is_file():
        raise trouble("the recording did not arrive; give it once more")
    # Others who gave the very same file have it at the same place: it is left to them, and to the hourly sweep.
    return Path(shutil.copyfile(upload, folder / upload.name))


def _possible_channel(channel: str, n_channels: int) -> str:
    return "mix" if channel.isdecimal() and int(channel) >= n_channels else channel


def _show(given: Given, saved: Path, document: dict[str, Any], warnings: tuple[str, ...]) -> str:
    timelines = read_timelines(document)
    links = [
        Link(_address(file.path), file.path.name, file.title, file.description)
        for file in write_downloads(timelines, given.recording.name, saved)
    ]
    player = given.player
    audio = None if player.audio is None else _address(player.audio)
    return draw_analysis(
        Shown(given.recording.name, timelines, player.n_channels, player.peaks, audio, warnings, links)
    )


def _address(path: Path) -> str:
    """Give where the page finds a file of the app's folder, seen from the page itself."""
    return f"gradio_api/file={quote(str(path))}"
