"""CSV as spreadsheets write it; every mistake in a table is named with its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from emotrace.errors import ManifestError
from emotrace.manifest import read_manifest


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_spreadsheets_own_ways(
    table: Callable[..., Path], tmp_path: Path, delimiter: str, newline: str, mark: str
) -> None:
    lines = (
        delimiter.join(cells)
        for cells in (
            ["File", "Emotion", "speaker", "text"],
            ["a,b;c.wav" if delimiter == "\t" else '"a,b;c.wav"', "fear", "Zoë", '"line\none"'],
            ["", "", "", ""],
            ["d.wav", "calm", "x", "5 o'clock"],
        )
    )
    first, second = read_manifest(table(mark + newline.join(lines) + newline))
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
        (
            ",".join(["file", *(f"mfcc_{n}" for n in range(40))]) + "\n",
            "no column 'emotion' or 'label'; columns here: file, mfcc_0, mfcc_1, mfcc_2, mfcc_3, mfcc_4, mfcc_5, "
            "mfcc_6 and 33 more",
        ),
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
def test_mistakes_in_a_table_are_named(table: Callable[..., Path], text: str, sentence: str) -> None:
    with pytest.raises(ManifestError, match=sentence):
        read_manifest(table(text))


def test_foreign_encodings_are_named(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes("file,emotion\na.wav,anger\nZoë.wav,anger\n".encode("latin-1"))
    with pytest.raises(ManifestError, match=r"m\.csv: line 3: not UTF-8; save the table with UTF-8"):
        read_manifest(path)
