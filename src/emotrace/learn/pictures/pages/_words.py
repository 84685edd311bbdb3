"""Numbers and names as the pages show them."""

from __future__ import annotations

from collections.abc import Sequence

from emotrace.plural import plural

NO_VALUE = "–"


def count(n: int, noun: str, nouns: str = "") -> str:
    """Write how many there are.

    >>> count(1, "clip"), count(1440, "clip"), count(0, "man", "men")
    ('1 clip', '1,440 clips', '0 men')
    """
    return f"{n:,} {plural(n, noun, nouns)}"


def decibels(level: float) -> str:
    """Write a level.

    >>> decibels(-35.6), decibels(-0.2)
    ('−36', '0')
    """
    return f"{round(level)}".replace("-", "−")


def duration(seconds: float) -> str:
    """Write a length of time.

    >>> duration(42.4), duration(300), duration(5313)
    ('42 s', '5 min', '1 h 29 min')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min"


def percent(share: float | None, decimals: int = 0) -> str:
    r"""Write a share of one; the space does not break.

    >>> percent(0.826), percent(None)
    ('83\xa0%', '–')
    """
    return NO_VALUE if share is None else f"{100 * share:.{decimals}f}\u00a0%"


def listed(words: Sequence[str], last: str = "and") -> str:
    """Write words one after the other.

    >>> listed(["anger", "fear", "sadness"]), listed(["anger"])
    ('anger, fear and sadness', 'anger')
    """
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def sentence_case(text: str) -> str:
    """Begin with a capital.

    >>> sentence_case("no speech")
    'No speech'
    """
    return text[:1].upper() + text[1:]
