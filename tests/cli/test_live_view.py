"""The live view: honest, always in the same places, in any terminal."""

from __future__ import annotations

import io
import os
import re
import select
import signal
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.text import Text
from tests.cli.conftest import RATE, Signal

from emotrace.cli._big_letters import big_height, big_rows
from emotrace.cli._live_screen import Frame, last_minute
from emotrace.cli._live_state import MINUTE_SECONDS, LiveState
from emotrace.hear.judge import no_speech
from emotrace.hear.session import StreamResult
from emotrace.labels import EMOTIONS
from emotrace.reports._look import Look
from emotrace.types import Prediction, Segment

# Not there on Windows.
fcntl, pty, termios = (pytest.importorskip(name) for name in ("fcntl", "pty", "termios"))

LABELS = ["neutral", "happiness", "sadness", "anger", "fear", "disgust", "surprise"]
SETTINGS = {
    "labels": LABELS,
    "latency_seconds": 0.6168,
    "hop_seconds": 1.0,
    "window_seconds": 3.0,
    "model": "default",
}


class Stream(io.StringIO):
    """A stream with an encoding."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:
        return self._encoding


@pytest.fixture
def frame(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Frame]:
    def make(encoding: str = "utf-8", colours: bool = True, **facts: Any) -> Frame:
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.delenv("NO_COLOR", raising=False)
        if not colours:
            monkeypatch.setenv("NO_COLOR", "1")
        return Frame(Look(Stream(encoding)), facts.pop("source", "standard input"), {**SETTINGS, **facts})

    return make


def heard(start: float, emotion: str, confidence: float = 0.7, uncertain: bool = False) -> Prediction:
    others = [label for label in LABELS if label != emotion]
    rest = {label: (1.0 - confidence) * 2 ** -(n + 1) for n, label in enumerate(others)}
    return Prediction(
        Segment(start, start + 0.75),
        emotion,
        confidence,
        uncertain,
        {emotion: confidence, **rest},
        speech_seconds=0.7,
    )


def state_of(*predictions: Prediction, level: float = 0.1) -> LiveState:
    state = LiveState()
    rng = np.random.default_rng(0)
    for prediction in predictions:
        signal = (level * rng.standard_normal(12_000)).astype(np.float32)
        state.take(signal, [StreamResult(prediction, True)], prediction.segment.end)
    return state


def text_of(frame: Frame, state: LiveState, width: int = 100, height: int = 30, notice: str = "") -> str:
    return "\n".join(line.plain for line in frame.draw(state, width, height, notice))


# -- what it says -----------------------------------------------------------------------------------------


def test_an_emotion(frame):
    shown = text_of(frame(), state_of(heard(0.0, "anger", 0.7)))
    assert "\n 70 %, then neutral 15 %\n" in shown
    assert re.search(r"\n █ anger      ━+ +70 %\n", shown)
    assert "\n ".join(["", *big_rows("anger", 60, is_ascii=False)]) in shown
    assert "emotrace listens to standard input" in shown
    assert "latency 0.62 s, hop 1 s, window 3 s, model default" in shown
    assert shown.splitlines()[0].endswith(" 0:01")


def test_uncertain_says_so_in_words_and_big(frame):
    shown = text_of(frame(), state_of(heard(0.0, "fear", 0.3, uncertain=True)))
    assert "\n uncertain: 30 %, turning to neutral 35 %\n" in shown
    assert "\n ".join(["", *big_rows("fear?", 60, is_ascii=False)]) in shown


def test_no_speech_shows_no_probabilities(frame):
    shown = text_of(frame(), state_of(heard(0.0, "anger"), no_speech(Segment(0.75, 1.5))))
    assert "\n nobody speaks\n" in shown
    assert "%" not in shown
    assert "\n ".join(["", *big_rows("no speech", 60, is_ascii=False)]) in shown


def test_before_the_first_result(frame):
    shown = text_of(frame(), LiveState())
    assert "the first result comes after 1.6 s of sound" in shown
    assert "%" not in shown
    assert re.search(r"\n level +━+ +quiet\n", shown)
    assert "waiting for sound" in text_of(frame(), LiveState(), notice="waiting for sound")


def test_level_and_clipping(frame):
    assert re.search(r"\n level +━+.* -20 dB\n", text_of(frame(), state_of(heard(0.0, "anger"), level=0.1)))
    state = state_of(heard(0.0, "anger"), level=3.0)
    assert re.search(r"\n level +━+ +clips\n", text_of(frame(), state))
    # It is remembered for a moment, and then forgotten.
    state.take(np.zeros(160, np.float32), [], state.seconds + 1.0)
    assert "clips" in text_of(frame(), state)
    state.take(np.zeros(160, np.float32), [], state.seconds + 1.0)
    assert "clips" not in text_of(frame(), state)


def test_interim_results_are_shown_and_not_counted():
    state = state_of(heard(0.0, "anger"))
    state.take(None, [StreamResult(heard(0.5, "fear"), is_final=False)], 1.25)
    assert state.current is not None
    assert state.current.emotion == "fear"
    assert [p.emotion for p in state.finals] == ["anger"]
    assert state.shares == {"anger": 0.7}


def test_colours_are_those_of_the_emotions(frame):
    (line,) = [line for line in frame().draw(state_of(heard(0.0, "anger")), 100, 30) if "anger" in line.plain]
    assert any("#cc3311" in str(span.style) for span in line.spans)


def test_without_colours_there_are_letters(frame):
    certain, unsure = heard(0.0, "anger"), heard(0.75, "fear", 0.3, uncertain=True)
    shown = text_of(frame(colours=False), state_of(certain, unsure, no_speech(Segment(1.5, 2.25))), width=200)
    assert "\n A anger\n" in shown
    assert "a = uncertain A   · no speech" in shown
    (ribbon,) = re.findall(r"last minute +(.*)", shown)
    assert re.fullmatch(r"A+f+·*", ribbon)


# -- where it stands --------------------------------------------------------------------------------------

states = st.builds(
    lambda kinds, level: state_of(
        *(
            no_speech(Segment(0.75 * n, 0.75 * (n + 1))) if kind is None else heard(0.75 * n, *kind)
            for n, kind in enumerate(kinds)
        ),
        level=level,
    ),
    st.lists(
        st.none() | st.tuples(st.sampled_from(LABELS), st.floats(0.0, 1.0), st.booleans()), min_size=0, max_size=6
    ),
    st.sampled_from([0.0, 0.01, 1.0]),
)


@pytest.mark.parametrize(
    ("encoding", "colours"), [("utf-8", True), ("utf-8", False), ("ascii", True), ("ascii", False)]
)
def test_it_fits_any_terminal_and_never_jumps(frame, encoding, colours):
    drawing = frame(encoding, colours)

    @settings(max_examples=40)
    @given(
        state=states,
        width=st.integers(12, 130),
        height=st.integers(1, 40),
        notice=st.sampled_from(["", "waiting"]),
    )
    def check(state, width, height, notice):
        lines = drawing.draw(state, width, height, notice)
        empty = drawing.draw(LiveState(), width, height)
        assert len(lines) == len(empty) <= height
        assert all(line.cell_len <= width for line in lines)
        if encoding == "ascii":
            assert all(line.plain.isascii() for line in lines)
        # Every row has its place: that of the first label is the same whatever is heard.
        assert notice or rows_of(lines) == rows_of(empty)

    check()


def rows_of(lines: list[Text]) -> list[int]:
    return [number for number, line in enumerate(lines) if re.match(r" . neutral| level", line.plain)]


def test_narrow_terminals_lose_the_empty_lines_first(frame):
    state = state_of(heard(0.0, "sleepiness", 0.6, uncertain=True))
    shown = text_of(frame(), state, width=40, height=16)
    assert "" not in shown.splitlines()
    assert "latency 0.62 s" in shown
    assert "uncertain: 60 %" in shown
    assert all(f" {label}" in shown for label in LABELS)
    assert re.search(r"\n last minute ", shown)
    assert "SLEEPINESS?" in shown


def test_names_cannot_steer_the_terminal(frame):
    shown = text_of(frame(source="Mic\x1b[2J\n\u202e", model="m\x07"), LiveState())
    assert shown.isprintable() or all(line.isprintable() for line in shown.split("\n"))
    assert "\x1b" not in shown


@given(
    changes=st.lists(st.sampled_from(LABELS), min_size=20, max_size=120), n_cells=st.integers(5, 90),
    at=st.floats(0.0, 1.0),
)  # fmt: skip
@settings(max_examples=40)
def test_the_ribbon_only_moves(changes, n_cells, at):
    predictions = [heard(0.75 * n, emotion) for n, emotion in enumerate(changes)]
    state = LiveState(finals=deque(predictions))
    end = predictions[-1].segment.end
    cell = MINUTE_SECONDS / n_cells
    state.seconds = end + at * 10.0
    first, column = last_minute(state, n_cells), int(state.seconds // cell)
    state.seconds += 7.0
    later, moved = last_minute(state, n_cells), int(state.seconds // cell) - column
    assert len(first) == len(later) == n_cells
    # Cells in the middle of the picture are the same; the first one may have lost what was before it.
    assert [kind.emotion for kind in first[moved + 1 :]] == [kind.emotion for kind in later[1 : n_cells - moved]]


def test_nothing_grows_with_time():
    state = LiveState()
    for n in range(5_000):
        state.take(None, [StreamResult(heard(0.75 * n, EMOTIONS[n % 7]), True)], 0.75 * (n + 1))
    assert len(state.finals) <= 2 * MINUTE_SECONDS / 0.75 + 2
    assert len(state.shares) <= 7
    assert sum(state.shares.values()) == pytest.approx(5_000 * 0.7)


@pytest.mark.parametrize("is_ascii", [False, True])
def test_big_letters(is_ascii):
    for word in (*EMOTIONS, *(f"{emotion}?" for emotion in EMOTIONS), "no speech"):
        rows = big_rows(word, 60, is_ascii)
        assert len(rows) == big_height(is_ascii)
        assert max(map(len, rows)) <= 60
        assert word.upper() not in rows
        narrow = big_rows(word, 12, is_ascii)
        assert len(narrow) == len(rows)
        assert max(map(len, narrow)) <= 12
    assert big_rows("πάθος", 60, is_ascii)[big_height(is_ascii) // 2] == "ΠΆΘΟΣ"


# -- in a terminal ----------------------------------------------------------------------------------------


class Terminal:
    """`emotrace listen -` in a pseudo-terminal; keeps all that is written to it."""

    def __init__(self, *arguments: str, columns: int = 100, rows: int = 30, **environment: str) -> None:
        self._screen, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
        for name in ("NO_COLOR", "COLUMNS", "LINES", "FORCE_COLOR"):
            if name not in environment:
                env.pop(name, None)
        command = [sys.executable, "-m", "emotrace", "listen", "-", *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=inside, stderr=inside, env=env)
        os.close(inside)
        self.written = b""

    def say(self, signal: Signal) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write((signal * 32767).astype("<i2").tobytes())
        self.process.stdin.flush()

    def read_until(self, what: bytes, seconds: float = 60.0) -> None:
        give_up = time.monotonic() + seconds
        while what not in self.written:
            assert time.monotonic() < give_up, self.written[-2000:]
            assert self._read(0.1), self.written[-2000:]

    def end(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        while self._read(60.0):
            pass
        os.close(self._screen)
        return self.process.wait(60)

    def _read(self, seconds: float) -> bool:
        """Say whether more may come."""
        if select.select([self._screen], [], [], seconds)[0]:
            try:
                piece = os.read(self._screen, 1 << 16)
            except OSError:
                piece = b""
            self.written += piece
            return piece != b""
        return self.process.poll() is None


OTHER_SCREEN, OWN_SCREEN, CURSOR = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25h"


def plain(written: bytes) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written.decode())


def test_the_view_in_a_terminal(talk: Signal) -> None:
    terminal = Terminal()
    terminal.say(talk)
    terminal.read_until(b"0:04")
    assert terminal.end() == 0
    assert terminal.written.count(OTHER_SCREEN) == terminal.written.count(OWN_SCREEN) == 1
    view, after = terminal.written.split(OWN_SCREEN)
    # Whole pictures over one another, never an empty one between.
    assert b"\x1b[2J" not in view.split(OTHER_SCREEN)[1].lstrip(b"\x1b[H")
    assert CURSOR in terminal.written[terminal.written.rindex(b"\x1b[?25l") :]
    assert "emotrace listens to standard input" in plain(view)
    assert re.search(r"heard 0:04\.0, speech 0:0\d\.\d   \w+", plain(after))
    assert "Traceback" not in plain(terminal.written)


@pytest.mark.parametrize(
    ("number", "code", "told"), [(signal.SIGINT, 130, "emotrace: interrupted"), (signal.SIGTERM, 143, "")]
)
def test_a_signal_gives_the_terminal_back(number: int, code: int, told: str) -> None:
    terminal = Terminal(columns=40, rows=16)
    terminal.say(np.zeros(RATE, np.float32))
    terminal.read_until(b"0:01")
    terminal.process.send_signal(number)
    assert terminal.end() == code
    after = plain(terminal.written.split(OWN_SCREEN)[1])
    assert "heard 0:01.0, nobody spoke" in after
    assert after.strip().splitlines()[-1].strip() == (told or "heard 0:01.0, nobody spoke")
    assert CURSOR in terminal.written[terminal.written.rindex(b"\x1b[?25l") :]


def test_a_failure_gives_the_terminal_back() -> None:
    terminal = Terminal("--encoding", "f32le")
    terminal.read_until(OTHER_SCREEN)
    assert terminal.process.stdin is not None
    terminal.process.stdin.write(b"\xff" * 64)
    assert terminal.end() == 1
    after = plain(terminal.written.split(OWN_SCREEN)[1])
    assert after.strip().startswith("emotrace: raw audio: samples that are NaN or infinite")


def test_terminals_that_cannot_draw_get_lines(talk: Signal) -> None:
    terminal = Terminal(TERM="dumb")
    terminal.say(talk)
    assert terminal.end() == 0
    assert b"\x1b" not in terminal.written
    assert terminal.written.decode().splitlines()[0].startswith(" 0:00.00 –  0:01.00   ")
