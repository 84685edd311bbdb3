"""The index of many calls, as a page and as a table."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from emotrace.calls.call import Call
from emotrace.calls.folder.index import COLUMNS, encode_csv, row_of, write_indexes
from emotrace.calls.folder.one_call import Outcome


def _escalation(peak: float, severity: str) -> dict[str, Any]:
    return {"peak": peak, "severity": severity}


@pytest.fixture
def outcomes(demo: Call) -> list[Outcome]:
    document = {
        **demo.to_dict(),
        "escalations": [],
        "verdict": {"label": "calm", "reason": "Was.", "evidence": []},
    }
    heated = {
        **document,
        "escalations": [_escalation(0.8, "warning"), _escalation(0.9, "critical")],
        "verdict": {"label": "escalated", "reason": "It did.", "evidence": []},
    }
    return [
        Outcome("plain.wav", document),
        Outcome("broken.wav", error="broken.wav: not audio"),
        Outcome("sub/heated.wav", heated),
    ]


def test_a_row_says_what_happened(outcomes: list[Outcome]) -> None:
    row = row_of(outcomes[2])
    assert (row["escalations"], row["critical"], row["peak"]) == (2, 1, 0.9)
    assert row["report"] == "sub/heated.wav.html"
    assert len(row["quarter_negativity"]) == 4
    assert min(row["quarter_negativity"]) <= row["customer_negativity"] <= max(row["quarter_negativity"])
    assert row_of(outcomes[1]) == {"file": "broken.wav", "error": "broken.wav: not audio"}


def test_the_escalated_come_first_and_the_broken_last(outcomes: list[Outcome], tmp_path: Path) -> None:
    page, table = write_indexes(outcomes, tmp_path)
    assert (page.name, table.name) == ("index.html", "index.parquet")
    rows = pyarrow.parquet.read_table(table).to_pylist()
    assert [row["file"] for row in rows] == ["sub/heated.wav", "plain.wav", "broken.wav"]
    assert list(rows[0]) == list(COLUMNS)
    assert rows[2]["error"] == "broken.wav: not audio"
    assert rows[2]["escalations"] is None
    shown = page.read_text(encoding="utf-8")
    assert shown.index("heated.wav") < shown.index("plain.wav") < shown.index("broken.wav")


def test_without_pyarrow_the_table_is_csv(
    outcomes: list[Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    _, table = write_indexes(outcomes, tmp_path)
    assert table.name == "index.csv"
    rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))))
    assert [row["verdict"] for row in rows][::2] == ["escalated", ""]
    assert list(rows[0]) == list(COLUMNS)


def test_a_name_that_is_no_text_can_be_written(tmp_path: Path) -> None:
    odd = Outcome("caf\udce9.wav", error="cannot be read")
    assert b"caf\xe9.wav" in encode_csv([row_of(odd)])
    write_indexes([odd], tmp_path)
    (row,) = pyarrow.parquet.read_table(tmp_path / "index.parquet").to_pylist()
    assert row["file"] == "caf?.wav"


def test_no_column_has_the_agents_emotion() -> None:
    assert not any("agent" in column and "negativity" in column for column in COLUMNS)
