from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
from tests.made_voice import RATE

from emotrace.learn._processes import Death
from emotrace.learn.audit.listening import Heard, Unheard, listen
from emotrace.learn.corpora._measure import add_content
from emotrace.types import Segment, Utterance


def test_each_clip_has_its_checksum_and_fingerprint(voices):
    some = [voices[3], voices[0], voices[3]]
    steps = []
    heard = listen(some, progress=lambda *step: steps.append(step))
    assert [clip.content for clip in heard] == [u.content for u in add_content(some)]
    assert heard[0].content == heard[2].content
    assert not heard[0].fingerprint.is_empty
    assert steps == [(2, 3), (3, 3)]


def test_segments_are_heard_one_by_one(voices):
    whole = voices[0]
    halves = [replace(whole, segment=Segment(0.0, 0.9)), replace(whole, segment=Segment(0.3, 1.2))]
    first, second, beyond = listen([*halves, replace(whole, segment=Segment(60.0, 61.0))])
    assert isinstance(first, Heard)
    assert isinstance(second, Heard)
    assert first.content != second.content
    assert abs(first.fingerprint.seconds - 0.9) < 0.03
    assert isinstance(beyond, Unheard)
    assert beyond.reason.endswith("ends before 60 s, where the segment starts")
    assert not beyond.is_missing


def test_processes_hear_what_one_hears(voices):
    alone, together = listen(voices[:6]), listen(voices[:6], n_jobs=2)
    for one, other in zip(alone, together, strict=True):
        assert one.content == other.content
        np.testing.assert_array_equal(one.fingerprint.ripple, other.fingerprint.ripple)


def test_what_cannot_be_heard_is_told(tmp_path: Path, voices):
    (tmp_path / "text.wav").write_text("not audio")
    soundfile.write(tmp_path / "silence.wav", np.zeros(RATE), RATE)
    files = [str(tmp_path / name) for name in ("gone.wav", "text.wav", "silence.wav")]
    gone, text, silence = listen([Utterance(file=file, emotion="", speaker="") for file in files])
    assert gone == Unheard(f"{files[0]}: no such file", is_missing=True)
    assert isinstance(text, Unheard)
    assert text.reason.startswith(files[1])
    assert not text.is_missing
    # All silence is equal; that proves nothing.
    assert isinstance(silence, Heard)
    assert silence.content is None
    assert silence.fingerprint.is_empty


def test_a_file_that_ends_its_process_is_told(monkeypatch, voices):
    monkeypatch.setattr(
        "emotrace.learn.audit.listening.run_tasks", lambda *_: iter([(0, Death("was killed by signal 11"))])
    )
    (lost,) = listen(voices[:1])
    assert isinstance(lost, Unheard)
    assert lost.reason.endswith("the process that read it was killed by signal 11, twice")
