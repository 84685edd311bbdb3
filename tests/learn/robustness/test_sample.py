from __future__ import annotations

from collections import Counter

import pytest

from emotrace.errors import UnknownNameError, UsageError
from emotrace.learn.robustness.sample import EVERY, choose_clips, parse_limits
from emotrace.types import Utterance

EMOTIONS = ("anger", "fear", "calm")


def clips(corpus: str, n_speakers: int, n_each: int) -> list[Utterance]:
    return [
        Utterance(f"{corpus}-{s}-{e}-{n}.wav", e, f"{corpus}:{s}", corpus=corpus)
        for s in range(n_speakers)
        for e in EMOTIONS
        for n in range(n_each)
    ]


def test_speakers_keep_so_many_clips_and_all_their_emotions() -> None:
    everything = clips("x", 3, 10) + clips("y", 2, 10)
    kept = choose_clips(everything, {"x": 6, EVERY: 9}, seed=1)
    assert Counter(u.corpus for u in kept) == {"x": 18, "y": 18}
    assert set(Counter((u.speaker, u.emotion) for u in kept).values()) == {2, 3}
    assert kept == [u for u in everything if u in kept]
    assert kept == choose_clips(everything, {"x": 6, EVERY: 9}, seed=1)
    assert kept != choose_clips(everything, {"x": 6, EVERY: 9}, seed=2)


def test_without_limits_nothing_is_left_out() -> None:
    everything = clips("x", 2, 2) + clips("y", 2, 2)
    assert choose_clips(everything, {}, seed=1) == everything
    assert choose_clips(everything, {EVERY: 100}, seed=1) == everything
    kept = choose_clips(everything, {"x": 1}, seed=1)
    assert Counter(u.corpus for u in kept) == {"x": 2, "y": 12}


def test_a_limit_of_no_corpus_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="no corpus in the manifest named 'crema'; did you mean 'crema-d'"):
        choose_clips(clips("crema-d", 1, 1), {"crema": 3}, seed=1)


@pytest.mark.parametrize("text", ["", "0", "-3", "x=", "=3", "x=y", "3.5", "x=0", "9" * 12])
def test_limits_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match="give a number from 1 on, or one for a corpus: crema-d=20"):
        parse_limits([text])
