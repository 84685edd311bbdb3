"""Numbers, times and names as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from emotrace.plural import plural
from emotrace.reports._clock import clock

NO_VALUE = "–"
MINUS = "−"


def show_time(seconds: float) -> str:
    """Write a moment as players do: the second that has begun.

    >>> show_time(63.9), show_time(3725)
    ('1:03', '1:02:05')
    """
    return clock(math.floor(seconds), decimals=0)


def show_span(start: float, end: float) -> str:
    """Write a stretch of time.

    >>> show_span(60.2, 70.5)
    '1:00–1:10'
    """
    return f"{show_time(start)}–{show_time(end)}"


def show_duration(seconds: float) -> str:
    """Write a length of time: seconds up to a minute, minutes and seconds above.

    >>> show_duration(4.2), show_duration(42.4), show_duration(75)
    ('4.2 s', '42 s', '1:15 min')
    """
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    return f"{clock(seconds, decimals=0)} {'min' if seconds < 3599.5 else 'h'}"


def percent(share: float | None) -> str:
    r"""Write a share of one; the space does not break.

    >>> percent(0.826), percent(None)
    ('83\xa0%', '–')
    """
    return NO_VALUE if share is None else f"{100 * share:.0f}\u00a0%"


def show_number(value: float | None, decimals: int = 0, sign: bool = False) -> str:
    """Write a number, or a dash where there is none.

    >>> show_number(-1.26, 1, sign=True), show_number(None)
    ('−1.3', '–')
    """
    if value is None or not math.isfinite(value):
        return NO_VALUE
    text = f"{value:+.{decimals}f}" if sign else f"{value:.{decimals}f}"
    # -0.04 is not "-0.0".
    return text.replace("-", MINUS) if round(value, decimals) else text.lstrip("+-")


def count(n: int, noun: str) -> str:
    """Write how many there are.

    >>> count(1, "turn"), count(3, "turn")
    ('1 turn', '3 turns')
    """
    return f"{n} {plural(n, noun)}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """Write words one after the other.

    >>> listed(["anger", "fear", "sadness"]), listed(["anger", "fear"], "or")
    ('anger, fear and sadness', 'anger or fear')
    """
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def sentence_case(text: str) -> str:
    """Begin with a capital.

    >>> sentence_case("no speech")
    'No speech'
    """
    return text[:1].upper() + text[1:]


def party_title(party: str) -> str:
    """Name a party at the head of a lane or in a table.

    >>> party_title("customer"), party_title("unknown")
    ('Customer', 'Speaker')
    """
    return "Speaker" if party == "unknown" else sentence_case(party)


def turns_words(turns_from: str) -> str:
    """Say how it was found out who speaks when.

    >>> turns_words("channels"), turns_words("call.rttm")
    ('by channel', 'from call.rttm')
    """
    known = {"channels": "by channel", "speech": "of one unknown speaker"}
    return known.get(turns_from, f"from {turns_from}")
