"""A folder of results changes at once, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotrace.errors import EmotraceError
from emotrace.learn._folder import replacing_contents


def fill(folder: Path, text: str) -> None:
    with replacing_contents(folder) as made:
        (made / "pictures").mkdir()
        (made / "pictures" / f"{text}.png").write_text(text)
        (made / "page.html").write_text(text)


def content(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_a_folder_appears(tmp_path: Path) -> None:
    fill(tmp_path / "new" / "deep", "a")
    assert content(tmp_path / "new" / "deep") == {"pictures", "pictures/a.png", "page.html"}
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"deep"}


def test_earlier_results_are_replaced_and_other_files_stay(tmp_path: Path) -> None:
    fill(tmp_path, "a")
    (tmp_path / "notes.txt").write_text("mine")
    fill(tmp_path, "b")
    assert content(tmp_path) == {"pictures", "pictures/b.png", "page.html", "notes.txt"}
    assert (tmp_path / "page.html").read_text() == "b"


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_fails_leaves_no_half(tmp_path: Path, error: type[BaseException]) -> None:
    def fail(folder: Path) -> None:
        with replacing_contents(folder) as made:
            (made / "page.html").write_text("half")
            raise error

    fill(tmp_path / "old", "a")
    before = content(tmp_path)
    for name in ("old", "new"):
        with pytest.raises(error):
            fail(tmp_path / name)
    assert content(tmp_path) == before
    assert (tmp_path / "old" / "page.html").read_text() == "a"


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmotraceError, match=r"cannot write into .*/file/report: Not a directory"):
        fill(tmp_path / "file" / "report", "a")
