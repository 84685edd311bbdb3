from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.learn.audit.conftest import write_voice
from tests.made_voice import RATE

from emotrace.audio.load import load_audio
from emotrace.errors import AudioError, UsageError
from emotrace.learn.audit import audit
from emotrace.learn.augment.pitch_shift import PitchShift
from emotrace.learn.augment.time_stretch import TimeStretch
from emotrace.types import Segment


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTRACE_CACHE", str(tmp_path / "cache"))


def test_an_honest_division(voices):
    steps: list[str] = []
    outcome = audit(
        {"train": voices[:40], "test": voices[40:]}, progress=lambda what, done, of: steps.append(what)
    )
    assert outcome.audit.verdict == "no leak"
    assert outcome.audit.was_heard
    assert outcome.worth is not None
    assert outcome.unheard == {}
    assert list(dict.fromkeys(steps)) == ["listening", "comparing", "extracting features", "fitting baselines"]


def test_altered_copies_under_new_names(voices, tmp_path):
    rng = np.random.default_rng(4)
    copies = []
    for number, utterance in enumerate(voices[:6]):
        signal = load_audio(utterance.file, RATE)
        altered = PitchShift(0.8)(TimeStretch(0.8)(signal, RATE, rng), RATE, rng)
        file = write_voice(tmp_path / f"new{number}.wav", altered)
        copies.append(replace(utterance, file=file, speaker="somebody else"))
    outcome = audit({"train": voices[:40], "test": copies}, with_baseline=False)
    assert outcome.audit.verdict == "leak"
    pairs = {(pair.first.file, pair.second.file) for pair in outcome.audit.near_identical}
    # Short and made alike, they resemble one another more than people do; of people see benchmarks/audit.py.
    assert len(pairs & {(a.file, b.file) for a, b in zip(voices, copies, strict=False)}) >= 4
    assert (outcome.worth, outcome.no_worth) == (None, "")


def test_identical_audio_and_overlapping_windows(voices, tmp_path):
    signal = load_audio(voices[0].file, RATE)
    copy = replace(voices[0], file=write_voice(tmp_path / "copy.wav", signal), speaker="x")
    window = replace(voices[1], segment=Segment(0.1, 1.0))
    outcome = audit({"train": voices[:2], "test": [copy, window]}, with_baseline=False)
    found = {finding.kind: finding.n_clips for finding in outcome.audit.findings}
    assert found["identical audio"] == 1
    assert found["windows"] == 1
    # What is told already is not told again.
    assert found["near-identical audio"] == 0


def test_missing_files_are_compared_by_name(voices, tmp_path):
    gone = [replace(voices[0], file=str(tmp_path / f"03-01-05-01-0{k}-01-12.wav"), speaker="") for k in (1, 2)]
    outcome = audit({"train": [*voices[:3], gone[0]], "test": [gone[1]]})
    assert outcome.audit.verdict == "leak"
    assert outcome.n_named == 2
    assert {side: len(clips) for side, clips in outcome.unheard.items()} == {"train": 1, "test": 1}
    assert outcome.no_worth == "there are fewer than two known speakers"
    assert outcome.to_dict()["unheard"][0]["is_missing"]


def test_names_alone(voices, tmp_path):
    gone = [replace(u, file=str(tmp_path / Path(u.file).name)) for u in voices]
    outcome = audit({"train": gone[:35], "test": gone[35:]}, with_audio=False)
    assert outcome.audit.verdict == "leak"
    assert not outcome.audit.was_heard
    assert outcome.no_worth == "nobody listened to the recordings"
    with pytest.raises(
        AudioError, match=r"none of the 60 recordings can be listened to; the first: .* no such file"
    ):
        audit({"train": gone[:35], "test": gone[35:]})


def test_all_pairs_of_three_sides_are_compared(voices, tmp_path):
    signal = 0.5 * load_audio(voices[0].file, RATE)
    copy = replace(voices[0], file=write_voice(tmp_path / "quieter.wav", signal), speaker="x")
    outcome = audit({"train": voices[10:20], "validation": [voices[0]], "test": [copy]}, with_baseline=False)
    (pair,) = outcome.audit.near_identical
    assert (pair.first_side, pair.second_side) == ("validation", "test")
    assert pair.match.is_certain


@pytest.mark.parametrize("sides", [{}, {"train": []}])
def test_one_side_is_no_division(sides, voices):
    with pytest.raises(UsageError, match="an audit compares two sides, but only none holds any clip"):
        audit(sides)
    with pytest.raises(UsageError, match="but only test holds any clip"):
        audit({"test": voices[:1]})
