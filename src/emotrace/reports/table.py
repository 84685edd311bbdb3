"""The view for the terminal: a ribbon of the whole recording, then every run of one emotion.

Colours are used where the terminal has them (``NO_COLOR`` and pipes are respected). Without colours, the
ribbon is written in letters: a capital for an emotion, the small letter where it is uncertain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, TextIO

from emotrace.labels import EMOTIONS, NO_SPEECH
from emotrace.reports._clock import clock
from emotrace.reports._ribbon import Cell, ribbon_cells, time_axis
from emotrace.reports._summary import UNCERTAIN, speech_shares
from emotrace.reports._text import channel_label
from emotrace.types import Prediction, Timeline

if TYPE_CHECKING:
    # The drawing needs rich, which is loaded only when something is drawn: listing formats stays quick.
    from rich.text import Text

    from emotrace.reports._look import Look

SUFFIX = ".txt"
DESCRIPTION = "a table to read in the terminal"


def write_timelines(timelines: Sequence[Timeline], stream: TextIO) -> None:
    """Show the channels of each recording: ribbons on top, then each channel's summary and its runs."""
    from emotrace.reports._look import Look

    look = Look(stream)
    for number, (_, group) in enumerate(groupby(timelines, key=lambda timeline: timeline.file)):
        if number:
            look.print()
        _print_recording(list(group), look)


def write_predictions(predictions: Iterable[Prediction], stream: TextIO) -> None:
    """Show one line per clip, as they come; the file's name is last, so that it need not be cut.

    Behind it stands how the voice sounds, where that was asked for.
    """
    from emotrace.reports._look import LABEL_WIDTH, Look, percent

    look = Look(stream)
    for number, prediction in enumerate(predictions):
        if number == 0:
            look.print(f"{'EMOTION':{LABEL_WIDTH}}{'CONFIDENCE':{look.bar_width + 6}}{'SPEECH':>9}  FILE", "dim")
        line = look.label(prediction).append_text(look.bar(prediction))
        line.append(f"{prediction.speech_seconds:7.1f} s  ", style="dim")
        line.append(look.name(prediction.file))
        if prediction.speaker_sex:
            sex = max(prediction.speaker_sex, key=prediction.speaker_sex.__getitem__)
            line.append(f"  sounds {sex} {percent(prediction.speaker_sex[sex])}", style="dim")
        look.print(line)
        stream.flush()


def _print_recording(timelines: Sequence[Timeline], look: Look) -> None:
    from rich.text import Text

    duration = max(timeline.duration for timeline in timelines)
    title = Text().append(look.name(timelines[0].file), style="bold")
    title.append(f"   {clock(duration)}", style="dim")
    if timelines[0].model:
        title.append(f"   model {look.name(timelines[0].model)}", style="dim")
    look.print(title)
    if duration > 0.0:
        look.print()
        _print_ribbons(timelines, duration, look)
    for timeline in timelines:
        look.print()
        _print_channel(timeline, look)


def _print_ribbons(timelines: Sequence[Timeline], duration: float, look: Look) -> None:
    """Show one ribbon per channel, the time below, and what the cells mean."""
    from rich.text import Text

    names = [look.name(channel_label(timeline.channel)) for timeline in timelines]
    margin = max(len(name) for name in names)
    margin += 2 if margin else 0
    n_cells = max(look.width - margin, 10)
    shown: set[Cell] = set()
    for timeline, name in zip(timelines, names, strict=True):
        cells = ribbon_cells(timeline.runs(), duration, n_cells)
        look.print(Text(name.ljust(margin)) + Text("").join(look.cell(*cell) for cell in cells))
        shown.update(cells)
    look.print(" " * margin + time_axis(duration, n_cells), "dim")
    look.print()
    look.print_entries(_legend(shown, look))


def _legend(shown: set[Cell], look: Look) -> list[Text]:
    """Explain the cells that are shown, in the order of the vocabulary."""
    from rich.text import Text

    emotions = {cell.emotion for cell in shown if cell.emotion is not None} - {NO_SPEECH}
    ranked = [known for known in EMOTIONS if known in emotions] + sorted(emotions - set(EMOTIONS))
    entries = [look.cell(emotion) + Text(f" {look.name(emotion)}") for emotion in ranked]
    uncertain = any(cell.is_uncertain for cell in shown)
    if uncertain and look.has_colours:
        entries.append(look.cell(UNCERTAIN, is_uncertain=True) + Text(f" {UNCERTAIN}"))
    elif uncertain:
        entries.append(Text(f"small letter: {UNCERTAIN}"))
    if any(cell.emotion == NO_SPEECH for cell in shown):
        entries.append(look.cell(NO_SPEECH) + Text(f" {NO_SPEECH}"))
    return entries


def _print_channel(timeline: Timeline, look: Look) -> None:
    """Show one channel: its name, who speaks how much and how, and every run."""
    from rich.text import Text

    heading = channel_label(timeline.channel)
    if heading:
        look.print(Text(look.name(heading), style="bold"))
    look.print_entries(_summary(timeline, look))
    for run in timeline.runs():
        look.print(_run_line(run, len(clock(timeline.duration)), look))


def _summary(timeline: Timeline, look: Look) -> list[Text]:
    from emotrace.reports._look import percent, styled

    if not any(prediction.is_speech for prediction in timeline.predictions):
        return [styled("nobody speaks", "dim")]
    share = percent(timeline.speech_seconds / max(timeline.duration, 1e-9))
    entries = [styled(f"speech {clock(timeline.speech_seconds)} ({share})", "dim")]
    for name, share_of_speech in speech_shares(timeline).items():
        entry = styled(f"{look.name(name)} ", look.style(name))
        entries.append(entry.append(percent(share_of_speech), style="dim"))
    return entries


def _run_line(run: Prediction, clock_width: int, look: Look) -> Text:
    """Show when, what, how sure, and what comes second."""
    from emotrace.reports._look import percent, styled

    dash = "-" if look.is_ascii else "–"
    start, end = clock(run.segment.start), clock(run.segment.end)
    line = styled(f"  {start:>{clock_width}} {dash} {end:>{clock_width}}   ", "dim")
    line.append_text(look.label(run)).append_text(look.bar(run))
    others = {label: p for label, p in run.probabilities.items() if label != run.emotion}
    if others:
        second = max(others, key=others.__getitem__)
        line.append(f"   then {look.name(second)} {percent(others[second])}", style="dim")
    return line
