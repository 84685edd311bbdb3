"""The result of a recording as HTML: everything is in it, and nothing breaks out of it."""

from __future__ import annotations

import json
import re
from html import unescape
from html.parser import HTMLParser

import pytest
from tests.app.views.made_timeline import LABELS, make_timeline

from emotrace.app.views.analysis import (
    Link,
    Shown,
    draw_analysis,
    draw_done,
    draw_nothing,
    draw_trouble,
    draw_working,
)
from emotrace.app.views.source import draw_source
from emotrace.labels import EMOTIONS, NO_SPEECH
from emotrace.types import Timeline

_VOID = {"input", "br", "meta"}
_EVIL = "<script>alert(1)</script>\"'${value}{{value}}.wav"


class _Reader(HTMLParser):
    """Reads a page, fails where elements are not closed in order, and counts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attributes)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str, kind: str | None = None) -> list[dict[str, str | None]]:
        return [
            a for name, a in self.seen if name == tag and (kind is None or kind in (a.get("class") or "").split())
        ]


def show(*timelines: Timeline, name: str = "a.wav", audio: str | None = "sound.mp3", n_peaks: int = 40) -> Shown:
    peaks = {each.channel: [n / n_peaks / 2 for n in range(n_peaks)] for each in timelines}
    links = [Link("gradio_api/file=/x/a.vtt", "a.vtt", "WebVTT", "subtitles")]
    return Shown(name, timelines, len(timelines), peaks, audio, ["a.wav: ends early"], links)


def test_all_of_it_is_there() -> None:
    page = draw_analysis(show(make_timeline()))
    read = _Reader(page)
    for words in ("a.wav", "12 s", "1 channel", "3 emotions", "Mostly anger", "a.wav: ends early", "WebVTT"):
        assert words in page
    assert len(read.all("audio")) == len(read.all("svg", "wave")) == len(read.all("svg", "stack")) == 1
    # Silence, anger, fear, silence, neutral.
    rows = [
        (row["data-start"], row["data-end"], row.get("class")) for row in read.all("tr") if "data-start" in row
    ]
    assert rows == [
        ("0.000", "2.000", "quiet"),
        ("2.000", "6.000", None),
        ("6.000", "8.000", "unsure"),
        ("8.000", "10.000", "quiet"),
        ("10.000", "12.000", None),
    ]
    assert [b["data-start"] for b in read.all("button", "go")] == [start for start, _, _ in rows]
    # In the ribbon three runs have a colour, and the uncertain one is hatched, there and in the stack below.
    assert len(read.all("rect", "run")) == 3
    assert len(read.all("rect", "hatched")) == 2
    assert len(read.all("rect", "silent")) == 2
    (hatch,) = read.all("pattern")
    assert {a["fill"] for a in read.all("rect", "hatched")} == {f"url(#{hatch['id']})"}
    (link,) = read.all("a")
    assert (link["href"], link["download"]) == ("gradio_api/file=/x/a.vtt", "a.vtt")


def test_the_stack_is_as_high_as_the_probabilities() -> None:
    page = draw_analysis(show(make_timeline((("anger", 0.8), ("anger", 0.6)))))
    stack = page[page.index("lane stack") : page.index("lane axis")]
    paths = dict(zip(LABELS, re.findall(r'<path d="(M[^"]*)" style="--fill', stack), strict=True))
    # From the bottom at 100 upwards: neutral 10 and 20, then anger 80 and 60, then fear to the top.
    assert paths["neutral"] == "M0.0 100.0V90.0H500.0V100.0ZM500.0 100.0V80.0H1000.0V80.0Z".replace(
        "V80.0Z", "V100.0Z"
    )
    assert paths["anger"] == "M0.0 90.0V10.0H500.0V90.0ZM500.0 80.0V20.0H1000.0V80.0Z"
    assert paths["fear"].startswith("M0.0 10.0V0.0H500.0")


def test_channels_have_lanes_of_their_own_and_one_table() -> None:
    first, second = make_timeline(channel="0"), make_timeline(((NO_SPEECH, 0.0),) * 6, channel="1")
    page = draw_analysis(show(first, second))
    read = _Reader(page)
    assert len(read.all("svg", "wave")) == len(read.all("div", "headline")) == 2
    assert "2 channels, each on its own" in page
    assert '<th scope="col">Channel</th>' in page
    starts = [float(str(row["data-start"])) for row in read.all("tr") if "data-start" in row]
    assert starts == sorted(starts)
    assert len(starts) == 5 + 1
    (player,) = read.all("emotrace-player")
    heard = json.loads(str(player["data-heard"]))
    assert [each["name"] for each in heard["channels"]] == ["Channel 0", "Channel 1"]
    assert heard["channels"][0]["entries"][1] == [2.0, 4.0, "anger 90\u00a0%, neutral 5\u00a0%, fear 5\u00a0%"]
    assert heard["channels"][0]["entries"][3][2].startswith("uncertain: fear 40")
    assert heard["channels"][1]["entries"][0] == [0.0, 2.0, NO_SPEECH]


def test_every_drawing_is_hidden_from_readers_of_screens_and_told_in_words() -> None:
    read = _Reader(draw_analysis(show(make_timeline())))
    nested = [
        a for a in read.all("svg") if "lane" in (a.get("class") or "") or "patterns" in (a.get("class") or "")
    ]
    assert len(nested) == 5
    assert all(a["aria-hidden"] == "true" for a in nested)
    (slider,) = [a for _, a in read.seen if a.get("role") == "slider"]
    assert slider["tabindex"] == "0"
    assert slider["aria-valuemax"] == "12.0"
    assert "table below says in words" in str(slider["aria-label"])
    assert all(a["aria-label"] for a in read.all("button"))


@pytest.mark.parametrize("page", [
    draw_analysis(show(make_timeline(file=_EVIL), name=_EVIL)),
    draw_trouble(_EVIL),
    draw_working(_EVIL, 0.4),
])  # fmt: skip
def test_no_name_breaks_out(page: str) -> None:
    read = _Reader(page)
    assert not read.all("script")
    assert "<script" not in page
    assert _EVIL in unescape(page)


def test_a_recording_too_long_to_be_played_is_drawn_all_the_same() -> None:
    read = _Reader(page := draw_analysis(show(make_timeline(), audio=None)))
    assert not read.all("audio")
    assert not read.all("button", "play")
    assert "too long to be played here" in page


def test_an_hour_is_no_larger_than_a_page_may_be() -> None:
    plan = tuple((EMOTIONS[0] if n % 3 else "anger", 0.6) for n in range(2400))
    timeline = make_timeline(plan, 1.5)
    page = draw_analysis(show(timeline, n_peaks=1600))
    assert len(page) < 2_000_000
    _Reader(page)


def test_an_empty_timeline_is_drawn() -> None:
    _Reader(draw_analysis(show(make_timeline(()), n_peaks=1)))


def test_what_stands_there_before_and_meanwhile() -> None:
    assert "What was heard will stand here" in draw_nothing()
    assert 'value="0.250"' in draw_working("Hearing the recording", 0.25)
    assert "value=" not in draw_working("Waiting", None)
    assert "Heard in 3.2 s." in draw_done(3.21)
    assert 'role="status"' in draw_done(1)


def test_the_source_names_its_bounds_and_every_way_in() -> None:
    page = draw_source(64 * 1024**2, 3600.0, {"tone": ("A tone", 'a "pure" one')})
    read = _Reader(page)
    assert "up to 64 MB and 60 minutes" in page
    assert [a["data-example"] for a in read.all("button", "example")] == ["tone"]
    (chosen,) = read.all("input")
    assert chosen["aria-label"] == "Choose a recording"
    assert read.all("button", "record")[0]["aria-pressed"] == "false"
    assert read.all("p", "complaint")[0]["role"] == "alert"
