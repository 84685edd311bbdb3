"""What a page has collected: read strictly, four states, CSV and JSON that say the same."""

from __future__ import annotations

import csv
import io
import json

import pytest

from emotrace.app.pictures.outcome import read_outcomes
from emotrace.app.pictures.tables import to_csv, to_json
from emotrace.errors import UsageError

HEARD = {
    "emotion": "anger",
    "confidence": 0.625,
    "uncertain": False,
    "probabilities": {"anger": 0.625, "calm": 0.375},
}
SILENT = {"emotion": "no speech", "confidence": None, "uncertain": False, "probabilities": {}}


def record(expected: str = "angry", heard: object = HEARD, **more: object) -> dict[str, object]:
    return {"title": "A bike", "expected": expected, "seconds": 7.01, "heard": heard, "reason": "", **more}


RECORDS = [
    record(),
    record("joy"),
    record(heard=SILENT),
    record(heard=None, reason="all workers are busy", title="=cmd()"),
]


def test_four_states():
    states = [outcome.state for outcome in read_outcomes(RECORDS)]
    assert states == ["as expected", "otherwise", "nothing said", "not heard"]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        None,
        record("grumpy"),
        record(seconds="nan"),
        record(seconds=-1),
        record(heard={**HEARD, "confidence": 2}),
        record(heard={**HEARD, "emotion": "<b>"}),
        record(heard={**HEARD, "emotion": "fear"}),
        record(heard={**HEARD, "probabilities": {"x": 1}}),
        record(heard="anger"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(UsageError, match=r"the session could not be read; load the page anew and start again"):
        read_outcomes([record(), wrong])


def test_sessions_are_bounded():
    for n in (0, 61):
        with pytest.raises(UsageError, match=rf"a session has 1 to 60 pictures, not {n}"):
            read_outcomes([record()] * n)


def test_csv_and_json_say_the_same():
    outcomes = read_outcomes(RECORDS)
    rows = list(csv.DictReader(io.StringIO(to_csv(outcomes))))
    document = json.loads(to_json(outcomes, "2026-11-21 11:30 UTC"))
    assert document["started"] == "2026-11-21 11:30 UTC"
    assert [row["state"] for row in rows] == [each["state"] for each in document["pictures"]]
    assert rows[0] == {
        "picture": "A bike",
        "expected": "anger",
        "detected": "anger",
        "state": "as expected",
        "confidence": "0.625",
        "uncertain": "false",
        "seconds": "7.01",
        "reason": "",
        "p_calm": "0.375",
        "p_anger": "0.625",
    }
    assert document["pictures"][0]["probabilities"] == {"anger": 0.625, "calm": 0.375}
    assert (rows[2]["detected"], rows[2]["confidence"], rows[2]["uncertain"]) == ("no speech", "", "")
    # A spreadsheet would compute it.
    assert (rows[3]["picture"], rows[3]["reason"]) == ("'=cmd()", "all workers are busy")
