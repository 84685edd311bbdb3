"""JSON lines: numbers may be names, and every mistake is named with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from emotrace.errors import ManifestError
from emotrace.manifest import read_manifest


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", r"m\.jsonl: line 2: not JSON"),
        ("[" * 100_000, "line 2: not JSON"),
        ("3", "line 2: each line must be a JSON object"),
        ('{"emotion": "anger"}', "line 2: no column 'file' or 'file_name'; columns here: emotion"),
        ('{"file": ["a"], "emotion": "anger"}', r"line 2, column 'file': \['a'\] is not text"),
        ('{"file": "a", "emotion": 3}', "line 2, column 'emotion': unknown emotion '3'"),
        ('{"file": "a", "emotion": "fear", "start": NaN, "end": 1}', "column 'start': 'nan' is not a number"),
        (
            '{"file": "a", "emotion": "fear", "repetition": true}',
            "column 'repetition': 'True' is not a number",
        ),
        ('{"file": "a", "emotion": "fear", "votes": {"fear": "x"}}', "column 'votes': expected numbers"),
        ('{"file": "a", "emotion": "fear", "votes": [1]}', "column 'votes': expected numbers"),
        ('{"file": "a", "emotion": "fear", "votes": [[["fear"], 1]]}', "column 'votes': expected numbers"),
        ('{"file": "a", "emotion": "fear", "votes": 7}', "column 'votes': expected numbers"),
        ('{"file": "a", "emotion": "fear", "repetition": 1' + 400 * "0" + "}", "column 'repetition'"),
    ],
)
def test_mistakes_in_json_lines_are_named(table: Callable[..., Path], line: str, sentence: str) -> None:
    good = '{"file": "a.wav", "emotion": "anger"}\n'
    with pytest.raises(ManifestError, match=sentence):
        read_manifest(table(good + line + "\n", "m.jsonl"))


def test_json_lines_take_numbers_for_names(table: Callable[..., Path]) -> None:
    line = json.dumps({"file": "a.wav", "label": "fear", "speaker": 7, "votes": {"afraid": 3}, "sex": "F"})
    (row,) = read_manifest(table(f"\ufeff{line}\n\n", "m.jsonl"))
    assert (row.speaker, row.votes, row.sex) == ("7", {"fear": 3}, "female")
