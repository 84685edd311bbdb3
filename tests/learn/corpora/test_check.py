"""The checker finds each kind of fault that is planted, and nothing in a sound table."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emotrace import registry
from emotrace.learn.corpora import Corpus, scan
from emotrace.learn.corpora._check import ERROR_KINDS, WARNING_KINDS, CheckReport, check
from emotrace.types import Segment, Utterance

_TINY = Corpus(
    name="tiny",
    title="Tiny",
    licence="none",
    licence_url="http://example.org",
    allows_commercial_use=False,
    citation="none",
    url="http://example.org",
    languages=("en",),
    speakers={"tiny:a": "female", "tiny:b": "male"},
    emotions={"a": "anger", "f": "fear"},
    counts={"anger": 2, "fear": 2},
    example="a.wav",
    known_bad={"b_fear": "the telephone rings"},
)


@pytest.fixture
def tiny(sound: Callable[..., str]) -> list[Utterance]:
    return [
        Utterance(sound(f"{who}_{emotion}.wav", seed=seed), emotion, f"tiny:{who}", corpus="tiny", sex=sex)
        for seed, (who, emotion, sex) in enumerate(
            [("a", "anger", "female"), ("a", "fear", "female"), ("b", "anger", "male"), ("b", "fear", "male")]
        )
    ]


def _kinds(report: CheckReport) -> list[str]:
    return [finding.kind for finding in report.findings]


def test_a_sound_table_has_no_findings(tiny: list[Utterance]) -> None:
    counted: list[int] = []
    report = check(tiny, [replace(_TINY, known_bad={})], on_done=counted.append)
    assert report.findings == ()
    assert (report.n_utterances, report.seconds) == (4, 4.0)
    assert counted == [1, 2, 3, 4]


def test_known_bad_files_are_named(tiny: list[Utterance]) -> None:
    (finding,) = check(tiny, [_TINY]).findings
    assert (finding.kind, finding.message, finding.files) == ("known bad", "the telephone rings", (tiny[3].file,))


def test_more_than_a_corpus_holds_is_an_error(tiny: list[Utterance]) -> None:
    whole = replace(_TINY, known_bad={})
    relabelled = [*tiny[:3], replace(tiny[3], emotion="calm")]
    (finding,) = check(relabelled, [whole]).errors
    assert (finding.kind, finding.message) == (
        "count",
        "more than tiny holds: 1 x calm, where it has 0; look for wrong labels and for clips that are there twice",
    )
    doubled = check([*tiny, *tiny[:1]], [whole])
    assert [f.message for f in doubled.errors] == [
        "more than tiny holds: 3 x anger, where it has 2; look for wrong labels and for clips that are there twice"
    ]
    other_release = replace(whole, other_counts=({"anger": 2, "fear": 1, "calm": 1},))
    assert {f.kind for f in check(relabelled, [other_release]).findings} == {"balance"}


def test_a_part_of_a_corpus_is_a_note(tiny: list[Utterance]) -> None:
    report = check(tiny[:2], [replace(_TINY, known_bad={})])
    assert (report.errors, [f.kind for f in report.warnings]) == ([], ["balance"])
    assert [(f.kind, f.level, f.message) for f in report.notes] == [
        ("part", "note", "2 of tiny's 4 clips: a part of the corpus")
    ]


def test_a_part_with_faults_keeps_them(tiny: list[Utterance], sound: Callable[..., str], tmp_path: Path) -> None:
    again = sound("again/a_anger.wav", seed=0)
    clips = [tiny[0], replace(tiny[0], file=again), replace(tiny[1], file=str(tmp_path / "gone.wav"))]
    report = check(clips, [replace(_TINY, known_bad={})])
    assert {f.kind: f.level for f in report.findings if f.kind != "balance"} == {
        "part": "note",
        "identical audio": "warning",
        "missing": "error",
    }


def test_counts_of_unknown_corpora_are_not_checked(tiny: list[Utterance]) -> None:
    (finding,) = check(tiny).findings
    assert (finding.kind, finding.level) == ("unknown corpus", "warning")


def test_planted_faults_are_found(tiny: list[Utterance], sound: Callable[..., str], tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.wav"
    whole = Path(sound("whole.wav", seed=8)).read_bytes()
    damaged.write_bytes(whole[:40] + b"\xff\xff\xff\xff" + whole[44:])
    (tmp_path / "text.wav").write_text("not audio")
    silent, dc = tmp_path / "silent.wav", tmp_path / "silent2.wav"
    for path in (silent, dc):
        soundfile.write(path, np.zeros(16_000), 16_000)
    planted = {
        str(tmp_path / "gone.wav"): ["missing"],
        str(tmp_path / "text.wav"): ["undecodable"],
        str(damaged): ["damaged"],
        str(silent): ["silent"],
        # Two silences are not "identical audio".
        str(dc): ["silent"],
        sound("quiet.wav", seed=9, gain=0.0012): ["quiet"],
        sound("clipped.wav", seed=10, gain=9.0): ["clipped"],
        sound("short.wav", seed=11, seconds=0.2): ["short"],
        sound("long.wav", seed=12, seconds=31.0): ["long"],
    }
    utterances = [
        *(replace(utterance, corpus="") for utterance in tiny),
        *(Utterance(file, "anger", "tiny:a", sex="female") for file in planted),
    ]
    report = check(utterances)
    found = {file: [f.kind for f in report.findings if file in f.files] for file in planted}
    assert found == planted
    assert all((f.level == "error") == (f.kind in ("missing", "undecodable")) for f in report.findings)
    assert set(_kinds(report)) <= {*ERROR_KINDS, *WARNING_KINDS}


def test_identical_audio_and_contradictions(tiny: list[Utterance], sound: Callable[..., str]) -> None:
    twins = [sound("twin1.wav", seed=20), sound("twin2.flac", seed=20)]
    liars = [sound("liar1.wav", seed=21), sound("liar2.wav", seed=21)]
    utterances = [
        *(replace(utterance, corpus="") for utterance in tiny),
        *(Utterance(file, "anger", "tiny:a", sex="female") for file in twins),
        Utterance(liars[0], "anger", "tiny:b", sex="male"),
        Utterance(liars[1], "fear", "tiny:b", sex="male"),
    ]
    report = check(utterances)
    assert [(f.kind, f.message, f.files) for f in report.findings] == [
        ("identical audio", "2 files hold the same audio", tuple(twins)),
        ("contradiction", "identical audio labelled anger and fear", tuple(liars)),
    ]
    assert report.errors == []


def test_segments(tiny: list[Utterance]) -> None:
    first = replace(tiny[0], corpus="", segment=Segment(0.0, 0.5))
    utterances = [
        first,
        replace(first, segment=Segment(0.5, 1.0), emotion="fear"),
        replace(first, segment=Segment(0.5, 3.0), emotion="fear"),
        first,
    ]
    report = check(utterances)
    kinds = [(f.kind, f.message) for f in report.findings if f.kind != "balance"]
    assert kinds[0] == ("repeated row", "the same stretch of the same file stands in 2 rows")
    assert ("segment", "0.5 to 3 s lies beyond the end of the file") in kinds
    assert report.seconds == 2.0


def test_limits_of_length_can_be_set(tiny: list[Utterance]) -> None:
    report = check(tiny, [replace(_TINY, known_bad={})], min_seconds=1.5, max_seconds=9)
    assert _kinds(report) == ["short"] * 4
    assert report.findings[0].message == "1.00 s, less than 1.5 s"


def test_a_report_is_plain_data(tiny: list[Utterance]) -> None:
    gone = replace(tiny[2], file="gone.wav")
    data = json.loads(json.dumps(check([*tiny[:2], gone], [_TINY]).to_dict()))
    assert (data["n_utterances"], data["n_errors"], data["n_warnings"], data["n_notes"]) == (3, 1, 1, 1)
    assert [finding["level"] for finding in data["findings"]] == ["note", "error", "warning"]
    assert data["balance"]["sex"] == {"female": 2, "male": 1}


def test_an_interruption_ends_the_check(tiny: list[Utterance]) -> None:
    def interrupt(n_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(tiny, on_done=interrupt)


@pytest.mark.corpora
def test_what_is_known_of_ravdess_is_found(real_corpora: Path) -> None:
    if not (real_corpora / "ravdess").is_dir():
        pytest.skip("no ravdess here")
    corpus = registry.load("corpus", "ravdess").CORPUS
    actors = [
        u for u in scan("ravdess", real_corpora / "ravdess").utterances if u.speaker[-2:] in ("07", "09", "20")
    ]
    report = check(actors, [corpus])
    assert report.errors == []
    assert [finding.message for finding in report.notes] == ["180 of ravdess's 1440 clips: a part of the corpus"]
    quiet = {Path(f.files[0]).stem for f in report.findings if f.kind == "quiet"}
    assert quiet == {name for name, reason in corpus.known_bad.items() if "quiet" in reason}
    (twins,) = [f.files for f in report.findings if f.kind == "identical audio"]
    assert {Path(file).stem for file in twins} == {"03-01-03-01-02-01-07", "03-01-03-01-02-02-07"}
