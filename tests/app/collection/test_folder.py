"""The folder of a collection: new, empty or our own; everything else is refused in words, and left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotrace.app.collection.folder import MARKER, open_collection
from emotrace.errors import UsageError


def test_looking_writes_nothing(tmp_path: Path):
    collection = open_collection(f" {tmp_path / 'clips'} ")
    assert not collection.exists()
    assert not collection.root.exists()


def test_own_folder_opens_again(tmp_path: Path):
    open_collection(str(tmp_path / "clips")).create()
    again = open_collection(str(tmp_path / "clips"))
    assert again.exists()
    again.create()
    assert sorted(each.name for each in again.root.iterdir()) == [MARKER, "people"]


def test_empty_folder_is_taken(tmp_path: Path):
    (tmp_path / ".DS_Store").touch()
    open_collection(str(tmp_path)).create()
    assert (tmp_path / MARKER).is_file()


def test_home_is_understood(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert open_collection("~/clips").root == (tmp_path / "clips").resolve()


def test_folder_that_holds_something_else_is_refused(tmp_path: Path):
    for name in ("thesis.doc", "b", "c", "d"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError, match=r"holds something else \(b, c, d \.\.\.\); give an empty or new folder"):
        open_collection(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "say in which folder"),
        ("\x00", "say in which folder"),
        ("x" * 2000, "say in which folder"),
        ("clips", r"^clips: give the whole path of the folder, such as ~/clips"),
        ("../x", "give the whole path"),
        ("{tmp}/a/b/clips", r"there is no folder .*/a/b; create it first"),
        ("{tmp}/file", "is a file; give a folder"),
    ],
)
def test_what_is_no_folder_is_refused(text, complaint, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=complaint):
        open_collection(text.replace("{tmp}", str(tmp_path)))


@pytest.mark.parametrize(
    ("marker", "complaint"), [("{", "damaged"), ("[]", "damaged"), ('{"format": 9}', "format 9")]
)
def test_other_markers_are_refused(marker, complaint, tmp_path: Path):
    (tmp_path / MARKER).write_text(marker)
    with pytest.raises(UsageError, match=complaint):
        open_collection(str(tmp_path))
