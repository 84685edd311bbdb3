"""The one line on a recording says no more than was heard."""

from __future__ import annotations

import pytest
from tests.app.views.made_timeline import PLAN, make_timeline

from emotrace.app.views.headline import write_headline
from emotrace.labels import NO_SPEECH


def test_the_emotion_of_most_of_the_speech_is_named_with_its_confidence() -> None:
    said = write_headline(make_timeline())
    assert (said.title, said.emotion) == ("Mostly anger", "anger")
    assert said.sentence == (
        "Anger in 50\u00a0% of 8.0 s of speech, clearly there: 80\u00a0% sure on average. "
        "25\u00a0% of the speech is uncertain."
    )


def test_where_none_has_most_it_is_the_most_frequent_one() -> None:
    said = write_headline(make_timeline((*PLAN, ("fear", 0.95), ("neutral", 0.9), ("neutral", 0.9))))
    assert said.title == "Most often neutral"
    assert "very clearly there: 87\u00a0% sure" in said.sentence


def test_what_is_mostly_uncertain_has_no_emotion_of_its_own() -> None:
    said = write_headline(make_timeline((("fear", 0.4), ("fear", 0.45), ("anger", 0.6))))
    assert (said.title, said.emotion) == ("Mostly uncertain", None)
    assert said.sentence.startswith("67\u00a0% of the speech is too unclear to name an emotion.")
    assert "most like anger in 33\u00a0%" in said.sentence


def test_where_nothing_is_clear_only_the_closest_is_told() -> None:
    said = write_headline(make_timeline((("fear", 0.44), ("fear", 0.40))))
    assert (said.title, said.emotion) == ("Uncertain", None)
    assert said.sentence == (
        "Nothing in 4.0 s of speech is clear enough to name an emotion. Closest is fear, 42\u00a0% on average: "
        "better not act upon it."
    )


@pytest.mark.parametrize("plan", [(), ((NO_SPEECH, 0.0),) * 3])
def test_where_nobody_speaks_nothing_is_said(plan: tuple[tuple[str, float], ...]) -> None:
    said = write_headline(make_timeline(plan))
    assert (said.title, said.emotion) == ("No speech", None)
