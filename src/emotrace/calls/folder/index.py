"""The index of a folder of calls: one row per call, the escalated first, as a page and as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from emotrace.atomic import replacing
from emotrace.calls.folder.one_call import Outcome
from emotrace.calls.pages import write_index
from emotrace.calls.pages.index import rank
from emotrace.errors import MissingExtraError

Row = dict[str, Any]

COLUMNS: Mapping[str, type] = {
    "file": str,
    "report": str,
    "verdict": str,
    "reason": str,
    "duration": float,
    "escalations": int,
    "critical": int,
    "peak": float,
    "trend": str,
    "trend_per_minute": float,
    "customer_negativity": float,
    "talk_share_customer": float,
    "interruptions": int,
    "error": str,
}
"""Columns of the table and what is in them; a cell is empty where nothing is known."""


def row_of(outcome: Outcome) -> Row:
    """Give the row of one call; the customer's figures are the unknown speaker's where there is no customer."""
    if outcome.document is None:
        return {"file": outcome.name, "error": outcome.error}
    call = outcome.document
    summary, escalations = call["summary"], call["escalations"]
    main = call["parties"][0]["party"]
    quarters = [quarter for quarter in summary["quarters"] if quarter["party"] == main]
    return {
        "file": outcome.name,
        "report": f"{outcome.name}.html",
        "verdict": call["verdict"]["label"],
        "reason": call["verdict"]["reason"],
        "duration": call["duration"],
        "escalations": len(escalations),
        "critical": sum(escalation["severity"] == "critical" for escalation in escalations),
        "peak": max((escalation["peak"] for escalation in escalations), default=None),
        "trend": summary["trend"]["direction"],
        "trend_per_minute": summary["trend"]["per_minute"],
        "customer_negativity": _mean_negativity(quarters),
        "quarter_negativity": [quarter["negativity"] for quarter in quarters],
        "talk_share_customer": summary["talk_share"][main],
        "interruptions": len(summary["interruptions"]),
    }


def _mean_negativity(quarters: Sequence[Mapping[str, Any]]) -> float | None:
    heard = [quarter for quarter in quarters if quarter["negativity"] is not None]
    speech = float(sum(quarter["speech_seconds"] for quarter in heard))
    weighted = float(sum(quarter["speech_seconds"] * quarter["negativity"] for quarter in heard))
    return round(weighted / speech, 4) if speech > 0.0 else None


def write_indexes(outcomes: Sequence[Outcome], folder: Path) -> list[Path]:
    """Write ``index.html`` and ``index.parquet``, or ``index.csv`` where pyarrow is not installed.

    Returns
    -------
    The files written: the page first.

    Raises
    ------
    OSError
        If they cannot be written.
    """
    rows = sorted((row_of(outcome) for outcome in outcomes), key=rank)
    page = folder / "index.html"
    with replacing(page) as part, part.open("w", encoding="utf-8", newline="") as stream:
        write_index(rows, stream)
    try:
        name, content = "index.parquet", encode_parquet(rows)
    except MissingExtraError:
        name, content = "index.csv", encode_csv(rows)
    with replacing(folder / name) as part:
        part.write_bytes(content)
    return [page, folder / name]


def encode_csv(rows: Sequence[Row]) -> bytes:
    """Give the rows as CSV in UTF-8."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(COLUMNS), restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    # A name that is no text on this system keeps its bytes.
    return text.getvalue().encode("utf-8", "surrogateescape")


def encode_parquet(rows: Sequence[Row]) -> bytes:
    """Give the rows as Parquet.

    Raises
    ------
    MissingExtraError
        If pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError("an index in Parquet", "parquet") from None
    kinds = {str: pyarrow.string(), float: pyarrow.float64(), int: pyarrow.int64()}
    columns = {
        name: pyarrow.array([_cell(row.get(name)) for row in rows], kinds[kind]) for name, kind in COLUMNS.items()
    }
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table(columns), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _cell(value: Any) -> Any:
    # A name that is no text on this system cannot stand in Parquet as it is.
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value
