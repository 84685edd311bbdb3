"""The report of judged runs says what the numbers say, and lists every mistake."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.learn.explore.made_judged import make_judged

from emotrace.learn.explore.judged import Judged, read_judged
from emotrace.learn.explore.judged_facts import compare_runs, judged_facts, wrong_answers
from emotrace.learn.pictures._sound import Sound
from emotrace.learn.pictures.pages._judged_review import Review
from emotrace.learn.pictures.pages.judged import write_judged_page


@pytest.fixture
def run(tmp_path: Path) -> Judged:
    (found,) = read_judged([make_judged(tmp_path / "run")])
    return found


def page(runs: list[Judged], review: list[Review], pictures: dict[str, bytes] | None = None) -> str:
    facts = [judged_facts(run) for run in runs]
    comparison = compare_runs(runs, facts) if len(runs) > 1 else None
    stream = io.StringIO()
    write_judged_page(stream, facts, comparison, pictures or {"confusion": b"x", "comparison": b"x"}, review)
    return stream.getvalue()


def reviews(run: Judged, address: str | None = None) -> list[Review]:
    return [Review(run.name, answer, None, address) for answer in wrong_answers(run)]


def test_every_mistake_has_a_row(run: Judged) -> None:
    review = reviews(run)
    text = page([run], review)
    assert len(re.findall(r"<tr data-true=", text)) == len(review) > 5
    assert f"{len(review)} answers of 80 are wrong, the surest first." in text
    assert f"any ({len(review)})" in text
    first = review[0].answer
    assert f'data-true="{first.emotion}" data-heard="{first.predicted}"' in text
    assert f'title="{first.file}"' in text


def test_scores_are_told_in_words(run: Judged) -> None:
    uar = run.report["pooled"]["unweighted_average_recall"]
    text = page([run], [])
    assert (
        f"Of 4 emotions it recognises on average {100 * uar['value']:.0f}&#160;%; guessing would give 25" in text
    )
    assert f"{uar['low']:.3f} to {uar['high']:.3f}" in text
    assert "There are none." in text


def test_names_of_files_cannot_break_out(run: Judged) -> None:
    evil = replace(wrong_answers(run)[0], file='a"><script>alert(1)</script>.wav', speaker="<b>")
    text = page([run], [Review("run", evil, None, None)])
    assert "<script>alert" not in text
    assert "<b>" not in text.partition('id="review"')[2].partition("</section>")[0]


def test_sounds_are_embedded_or_linked_or_lost(run: Judged) -> None:
    one, two, three = wrong_answers(run)[:3]
    sound = Sound(b"abc", "audio/mpeg")
    review = [
        Review("r", one, sound, "./x.wav"),
        Review("r", two, None, "./y.wav"),
        Review("r", three, None, None),
    ]
    text = page([run], review)
    assert "data:audio/mpeg;base64,YWJj" in text
    assert 'src="./y.wav"' in text
    assert "./x.wav" not in text
    assert "The recording is no longer where it was." in text.partition('id="review"')[2]
    assert "media-src data: file:" in text
    assert "media-src data:;" in page([run], [Review("r", one, sound, None)])


def test_runs_on_other_clips_are_warned_of(run: Judged, tmp_path: Path) -> None:
    (other,) = read_judged([make_judged(tmp_path / "other", seed=1, files=["elsewhere.wav"])])
    text = page([run, other], reviews(run) + reviews(other))
    assert "The runs were judged on different clips (none in common)" in text
    assert "Two by two" not in text
    assert '<select data-filter="run">' in text
    (same,) = read_judged([make_judged(tmp_path / "same", seed=1)])
    text = page([run, same], [])
    assert "All runs were judged on the same 80 clips." in text
    assert "Two by two" in text
    best = max((run, same), key=lambda r: r.report["pooled"]["unweighted_average_recall"]["value"])
    assert f"Best is {best.name}: of 4 emotions" in text


def test_without_probabilities_it_says_why_there_are_no_curves(run: Judged) -> None:
    bare = replace(run, answers=tuple(replace(answer, probabilities={}) for answer in run.answers))
    text = page([bare], reviews(bare))
    assert "judge again with this version" in text
    confidence = wrong_answers(bare)[0].confidence
    assert confidence is not None
    assert f"<span>{100 * confidence:.0f}&#160;%</span>" in text
