"""``emotrace audit``: what is printed, with which exit code."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import soundfile
from tests.made_voice import RATE, make_voice

from emotrace.learn.corpora import scan
from emotrace.learn.evaluation.fixed import fixed_folds
from emotrace.learn.evaluation.random_leaky import split_randomly_leaky
from emotrace.manifest import write_manifest


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTRACE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def make_list(tmp_path: Path):
    """Write clips of some speakers, one letter each, and a manifest or list of them."""

    def make(name: str, speakers: str, n_clips: int = 10) -> Path:
        rows = ["file,emotion,speaker"]
        for speaker in speakers:
            for clip in range(n_clips):
                file = tmp_path / f"{name.partition('.')[0]}-{speaker}{clip}.wav"
                sentence = 100 * ord(speaker) + clip + 1000 * len(name)
                voice = make_voice(sentence, 0, 90.0 + 5.0 * (ord(speaker) % 20), n_syllables=5)
                soundfile.write(file, voice, RATE, subtype="PCM_16")
                rows.append(f"{file.name},{('calm', 'anger')[clip % 2]},{speaker}")
        is_plain = name.endswith(".txt")
        lines = [row.partition(",")[0] for row in rows[1:]] if is_plain else rows
        (tmp_path / name).write_text("\n".join(lines))
        return tmp_path / name

    return make


def test_an_honest_division_ends_with_0(emotrace_command, make_list):
    pytest.importorskip("sklearn")
    result = emotrace_command("audit", make_list("train.csv", "abc"), make_list("test.csv", "de"), "--jobs", 1)
    assert (result.code, result.err) == (0, "")
    assert "NO LEAK: no speaker, recording or audio is on two sides; 3 + 2 speakers" in result.out
    assert "Knowing the speakers is worth" in result.out
    assert "(means180, logistic, 5 folds, seeds 0, 1, 2; 50 clips, 5 speakers, 2 labels)" in result.out
    assert "your training and test side as they are" in result.out
    assert "note: test has 2 speakers: its scores say little about other people" in result.out


def test_a_leak_ends_with_1(emotrace_command, make_list):
    train, test = make_list("train.csv", "abcd", 5), make_list("test.csv", "de", 5)
    result = emotrace_command("audit", train, test, "--no-baseline", "--jobs", 1)
    assert (result.code, result.err) == (1, "")
    last = [line for line in result.out.splitlines() if line.strip()][-1]
    assert last == "LEAK: 1 of 5 speakers is on both sides (5 of 10 held-out clips)"
    assert "speakers on both sides:\n  d (train and test)\n" in result.out
    assert "a quick baseline" not in result.out


def test_json_says_all_of_it(emotrace_command, make_list, tmp_path):
    train, test = make_list("train.csv", "abcd", 5), make_list("test.csv", "de", 5)
    target = tmp_path / "audit.json"
    result = emotrace_command("audit", train, test, "-f", "json", "-o", target, "--no-baseline", "-j", 1)
    assert (result.code, result.out) == (1, "")
    facts = json.loads(target.read_text())
    assert (facts["verdict"], facts["was_heard"]) == ("leak", True)
    assert facts["sentence"].startswith("LEAK: 1 of 5 speakers is on both sides")
    assert facts["findings"]["speakers"]["names"] == ["d (train and test)"]
    assert (facts["unheard"], facts["worth"], facts["n_without_side"]) == ([], None, 0)


def test_unlabelled_lists_prove_nothing(emotrace_command, make_list):
    result = emotrace_command("audit", make_list("train.txt", "ab", 3), make_list("test.txt", "c", 3), "-j", 1)
    assert (result.code, result.err) == (0, "")
    assert "UNPROVEN: " in result.out
    assert "who speaks in 9 of 9 clips cannot be known" in result.out
    assert "What a leak is worth was not measured: there are fewer than two known speakers" in result.out


def test_a_manifest_with_a_column(emotrace_command, tmp_path):
    rows = [
        "file,emotion,split",
        "a/03-01-05-01-01-01-01.wav,anger,train",
        "b/03-01-05-01-02-01-01.wav,anger,test",
    ]
    (tmp_path / "m.csv").write_text("\n".join([*rows, "c.wav,fear,"]))
    result = emotrace_command("audit", tmp_path / "m.csv", "--no-audio", "--verbose")
    assert result.code == 1
    assert "LEAK: 1 of 1 speakers is on both sides (1 of 1 held-out clips)" in result.out
    assert "not looked for" in result.out
    assert "note: file names of known corpora say who speaks in 2 clips" in result.out
    assert "note: 1 rows have no side and were left out" in result.out


def test_the_same_list_on_both_sides(emotrace_command, make_list):
    train = make_list("train.csv", "ab", 3)
    result = emotrace_command("audit", train, train, "--no-baseline", "-j", 1)
    assert result.code == 1
    assert "2 of 2 speakers are on both sides (6 of 6 held-out clips)" in result.out
    assert "6 of 6 recordings are on both sides" in result.out
    assert "6 of 6 held-out clips are sample for sample a clip of another side" in result.out


def test_what_cannot_be_heard_is_counted_and_named(emotrace_command, make_list, tmp_path):
    train, test = make_list("train.txt", "ab", 3), make_list("test.txt", "c", 3)
    (tmp_path / "broken.wav").write_text("nothing")
    with test.open("a") as lines:
        lines.write("\ngone.wav\nbroken.wav\n")
    result = emotrace_command("audit", train, test, "--no-baseline", "-j", 1)
    assert result.code == 0
    assert (
        "could not be listened to: 2 clips (1 missing, 1 unreadable); they are compared by their names"
        in result.out
    )
    assert "gone.wav: no such file" in result.out
    assert "broken.wav: " in result.out


def test_thousands_of_rows(emotrace_command, tmp_path):
    for name, start in (("train.txt", 0), ("test.txt", 4_000)):
        (tmp_path / name).write_text("".join(f"clips/{n:05d}.wav\n" for n in range(start, start + 5_000)))
    result = emotrace_command("audit", tmp_path / "train.txt", tmp_path / "test.txt", "--no-audio")
    assert result.code == 1
    assert (
        "LEAK: 1000 of 9000 recordings are on both sides (1000 of 5000 held-out clips); who speaks in"
        in result.out
    )
    assert "... and 997 more; --verbose names them all" in result.out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["gone.csv", "test.txt"],
            "gone.csv: no such file or folder; give a manifest (.csv, .jsonl, .parquet), a ",
        ),
        (["empty.txt", "test.txt"], "empty.txt: holds no paths; write one on each line"),
        (["test.txt"], "test.txt: no column 'split' with train and test; fill it in, or give two lists: emotrace"),
        (["test.txt", "--validation", "test.txt"], "--validation goes with two lists: emotrace audit TRAIN TEST"),
        (["test.txt", "test.txt"], "none of the 2 recordings can be listened to; the first: "),
        (["test.txt", "test.txt", "-f", "xml"], "Invalid value for '--format' / '-f': 'xml' is not one of"),
    ],
)
def test_what_cannot_be_audited_ends_with_2(emotrace_command, tmp_path, monkeypatch, arguments, complaint):
    monkeypatch.chdir(tmp_path)
    Path("empty.txt").touch()
    Path("test.txt").write_text("a.wav\n")
    result = emotrace_command("audit", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.complaint.startswith(complaint)


def test_a_recording_is_not_overwritten(emotrace_command, make_list, tmp_path):
    train, test = make_list("train.txt", "a", 1), make_list("test.txt", "b", 1)
    result = emotrace_command("audit", train, test, "-o", tmp_path / "train-a0.wav")
    assert result.code == 2
    assert "is a recording to be heard; choose another name" in result.complaint


def test_names_cannot_steer_the_terminal(emotrace_command, tmp_path):
    for name in ("train.txt", "test.txt"):
        (tmp_path / name).write_text("evil\x1b[2J.wav\n")
    result = emotrace_command("audit", tmp_path / "train.txt", tmp_path / "test.txt", "--no-audio")
    assert result.code == 1
    assert "\x1b" not in result.out
    assert "evil\\x1b[2J.wav" in result.out


@pytest.mark.corpora
@pytest.mark.skipif("EMOTRACE_CORPORA" not in os.environ, reason="EMOTRACE_CORPORA names no folder")
def test_ravdess_divided_at_random_and_by_people(emotrace_command, tmp_path):
    utterances = scan("ravdess", Path(os.environ["EMOTRACE_CORPORA"]) / "ravdess").utterances
    leaky = split_randomly_leaky(utterances, 0.25, 0.0)
    honest = fixed_folds("emobox-ravdess", utterances)[0]
    for name, split in (("leaky", leaky), ("honest", honest)):
        for side in ("train", "test"):
            write_manifest(getattr(split, side), tmp_path / f"{name}-{side}.csv")
    lists = [tmp_path / f"leaky-{side}.csv" for side in ("train", "test")]
    result = emotrace_command("audit", *lists, "--no-audio")
    assert result.code == 1
    assert "LEAK: 24 of 24 speakers are on both sides (360 of 360 held-out clips)" in result.out
    lists = [tmp_path / f"honest-{side}.csv" for side in ("train", "test")]
    result = emotrace_command("audit", *lists, "--no-audio")
    assert result.code == 0
    assert "NO LEAK: " in result.out
