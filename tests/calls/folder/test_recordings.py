"""The calls of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotrace.calls.folder.recordings import find_calls
from emotrace.errors import EmotraceError


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_finds_recordings_and_their_turns_in_all_folders(tmp_path: Path) -> None:
    _touch(tmp_path, "b.WAV", "a.flac", "a.json", "sub/c.mp3", "sub/c.rttm", "sub/c.json", "notes.txt", "d.json")
    _touch(tmp_path, ".hidden.wav", ".trash/e.wav")
    assert [(call.name.as_posix(), call.turns and call.turns.name) for call in find_calls(tmp_path)] == [
        ("a.flac", "a.json"),
        ("b.WAV", None),
        ("sub/c.mp3", "c.rttm"),
    ]


def test_a_folder_without_recordings(tmp_path: Path) -> None:
    _touch(tmp_path, "notes.txt")
    with pytest.raises(
        EmotraceError, match="no recordings in this folder; looked for are names that end in wav, flac"
    ):
        find_calls(tmp_path)


def test_links_to_folders_make_no_circles(tmp_path: Path) -> None:
    _touch(tmp_path, "a.wav")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    assert len(find_calls(tmp_path)) == 1
