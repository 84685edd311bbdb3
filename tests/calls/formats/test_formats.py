"""A call in every format: whole, honest, and without the agent's emotion."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.calls.call import Call
from emotrace.calls.formats import format_of_file, html, load_call_format, names
from emotrace.calls.formats.json import write_document
from emotrace.errors import UnknownNameError
from emotrace.labels import EMOTIONS, valence_arousal

TEXT_FORMATS = [name for name in names() if name != "html"]
EMOTION = re.compile("|".join(EMOTIONS))


def _written(call: Call, name: str) -> str:
    stream = io.StringIO()
    load_call_format(name)(call, stream)
    return stream.getvalue()


def test_the_promised_formats_are_there() -> None:
    promised = {"table", "json", "csv", "rttm", "textgrid", "audacity", "vtt", "emotionml", "html"}
    assert set(names()) == promised


@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_writes_whole_lines(demo: Call, name: str) -> None:
    assert _written(demo, name).endswith("\n")


@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_the_agent_talks_in_every_format_and_has_no_emotion_in_any(demo: Call, name: str) -> None:
    """The customer's turns are taken away: what is left of emotion would be the agent's."""
    agent_only = replace(
        demo,
        turns=tuple(turn for turn in demo.turns if turn.party == "agent"),
        timelines={party: replace(timeline, predictions=()) for party, timeline in demo.timelines.items()},
        emotion_seconds={"customer": {}},
        quarters=(),
        agent_effects=(),
        escalations=(),
        verdict=replace(demo.verdict, label="tense", reason="none", evidence=()),
        labels=(),
    )
    written = _written(agent_only, name)
    assert EMOTION.search(written.replace(agent_only.notice, "")) is None, written
    if name != "emotionml":  # which can say nothing but emotions
        assert "agent" in written
        assert "speech" in written or name == "table"


def test_the_page_shows_no_emotion_of_the_agents_either(demo: Call, demo_call: Path) -> None:
    stream = io.StringIO()
    html.write_call(replace(demo, file=str(demo_call)), stream, has_audio=False)
    page = stream.getvalue()
    assert "audio/" not in page
    rows = re.findall(r"<tr[^>]*data-party=\"?agent.*?</tr>", page, re.S)
    assert len(rows) == 7
    assert all(EMOTION.search(row) is None for row in rows)


def test_csv_has_a_row_per_turn(demo: Call) -> None:
    rows = list(csv.DictReader(io.StringIO(_written(demo, "csv"))))
    assert [row["party"] for row in rows] == [turn.party for turn in demo.turns]
    agent, customer = rows[6], rows[7]
    unsaid = ("emotion", "confidence", "probability_anger", "pitch_median_hz", "derived_valence")
    assert [agent[column] for column in unsaid] == [""] * len(unsaid)
    assert agent["level_dbfs"]
    assert (customer["emotion"], customer["interrupts"]) == ("anger", "true")
    probabilities = {label: float(customer[f"probability_{label}"]) for label in demo.labels}
    assert 0.9 < sum(probabilities.values()) < 1.1
    derived = [float(customer["derived_valence"]), float(customer["derived_arousal"])]
    assert derived == pytest.approx(valence_arousal(probabilities), abs=1e-4)


def test_what_is_derived_of_a_turn_follows_from_its_probabilities(demo: Call) -> None:
    for turn in json.loads(_written(demo, "json"))["turns"]:
        expected = valence_arousal(turn["probabilities"]) if turn["probabilities"] else (None, None)
        assert (turn["derived"]["valence"], turn["derived"]["arousal"]) == pytest.approx(expected, abs=1e-4)


def test_names_and_words_cannot_break_a_row(demo: Call) -> None:
    said = replace(demo.turns[0], text='He said "no",\nthen;left')
    rows = list(
        csv.DictReader(io.StringIO(_written(replace(demo, file="a\rb.wav", turns=(said,)), "csv"), newline=""))
    )
    assert [(row["file"], row["text"]) for row in rows] == [("a\rb.wav", said.text)]


def test_rttm_says_who_and_how(demo: Call) -> None:
    rows = [line.split(" ") for line in _written(demo, "rttm").splitlines()]
    assert {len(row) for row in rows} == {10}
    # Channels count from 1 in RTTM.
    assert {(row[2], row[7].split(":")[0]) for row in rows} == {("2", "customer"), ("1", "agent")}
    assert {row[7] for row in rows if row[2] == "1"} == {"agent:speech"}
    heated = next(row for row in rows if float(row[3]) == pytest.approx(demo.turns[7].segment.start, abs=1e-3))
    assert heated[7] == "customer:anger"
    assert float(heated[8]) == pytest.approx(demo.turns[7].prediction.confidence, abs=1e-4)  # type: ignore[union-attr]


def test_textgrid_and_audacity_have_a_track_per_party(demo: Call) -> None:
    grid = _written(demo, "textgrid")
    assert re.findall('name = "(.*)"', grid) == ["customer", "agent"]
    assert grid.count('text = "speech"') == 7
    labels = [line.split("\t")[2] for line in _written(demo, "audacity").splitlines()]
    assert len(labels) == 14
    assert labels[0] == "agent: speech"
    heard = [turn.prediction for turn in demo.turns if turn.prediction is not None]
    assert [label for label in labels if label.startswith("customer")] == [
        f"customer: {p.emotion}{'?' if p.uncertain else ''}" for p in heard
    ]
    assert {p.uncertain for p in heard} == {False, True}


def test_vtt_has_a_voice_per_party(demo: Call) -> None:
    voices = re.findall("<v (.*?)>", _written(demo, "vtt"))
    assert voices == [turn.party for turn in demo.turns]


def test_emotionml_has_the_customers_emotions_only(demo: Call) -> None:
    root = ElementTree.fromstring(_written(demo, "emotionml"))  # noqa: S314
    channels = [element.text for element in root.iter("{urn:emotrace}channel")]
    assert channels == ["customer"] * 7


def test_the_table_tells_what_matters(demo: Call) -> None:
    table = _written(demo, "table")
    assert re.search(r"^(TENSE|ESCALATED|RECOVERED)   ", table, re.M)
    assert "customer interrupts 0:28" in table
    assert re.search(r"stirred after .*0:17", table)
    assert re.search(r"calmed after .*0:38", table)
    assert "not analysed for emotion" in table
    assert "by quarter: the strongest emotion, and negativity (anger, fear or sadness), trend " in table
    assert demo.notice in table
    # Whole sentences are left to the terminal to wrap.
    prose = (demo.notice, demo.verdict.reason)
    assert all(len(line) <= 120 for line in table.splitlines() if not line.endswith(prose))


def test_the_table_can_be_written_in_ascii_and_cannot_steer_a_terminal(demo: Call) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    load_call_format("table")(replace(demo, file="caf\u00e9\x1b[2J.wav"), stream)
    stream.flush()
    written = stream.buffer.getvalue()  # type: ignore[attr-defined]
    assert b"\x1b" not in written


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("report.html", "html"), ("a/b.JSON", "json"), ("t.csv", "csv"), ("x.rttm", "rttm"),
        ("x.TextGrid", "textgrid"), ("x.vtt", "vtt"), ("x.emotionml", "emotionml"),
        ("x.txt", "table"), ("x", None), ("x.wav", None),
    ],
)  # fmt: skip
def test_the_name_of_a_file_tells_its_format(file: str, name: str | None) -> None:
    assert format_of_file(file) == name


def test_a_format_that_is_not_there() -> None:
    with pytest.raises(UnknownNameError, match="no format for calls named 'jsonl'; did you mean 'json'"):
        load_call_format("jsonl")


_documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), _documents, max_size=4))
def test_any_document_is_written_as_json(document: dict[str, object]) -> None:
    stream = io.StringIO()
    write_document(document, stream)
    assert json.loads(stream.getvalue()) == document
