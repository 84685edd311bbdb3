"""The view for the terminal: the verdict, who talks when and how, escalations, quarters, and the agent's
effect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from emotrace.calls.call import Call
from emotrace.calls.formats._turns import SPEECH, turn_timelines
from emotrace.calls.summary import NEGATIVE, AgentEffect, Quarter
from emotrace.calls.words import listed, show_time
from emotrace.labels import EMOTIONS, NO_SPEECH
from emotrace.reports._clock import clock
from emotrace.reports._ribbon import Cell, ribbon_cells, time_axis

if TYPE_CHECKING:
    from rich.text import Text

    from emotrace.reports._look import Look

SUFFIX = ".txt"

_VERDICT_STYLES = {"calm": "green", "tense": "yellow", "escalated": "red", "recovered": "cyan"}
_MOST_TIMES = 6


def write_call(call: Call, stream: TextIO) -> None:
    """Show one call."""
    from rich.text import Text

    from emotrace.reports._look import Look, styled

    look = Look(stream)
    title = Text(look.name(call.file), style="bold")
    title.append(f"   {clock(call.duration)}", style="dim")
    look.print(title.append(f"   model {look.name(call.model)}", style="dim"))
    look.print()
    verdict = call.verdict
    word = styled(verdict.label.upper(), f"bold {_VERDICT_STYLES.get(verdict.label, 'default')}")
    look.print(word.append(f"   {look.name(verdict.reason)}"))
    for evidence in verdict.evidence if not call.escalations else ():
        look.print(
            f"  {_span(evidence.segment.start, evidence.segment.end, look)}   {look.name(evidence.what)}", "dim"
        )
    look.print()
    _print_ribbons(call, look)
    look.print()
    _print_talk(call, look)
    _print_escalations(call, look)
    _print_quarters(call, look)
    _print_effects(call.agent_effects, look)
    look.print()
    look.print(look.name(call.notice), "dim")


def _print_ribbons(call: Call, look: Look) -> None:
    from rich.text import Text

    names = [party.party for party in call.parties]
    margin = max(len(name) for name in names) + 2
    n_cells = max(look.width - margin, 10)
    shown: set[Cell] = set()
    for turns in turn_timelines(call):
        timeline = call.timelines.get(turns.channel, turns)
        cells = ribbon_cells(timeline.runs(), call.duration, n_cells)
        shown.update(cells)
        look.print(Text(turns.channel.ljust(margin)) + Text("").join(look.cell(*cell) for cell in cells))
    look.print(" " * margin + time_axis(call.duration, n_cells), "dim")
    look.print_entries(_legend(shown, look))


def _legend(shown: set[Cell], look: Look) -> list[Text]:
    from rich.text import Text

    emotions = {cell.emotion for cell in shown if cell.emotion is not None}
    ranked = [*(e for e in EMOTIONS if e in emotions), *sorted(emotions - {*EMOTIONS, NO_SPEECH, SPEECH})]
    entries = [look.cell(emotion) + Text(f" {look.name(emotion)}") for emotion in ranked]
    if any(cell.is_uncertain for cell in shown):
        sign = look.cell("uncertain", is_uncertain=True) if look.has_colours else Text("small letter:")
        entries.append(sign + Text(" uncertain"))
    if SPEECH in emotions:
        entries.append(look.cell(SPEECH) + Text(" talks, not analysed for emotion"))
    return entries


def _print_talk(call: Call, look: Look) -> None:
    from rich.text import Text

    from emotrace.reports._look import percent, styled

    talk = call.talk
    margin = max(len(party.party) for party in call.parties) + 2
    for party in call.parties:
        name = party.party
        spoken = f"{clock(talk.talk_seconds[name])} ({percent(talk.talk_share[name])})"
        n_turns = talk.n_turns[name]
        line = Text(name.ljust(margin), style="bold") + styled(
            f"talks {spoken} in {n_turns} {'turn' if n_turns == 1 else 'turns'}   ", "dim"
        )
        look.print(line + _emotions(call, name, look))
    silence = f"silence {clock(talk.silence_seconds)}"
    if talk.longest_silence is not None and talk.longest_silence.duration >= 1.0:
        longest = talk.longest_silence
        silence += f" (longest {longest.duration:.0f} s at {show_time(longest.start)})"
    entries = [silence]
    if len(call.parties) > 1:
        entries.append(f"both talk {clock(talk.overlap_seconds)}")
        entries += [f"{by} interrupts {_times(starts)}" for by, starts in _by_party(call).items()]
    look.print_entries([Text(entry, style="dim") for entry in entries])


def _by_party(call: Call) -> dict[str, list[float]]:
    starts: dict[str, list[float]] = {}
    for found in call.talk.interruptions:
        starts.setdefault(found.by, []).append(found.segment.start)
    return starts


def _emotions(call: Call, party: str, look: Look) -> Text:
    from rich.text import Text

    from emotrace.reports._look import percent, styled

    spoken = call.emotion_seconds.get(party)
    if spoken is None:
        return styled("not analysed for emotion", "dim")
    total = sum(spoken.values())
    parts = [
        styled(f"{look.name(emotion)} ", look.style(emotion)).append(percent(seconds / total), style="dim")
        for emotion, seconds in spoken.items()
        if seconds >= 0.05 * total
    ]
    return Text("  ").join(parts) if parts else styled("nothing heard", "dim")


def _print_escalations(call: Call, look: Look) -> None:
    from emotrace.reports._look import percent, styled

    look.print()
    if not call.escalations:
        look.print("no escalation", "dim")
        return
    look.print("escalations", "bold")
    for found in call.escalations:
        who = "" if found.party == call.parties[0].party else f"{found.party}: "
        line = styled(f"  {_span(found.segment.start, found.segment.end, look)}   ", "dim")
        line.append(found.severity, style="bold red" if found.severity == "critical" else "bold yellow")
        line.append(f"   {who}{look.name(found.rule)}")
        peak = f"peak {percent(found.peak)} at {show_time(found.peak_segment.start)}"
        look.print(line.append(f"   mostly {look.name(found.emotion)}, {peak}", style="dim"))
        look.print(f"{'':21}{look.name(found.message)}")


def _print_quarters(call: Call, look: Look) -> None:
    if not call.quarters:
        return
    look.print()
    trend = call.trend
    # A slope that may be chance is no news.
    is_told = trend.per_minute is not None and trend.direction in ("rising", "falling")
    slope = f" ({round(100.0 * (trend.per_minute or 0.0)):+d} points a minute)" if is_told else ""
    heading = f"by quarter: the strongest emotion, and negativity ({listed(NEGATIVE, 'or')})"
    look.print(f"{heading}, trend {trend.direction}{slope}", "bold")
    for quarter in call.quarters:
        if quarter.party == trend.party:
            look.print(_quarter_line(quarter, look))


def _quarter_line(quarter: Quarter, look: Look) -> Text:
    from emotrace.reports._look import LABEL_WIDTH, percent, styled

    line = styled(f"  {_span(quarter.segment.start, quarter.segment.end, look)}   ", "dim")
    negative, emotion = quarter.moment.negativity, quarter.moment.emotion
    if negative is None or emotion is None:
        return line.append("says nothing", style="dim")
    line.append(look.name(emotion).ljust(LABEL_WIDTH), style=look.style(emotion))
    filled = round(negative * look.bar_width)
    stroke = "=" if look.is_ascii else "━"
    line.append(stroke * filled, style="red")
    line.append((stroke if look.has_colours else " ") * (look.bar_width - filled), style="#3a3a3a")
    return line.append(f" {percent(negative):>5}").append(f"   {quarter.moment.speech_seconds:.0f} s", style="dim")


def _print_effects(effects: Sequence[AgentEffect], look: Look) -> None:
    if not effects:
        return
    look.print()
    counts = Counter(effect.effect for effect in effects)
    told = [f"{counts[word]} {word}" for word in ("calmed", "stirred", "unchanged", "unknown") if counts[word]]
    look.print(f"the customer after the agent's turns: {', '.join(told)}", "bold")
    for word in ("calmed", "stirred"):
        starts = [effect.segment.start for effect in effects if effect.effect == word]
        if starts:
            look.print(f"  {word} after {_times(starts)}", "dim")


def _times(starts: Sequence[float]) -> str:
    told = ", ".join(show_time(start) for start in starts[:_MOST_TIMES])
    return told + (f" and {len(starts) - _MOST_TIMES} more" if len(starts) > _MOST_TIMES else "")


def _span(start: float, end: float, look: Look) -> str:
    return f"{show_time(start):>5} {'-' if look.is_ascii else '–'} {show_time(end):>5}"
