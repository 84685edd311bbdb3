"""Who is the customer, and who the agent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.calls.parties import Party, parties_by_channel, parties_by_speaker, read_channel
from emotrace.calls.turns import Turn
from emotrace.errors import UsageError
from emotrace.types import Segment


def _turns(*speakers: str) -> list[Turn]:
    return [Turn(Segment(float(n), n + 0.5), speaker) for n, speaker in enumerate(speakers)]


def test_the_other_of_two_channels_is_the_agents_and_not_analysed() -> None:
    assert parties_by_channel("a.wav", 2, "right", None) == [Party("customer", 1), Party("agent", 0, None, False)]
    assert parties_by_channel("a.wav", 2, "0", "right") == [Party("customer", 0), Party("agent", 1, None, False)]


def test_one_channel_is_an_unknown_speakers_unless_it_is_said_to_be_the_customers() -> None:
    assert parties_by_channel("a.wav", 1, None, None) == [Party("unknown", 0)]
    assert parties_by_channel("a.wav", 1, "0", None) == [Party("customer", 0)]


def test_of_many_channels_only_those_that_are_named_count() -> None:
    assert parties_by_channel("a.wav", 4, "3", None) == [Party("customer", 3)]
    assert [p.channel for p in parties_by_channel("a.wav", 4, "3", "1")] == [3, 1]


def test_a_consent_makes_the_agent_analysed() -> None:
    agent = parties_by_channel("a.wav", 2, "1", None, "a study")[1]
    assert (agent.is_emotion_analysed, agent.consent) == (True, "a study")
    assert parties_by_channel("a.wav", 2, "1", None, "a study")[0].consent is None


@pytest.mark.parametrize(
    ("n_channels", "customer", "agent", "consent", "complaint"),
    [
        (
            2,
            None,
            None,
            None,
            r"^a.wav: 2 channels: left \(0\) and right \(1\); say whose they are: --customer right or",
        ),
        (2, None, "left", None, "say whose they are"),
        (5, None, None, None, "5 channels: 0 to 4; say whose they are: --customer 1, or --turns FILE"),
        (
            2,
            "2",
            None,
            None,
            r"no channel '2' for --customer; the recording has 2 channels: left \(0\) and right \(1\)",
        ),
        (1, "right", None, None, "no channel 'right' for --customer; the recording has 1 channel: 0"),
        (2, "left", "7", None, "no channel '7' for --agent"),
        (2, "left", "0", None, "--customer and --agent are both channel 0; they need different ones"),
        (
            2,
            "rigth",
            None,
            None,
            "--customer is 'rigth'; without --turns it must be a channel: left, right or a number",
        ),
        (2, "-1", None, None, "must be a channel"),
        (2, "9" * 400, None, None, "must be a channel"),
        (1, None, None, "x", "--agent-consent needs an agent, but all speech is one unknown speaker's"),
        (1, "0", None, "x", "--agent-consent needs an agent: name one with --agent, or leave it out"),
    ],
)
def test_what_cannot_be_is_refused(
    n_channels: int, customer: str | None, agent: str | None, consent: str | None, complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        parties_by_channel("a.wav", n_channels, customer, agent, consent)


@given(st.text())
def test_any_word_is_a_channel_or_none(word: str) -> None:
    channel = read_channel(word)
    assert channel is None or channel >= 0


def test_amazons_roles_are_known_by_themselves() -> None:
    customer, agent = parties_by_speaker("c.json", _turns("AGENT", "CUSTOMER"), None, None)
    assert (customer.party, customer.speaker, customer.channel) == ("customer", "CUSTOMER", "mix")
    assert (agent.party, agent.speaker, agent.is_emotion_analysed) == ("agent", "AGENT", False)


def test_the_other_of_two_speakers_is_the_agent_but_of_three_nobody_is() -> None:
    assert [p.speaker for p in parties_by_speaker("c", _turns("A", "B"), "B", None)] == ["B", "A"]
    assert [p.speaker for p in parties_by_speaker("c", _turns("A", "B", "C"), "B", None)] == ["B"]
    assert [p.speaker for p in parties_by_speaker("c", _turns("A", "B", "C"), "B", "C")] == ["B", "C"]


@pytest.mark.parametrize(
    ("speakers", "customer", "agent", "consent", "complaint"),
    [
        (
            "AB",
            None,
            None,
            None,
            "^c.json: say which speaker is the customer: --customer A; the speakers are A, B",
        ),
        ("AB", "a", None, None, "no speaker 'a' for --customer"),
        (["SPEAKER_00", "X"], "SPEAKER_0", None, None, "did you mean 'SPEAKER_00'|known: SPEAKER_00, X"),
        ("AB", "A", "D", None, "no speaker 'D' for --agent; known: A, B"),
        ("AB", "A", "A", None, "--customer and --agent are both 'A'; they need different speakers"),
        ("A", "A", None, "x", "--agent-consent needs an agent"),
    ],
)
def test_wrong_speakers_are_refused(
    speakers: str, customer: str | None, agent: str | None, consent: str | None, complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        parties_by_speaker("c.json", _turns(*speakers), customer, agent, consent)
