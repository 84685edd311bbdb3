"""Turns, silence, overlap and interruptions."""

from __future__ import annotations

from emotrace.calls.stretches import union
from emotrace.calls.talk import Interruption, Stretch, find_interruptions, join_turns, measure_talk
from emotrace.types import Segment


def _pieces(party: str, *spans: tuple[float, float]) -> list[Stretch]:
    return [Stretch(party, Segment(*span)) for span in spans]


def _spans(turns: list[Stretch], party: str) -> list[tuple[float, float]]:
    return [(turn.segment.start, turn.segment.end) for turn in turns if turn.party == party]


def _interruptions(pieces: list[Stretch]) -> list[Interruption]:
    parties = {piece.party for piece in pieces}
    return find_interruptions(
        join_turns(pieces), {p: union(x.segment for x in pieces if x.party == p) for p in parties}
    )


def test_short_pauses_belong_to_a_turn_and_long_ones_end_it() -> None:
    turns = join_turns(_pieces("customer", (0.0, 1.0), (2.4, 3.0), (4.6, 5.0)))
    assert _spans(turns, "customer") == [(0.0, 3.0), (4.6, 5.0)]


def test_a_pause_in_which_the_other_talks_ends_a_turn() -> None:
    turns = join_turns(_pieces("customer", (0.0, 1.0), (2.0, 3.0)) + _pieces("agent", (1.2, 1.8)))
    assert _spans(turns, "customer") == [(0.0, 1.0), (2.0, 3.0)]
    assert [turn.party for turn in turns] == ["customer", "agent", "customer"]


def test_the_other_may_have_begun_before_the_pause() -> None:
    turns = join_turns(_pieces("agent", (0.0, 10.0)) + _pieces("customer", (3.0, 3.5), (4.0, 4.5)))
    assert _spans(turns, "customer") == [(3.0, 3.5), (4.0, 4.5)]


def test_words_are_joined_and_overlapping_pieces_of_one_speaker_too() -> None:
    pieces = [Stretch("agent", Segment(0.0, 2.0), "good"), Stretch("agent", Segment(1.5, 3.0), "morning")]
    assert join_turns(pieces) == [Stretch("agent", Segment(0.0, 3.0), "good morning")]


def test_clicks_are_no_turns_but_short_words_are() -> None:
    assert join_turns([Stretch("agent", Segment(1.0, 1.2))]) == []
    assert len(join_turns([Stretch("agent", Segment(1.0, 1.2), "yes")])) == 1


def test_taking_the_word_is_an_interruption() -> None:
    pieces = _pieces("agent", (0.0, 5.0)) + _pieces("customer", (4.0, 8.0))
    assert _interruptions(pieces) == [Interruption("customer", Segment(4.0, 5.0))]


def test_what_is_no_interruption() -> None:
    listener = _pieces("agent", (0.0, 8.0)) + _pieces("customer", (4.0, 4.5))
    end_of_turn = _pieces("agent", (0.0, 5.0)) + _pieces("customer", (4.8, 8.0))
    just_begun = _pieces("agent", (3.8, 5.0)) + _pieces("customer", (4.0, 8.0))
    talks_on = _pieces("agent", (0.0, 9.0)) + _pieces("customer", (4.0, 12.0))
    a_breath = _pieces("agent", (0.0, 5.0), (5.2, 9.0)) + _pieces("customer", (4.0, 12.0))
    for pieces in (listener, end_of_turn, just_begun, talks_on, a_breath):
        assert _interruptions(pieces) == []


def test_how_time_is_shared() -> None:
    pieces = _pieces("customer", (1.0, 4.0), (9.0, 10.0)) + _pieces("agent", (3.0, 6.0))
    talking = {p: union(x.segment for x in pieces if x.party == p) for p in ("customer", "agent")}
    talk = measure_talk(["customer", "agent"], join_turns(pieces), talking, [Segment(6.0, 6.5)], 12.0)
    assert talk.talk_seconds == {"customer": 4.0, "agent": 3.0}
    assert talk.talk_share == {"customer": 4 / 7, "agent": 3 / 7}
    assert talk.n_turns == {"customer": 2, "agent": 1}
    assert talk.overlap_seconds == 1.0
    assert talk.silence_seconds == 1.0 + 2.5 + 2.0
    assert talk.longest_silence == Segment(6.5, 9.0)


def test_a_call_without_talk() -> None:
    talk = measure_talk(["customer"], [], {"customer": []}, [], 3.0)
    assert talk.talk_share == {"customer": 0.0}
    assert talk.longest_silence == Segment(0.0, 3.0)
