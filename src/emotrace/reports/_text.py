"""Words and file names as they may safely be shown."""

from __future__ import annotations

from emotrace.types import Prediction


def printable(text: str) -> str:
    """Replace every character that cannot be printed, so that no file name can steer a terminal.

    >>> printable("bad\\x1b[2Jname.wav")
    'bad\\ufffd[2Jname.wav'
    """
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def heard_label(prediction: Prediction) -> str:
    """Give the emotion, with a question mark where it is uncertain: ``anger``, ``anger?``."""
    return f"{prediction.emotion}?" if prediction.uncertain else prediction.emotion


def channel_label(channel: str) -> str:
    """Name a channel for people: ``channel 0``, or a party's name as it is; empty for the mix of all channels.

    >>> channel_label("0"), channel_label("customer"), channel_label("mix")
    ('channel 0', 'customer', '')
    """
    if channel == "mix":
        return ""
    return f"channel {channel}" if channel.isdecimal() else printable(channel)
