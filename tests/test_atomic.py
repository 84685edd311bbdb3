"""Files appear whole or not at all, whatever fails, and what they replace keeps its rights and its links."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from emotrace.atomic import flush_to_disk, replacing, sibling


def write(path: Path, text: str) -> None:
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_the_new_file_appears_only_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")
    with replacing(path) as part:
        part.write_text("new", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old"
    assert path.read_text(encoding="utf-8") == "new"
    assert names(tmp_path) == ["a.txt"]


def test_a_failing_block_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")

    def write_half() -> None:
        with replacing(path) as part:
            part.write_text("half", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failing_end_leaves_what_was_there(
    tmp_path: Path, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")

    def fail(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if failing == "fsync" else Path, failing, fail)
    with pytest.raises(OSError, match="No space left on device"):
        write(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_block_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "a.txt"):
        pass
    assert names(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="links need rights there that not everybody has")
def test_a_link_stays_and_the_file_behind_it_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link, target = tmp_path / "link", tmp_path / "there" / "a.txt"
    link.symlink_to(target)
    for text in ("made", "replaced"):
        write(link, text)
        assert link.is_symlink()
        assert target.read_text(encoding="utf-8") == text
    assert names(tmp_path / "there") == ["a.txt"]


@pytest.mark.skipif(os.name == "nt", reason="rights are POSIX's")
@pytest.mark.parametrize("rights", [0o600, 0o440, 0o644])
def test_rights_are_kept(tmp_path: Path, rights: int) -> None:
    path = tmp_path / "a.txt"
    path.touch()
    path.chmod(rights)
    write(path, "new")
    assert path.stat().st_mode & 0o777 == rights


@pytest.mark.skipif(os.name == "nt", reason="rights are POSIX's")
def test_a_new_file_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "ordinary").touch()
    write(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


@pytest.mark.parametrize("letter", ["x", "é"])
def test_the_longest_names_are_possible(tmp_path: Path, letter: str) -> None:
    path = tmp_path / (letter * (255 // len(letter.encode())))
    write(path, "new")
    assert names(tmp_path) == [path.name]


def test_siblings_differ_and_lie_beside(tmp_path: Path) -> None:
    found = {sibling(tmp_path / "a.txt") for _ in range(100)}
    assert len(found) == 100
    assert {path.parent for path in found} == {tmp_path}
    assert all(path.name.startswith(".a.txt.") for path in found)


def test_flushing_leaves_the_content(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"content")
    flush_to_disk(path)
    assert path.read_bytes() == b"content"
