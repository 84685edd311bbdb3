"""The index in Chromium: hundreds of calls filtered, searched and sorted."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.calls.pages.conftest import Opened

Open = Callable[..., Opened]
Save = Callable[..., Path]

N_CALLS = 300


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """Give three hundred calls, ten of which failed."""
    rng = np.random.default_rng(3)
    failed = [{"file": f"broken_{n}.wav", "error": f"broken_{n}.wav: not audio"} for n in range(10)]
    verdicts = ("calm", "tense", "escalated", "recovered", "unknown")
    return failed + [
        {
            "file": f"2024/{n:04}.flac",
            "report": f"2024/{n:04}.html",
            "verdict": str(rng.choice(verdicts)),
            "reason": "The customer was kept waiting." if n % 7 == 0 else "Nothing of note.",
            "duration": float(rng.uniform(20, 1800)),
            "escalations": int(rng.integers(0, 5)),
            "critical": 0,
            "peak": float(rng.uniform(0.4, 1)) if n % 3 else None,
            "trend": str(rng.choice(["rising", "falling", "steady", "unknown"])),
            "customer_negativity": float(rng.uniform(0, 1)),
            "talk_share_customer": float(rng.uniform(0, 1)),
            "quarter_negativity": [float(x) for x in rng.uniform(0, 1, 4)],
        }
        for n in range(N_CALLS - len(failed))
    ]


def test_calls_are_filtered_and_searched(open_page: Open, save_index: Save, rows: list[dict[str, Any]]) -> None:
    opened = open_page(save_index(rows))
    shown = opened.page.locator("#calls tbody tr:visible")
    assert shown.count() == N_CALLS
    n_escalated = sum(row.get("verdict") == "escalated" for row in rows)
    assert opened.text(".chip.is-escalated").split() == ["escalated", str(n_escalated)]
    opened.page.check("input[value=escalated]", force=True)
    assert shown.count() == n_escalated
    opened.page.fill("input[type=search]", "Kept waiting")
    assert shown.count() == sum(
        row.get("verdict") == "escalated" and "kept waiting" in row["reason"] for row in rows
    )
    opened.page.fill("input[type=search]", "")
    opened.page.check("input[value=failed]", force=True)
    assert shown.count() == 10
    assert opened.text("output") == f"10 of {N_CALLS} rows"


def test_columns_sort_with_the_unknown_last(open_page: Open, save_index: Save, rows: list[dict[str, Any]]) -> None:
    opened = open_page(save_index(rows))
    order = "rows => rows.map((row) => row.querySelector('bdi').textContent)"
    table = opened.page.locator("#calls tbody tr")
    first = table.evaluate_all(order)
    known = {row["file"]: row["peak"] for row in rows if row.get("peak") is not None}
    opened.page.click("th.peak button")
    descending = table.evaluate_all(order)
    assert descending[: len(known)] == sorted(known, key=lambda file: -known[file])
    opened.page.click("th.peak button")
    assert table.evaluate_all(order)[: len(known)] == sorted(known, key=lambda file: known[file])
    opened.page.click("th.verdict-cell button")
    assert table.evaluate_all(order) == first, "by verdict is by escalation again"


def test_links_lead_to_files_beside_the_index(open_page: Open, save_index: Save) -> None:
    path = save_index(
        [{"file": "a", "report": "javascript:window.broken=1"}, {"file": "b", "report": "b/<c>.html"}]
    )
    opened = open_page(path)
    links = opened.page.locator("#calls a").evaluate_all("links => links.map((link) => link.href)")
    folder = path.parent.as_uri()
    assert links == [f"{folder}/javascript%3Awindow.broken%3D1", f"{folder}/b/%3Cc%3E.html"]


@pytest.mark.parametrize(("name", "scheme", "width"), [("desktop", "dark", 1280), ("phone", "light", 390)])
def test_a_picture_for_who_wants_to_look(
    name: str,
    scheme: str,
    width: int,
    open_page: Open,
    save_index: Save,
    rows: list[dict[str, Any]],
    tmp_path: Path,
) -> None:
    """Set ``EMOTRACE_SCREENSHOTS`` to a folder to keep the pictures."""
    opened = open_page(save_index([*rows[:2], *rows[10:40]]), color_scheme=scheme, width=width)
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    folder = Path(os.environ.get("EMOTRACE_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    picture = opened.page.screenshot(path=str(folder / f"index-{name}.png"), full_page=True)
    assert int.from_bytes(picture[16:20], "big") == width
    assert len(picture) > 30_000, "an empty page packs to much less"
