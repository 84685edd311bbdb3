"""What `emotrace avatar` writes: a live line for people, JSON lines or lines of text for programs and logs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from types import TracebackType
from typing import TextIO

from rich.live import Live
from rich.text import Text

from emotrace.avatar.sender import Message
from emotrace.avatar.state import Pose
from emotrace.reports._clock import clock
from emotrace.reports._look import LABEL_WIDTH, Look, percent, styled
from emotrace.reports._records import to_json

_REDRAW_SECONDS = 0.08


class JsonFrames(nullcontext[None]):
    """One JSON record for each frame sent: the pose, and what was sent of it."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def show(self, pose: Pose, messages: Sequence[Message]) -> None:
        """Write the frame and flush, unless there is nothing in it."""
        if not messages:
            return
        sent = [[message.address, *map(_rounded, message.arguments)] for message in messages]
        self._stream.write(to_json({**pose.to_dict(), "sent": sent}, self._stream) + "\n")
        self._stream.flush()


class PlainChanges(nullcontext[None]):
    """One line whenever the avatar shows another emotion."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream, self._look, self._shown = stream, Look(stream), ""

    def show(self, pose: Pose, _: Sequence[Message]) -> None:
        """Write a line if the emotion has changed."""
        if pose.emotion != self._shown:
            self._shown = pose.emotion
            line = styled(f"{clock(pose.time, 1):>8}   ", "dim")
            self._look.print(line.append_text(_label(self._look, pose)).append(_facts(pose)))
            self._stream.flush()


class LiveLine:
    """One line that is drawn anew some ten times a second.

    Parameters
    ----------
    look
        The terminal.
    target
        Where is sent to, for people; None where nothing is sent.
    """

    def __init__(self, look: Look, target: str | None) -> None:
        self._look = look
        self._target = None if target is None else look.name(target)
        self._live = Live(console=look.console, auto_refresh=False, transient=True)
        self._drawn_at = -_REDRAW_SECONDS
        self._n_sent = 0

    def __enter__(self) -> None:
        self._live.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
        if kind is None and self._target is not None:
            self._look.print(f"{self._n_sent} values sent to {self._target}, neutral the last")

    def show(self, pose: Pose, messages: Sequence[Message]) -> None:
        """Draw the pose if it is time to."""
        self._n_sent += len(messages)
        if pose.time - self._drawn_at >= _REDRAW_SECONDS:
            self._drawn_at = pose.time
            self._live.update(self.draw(pose, self._look.console.width), refresh=True)

    def draw(self, pose: Pose, width: int) -> Text:
        """Draw one line of at most ``width`` columns."""
        look = self._look
        mark = ("*" if look.is_ascii else "●") if pose.is_speaking else " "
        line = Text(f" {clock(pose.time, 0):>7} {mark} ", no_wrap=True, overflow="crop", end="")
        line.append_text(_label(look, pose)).append_text(blend(look, pose, look.bar_width))
        line.append(_facts(pose))
        if self._target is not None:
            line.append(f"   {self._n_sent} {'to' if look.is_ascii else '→'} {self._target}", style="dim")
        line.truncate(width - 1)
        return line


def blend(look: Look, pose: Pose, n_cells: int) -> Text:
    """Draw the weights side by side, heaviest first; neutral is the room that is left."""
    felt = {emotion: w for emotion, w in pose.weights.items() if emotion != "neutral"}
    line, filled, total = Text(), 0, 0.0
    for emotion in sorted(felt, key=lambda emotion: -felt[emotion]):
        total += felt[emotion]
        n_new = min(round(total * n_cells), n_cells) - filled
        for _ in range(n_new):
            line.append_text(look.cell(emotion))
        filled += n_new
    return line.append_text(styled(("." if look.is_ascii else "·") * (n_cells - filled), "dim"))


def _label(look: Look, pose: Pose) -> Text:
    return styled(pose.emotion.ljust(LABEL_WIDTH), f"bold {look.style(pose.emotion)}")


def _facts(pose: Pose) -> str:
    # Nothing is "-0.00".
    valence, arousal = round(pose.valence, 2) + 0.0, round(pose.arousal, 2) + 0.0
    return f" {percent(pose.intensity):>5}   valence {valence:+.2f}   arousal {arousal:+.2f}"


def _rounded(value: bool | int | float | str) -> bool | int | float | str:
    return round(value, 4) if isinstance(value, float) else value
