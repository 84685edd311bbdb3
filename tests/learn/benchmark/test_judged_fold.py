from __future__ import annotations

import json

import pytest

from emotrace.errors import EmotraceError, ReportError
from emotrace.learn.benchmark.judged_fold import ANSWERS, read_fold, write_fold


def told(fold):
    """Give all that is kept of a fold's clips."""
    keys = ("file", "emotion", "speaker", "corpus", "sex", "intensity", "segment")
    return [([getattr(u, key) for key in keys], prediction) for u, prediction in fold.heard]


def test_a_fold_is_read_as_it_was_written(make_fold, tmp_path):
    fold = make_fold(1, 2)
    write_fold(fold, tmp_path)
    read = read_fold(tmp_path / ANSWERS)
    assert told(read) == told(fold)
    for name in ("seed", "fold", "identity", "labels", "own", "known_speakers", "unusable", "facts"):
        assert getattr(read, name) == getattr(fold, name)
    assert any(not prediction.is_speech for _, prediction in read.heard)


def test_files_are_named_without_the_place_of_the_corpora(make_fold, corpora, tmp_path):
    write_fold(make_fold(1, 2), tmp_path)
    text = (tmp_path / ANSWERS).read_text(encoding="utf-8")
    assert str(corpora) not in text
    assert "savee/JE/a01.wav" in text


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: text.replace('"identity"', '"identiti"'),
        lambda text: text.replace('"probabilities": {"neutral"', '"probabilities": {"neutral": "much", "calm"'),
        lambda text: json.dumps({**json.loads(text), "heard": [{}]}),
    ],
)
def test_a_damaged_fold_is_one_sentence(make_fold, tmp_path, damage):
    write_fold(make_fold(1, 2), tmp_path)
    path = tmp_path / ANSWERS
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(ReportError) as error:
        read_fold(path)
    assert str(error.value).startswith(f"{path}: cannot be read (")
    assert str(error.value).endswith("); remove it, and its fold is judged anew")


def test_a_folder_that_is_gone(make_fold, tmp_path):
    with pytest.raises(EmotraceError, match=r"cannot write .*answers\.json: No such file or directory"):
        write_fold(make_fold(1, 2), tmp_path / "gone")
