"""Manifests: what is written is read again, and every mistake in a table is named with its place."""

from __future__ import annotations

import csv
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotrace.errors import ManifestError, MissingExtraError
from emotrace.labels import EMOTIONS
from emotrace.manifest import COLUMNS, ENDINGS, UNKNOWN_SPEAKER, read_manifest, write_manifest
from emotrace.types import Segment, Utterance

_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=20)
_FILE = st.lists(
    st.text(st.characters(exclude_characters="\0/\\", exclude_categories=("Cs",)), min_size=1, max_size=12).filter(
        lambda part: part not in (".", "..")
    ),
    min_size=1,
    max_size=3,
).map("/".join)
_SECONDS = st.floats(0, 1e6, allow_nan=False)
_SEGMENT = st.tuples(_SECONDS, _SECONDS).map(lambda pair: Segment(min(pair), max(pair)))
_UTTERANCE = st.builds(
    Utterance,
    file=_FILE,
    emotion=st.sampled_from(EMOTIONS),
    speaker=_TEXT,
    segment=st.none() | _SEGMENT,
    corpus=st.just("") | _TEXT,
    sex=st.sampled_from([None, "female", "male"]),
    source_label=st.just("") | _TEXT,
    intensity=st.none() | _TEXT,
    sentence=st.none() | _TEXT,
    text=st.none() | _TEXT,
    language=st.none() | _TEXT,
    repetition=st.none() | st.integers(0, 1000),
    recording=st.just("") | _TEXT,
    twin_of=st.none() | _TEXT,
    content=st.none() | _TEXT,
    votes=st.none() | st.dictionaries(st.sampled_from(EMOTIONS), st.integers(0, 50)),
    split=st.sampled_from([None, "train", "validation", "test"]),
)


def _absolute(utterance: Utterance, folder: Path) -> Utterance:
    return replace(utterance, file=str(folder / utterance.file))


@pytest.mark.parametrize("ending", ENDINGS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(utterances=st.lists(_UTTERANCE, min_size=1, max_size=5))
def test_what_is_written_is_read_again(tmp_path: Path, ending: str, utterances: list[Utterance]) -> None:
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    utterances = [_absolute(utterance, tmp_path) for utterance in utterances]
    manifest = tmp_path / f"table{ending}"
    write_manifest(utterances, manifest)
    assert read_manifest(manifest) == utterances


def test_all_fields_have_a_column() -> None:
    fields = {field for field in Utterance.__dataclass_fields__ if field != "segment"}
    assert fields | {"start", "end"} == set(COLUMNS)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=80).map(lambda tail: b"file,emotion\n" + tail) | st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    for ending in (".csv", ".jsonl"):
        manifest = tmp_path / f"any{ending}"
        manifest.write_bytes(content)
        try:
            utterances = read_manifest(manifest)
        except ManifestError as error:
            outcome = str(error).startswith(f"{manifest}: ") and "\n" not in str(error)
        else:
            outcome = all(utterance.emotion in EMOTIONS for utterance in utterances)
        assert outcome


def _table(folder: Path, text: str, name: str = "m.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_two_columns_are_enough(tmp_path: Path) -> None:
    first, second = read_manifest(_table(tmp_path, "file,emotion\na b.wav,anger\nsub/c.wav,Happy\n"))
    assert first == Utterance(str(tmp_path / "a b.wav"), "anger", UNKNOWN_SPEAKER)
    assert second == Utterance(str(tmp_path / "sub/c.wav"), "happiness", UNKNOWN_SPEAKER, source_label="Happy")


def test_unknown_speakers_are_one_speaker(tmp_path: Path) -> None:
    rows = read_manifest(_table(tmp_path, "file,emotion,speaker\na.wav,anger,\nb.wav,anger,\nc.wav,anger,x\n"))
    assert [row.speaker for row in rows] == [UNKNOWN_SPEAKER, UNKNOWN_SPEAKER, "x"]


def test_audio_folder_of_hugging_face(tmp_path: Path) -> None:
    _table(tmp_path, "file_name,transcription,label,extra\nwav/a.wav,hello,angry,1\n", "metadata.csv")
    (row,) = read_manifest(tmp_path)
    assert row == Utterance(
        str(tmp_path / "wav/a.wav"), "anger", UNKNOWN_SPEAKER, source_label="angry", text="hello"
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_spreadsheets_own_ways(tmp_path: Path, delimiter: str, newline: str, mark: str) -> None:
    lines = (
        delimiter.join(cells)
        for cells in (
            ["File", "Emotion", "speaker", "text"],
            ["a,b;c.wav" if delimiter == "\t" else '"a,b;c.wav"', "fear", "Zoë", '"line\none"'],
            ["", "", "", ""],
            ["d.wav", "calm", "x", "5 o'clock"],
        )
    )
    table = _table(tmp_path, mark + newline.join(lines) + newline)
    first, second = read_manifest(table)
    assert (first.file, first.speaker, first.text) == (str(tmp_path / "a,b;c.wav"), "Zoë", "line\none")
    assert (second.emotion, second.text) == ("calm", "5 o'clock")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "file,emotion\na.wav,anger\nb.wav,angr\n",
            r"m\.csv: line 3, column 'emotion': unknown emotion 'angr'; did you mean 'anger'\?",
        ),
        ("file_name,label\na.wav,angr\n", r"line 2, column 'label': unknown emotion 'angr'"),
        ('file,text,emotion\na.wav,"x\ny",anger\nb.wav,x,angr\n', "line 4, column 'emotion'"),
        ("file,emotion\na.wav,\n", "line 2, column 'emotion': no emotion given"),
        ("file,emotion\n,anger\n", "line 2, column 'file': no file given"),
        (
            "file,emotion\na.wav,anger,x\n",
            "line 2: 3 cells where the header has 2; put values that contain ','",
        ),
        ("file,emotion\na.wav\n", "line 2: 1 cells where the header has 2"),
        ("name,emotion\na.wav,anger\n", "no column 'file' or 'file_name'; columns here: name, emotion"),
        ("file,feeling\na.wav,anger\n", "no column 'emotion' or 'label'; columns here: file, feeling"),
        ("file,file,emotion\na.wav,b.wav,anger\n", "two columns are called 'file'"),
        ("", "no column 'file' or 'file_name'; columns here: none"),
        ("file,emotion\n", "holds no rows"),
        ("file,emotion,start,end\na.wav,anger,1,\n", "column 'end': a segment needs both start and end"),
        ("file,emotion,start,end\na.wav,anger,2,1\n", "column 'start': a segment needs 0 <= start <= end"),
        ("file,emotion,start,end\na.wav,anger,x,1\n", "column 'start': 'x' is not a number"),
        ("file,emotion,start,end\na.wav,anger,0,inf\n", "column 'end': 'inf' is not a number"),
        ("file,emotion,repetition\na.wav,anger,1.5\n", "column 'repetition': '1.5' is not a whole number"),
        ("file,emotion,gender\na.wav,anger,femal\n", "column 'gender': 'femal' .* did you mean 'female'"),
        ("file,emotion,split\na.wav,anger,tset\n", "column 'split': 'tset' .* did you mean 'test'"),
        ("file,emotion,votes\na.wav,anger,seven\n", "column 'votes': expected numbers of listeners"),
        ('file,emotion,votes\na.wav,anger,"{""anger"": -1}"\n', "column 'votes': expected numbers"),
        ('file,emotion,votes\na.wav,anger,"{""rage"": 1}"\n', "column 'votes': unknown emotion 'rage'"),
        ('file,emotion\n"a.wav,anger\n', "line 2: damaged table"),
        ("file,emotion\na.wav,ang\0er\n", "line 2: holds a zero byte"),
    ],
)
def test_mistakes_in_a_table_are_named(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ManifestError, match=sentence):
        read_manifest(_table(tmp_path, text))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", r"m\.jsonl: line 2: not JSON"),
        ("[" * 100_000, "line 2: not JSON"),
        ("3", "line 2: each line must be a JSON object"),
        ('{"emotion": "anger"}', "line 2: no column 'file' or 'file_name'; columns here: emotion"),
        ('{"file": ["a"], "emotion": "anger"}', r"line 2, column 'file': \['a'\] is not text"),
        ('{"file": "a", "emotion": 3}', "line 2, column 'emotion': unknown emotion '3'"),
        ('{"file": "a", "emotion": "fear", "start": NaN, "end": 1}', "column 'start': 'nan' is not a number"),
        (
            '{"file": "a", "emotion": "fear", "repetition": true}',
            "column 'repetition': 'True' is not a number",
        ),
        ('{"file": "a", "emotion": "fear", "votes": {"fear": "x"}}', "column 'votes': expected numbers"),
        ('{"file": "a", "emotion": "fear", "repetition": 1' + 400 * "0" + "}", "column 'repetition'"),
    ],
)
def test_mistakes_in_json_lines_are_named(tmp_path: Path, line: str, sentence: str) -> None:
    good = '{"file": "a.wav", "emotion": "anger"}\n'
    with pytest.raises(ManifestError, match=sentence):
        read_manifest(_table(tmp_path, good + line + "\n", "m.jsonl"))


def test_json_lines_take_numbers_for_names(tmp_path: Path) -> None:
    line = json.dumps({"file": "a.wav", "label": "fear", "speaker": 7, "votes": {"afraid": 3}, "sex": "F"})
    (row,) = read_manifest(_table(tmp_path, f"\ufeff{line}\n\n", "m.jsonl"))
    assert (row.speaker, row.votes, row.sex) == ("7", {"fear": 3}, "female")


def test_foreign_encodings_are_named(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes("file,emotion\na.wav,anger\nZoë.wav,anger\n".encode("latin-1"))
    with pytest.raises(ManifestError, match=r"m\.csv: line 3: not UTF-8; save the table with UTF-8"):
        read_manifest(path)


def test_files_that_are_no_manifests(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"a manifest ends in \.csv, \.jsonl, \.parquet, not in '\.txt'"):
        read_manifest(tmp_path / "m.txt")
    with pytest.raises(ManifestError, match=r"m\.csv: no such file"):
        read_manifest(tmp_path / "m.csv")
    with pytest.raises(ManifestError, match=r"a folder without metadata\.csv"):
        read_manifest(tmp_path)


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


def test_files_beside_the_manifest_are_written_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path)
    write_manifest(
        [Utterance("project/wav/a.wav", "anger", "x"), Utterance("other/b.wav", "fear", "x")],
        "project/m.csv",
    )
    with (tmp_path / "project/m.csv").open(newline="", encoding="utf-8") as lines:
        files = [row["file"] for row in csv.DictReader(lines)]
    assert files == [str(Path("wav/a.wav")), str(tmp_path / "other/b.wav")]
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
