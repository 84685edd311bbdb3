"""The verdict on a corpus names what is wrong, the worst first."""

from __future__ import annotations

from typing import Any

from emotrace.learn.pictures.pages._checks import draw_checks, draw_verdict


def facts(*findings: tuple[str, str, tuple[str, ...]], constant: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "check": {"findings": [{"kind": k, "message": m, "files": list(f)} for k, m, f in findings]},
        "features": {"stats70": {"n_clips": 60, "n_missing": 0, "n_infinite": 0, "constant": list(constant)}},
        "not_extracted": [],
    }


def test_a_sound_corpus() -> None:
    assert "Nothing was found to be wrong with any file." in draw_verdict(facts())
    assert draw_checks(facts()).count(">yes<") == 19


def test_one_constant_feature_is_a_note() -> None:
    found = facts(constant=("chroma_max",))
    assert "Sound." in draw_verdict(found)
    assert "the same for all clips: chroma_max" in draw_checks(found)
    assert "1 constant feature" in draw_verdict(facts(constant=("a", "b")))


def test_a_part_of_a_corpus_is_a_note() -> None:
    found = facts(("part", "60 of ravdess's 1440 clips: a part of the corpus", ()))
    verdict = draw_verdict(found)
    assert "Sound." in verdict
    assert "60 of ravdess&#x27;s 1440 clips: a part of the corpus." in verdict
    checks = draw_checks(found)
    assert "60 of ravdess&#x27;s 1440 clips: a part of the corpus" in checks
    assert "is-note" in checks
    assert "exception" not in checks


def test_warnings_are_counted() -> None:
    found = facts(
        ("quiet", "very quiet: -62 dBFS RMS", ("x/a.wav",)),
        ("quiet", "very quiet: -61 dBFS RMS", ("x/b.wav",)),
        ("identical audio", "2 files hold the same audio", ("x/a.wav", "x/c.wav")),
    )
    assert "There is 1 sound in more than one file and 2 near-silent clips." in draw_verdict(found)
    checks = draw_checks(found)
    assert "a.wav, c.wav: 2 files hold the same audio" in checks
    assert "the first of 2" in checks
    assert "2 exceptions" in checks


def test_errors_come_first() -> None:
    found = facts(("quiet", "very quiet", ("a.wav",)), ("missing", "no such file", ("b.wav",)))
    verdict = draw_verdict(found)
    assert "Mend this first." in verdict
    assert "There is 1 missing file. Figures on this table would be wrong." in verdict
    assert "quiet" not in verdict


def test_long_lists_are_cut() -> None:
    found = facts(*(("clipped", "9 samples", (f"{n}.wav",)) for n in range(30)))
    assert "... and 22 more" in draw_checks(found)
    many = facts(constant=tuple(f"f{n:02d}" for n in range(40)))
    assert "f07 and 32 more" in draw_checks(many)
