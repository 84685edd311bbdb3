"""Parquet of other people's making, damaged, or without its extra."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from emotrace.errors import ManifestError, MissingExtraError
from emotrace.manifest import read_manifest, write_manifest
from emotrace.types import Utterance


def test_parquet_of_others(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table(
        {
            "path": ["a.wav", "b.wav"],
            "label": pyarrow.array(["happy", "sad"]).dictionary_encode(),
            "votes": [{"happy": 3, "sad": None}, {"happy": None, "sad": 4}],
            "embedding": [[1.0, 2.0], [3.0, 4.0]],
        }
    )
    parquet.write_table(table, tmp_path / "m.parquet")
    rows = read_manifest(tmp_path / "m.parquet")
    assert [row.emotion for row in rows] == ["happiness", "sadness"]
    assert [row.votes for row in rows] == [{"happiness": 3}, {"sadness": 4}]


def test_votes_may_be_a_map_by_emotion(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")

    def write(votes: object, kind: object) -> Path:
        path = tmp_path / "m.parquet"
        column = pyarrow.array([votes], pyarrow.map_(kind, pyarrow.int64()))
        parquet.write_table(pyarrow.table({"file": ["a"], "emotion": ["fear"], "votes": column}), path)
        return path

    (row,) = read_manifest(write([("afraid", 2), ("anger", 1)], pyarrow.string()))
    assert row.votes == {"fear": 2, "anger": 1}
    with pytest.raises(ManifestError, match="row 1, column 'votes': expected numbers of listeners by emotion"):
        read_manifest(write([(1, 2)], pyarrow.int64()))


def test_damaged_parquet_is_named(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "m.parquet"
    write_manifest([Utterance("a.wav", "anger", "x")], path)
    whole = path.read_bytes()
    for content in (b"", b"not parquet", whole[: len(whole) // 2], whole[:8] + b"\xff" * 40 + whole[48:]):
        path.write_bytes(content)
        with pytest.raises(ManifestError, match=r"m\.parquet: .+") as error:
            read_manifest(path)
        assert "\n" not in str(error.value)


def test_parquet_without_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "m.parquet").write_bytes(b"PAR1")
    with pytest.raises(MissingExtraError, match=r"pip install 'emotrace\[parquet\]'"):
        read_manifest(tmp_path / "m.parquet")
    with pytest.raises(MissingExtraError, match=r"emotrace\[parquet\]"):
        write_manifest([Utterance("a.wav", "anger", "x")], tmp_path / "new.parquet")
    assert not (tmp_path / "new.parquet").exists()
