"""How emotions are drawn in a terminal: with or without colours, with or without letters beyond ASCII."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.text import Text

from emotrace.labels import COLOURS, EMOTIONS, NO_SPEECH
from emotrace.reports._text import heard_label, printable
from emotrace.types import Prediction

LABEL_WIDTH = max(len(emotion) for emotion in EMOTIONS) + 3

_LETTERS = dict(zip(EMOTIONS, "NCHSAFDUMZB", strict=True))
_WIDEST = 120


class Look:
    """A console and what it can show."""

    def __init__(self, stream: TextIO) -> None:
        self.console = Console(file=stream, markup=False, highlight=False, emoji=False)
        self.has_colours = self.console.color_system is not None and not self.console.no_color
        self.is_ascii = self.console.options.ascii_only
        self.width = min(self.console.width, _WIDEST)
        self.bar_width = max(8, min(self.width // 5, 24))

    def print(self, line: Text | str = "", style: str = "") -> None:
        """Print one line, without spaces at its end and without breaking or cutting it."""
        text = Text(line, style=style) if isinstance(line, str) else line
        text.rstrip()
        self.console.print(text, soft_wrap=True)

    def print_entries(self, entries: Sequence[Text], separator: str = "   ") -> None:
        """Print ``entries`` side by side, on further lines where they do not fit, never broken within."""
        line = Text()
        for entry in entries:
            if line and line.cell_len + len(separator) + entry.cell_len > self.width:
                self.print(line)
                line = Text()
            line = line + separator + entry if line else entry
        self.print(line)

    def name(self, text: str) -> str:
        """Give a file's or channel's name without characters that this console cannot print."""
        if self.is_ascii:
            return printable(text).encode("ascii", "replace").decode("ascii")
        return printable(text)

    def label(self, heard: Prediction) -> Text:
        """Give the coloured emotion, padded to ``LABEL_WIDTH``."""
        label = self.name(heard_label(heard)).ljust(LABEL_WIDTH)
        weight = "dim" if heard.uncertain else "bold"
        return styled(label, f"{weight} {self.style(heard.emotion)}" if heard.is_speech else "dim")

    def bar(self, heard: Prediction) -> Text:
        """Give the confidence as a bar and a percentage; blank where there is none."""
        if heard.confidence is None:
            return Text(" " * (self.bar_width + 6))
        weight = "dim" if heard.uncertain else ""
        filled = round(min(max(heard.confidence, 0.0), 1.0) * self.bar_width)
        stroke = "=" if self.is_ascii else "━"
        bar = styled(stroke * filled, f"{weight} {self.style(heard.emotion)}")
        # Without colours, the rest of the bar would look like the bar itself.
        bar.append((stroke if self.has_colours else " ") * (self.bar_width - filled), style="#3a3a3a")
        return bar.append(f" {percent(heard.confidence):>5}", style=weight)

    def cell(self, emotion: str | None, is_uncertain: bool = False) -> Text:
        """Give one cell of a ribbon; None is a stretch of which nothing is said."""
        if emotion is None:
            return Text(" ")
        if emotion == NO_SPEECH:
            return styled("." if self.is_ascii else "·", "dim")
        if not self.has_colours:
            letter = _LETTERS.get(emotion, "X")
            return Text(letter.lower() if is_uncertain else letter)
        certain, uncertain = ("#", "-") if self.is_ascii else ("█", "░")
        return styled(uncertain if is_uncertain else certain, self.style(emotion))

    def style(self, emotion: str) -> str:
        """Give the colour of ``emotion``; of none for words that have no colour of their own."""
        return COLOURS.get(emotion, "default")


def styled(text: str, style: str) -> Text:
    """Give ``text`` in a ``style`` that, unlike that of a `Text` itself, does not spread to what follows."""
    return Text().append(text, style=style)


def percent(share: float) -> str:
    """Write a share of 1 as ``87 %``."""
    return f"{100.0 * share:.0f} %"
