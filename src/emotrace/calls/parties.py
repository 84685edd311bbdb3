"""The parties of a call, and where each is heard: on a channel of its own, or in turns that a file names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emotrace.audio.channels import Channel
from emotrace.calls.turns import Turn
from emotrace.errors import UsageError, suggest

CUSTOMER = "customer"
AGENT = "agent"
UNKNOWN = "unknown"

_SIDES = {"left": 0, "right": 1}


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a call.

    Attributes
    ----------
    party
        ``customer``, ``agent``, or ``unknown`` where nobody said who speaks.
    channel
        Where it is heard: counted from 0, or ``"mix"``.
    speaker
        Its name in the file with turns, None where it is told by its channel.
    is_emotion_analysed
        True if its voice may be, and is, analysed for emotion.
    consent
        The statement on which an agent's is.
    """

    party: str
    channel: Channel
    speaker: str | None = None
    is_emotion_analysed: bool = True
    consent: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Give the record as it stands in the call's JSON."""
        return {
            "party": self.party,
            "channel": str(self.channel),
            "speaker": self.speaker,
            "is_emotion_analysed": self.is_emotion_analysed,
            "consent": self.consent,
        }


def parties_by_channel(
    file: str, n_channels: int, customer: str | None, agent: str | None, consent: str | None = None
) -> list[Party]:
    """Tell the parties of a recording by their channels.

    A recording of one channel without a customer is one unknown speaker's. Where a recording has two channels, the
    one that is not the customer's is the agent's.

    Parameters
    ----------
    file
        What messages call the recording.
    n_channels
        How many channels it has.
    customer, agent
        ``left``, ``right`` or a number counted from 0; None where it was not said.
    consent
        On what ground the agent's emotions may be inferred.

    Raises
    ------
    UsageError
        If the customer of a recording with several channels is not named, a channel does not exist, both parties
        have the same one, or a consent is given for an agent who is not there.
    """
    if customer is None and (n_channels > 1 or agent is not None):
        which = f"{_list(n_channels)}; say whose they are: --customer {_example(n_channels)}, or --turns FILE"
        raise UsageError(f"{file}: {which}; only the customer's voice is analysed for emotion")
    if customer is None:
        if consent is not None:
            raise UsageError(
                f"{file}: --agent-consent needs an agent, but all speech is one unknown speaker's; tell the "
                "parties with --turns FILE, or leave it out"
            )
        return [Party(UNKNOWN, 0)]
    channel = _channel(file, n_channels, customer, CUSTOMER)
    other = _channel(file, n_channels, agent, AGENT) if agent is not None else None
    if other is None and n_channels == 2:
        other = 1 - channel
    if other == channel:
        raise UsageError(f"{file}: --customer and --agent are both channel {channel}; they need different ones")
    return _parties(file, Party(CUSTOMER, channel), None if other is None else Party(AGENT, other), consent)


def parties_by_speaker(
    file: str,
    turns: Sequence[Turn],
    customer: str | None,
    agent: str | None,
    consent: str | None = None,
    channel: Channel = "mix",
) -> list[Party]:
    """Tell the parties by the names of the speakers of ``turns``.

    The roles that Amazon's call analytics writes, ``CUSTOMER`` and ``AGENT``, are known without being named. Where
    a file has two speakers, the one that is not the customer is the agent. Further speakers belong to neither
    party.

    Raises
    ------
    UsageError
        If the customer is not named, a speaker does not occur, both parties are the same, or a consent is given
        for an agent who is not there.
    """
    speakers = sorted({turn.speaker for turn in turns})
    customer = customer if customer is not None else _role(speakers, CUSTOMER)
    agent = agent if agent is not None else _role(speakers, AGENT)
    if customer is None:
        raise UsageError(
            f"{file}: say which speaker is the customer: --customer {speakers[0]}; the speakers are "
            f"{_few(speakers)}; only the customer's voice is analysed for emotion"
        )
    for role, name in ((CUSTOMER, customer), (AGENT, agent)):
        if name is not None and name not in speakers:
            raise UsageError(f"{file}: no speaker '{name}' for --{role}; {suggest(name, speakers[:50])}")
    if agent is None and len(speakers) == 2:
        agent = next(name for name in speakers if name != customer)
    if agent == customer:
        raise UsageError(f"{file}: --customer and --agent are both '{customer}'; they need different speakers")
    other = None if agent is None else Party(AGENT, channel, agent)
    return _parties(file, Party(CUSTOMER, channel, customer), other, consent)


def _parties(file: str, customer: Party, agent: Party | None, consent: str | None) -> list[Party]:
    if agent is None:
        if consent is not None:
            raise UsageError(f"{file}: --agent-consent needs an agent: name one with --agent, or leave it out")
        return [customer]
    return [customer, Party(AGENT, agent.channel, agent.speaker, consent is not None, consent)]


def read_channel(word: str) -> int | None:
    """Give the number of a channel that is called ``left``, ``right`` or by its number; None for any other
    word."""
    if word.lower() in _SIDES:
        return _SIDES[word.lower()]
    # A longer one is no channel of anything, and may be too long even for a number.
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= 9 else None


def _channel(file: str, n_channels: int, word: str, role: str) -> int:
    channel = read_channel(word)
    if channel is None:
        raise UsageError(
            f"--{role} is '{word}'; without --turns it must be a channel: left, right or a number counted from 0"
        )
    if channel >= n_channels:
        raise UsageError(f"{file}: no channel '{word}' for --{role}; the recording has {_list(n_channels)}")
    return channel


def _list(n_channels: int) -> str:
    if n_channels == 1:
        return "1 channel: 0"
    return (
        "2 channels: left (0) and right (1)"
        if n_channels == 2
        else f"{n_channels} channels: 0 to {n_channels - 1}"
    )


def _example(n_channels: int) -> str:
    return "right or --customer left" if n_channels == 2 else "1" if n_channels > 1 else "0"


def _role(speakers: Sequence[str], role: str) -> str | None:
    named = [name for name in speakers if name.lower() == role]
    return named[0] if len(named) == 1 else None


def _few(speakers: Sequence[str]) -> str:
    return ", ".join(speakers[:10]) + (" ..." if len(speakers) > 10 else "")
