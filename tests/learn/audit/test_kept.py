"""What was heard is kept: found again only for the same samples and the same code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.learn.audit.conftest import write_voice
from tests.made_voice import RATE, make_voice

from emotrace.errors import CacheWarning
from emotrace.learn.audit import _kept, listening
from emotrace.learn.audit.listening import Heard, Unheard, listen
from emotrace.types import Segment, Utterance


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the files that are listened to."""
    heard: list[str] = []
    hear = listening._hear_file

    def count(task):
        heard.append(Path(task.file).name)
        return hear(task)

    monkeypatch.setattr(listening, "_hear_file", count)
    return heard


def same(one: Heard | Unheard, other: Heard | Unheard) -> bool:
    assert isinstance(one, Heard)
    assert isinstance(other, Heard)
    return one.content == other.content and np.array_equal(one.fingerprint.ripple, other.fingerprint.ripple)


def test_what_was_heard_is_not_listened_to_again(voices, cache, deaf):
    some = [voices[0], replace(voices[1], segment=Segment(0.0, 1.0)), voices[1]]
    plain = listen(some)
    deaf.clear()
    first, second = listen(some, cache=cache), listen(some, cache=cache)
    assert deaf == ["s0_0.wav", "s0_1.wav"]
    assert all(same(a, b) and same(b, c) for a, b, c in zip(plain, first, second, strict=True))


def test_another_stretch_is_listened_to(voices, cache, deaf):
    listen([voices[0]], cache=cache)
    (part,) = listen([replace(voices[0], segment=Segment(0.0, 1.0))], cache=cache)
    assert len(deaf) == 2
    assert abs(part.fingerprint.seconds - 1.0) < 0.03


def test_silence_and_what_is_too_short_are_kept_as_they_are(tmp_path, cache, deaf):
    soundfile.write(tmp_path / "silence.wav", np.zeros(RATE), RATE)
    write_voice(tmp_path / "short.wav", make_voice(1)[: RATE // 3])
    clips = [
        Utterance(file=str(tmp_path / f"{name}.wav"), emotion="", speaker="") for name in ("silence", "short")
    ]
    first, again = listen(clips, cache=cache), listen(clips, cache=cache)
    assert len(deaf) == 2
    assert all(same(a, b) for a, b in zip(first, again, strict=True))
    assert again[0].content is None
    assert again[1].content is not None
    assert again[1].fingerprint.is_empty


def test_a_file_that_changes_is_listened_to_anew(tmp_path, cache):
    file = write_voice(tmp_path / "a.wav", make_voice(1))
    utterance = Utterance(file=file, emotion="", speaker="")
    (before,) = listen([utterance], cache=cache)
    write_voice(tmp_path / "a.wav", make_voice(2))
    (after,) = listen([utterance], cache=cache)
    assert not same(before, after)


def test_a_file_that_is_gone_is_not_remembered(tmp_path, cache):
    file = write_voice(tmp_path / "a.wav", make_voice(1))
    utterance = Utterance(file=file, emotion="", speaker="")
    listen([utterance], cache=cache)
    Path(file).unlink()
    (gone,) = listen([utterance], cache=cache)
    assert gone == Unheard(f"{file}: no such file", is_missing=True)


def test_a_damaged_entry_counts_as_absent(voices, cache, deaf):
    (before,) = listen([voices[0]], cache=cache)
    (entry,) = [path for path in cache.rglob("*") if path.is_file()]
    entry.write_bytes(entry.read_bytes()[:-7])
    (after,) = listen([voices[0]], cache=cache)
    assert len(deaf) == 2
    assert same(before, after)


def test_edited_code_keeps_nothing(voices, cache, deaf, monkeypatch):
    monkeypatch.setattr(_kept, "hash_sources", lambda: "other")
    with pytest.warns(CacheWarning, match="not kept for the next time: the source code was edited since"):
        listen([voices[0]], cache=cache)
    assert not cache.exists()


def test_other_code_finds_nothing(voices, cache, deaf, monkeypatch):
    listen([voices[0]], cache=cache)
    monkeypatch.setattr(_kept, "SOURCES_AT_IMPORT", "other")
    monkeypatch.setattr(_kept, "hash_sources", lambda: "other")
    listen([voices[0]], cache=cache)
    assert len(deaf) == 2


def test_a_cache_that_cannot_be_written_is_told_once(voices, tmp_path):
    (tmp_path / "cache").write_text("a file, no folder")
    with pytest.warns(CacheWarning, match="fingerprints are not kept for the next time: .*cache") as told:
        heard = listen(voices[:3], cache=tmp_path / "cache")
    assert len(told) == 1
    assert all(isinstance(clip, Heard) for clip in heard)


def test_processes_share_the_cache(voices, cache, deaf):
    together = listen(voices[:3], n_jobs=2, cache=cache)
    alone = listen(voices[:3], cache=cache)
    assert deaf == []
    assert all(same(a, b) for a, b in zip(together, alone, strict=True))
