"""Folders as people have them: copies, films, foreign files, links, half-known names."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from emotrace import registry
from emotrace.errors import CorpusError, UnknownNameError
from emotrace.learn.corpora import scan

_SPEECH = "Actor_12/03-01-06-01-02-01-12.wav"


def test_what_is_not_audio_is_ignored_and_counted(touch: Callable[..., Path]) -> None:
    root = touch(
        _SPEECH,
        "readme.txt",
        "table.csv",
        ".DS_Store",
        "Actor_12/._03-01-06-01-02-01-12.wav",
        "__MACOSX/Actor_12/03-01-05-01-02-01-12.wav",
        ".trash/03-01-05-01-02-01-12.wav",
    )
    result = scan("ravdess", root)
    assert [utterance.file for utterance in result.utterances] == [str(root / _SPEECH)]
    assert (result.problems, result.n_ignored) == ([], 6)


def test_a_second_copy_is_reported_and_left_out(touch: Callable[..., Path]) -> None:
    copy = f"audio_speech_actors_01-24/{_SPEECH}"
    root = touch(_SPEECH, copy)
    result = scan("ravdess", root)
    assert [utterance.file for utterance in result.utterances] == [str(root / _SPEECH)]
    (problem,) = result.problems
    assert problem.file == str(root / copy)
    assert problem.reason == f"second copy of the clip in {root / _SPEECH}; left out"


def test_the_lossless_copy_is_kept(touch: Callable[..., Path]) -> None:
    root = touch("AudioMP3/1001_DFA_ANG_XX.mp3", "x/AudioWAV/1001_DFA_ANG_XX.wav")
    result = scan("crema-d", root)
    assert [Path(utterance.file).suffix for utterance in result.utterances] == [".wav"]
    assert [Path(problem.file).suffix for problem in result.problems] == [".mp3"]


def test_wrong_audio_is_reported_with_its_reason(touch: Callable[..., Path]) -> None:
    reasons = {
        "01-01-06-01-02-01-12.mp4": r"modality 01 (audio and video); only 03, sound alone, is read",
        "03-01-01-02-02-01-12.wav": "no intensity '02' here; 01 normal, 02 strong (never for neutral)",
        "03-01-06-01-02-01-25.wav": "RAVDESS speech has no speaker '25'",
        "03-01-06-01-03-01-12.wav": "statement '03' and repetition '01' must each be 01 or 02",
        "03-01-09-01-02-01-12.wav": "unknown emotion '09' in the name; ",
        "03-02-06-01-02-01-12.wav": "vocal channel 02 (sung: belongs to 'ravdess-song')",
        "my talk.wav": "not a file name of RAVDESS speech (expected one like 03-01-06-01-02-01-12.wav)",
    }
    root = touch(_SPEECH, *reasons)
    problems = scan("ravdess", root).problems
    assert [Path(problem.file).name for problem in problems] == sorted(reasons)
    for problem in problems:
        assert problem.reason.startswith(reasons[Path(problem.file).name])


def test_order_does_not_depend_on_the_disk(touch: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    names = [
        f"{woman}_{word}_{emotion}.wav"
        for woman in ("YAF", "OAF")
        for word in ("bar", "back")
        for emotion in ("sad", "ps")
    ]
    root = touch(*names)
    first = scan("tess", root).utterances
    walk = os.walk

    def backwards(*args: object, **settings: object) -> object:
        for folder, subfolders, files in walk(*args, **settings):  # type: ignore[call-overload]
            yield folder, subfolders, files[::-1]

    monkeypatch.setattr(os, "walk", backwards)
    assert scan("tess", root).utterances == first
    assert [utterance.file for utterance in first] == sorted(str(root / name) for name in names)


@pytest.mark.parametrize(
    ("corpus", "name", "people"),
    [("savee", "a01.wav", "DC, JE, JK or KL"), ("emov-db", "anger_1-28_0011.wav", "bea, jenie, josh or sam")],
)
def test_folders_above_the_root_say_nothing(tmp_path: Path, corpus: str, name: str, people: str) -> None:
    root = tmp_path / "sam" / "KL" / "corpus"
    root.mkdir(parents=True)
    (root / name).touch()
    with pytest.raises(CorpusError, match=f"neither a folder nor the name says {people}"):
        scan(corpus, root)


def test_a_speakers_own_folder_can_be_the_root(touch: Callable[..., Path]) -> None:
    root = touch("KL/a01.wav")
    (found,) = scan("savee", root / "KL").utterances
    assert found.speaker == "savee:KL"


def test_paths_are_as_given(touch: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    root = touch("KL/a01.wav")
    monkeypatch.chdir(root.parent)
    assert [u.file for u in scan("savee", "corpus").utterances] == [str(Path("corpus/KL/a01.wav"))]
    monkeypatch.chdir(root / "KL")
    assert [u.file for u in scan("savee", ".").utterances] == ["a01.wav"]


def test_links_are_followed_once(touch: Callable[..., Path], tmp_path: Path) -> None:
    root = touch("KL/a01.wav")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a02.wav").touch()
    (root / "JE").symlink_to(elsewhere)
    (root / "KL" / "loop").symlink_to(root)
    assert [Path(utterance.file).parts[-2:] for utterance in scan("savee", root).utterances] == [
        ("JE", "a02.wav"),
        ("KL", "a01.wav"),
    ]


def test_unreadable_folders_are_reported(touch: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    root = touch("KL/a01.wav", "JE/a01.wav")
    scandir = os.scandir

    # Not by chmod: the administrator may read everything.
    def refuse(folder: str) -> object:
        if str(folder).endswith("JE"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    result = scan("savee", root)
    assert [Path(utterance.file).parent.name for utterance in result.utterances] == ["KL"]
    (problem,) = result.problems
    assert (problem.file, problem.reason) == (str(root / "JE"), "folder cannot be read: Permission denied")


def test_the_corpus_that_was_probably_meant_is_named(touch: Callable[..., Path]) -> None:
    with pytest.raises(CorpusError, match=r"holds nothing of TESS: .*; this looks like 'ravdess'"):
        scan("tess", touch(_SPEECH))


def test_a_module_can_be_given(touch: Callable[..., Path]) -> None:
    root = touch(_SPEECH)
    assert scan(registry.load("corpus", "ravdess"), root) == scan("RAVDESS", root)


def test_unknown_corpora_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="no corpus named 'ravdes'; did you mean 'ravdess'"):
        scan("ravdes", tmp_path)
