"""What is written is read again, in every format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotrace.labels import EMOTIONS
from emotrace.manifest import COLUMNS, ENDINGS, read_manifest, write_manifest
from emotrace.types import Segment, Utterance

_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=20)
_FILE = st.lists(
    st.text(st.characters(exclude_characters="\0/\\", exclude_categories=("Cs",)), min_size=1, max_size=12).filter(
        lambda part: part not in (".", "..")
    ),
    min_size=1,
    max_size=3,
).map("/".join)
_SECONDS = st.floats(0, 1e6, allow_nan=False)
_SEGMENT = st.tuples(_SECONDS, _SECONDS).map(lambda pair: Segment(min(pair), max(pair)))
_UTTERANCE = st.builds(
    Utterance,
    file=_FILE,
    emotion=st.sampled_from(EMOTIONS),
    speaker=_TEXT,
    segment=st.none() | _SEGMENT,
    corpus=st.just("") | _TEXT,
    sex=st.sampled_from([None, "female", "male"]),
    source_label=st.just("") | _TEXT,
    intensity=st.none() | _TEXT,
    sentence=st.none() | _TEXT,
    text=st.none() | _TEXT,
    language=st.none() | _TEXT,
    repetition=st.none() | st.integers(0, 1000),
    recording=st.just("") | _TEXT,
    twin_of=st.none() | _TEXT,
    content=st.none() | _TEXT,
    votes=st.none() | st.dictionaries(st.sampled_from(EMOTIONS), st.integers(0, 50)),
    split=st.sampled_from([None, "train", "validation", "test"]),
)


def _absolute(utterance: Utterance, folder: Path) -> Utterance:
    return replace(utterance, file=str(folder / utterance.file))


@pytest.mark.parametrize("ending", ENDINGS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(utterances=st.lists(_UTTERANCE, min_size=1, max_size=5))
def test_what_is_written_is_read_again(tmp_path: Path, ending: str, utterances: list[Utterance]) -> None:
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    utterances = [_absolute(utterance, tmp_path) for utterance in utterances]
    manifest = tmp_path / f"table{ending}"
    write_manifest(utterances, manifest)
    assert read_manifest(manifest) == utterances


def test_all_fields_have_a_column() -> None:
    fields = {field for field in Utterance.__dataclass_fields__ if field != "segment"}
    assert fields | {"start", "end"} == set(COLUMNS)
