"""One clip, two clips."""

from __future__ import annotations


def plural(n: int, noun: str, nouns: str = "") -> str:
    """Give the form of a noun that goes with a number.

    >>> plural(1, "clip"), plural(0, "clip"), plural(2, "woman", "women")
    ('clip', 'clips', 'women')
    """
    return noun if n == 1 else nouns or f"{noun}s"
