"""Mistakes, cell by cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotrace.app.exploring.look import look_at
from emotrace.app.judging.judged import ALL_SPEECH, confuse, list_parts, name_mistake, open_judged, shelve
from emotrace.errors import EmotraceError, ReportError, UsageError


def test_cells_hold_their_clips_and_songs_are_no_speech(judged_folder: Path):
    judged = open_judged(str(judged_folder))
    assert list_parts(judged) == [ALL_SPEECH, "ravdess", "ravdess-song", "savee"]
    confusion = confuse(judged, ALL_SPEECH)
    assert confusion.rows == ("anger", "fear")
    assert confusion.columns == ("anger", "fear", "no speech")
    assert confusion.counts() == [[2, 1, 0], [1, 0, 1]]
    assert [Path(answer.file).stem for answer in confusion.cell(0)] == ["a", "b"]
    assert [Path(answer.file).stem for answer in confusion.cell(5)] == ["e"]
    assert confusion.cell(2) == ()
    assert confuse(judged, "ravdess-song").counts() == [[1]]


def test_a_clip_of_a_cell_can_be_looked_at_if_it_is_there(judged_folder: Path):
    answers = confuse(open_judged(str(judged_folder)), ALL_SPEECH).cell(0)
    shelf = shelve(answers, "cell")
    assert name_mistake(answers[0]) == "heard as anger, 90 % sure"
    assert look_at(shelf, shelf.clip(0)).seconds == pytest.approx(1.0)
    with pytest.raises(EmotraceError, match=r"b\.wav"):
        look_at(shelf, shelf.clip(1))


@pytest.mark.parametrize("number", [-1, 6, True, "1", None])
def test_cells_that_somebody_made_up(judged_folder: Path, number: object):
    with pytest.raises(UsageError, match="no such cell any more"):
        confuse(open_judged(str(judged_folder)), ALL_SPEECH).cell(number)


def test_other_folders(tmp_path: Path):
    with pytest.raises(ReportError, match=r"holds no report\.json; give a folder that 'emotrace evaluate"):
        open_judged(str(tmp_path))
    with pytest.raises(UsageError, match="type the path of a folder that 'emotrace evaluate"):
        open_judged(" ")
