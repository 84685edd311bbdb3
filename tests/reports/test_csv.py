"""CSV reads back, by the standard library's reader, as what was heard."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.types import Timeline

Write = Callable[..., str]

COLUMNS = ["file", "channel", "start", "end", "emotion", "confidence", "uncertain", "speech_seconds"]
DERIVED = ["derived_valence", "derived_arousal"]


def _read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@settings(max_examples=60)
@given(timeline=st.from_type(Timeline))
def test_reads_back(timeline: Timeline, write: Write) -> None:
    text = write("csv", timeline)
    header = next(csv.reader(io.StringIO(text, newline="")))
    assert header == [*COLUMNS, *(f"probability_{label}" for label in timeline.labels), *DERIVED]
    rows = _read(text)
    assert len(rows) == len(timeline.predictions)
    for row, prediction in zip(rows, timeline.predictions, strict=True):
        record = prediction.to_dict()
        for column in ("file", "channel", "emotion"):
            assert row[column] == record[column]
        for column in ("start", "end", "speech_seconds"):
            assert float(row[column]) == record[column]
        assert row["uncertain"] == ("true" if record["uncertain"] else "false")
        assert row["confidence"] == ("" if record["confidence"] is None else str(record["confidence"]))
        read = {label: row[f"probability_{label}"] for label in timeline.labels}
        derived = {column: row[column] for column in DERIVED}
        if prediction.is_speech:
            assert {f"derived_{name}": str(value) for name, value in record["derived"].items()} == derived
            assert {label: float(p) for label, p in read.items()} == record["probabilities"]
        else:
            assert set(read.values()) == set(derived.values()) == {""}


def test_columns_come_from_the_first_clip_with_speech(call: Timeline, write_clips: Write) -> None:
    text = write_clips("csv", call.predictions)  # the first of them is silent
    assert text.splitlines()[0] == ",".join(
        [*COLUMNS, "probability_anger", "probability_neutral", "probability_fear", *DERIVED]
    )
    rows = _read(text)
    assert [row["emotion"] for row in rows] == [p.emotion for p in call.predictions]
    assert rows[1]["probability_anger"] == "0.9"
    # 0.9 of anger and 0.05 of fear; the rest is neutral.
    assert (rows[1]["derived_valence"], rows[1]["derived_arousal"]) == ("-0.491", "0.561")


def test_clips_without_any_speech_have_no_probabilities(call: Timeline, write_clips: Write) -> None:
    lines = write_clips("csv", call.predictions[:1]).splitlines()
    assert lines == [",".join(COLUMNS + DERIVED), "calls/my call.flac,1,0,2,no speech,,false,0.0,,"]


def test_clips_of_two_models_are_refused(call: Timeline, write_clips: Write) -> None:
    from dataclasses import replace

    foreign = replace(call.predictions[1], probabilities={"boredom": 1.0})
    with pytest.raises(ValueError, match="probability_boredom"):
        write_clips("csv", [call.predictions[1], foreign])


def test_speaker_sex_has_columns_only_where_it_was_asked_for(call: Timeline, write_clips: Write) -> None:
    heard = {"female": 0.97, "male": 0.03}
    asked = [replace(p, speaker_sex=heard if p.is_speech else {}) for p in call.predictions]
    rows = _read(write_clips("csv", asked))
    assert list(rows[0])[-2:] == ["speaker_sex_female", "speaker_sex_male"]
    assert [row["speaker_sex_female"] for row in rows] == ["", "0.97", "0.97", "0.97", "", "0.97"]
    assert [row["speaker_sex_male"] for row in rows] == ["", "0.03", "0.03", "0.03", "", "0.03"]
    assert "speaker_sex" not in write_clips("csv", call.predictions)
