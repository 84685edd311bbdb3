from __future__ import annotations

from pathlib import Path

import pytest

from emotrace.errors import ManifestError
from emotrace.learn.audit import read_division, read_list
from emotrace.manifest import write_manifest
from emotrace.types import Segment, Utterance


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def files(utterances: list[Utterance]) -> list[str]:
    return [Path(utterance.file).name for utterance in utterances]


def test_a_text_list(tmp_path):
    write(tmp_path / "audio" / "b.wav", "")
    path = write(tmp_path / "train.txt", "\ufeff# mine\n\naudio/a.wav\r\n  audio/b.wav  \n/else/where/c.wav\n")
    utterances = read_list(path)
    assert files(utterances) == ["a.wav", "b.wav", "c.wav"]
    assert utterances[1].file == str(tmp_path / "audio" / "b.wav")
    assert {(u.emotion, u.speaker) for u in utterances} == {("", "")}


@pytest.mark.parametrize("name", ["train.tsv", "train.txt"])
@pytest.mark.parametrize("mark", ["\t", ",", ";"])
def test_a_table_is_one_whatever_it_is_called(tmp_path, name, mark):
    rows = [("path", "label", "speaker_id"), ("a.wav", "angry", "7"), ("b.wav", "", "8")]
    path = write(tmp_path / name, "\n".join(mark.join(row) for row in rows))
    assert [(Path(u.file).name, u.emotion, u.speaker) for u in read_list(path)] == [
        ("a.wav", "anger", "7"),
        ("b.wav", "", "8"),
    ]


def test_lines_that_hold_more_than_a_path(tmp_path):
    for name in ("a.wav", "b.wav", "my clips/c d.wav"):
        write(tmp_path / name, "")
    lines = ["utterance1 a.wav", "b.wav|hello, you|7", "my clips/c d.wav", "my clips/c d.wav\t3", "gone 1.wav"]
    found = files(read_list(write(tmp_path / "wav.scp", "\n".join(lines))))
    # Of what does not exist nobody knows which part is meant.
    assert found == ["a.wav", "b.wav", "c d.wav", "c d.wav", "gone 1.wav"]


def test_a_line_too_long_for_a_name(tmp_path):
    (read,) = read_list(write(tmp_path / "l.txt", "a" * 5000))
    assert Path(read.file).name == "a" * 5000


def test_paths_may_start_at_the_working_directory(tmp_path, monkeypatch):
    write(tmp_path / "data" / "a.wav", "")
    path = write(tmp_path / "lists" / "train.lst", "data/a.wav\n")
    monkeypatch.chdir(tmp_path)
    assert [u.file for u in read_list(path)] == [str(Path("data/a.wav"))]


def test_two_spellings_and_links_are_one_recording(tmp_path, monkeypatch):
    write(tmp_path / "data" / "a.wav", "")
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "link.wav").symlink_to(tmp_path / "data" / "a.wav")
    monkeypatch.chdir(tmp_path)
    one, other = read_list(write(tmp_path / "l.txt", f"data/../data/a.wav\n{tmp_path / 'data' / 'a.wav'}\n"))
    assert one.file == other.file
    (link,) = read_list(tmp_path / "test")
    assert link.recording == one.recording
    assert Path(link.file).name == "link.wav"


def test_a_folder_of_recordings(tmp_path):
    for name in ("b.WAV", "sub/a.flac", "notes.txt", ".hidden.wav", ".git/x.wav"):
        write(tmp_path / name, "")
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    assert files(read_list(tmp_path)) == ["b.WAV", "a.flac"]


def test_a_manifest_with_any_labels(tmp_path):
    path = write(
        tmp_path / "train.csv",
        "path;label;speaker_id;gender;start;end\na.wav;angry;1;f;;\nb.wav;Frustrated;unknown;m;1;2\nc.wav;;;;;\n",
    )
    first, second, third = read_list(path)
    assert (first.emotion, first.speaker, first.sex) == ("anger", "1", "female")
    assert (second.emotion, second.speaker, second.segment) == ("frustrated", "", Segment(1.0, 2.0))
    assert (third.emotion, third.speaker) == ("", "")


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_our_own_manifests(tmp_path, ending):
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    utterance = Utterance(file=str(tmp_path / "a.wav"), emotion="fear", speaker="x:1", twin_of="b", split="test")
    write_manifest([utterance], tmp_path / f"m{ending}")
    (read,) = read_list(tmp_path / f"m{ending}")
    assert (read.emotion, read.speaker, read.twin_of, read.split) == ("fear", "x:1", "b", "test")


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("empty.txt", "\n# nothing\n", r"empty.txt: holds no paths; write one on each line"),
        ("zero.txt", "a\0b", r"zero.txt: holds a zero byte; a list is a text file with one path on each line"),
        ("clip.wav", "", r"clip.wav: is a recording; give a list of recordings or a folder of them"),
        ("none.csv", "file,emotion\n", r"none.csv: holds no rows"),
        (
            "plain.csv",
            "file,words\na,b\n",
            r"plain.csv: no column 'emotion'.*; an empty one will do, or a text file with one path on each line",
        ),
        (
            "odd.csv",
            "file,emotion,sex\na,anger,bear\n",
            r"odd.csv: line 2, column 'sex': 'bear' is not understood",
        ),
        ("bad.jsonl", "{", r"bad.jsonl: line 1: not JSON"),
    ],
)
def test_lists_that_cannot_be_read(tmp_path, name, text, sentence):
    with pytest.raises(ManifestError, match=sentence):
        read_list(write(tmp_path / name, text))


def test_bytes_and_places_that_are_no_lists(tmp_path):
    (tmp_path / "latin.txt").write_bytes(b"a.wav\n\xe9.wav\n")
    with pytest.raises(ManifestError, match=r"latin.txt: line 2: not UTF-8.*one path on each line"):
        read_list(tmp_path / "latin.txt")
    with pytest.raises(
        ManifestError, match=r"nowhere: no such file or folder; give a manifest \(.csv, .jsonl, .parq"
    ):
        read_list(tmp_path / "nowhere")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ManifestError, match=r"folder: holds no recordings \(.wav"):
        read_list(tmp_path / "folder")


def test_a_division_by_column(tmp_path):
    rows = "a.wav,anger,train\nb.wav,fear,dev\nc.wav,fear,test\nd.wav,fear,\n"
    sides, n_without = read_division(write(tmp_path / "m.csv", f"file,emotion,split\n{rows}"))
    assert {side: files(utterances) for side, utterances in sides.items()} == {
        "train": ["a.wav"],
        "validation": ["b.wav"],
        "test": ["c.wav"],
    }
    assert n_without == 1


def test_a_division_by_folder(tmp_path):
    for name in ("Train/a.wav", "test/b.wav", "val/deep/c.wav", "extra/d.wav"):
        write(tmp_path / name, "")
    sides, n_without = read_division(tmp_path)
    assert {side: files(utterances) for side, utterances in sides.items()} == {
        "train": ["a.wav"],
        "validation": ["c.wav"],
        "test": ["b.wav"],
    }
    assert n_without == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("file,emotion\na,anger\n", "no column 'split' with train and test; fill it in, or give two lists"),
        ("file,emotion,split\na,anger,test\n", "only test in the column 'split'; fill it in, or give two lists"),
    ],
)
def test_half_a_division(tmp_path, text, sentence):
    with pytest.raises(ManifestError, match=sentence):
        read_division(write(tmp_path / "m.csv", text))


def test_a_folder_that_is_no_division(tmp_path):
    write(tmp_path / "train" / "a.wav", "")
    with pytest.raises(ManifestError, match="without sub-folders train and test; give two lists: emotrace audit"):
        read_division(tmp_path)
