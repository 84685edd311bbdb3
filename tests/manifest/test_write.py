"""A manifest is written whole or not at all, and can be moved with its folder."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from emotrace.errors import ManifestError
from emotrace.manifest import read_manifest, write_manifest
from emotrace.types import Utterance


def test_files_beside_the_manifest_are_written_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path)
    write_manifest(
        [Utterance("project/wav/a.wav", "anger", "x"), Utterance("other/b.wav", "fear", "x")],
        "project/m.csv",
    )
    with (tmp_path / "project/m.csv").open(newline="", encoding="utf-8") as lines:
        files = [row["file"] for row in csv.DictReader(lines)]
    assert files == ["wav/a.wav", str(tmp_path / "other/b.wav")]
    (tmp_path / "project").rename(tmp_path / "moved")
    assert read_manifest("moved/m.csv")[0].file == str(Path("moved/wav/a.wav"))


def test_only_filled_columns_are_written(tmp_path: Path) -> None:
    write_manifest([Utterance(str(tmp_path / "a.wav"), "anger", "x")], tmp_path / "m.csv")
    assert (tmp_path / "m.csv").read_text(encoding="utf-8") == "file,emotion,speaker\na.wav,anger,x\n"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.csv"
    path.write_text("old", encoding="utf-8")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ManifestError, match=r"m\.csv: cannot be written: No space left on device"):
        write_manifest([Utterance("a.wav", "anger", "x")], path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.csv"]


@pytest.mark.parametrize(
    ("name", "utterances", "sentence"),
    [
        ("m.csv", [], "there are no utterances to write"),
        ("m.txt", [Utterance("a.wav", "anger", "x")], "a manifest ends in"),
        ("no/m.csv", [Utterance("a.wav", "anger", "x")], "there is no folder .*no; create it first"),
        ("d.csv", [Utterance("a.wav", "anger", "x")], "is a folder; give a file name"),
        ("m.csv", [Utterance("a.wav", "anger", "x", text="a\0b")], "column 'text': .* holds a zero byte"),
        ("m.csv", [Utterance("a\udcff.wav", "anger", "x")], "a manifest is UTF-8, which has no place for"),
        ("m.jsonl", [Utterance("a\udcff.wav", "anger", "x")], "a manifest is UTF-8, which has no place for"),
    ],
)
def test_what_cannot_be_written_is_named(
    tmp_path: Path, name: str, utterances: list[Utterance], sentence: str
) -> None:
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(ManifestError, match=sentence):
        write_manifest(utterances, tmp_path / name)
    assert [entry.name for entry in tmp_path.iterdir()] == ["d.csv"]
