"""Rows become utterances; what cannot be a manifest is named, whatever its bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotrace.errors import ManifestError
from emotrace.labels import EMOTIONS
from emotrace.manifest import UNKNOWN_SPEAKER, read_manifest
from emotrace.types import Utterance


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=80).map(lambda tail: b"file,emotion\n" + tail) | st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    for ending in (".csv", ".jsonl"):
        manifest = tmp_path / f"any{ending}"
        manifest.write_bytes(content)
        try:
            utterances = read_manifest(manifest)
        except ManifestError as error:
            outcome = str(error).startswith(f"{manifest}: ") and "\n" not in str(error)
        else:
            outcome = all(utterance.emotion in EMOTIONS for utterance in utterances)
        assert outcome


def test_two_columns_are_enough(table: Callable[..., Path], tmp_path: Path) -> None:
    first, second = read_manifest(table("file,emotion\na b.wav,anger\nsub/c.wav,Happy\n"))
    assert first == Utterance(str(tmp_path / "a b.wav"), "anger", UNKNOWN_SPEAKER)
    assert second == Utterance(str(tmp_path / "sub/c.wav"), "happiness", UNKNOWN_SPEAKER, source_label="Happy")


def test_unknown_speakers_are_one_speaker(table: Callable[..., Path]) -> None:
    rows = read_manifest(table("file,emotion,speaker\na.wav,anger,\nb.wav,anger,\nc.wav,anger,x\n"))
    assert [row.speaker for row in rows] == [UNKNOWN_SPEAKER, UNKNOWN_SPEAKER, "x"]


def test_audio_folder_of_hugging_face(table: Callable[..., Path], tmp_path: Path) -> None:
    table("file_name,transcription,label,extra\nwav/a.wav,hello,angry,1\n", "metadata.csv")
    (row,) = read_manifest(tmp_path)
    assert row == Utterance(
        str(tmp_path / "wav/a.wav"), "anger", UNKNOWN_SPEAKER, source_label="angry", text="hello"
    )


def test_files_that_are_no_manifests(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"a manifest ends in \.csv, \.jsonl, \.parquet, not in '\.txt'"):
        read_manifest(tmp_path / "m.txt")
    with pytest.raises(ManifestError, match=r"m\.csv: no such file"):
        read_manifest(tmp_path / "m.csv")
    with pytest.raises(ManifestError, match=r"a folder without metadata\.csv"):
        read_manifest(tmp_path)
