"""The index of many calls, read as text."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.calls.pages import write_index


def _row(file: str, **known: Any) -> dict[str, Any]:
    return {
        "file": file,
        "report": f"{file}.html",
        "verdict": "calm",
        "reason": "Quiet.",
        "duration": 60.0,
        **known,
    }


def _write(rows: list[dict[str, Any]]) -> str:
    stream = io.StringIO()
    write_index(rows, stream)
    return stream.getvalue()


def test_calls_are_sorted_by_escalation_and_failed_ones_come_last() -> None:
    rows = [
        {"file": "failed", "error": "failed: no such file"},
        _row("calm"),
        _row("tense", verdict="tense", escalations=0),
        _row("warned", verdict="recovered", escalations=3, critical=0),
        _row("once", verdict="escalated", escalations=1, critical=1, peak=0.7),
        _row("worst", verdict="escalated", escalations=4, critical=2, peak=0.6),
        _row("louder", verdict="escalated", escalations=1, critical=1, peak=0.9),
        _row("strange", verdict="no such verdict"),
    ]
    names = re.findall(r"<bdi>(\w+)</bdi>", _write(rows))
    assert names == ["worst", "louder", "once", "warned", "tense", "calm", "strange", "failed"]


@given(
    st.lists(
        st.fixed_dictionaries(
            {"file": st.text(max_size=5)},
            optional={
                "verdict": st.sampled_from(["escalated", "calm"]) | st.none(),
                "critical": st.integers(0, 3) | st.none(),
                "escalations": st.integers(0, 3) | st.none(),
                "peak": st.floats(0, 1) | st.none(),
                "customer_negativity": st.floats(0, 1) | st.none(),
                "quarter_negativity": st.lists(st.floats(0, 1) | st.none(), min_size=4, max_size=4) | st.none(),
                "error": st.text(max_size=5) | st.none(),
            },
        ),
        max_size=6,
    )
)
def test_rows_of_which_little_is_known_are_shown(rows: list[dict[str, Any]]) -> None:
    page = _write(rows)
    page.encode("ascii")
    assert page.count("<tr ") == len(rows)


def test_errors_are_shown_and_texts_escaped() -> None:
    page = _write([{"file": "<b>.wav", "error": "<b>.wav: the file is empty (0 bytes); record or copy it again"}])
    assert "&lt;b&gt;.wav: the file is empty (0 bytes); record or copy it again" in page
    assert "<b>.wav" not in page


@pytest.mark.parametrize(
    ("report", "address"),
    [
        ("a/b c.html", "./a/b%20c.html"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("//elsewhere.example/x", "./elsewhere.example/x"),
        ("100%?#.html", "./100%25%3F%23.html"),
        ("gr\u00fc\u00dfe.html", "./gr%C3%BC%C3%9Fe.html"),
        ("lost\udcff.html", "./lost%FF.html"),
    ],
)
def test_links_are_relative_whatever_they_begin_with(report: str, address: str) -> None:
    assert f'href="{address}"' in _write([_row("a", report=report)])


def test_no_calls_is_a_page_too() -> None:
    page = _write([])
    assert "No calls." in page
    assert "<table" not in page
