"""Tables of features on disk: the same bits back, without audio."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotrace.errors import ManifestError
from emotrace.learn.table import FeatureTable, read_table, write_table
from emotrace.manifest import read_manifest
from emotrace.types import Segment, Utterance

ENDINGS = [".parquet", ".csv"]


def make_table(folder: Path, matrix: np.ndarray | None = None) -> FeatureTable:
    utterances = (
        Utterance(str(folder / "a.wav"), "anger", "x:1", Segment(0.125, 2.5), "x", "female", votes={"anger": 3}),
        Utterance(str(folder / "sub" / 'b, "2".wav'), "calm", "x:2", corpus="x", text="one\r\ntwo", repetition=2),
        Utterance("/elsewhere/c.wav", "fear", "x:3", corpus="x", sex="male", split="test"),
    )
    if matrix is None:
        matrix = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    names = tuple(f"Feature {n}, of_27.5Hz" for n in range(matrix.shape[1]))
    return FeatureTable(names, matrix, utterances)


@pytest.mark.parametrize("ending", ENDINGS)
@given(numbers=st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=6, max_size=6))
@settings(max_examples=25)
def test_the_same_bits_come_back(tmp_path_factory, ending, numbers):
    folder = tmp_path_factory.mktemp("table")
    table = make_table(folder, np.array(numbers, np.float32).reshape(3, 2))
    write_table(table, folder / f"table{ending}")
    again = read_table(folder / f"table{ending}")
    assert again.names == table.names
    assert again.utterances == table.utterances
    assert again.matrix.dtype == np.float32
    np.testing.assert_array_equal(again.matrix, table.matrix)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_table_is_a_manifest_too(tmp_path, ending):
    table = make_table(tmp_path)
    write_table(table, tmp_path / f"t{ending}")
    assert tuple(read_manifest(tmp_path / f"t{ending}")) == table.utterances


def test_columns_of_the_manifest_come_first(tmp_path):
    write_table(make_table(tmp_path), tmp_path / "t.csv")
    header = (tmp_path / "t.csv").read_text().splitlines()[0]
    assert header.startswith("file,start,end,emotion,speaker,corpus,sex,text,repetition,votes,split,")
    assert header.endswith('"Feature 3, of_27.5Hz"')


def test_paths_move_with_the_folder(tmp_path):
    (tmp_path / "one").mkdir()
    write_table(make_table(tmp_path / "one"), tmp_path / "one" / "t.csv")
    (tmp_path / "one").rename(tmp_path / "two")
    assert read_table(tmp_path / "two" / "t.csv").utterances[0].file == str(tmp_path / "two" / "a.wav")


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_old_table_stays_if_a_new_one_cannot_be_written(tmp_path, ending):
    resource = pytest.importorskip("resource")
    path = tmp_path / f"t{ending}"
    write_table(make_table(tmp_path), path)
    before = path.read_bytes()
    large = make_table(tmp_path, np.random.default_rng(1).standard_normal((3, 2_000)).astype(np.float32))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(ManifestError, match=re.escape(f"{path}: cannot be written: File too large")):
            write_table(large, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_places_that_cannot_be_written(tmp_path):
    table = make_table(tmp_path)
    with pytest.raises(ManifestError, match=r"a table of features ends in \.parquet or \.csv, not in '\.json'"):
        write_table(table, tmp_path / "t.json")
    with pytest.raises(ManifestError, match=r"there is no folder .*; create it first"):
        write_table(table, tmp_path / "missing" / "t.csv")
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(ManifestError, match="is a folder; give a file name"):
        write_table(table, tmp_path / "t.csv")
    named = FeatureTable(("Gender", "b", "c", "d"), table.matrix, table.utterances)
    with pytest.raises(ManifestError, match="feature 'Gender' has the name of a manifest's column"):
        write_table(named, tmp_path / "u.csv")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file,emotion,loud\na.wav,anger,high\n", "line 2, column 'loud': 'high' is not a number"),
        ("file,emotion,loud\na.wav,anger,\n", "line 2, column 'loud': '' is not a number"),
        ("file,emotion,loud\na.wav,anger,1\nb.wav,fear,nan\n", "row 2, column 'loud': nan is not finite"),
        ("file,emotion,loud\na.wav,anger,1e99\n", "row 1, column 'loud': inf is not finite"),
        ("file,emotion,loud\na.wav,anger\n", "line 2: 2 cells where the header has 3"),
        ("file,emotion,loud\na.wav,angst,1\n", "line 2, column 'emotion': unknown emotion 'angst'"),
        ("file,loud\na.wav,1\n", "no column 'emotion' or 'label'"),
        ("file,emotion\na.wav,anger\n", "holds no features"),
        ("file,emotion,loud\n", "holds no rows"),
        ('file,emotion,loud\n"a.wav,anger,1\n', "damaged table"),
    ],
)
def test_damaged_tables_say_where(tmp_path, text, words):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(ManifestError, match=re.escape(f"{path}: ") + ".*" + re.escape(words)):
        read_table(path)


def test_damaged_parquet_says_what(tmp_path):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(ManifestError, match="not a readable Parquet file"):
        read_table(path)
    parquet.write_table(pyarrow.table({"file": ["a"], "emotion": ["anger"], "loud": ["high"]}), path)
    with pytest.raises(ManifestError, match="column 'loud': holds string, not numbers"):
        read_table(path)
    table = {"file": ["a", "b"], "emotion": ["anger", "calm"], "loud": [0.5, None]}
    parquet.write_table(pyarrow.table(table), path)
    with pytest.raises(ManifestError, match="row 2, column 'loud': must be a number, but the cell is empty"):
        read_table(path)
    with pytest.raises(ManifestError, match="no such file; 'emotrace features extract' makes"):
        read_table(tmp_path / "none.parquet")
