"""What is measured of a clip is what was put into it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.learn.explore.made_corpus import SILENT_SECONDS, make_voice

from emotrace.learn.explore.clips import ClipFacts, measure_clips, measure_signal
from emotrace.types import Segment, Utterance


def test_length_level_silence_and_pitch() -> None:
    voice = make_voice(200.0, 0.5, 0.8, seed=0)
    facts = measure_signal(voice)
    assert facts.seconds == pytest.approx(1.3, abs=1e-3)
    assert facts.peak_dbfs == pytest.approx(20 * np.log10(np.abs(voice).max()), abs=1e-3)
    assert facts.leading_seconds == pytest.approx(SILENT_SECONDS, abs=0.07)
    assert facts.trailing_seconds == pytest.approx(SILENT_SECONDS, abs=0.07)
    assert facts.pitch_hz == pytest.approx(200.0, rel=0.02)
    assert facts.rms_dbfs < facts.level_dbfs < facts.peak_dbfs


def test_silence_has_no_pitch_and_a_level_of_its_own() -> None:
    facts = measure_signal(np.zeros(16_000, np.float32))
    assert (facts.pitch_hz, facts.peak_dbfs, facts.level_dbfs) == (None, -120.0, -120.0)


def test_pitch_is_only_measured_where_it_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, make_voice(150.0, 0.5, 1.0, seed=0), 16_000)
    clips = [Utterance(str(path), "anger", "a"), Utterance(str(path), "anger", "a", segment=Segment(0.3, 1.1))]
    seen: list[tuple[int, int]] = []
    whole, stretch = measure_clips(clips, [False, True], progress=lambda *done: seen.append(done))
    assert isinstance(whole, ClipFacts)
    assert isinstance(stretch, ClipFacts)
    assert whole.pitch_hz is None
    assert stretch.pitch_hz == pytest.approx(150.0, rel=0.02)
    assert stretch.seconds == pytest.approx(0.8)
    assert seen[-1] == (2, 2)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.full(8000, 0.1), 16_000)
    gone = Utterance(str(tmp_path / "gone.wav"), "anger", "a")
    beyond = Utterance(str(path), "anger", "a", segment=Segment(2.0, 3.0))
    missing, late = measure_clips([gone, beyond], [True, True])
    assert isinstance(missing, str)
    assert "gone.wav: no such file" in missing
    assert isinstance(late, str)
    assert late.endswith("a.wav: ends before 2 s, where the segment starts")
