"""From single words with speakers to turns, for transcripts that hold nothing longer."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from emotrace.calls.turns._turn import Turn
from emotrace.types import Segment

LONGEST_PAUSE_SECONDS = 0.8
"""A longer pause between two words of one speaker parts two turns; Deepgram's own default for utterances."""


def join_words(words: Iterable[Turn]) -> list[Turn]:
    """Join words that one speaker says one after the other.

    Each word is given as a turn of its own. Speakers are joined apart from one another where they talk at the same
    time in channels of their own, so words must come channel by channel, in order of time.

    >>> words = [Turn(Segment(0.0, 0.4), "0", "good"), Turn(Segment(0.5, 1.0), "0", "day")]
    >>> join_words(words)
    [Turn(segment=Segment(start=0.0, end=1.0), speaker='0', text='good day')]
    """
    turns = []
    for _, spoken in groupby(words, key=lambda word: word.speaker):
        run: list[Turn] = []
        for word in spoken:
            if run and word.segment.start - run[-1].segment.end > LONGEST_PAUSE_SECONDS:
                turns.append(_join(run))
                run = []
            run.append(word)
        turns.append(_join(run))
    return turns


def _join(run: list[Turn]) -> Turn:
    start = min(word.segment.start for word in run)
    end = max(word.segment.end for word in run)
    text = " ".join(word.text for word in run if word.text)
    return Turn(Segment(start, end), run[0].speaker, text or None)
