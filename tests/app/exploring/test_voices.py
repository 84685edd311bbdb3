"""Women and men: pitches that were put in come out, and who lacks one of them is told so."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotrace.app.exploring.shelf import open_examples, open_own
from emotrace.app.exploring.voices import Voices, can_compare, compare_voices, emotions_of_both, find_pair
from emotrace.errors import UsageError

pytest.importorskip("matplotlib")


def test_pitches_come_out_and_clips_that_are_gone_are_left_out(manifest: Path):
    shelf = open_own(str(manifest))
    (manifest.parent / "male1-anger.wav").unlink()
    assert can_compare(shelf)
    assert emotions_of_both(shelf) == ["sadness", "anger"]
    *told, voices = compare_voices(shelf)
    assert told[0] == (0, 8)
    assert told[-1] == (8, 8)
    assert isinstance(voices, Voices)
    assert (voices.n_clips, voices.n_unusable) == (7, 1)
    assert voices.pitch_hz["female"] == pytest.approx(230, rel=0.12)
    assert voices.pitch_hz["male"] == pytest.approx(113, rel=0.12)
    assert voices.pitch_picture.startswith(b"\x89PNG")
    assert voices.spectrum_picture.startswith(b"\x89PNG")


def test_a_pair_is_a_woman_and_a_man_of_one_emotion(manifest: Path):
    pair = find_pair(open_own(str(manifest)), "anger")
    assert {sex: (clip.sex, clip.emotion) for sex, clip in pair.items()} == {
        "female": ("female", "anger"),
        "male": ("male", "anger"),
    }


def test_without_both_it_says_so(folder: Path):
    for shelf in (open_examples(), open_own(str(folder))):
        assert not can_compare(shelf)
        assert emotions_of_both(shelf) == []
        with pytest.raises(UsageError, match="needs clips of women and of men"):
            list(compare_voices(shelf))
