"""What the terminal shows: whole at 80 and 120 columns, with and without colours."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotrace import registry
from emotrace.reports._ribbon import ribbon_cells, time_axis
from emotrace.reports._summary import speech_shares
from emotrace.types import Timeline

Write = Callable[..., str]


class _Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def _show(*timelines: Timeline) -> str:
    stream = _Terminal()
    registry.load("format", "table").write_timelines(timelines, stream)
    return stream.getvalue()


def _visible(text: str) -> str:
    """Take the colours away."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_a_call_in_plain_text(call: Timeline, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert write("table", replace(call, channel="mix")).splitlines() == [
        "calls/my call.flac   0:12.2   model default 0.1",
        "",
        "··········AAAAAAAAAAAAAAAAAAAffffffffff··········NNNNNNNNNNN",
        "0:00      0:02      0:04     0:06      0:08      0:10",
        "",
        "N neutral   A anger   F fear   small letter: uncertain",
        "· no speech",
        "",
        "speech 0:06.5 (53 %)   anger 48 %   neutral 27 %",
        "uncertain 24 %",
        "  0:00.0 – 0:02.0   no speech",
        "  0:02.0 – 0:06.0   anger        ━━━━━━━━━━    80 %   then neutral 10 %",
        "  0:06.0 – 0:08.0   fear?        ━━━━━         40 %   then anger 30 %",
        "  0:08.0 – 0:10.0   no speech",
        "  0:10.0 – 0:12.2   neutral      ━━━━━━━━━━    80 %   then anger 10 %",
    ]


def test_clips_in_plain_text(call: Timeline, write_clips: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert write_clips("table", call.predictions[:4:3]).splitlines() == [
        "EMOTION      CONFIDENCE           SPEECH  FILE",
        "no speech                          0.0 s  calls/my call.flac",
        "fear?        ━━━━━         40 %    2.0 s  calls/my call.flac",
    ]


def test_a_terminal_has_colours(call: Timeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("COLUMNS", "80")
    shown = _show(replace(call, channel="mix"))
    anger = "\x1b[38;2;204;51;17m"  # #cc3311
    assert anger + "█" in shown
    assert "\x1b[38;2;170;68;153m░" in shown, "uncertain fear is drawn lightly in its colour"
    assert re.search(r"\x1b\[1;38;2;204;51;17manger +\x1b\[0m", shown)
    assert re.search(r"\x1b\[2;38;2;170;68;153mfear\? +\x1b\[0m", shown)
    assert "small letter" not in shown


def test_no_color_is_respected(call: Timeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    shown = _show(replace(call, channel="mix"))
    assert "38;" not in shown
    assert "█" not in shown
    assert "AAAA" in _visible(shown)


@pytest.mark.parametrize("width", [80, 120])
def test_every_line_fits(call: Timeline, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    # The widest there is: long labels, certain and not, hours of recording.
    wide = replace(
        call.predictions[3],
        emotion="sleepiness",
        probabilities={"sleepiness": 0.4, "happiness": 0.35, "amusement": 0.25},
    )
    timeline = replace(call, predictions=(*call.predictions[:3], wide, *call.predictions[4:]))
    shown = _visible(_show(timeline, replace(timeline, channel="0")))
    assert max(len(line) for line in shown.splitlines()) <= width
    ribbons = [line for line in shown.splitlines() if "█" in line and line.startswith("channel")]
    assert [len(line) for line in ribbons] == [width, width]
    assert all(line == line.rstrip() for line in shown.splitlines())


@pytest.mark.parametrize("file", ["[red]angry[/red].wav", "[/].wav", ":smile:.wav", "a\\[b].wav"])
def test_file_names_are_not_markup(call: Timeline, write: Write, write_clips: Write, file: str) -> None:
    assert write("table", replace(call, file=file)).startswith(f"{file}   ")
    assert file in _visible(_show(replace(call, file=file)))
    assert write_clips("table", [replace(call.predictions[1], file=file)]).endswith(f"{file}\n")


def test_file_names_cannot_steer_the_terminal(call: Timeline) -> None:
    assert "\x1b]0;" not in _show(replace(call, file="\x1b]0;title\x07.wav", model="\x1b]0;x"))


def test_long_file_names_are_kept_whole(call: Timeline, write: Write, write_clips: Write) -> None:
    file = "folder/" * 40 + "a.wav"
    assert write("table", replace(call, file=file)).startswith(file)
    assert write_clips("table", [replace(call.predictions[1], file=file)]).endswith(f"  {file}\n")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(timelines=st.lists(st.from_type(Timeline), min_size=1, max_size=3), width=st.integers(1, 200))
def test_any_timeline_at_any_width(
    timelines: list[Timeline],
    width: int,
    as_channels: Callable[..., list[Timeline]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    channels = as_channels(timelines)
    below_the_title = _visible(_show(*channels)).split("\n")[1:]
    for timeline in channels:
        assert f"channel {timeline.channel}" in below_the_title
    n_silent = sum(not any(p.is_speech for p in timeline.predictions) for timeline in channels)
    assert below_the_title.count("nobody speaks") == n_silent
    run_lines = [line for line in below_the_title if re.match(r"  +[\d:.]+ – ", line)]
    assert len(run_lines) == sum(len(timeline.runs()) for timeline in channels)


def test_an_empty_recording(write: Write) -> None:
    assert write("table", Timeline("a.wav", "mix", 0.0, ())).splitlines() == [
        "a.wav   0:00.0",
        "",
        "nobody speaks",
    ]
    assert write("table") == ""


def test_the_ribbon_shows_what_fills_most_of_a_cell(call: Timeline) -> None:
    cells = ribbon_cells(call.runs(), 12.25, 49)  # cells of 0.25 s
    assert [cell.emotion for cell in cells] == ["no speech"] * 8 + ["anger"] * 16 + ["fear"] * 8 + [
        "no speech"
    ] * 8 + ["neutral"] * 9
    assert [cell.is_uncertain for cell in cells] == [False] * 24 + [True] * 8 + [False] * 17
    (whole,) = ribbon_cells(call.runs(), 12.25, 1)
    assert whole.emotion in ("anger", "no speech")  # 4 s each, silence in two parts
    assert {cell.emotion for cell in ribbon_cells(call.runs(), 24.5, 10)[5:]} == {None}


@given(duration=st.floats(1e-4, 1e6), n_cells=st.integers(1, 200))
def test_the_time_axis_fits_and_reads(duration: float, n_cells: int) -> None:
    axis = time_axis(duration, n_cells)
    assert len(axis) == n_cells
    for match in re.finditer(r"\S+", axis):
        *hours, minutes, seconds = match[0].split(":")
        time = int("".join(hours) or 0) * 3600 + int(minutes) * 60 + float(seconds)
        # A label starts at the cell of its time, give or take half a cell for the rounding.
        assert match.start() == pytest.approx(time / duration * n_cells, abs=0.51)


def test_shares_of_speech(call: Timeline) -> None:
    shares = speech_shares(call)
    assert list(shares) == ["anger", "neutral", "uncertain"]
    assert shares == pytest.approx({"anger": 4 / 8.25, "neutral": 2.25 / 8.25, "uncertain": 2 / 8.25})
    assert speech_shares(replace(call, predictions=call.predictions[:1])) == {}


def test_speaker_sex_ends_the_line_of_a_clip(call: Timeline, write_clips: Callable[..., str]) -> None:
    heard = {"female": 0.97, "male": 0.03}
    asked = [replace(p, speaker_sex=heard if p.is_speech else {}) for p in call.predictions[:2]]
    _, silent, spoken = write_clips("table", asked).splitlines()
    assert spoken.endswith("calls/my call.flac  sounds female 97 %")
    assert silent.endswith("calls/my call.flac")
