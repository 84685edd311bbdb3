"""How the live view is drawn: from a state to lines that fit any terminal, always in the same places."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from emotrace.cli._big_letters import big_height, big_rows
from emotrace.cli._live_state import MINUTE_SECONDS, SILENT_DBFS, LiveState
from emotrace.labels import NO_SPEECH
from emotrace.reports._clock import clock
from emotrace.reports._look import LABEL_WIDTH, Look, percent, styled
from emotrace.reports._ribbon import Cell
from emotrace.reports._text import heard_label
from emotrace.types import Prediction

_WIDEST = 100
_VALUE_WIDTH = 7
_ROUNDING_SECONDS = 1e-9
_ENDING = "Ctrl-C ends"


@dataclass(frozen=True)
class Frame:
    """What stays the same while a view runs.

    Attributes
    ----------
    look
        The terminal.
    source
        What is heard, for people.
    settings
        As `emotrace.hear.session.Session.describe` gives them.
    """

    look: Look
    source: str
    settings: Mapping[str, Any]

    def draw(self, state: LiveState, width: int, height: int, notice: str = "") -> list[Text]:
        """Draw the state in at most ``height`` lines of at most ``width`` columns.

        Where lines are scarce, the empty ones go first.
        """
        pen = _Pen(self.look, max(10, min(width, _WIDEST) - 2))
        lines = [
            (9, pen.ends(Text(self._title(pen.width), style="bold"), styled(clock(state.seconds, 0), "bold"))),
            (1, Text()),
            *((7 if row == "" else 8, row) for row in pen.big(state.current)),
            (9, pen.detail(state.current, self._first_seconds)),
            (2, Text()),
            *((6, row) for row in pen.bars(state.current, self.settings["labels"])),
            (3, Text()),
            (5, pen.level(state)),
            (8, pen.ribbon(state)),
            (5, pen.axis()),
            (3, pen.legend()),
            (0, Text()),
            (4, pen.ends(styled(self._latency(pen.width), "dim"), styled(_ENDING, "dim"))),
            (7 if notice else 1, styled(self.look.name(notice), "bold")),
        ]
        return [pen.cut(line) for line in _most_important(lines, height)]

    @property
    def _first_seconds(self) -> float:
        return float(self.settings["hop_seconds"] + self.settings["latency_seconds"])

    def _title(self, width: int) -> str:
        source = self.look.name(self.source)
        room = width - len("0:00:00") - 2
        for title in (f"emotrace listens to {source}", source):
            if len(title) <= room:
                return title
        return source[:room]

    def _latency(self, width: int) -> str:
        settings = self.settings
        least = f"latency {round(settings['latency_seconds'], 2):g} s"
        short = f"{least}, hop {settings['hop_seconds']:g} s"
        long = f"{short}, window {settings['window_seconds']:g} s, model {self.look.name(settings['model'])}"
        return next((text for text in (long, short, least) if len(text) + len(_ENDING) + 2 <= width), "")


def _most_important(lines: Sequence[tuple[int, Text]], height: int) -> list[Text]:
    n_dropped = max(0, len(lines) - height)
    # The least important go, of equals the lowest.
    ranked = sorted(range(len(lines)), key=lambda number: (lines[number][0], -number))
    dropped = set(ranked[:n_dropped])
    return [line for number, (_, line) in enumerate(lines) if number not in dropped]


class _Pen:
    """Draws single lines of a width."""

    def __init__(self, look: Look, width: int) -> None:
        self.look, self.width = look, width
        self._bar_width = max(4, width - LABEL_WIDTH - _VALUE_WIDTH)
        self._stroke = "=" if look.is_ascii else "━"

    def cut(self, line: Text) -> Text:
        """Put a line in its place: one column in, and no longer than there is room."""
        line = line.copy()
        line.truncate(self.width)
        line.rstrip()
        return Text(" ", no_wrap=True, overflow="crop").append_text(line)

    def ends(self, left: Text, right: Text) -> Text:
        """Put one text at the left end and one at the right."""
        gap = self.width - left.cell_len - right.cell_len
        return left + Text(" " * max(gap, 1)) + right

    def big(self, current: Prediction | None) -> list[Text]:
        """Draw what is heard in big letters."""
        word = "" if current is None else heard_label(current)
        if not word:
            return [Text()] * big_height(self.look.is_ascii)
        return [styled(row, self._style(current)) for row in big_rows(word, self.width, self.look.is_ascii)]

    def detail(self, current: Prediction | None, first_seconds: float) -> Text:
        """Say how sure that is, and what else it may be."""
        if current is None:
            return styled(f"the first result comes after {first_seconds:.1f} s of sound", "dim")
        if current.confidence is None:
            return styled("nobody speaks", "dim")
        line = Text(
            f"uncertain: {percent(current.confidence)}" if current.uncertain else percent(current.confidence)
        )
        others = {label: p for label, p in current.probabilities.items() if label != current.emotion}
        if others:
            second = max(others, key=others.__getitem__)
            # A smoothed label stays for a while after another one has become more probable.
            link = "then" if others[second] <= current.confidence else "turning to"
            line.append(f", {link} {self.look.name(second)} {percent(others[second])}", style="dim")
        return line

    def bars(self, current: Prediction | None, labels: Sequence[str]) -> list[Text]:
        """Draw one bar for every emotion; without a length where nobody speaks."""
        return [self._bar(label, current) for label in labels]

    def _bar(self, label: str, current: Prediction | None) -> Text:
        probability = None if current is None else current.probabilities.get(label)
        is_current = current is not None and label == current.emotion
        line = self.look.cell(label) + Text(" ")
        name = self.look.name(label)[: LABEL_WIDTH - 3].ljust(LABEL_WIDTH - 2)
        line.append(name, style=f"bold {self.look.style(label)}" if is_current else "")
        filled = round((probability or 0.0) * self._bar_width)
        faint = "dim " if current is not None and current.uncertain else ""
        line.append(self._stroke * filled, style=faint + self.look.style(label))
        line.append_text(self._track(self._bar_width - filled))
        return line.append("" if probability is None else f"{percent(probability):>{_VALUE_WIDTH}}")

    def level(self, state: LiveState) -> Text:
        """Draw how loud it is, from -60 to 0 dB of full scale, and a mark at the peak."""
        filled = self._on_meter(state.level_dbfs)
        peak = max(self._on_meter(state.peak_dbfs), filled)
        line = Text("level".ljust(LABEL_WIDTH))
        line.append(self._stroke * filled, style="bold" if state.is_clipping else "")
        track = self._track(self._bar_width - filled)
        if filled < peak:
            at = peak - filled - 1
            track = track[:at] + styled("|" if self.look.is_ascii else "╸", "") + track[at + 1 :]
        line.append_text(track)
        if state.is_clipping:
            return line.append(f"{'clips':>{_VALUE_WIDTH}}", style="bold")
        level = "quiet" if state.level_dbfs <= SILENT_DBFS else f"{state.level_dbfs:.0f} dB"
        return line.append(f"{level:>{_VALUE_WIDTH}}", style="dim")

    def ribbon(self, state: LiveState) -> Text:
        """Draw the last minute; it moves by whole cells, so that none changes as it goes by."""
        n_cells = self._bar_width
        line = Text("last minute".ljust(LABEL_WIDTH))
        for cell in last_minute(state, n_cells):
            line.append_text(self.look.cell(*cell))
        return line

    def axis(self) -> Text:
        """Say what time the ribbon shows."""
        axis = f"{'-60 s':<{self._bar_width - 3}}now"
        middle = self._bar_width // 2
        if self._bar_width >= 24:
            axis = axis[:middle] + "-30 s" + axis[middle + 5 :]
        return styled(" " * LABEL_WIDTH + axis, "dim")

    def legend(self) -> Text:
        """Say what the cells without a name mean."""
        nobody = self.look.cell(NO_SPEECH) + styled(" no speech", "dim")
        if self.look.has_colours:
            unsure = self.look.cell("uncertain", is_uncertain=True) + styled(" uncertain", "dim")
        else:
            unsure = styled("a = uncertain A", "dim")
        return Text(" " * LABEL_WIDTH) + unsure + Text("   ") + nobody

    def _style(self, current: Prediction | None) -> str:
        if current is None or not current.is_speech:
            return "dim"
        return (
            f"dim {self.look.style(current.emotion)}"
            if current.uncertain
            else f"bold {self.look.style(current.emotion)}"
        )

    def _track(self, n_cells: int) -> Text:
        # Without colours, the rest of a bar would look like the bar itself.
        return styled((self._stroke if self.look.has_colours else " ") * n_cells, "#3a3a3a")

    def _on_meter(self, dbfs: float) -> int:
        return round((dbfs - SILENT_DBFS) / -SILENT_DBFS * self._bar_width)


def last_minute(state: LiveState, n_cells: int) -> list[Cell]:
    """Cut the last minute into cells whose edges are the same whenever they are drawn; the last one is filling.

    >>> last_minute(LiveState(seconds=0.0), 3)
    [Cell(emotion=None, is_uncertain=False), Cell(emotion=None, is_uncertain=False), Cell(emotion=None, is_uncertain=False)]
    """  # noqa: E501
    cell_seconds = MINUTE_SECONDS / n_cells
    first = math.floor(state.seconds / cell_seconds) + 1 - n_cells
    # Counted from the beginning of the stream, so that no rounding differs from one picture to the next.
    overlaps: dict[int, dict[Cell, float]] = {}
    for p in state.finals:
        for number in range(int(p.segment.start / cell_seconds), int(p.segment.end / cell_seconds) + 1):
            start, end = number * cell_seconds, (number + 1) * cell_seconds
            overlap = min(end, p.segment.end) - max(start, p.segment.start)
            if overlap > _ROUNDING_SECONDS:
                kinds, kind = overlaps.setdefault(number, {}), Cell(p.emotion, p.uncertain and p.is_speech)
                kinds[kind] = kinds.get(kind, 0.0) + overlap
    shown = (overlaps.get(number) for number in range(first, first + n_cells))
    return [max(kinds, key=kinds.__getitem__) if kinds else Cell(None) for kinds in shown]
