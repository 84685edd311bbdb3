"""Seconds as people read them."""

from __future__ import annotations


def clock(seconds: float, decimals: int = 1) -> str:
    """Write seconds as ``m:ss.s``, or ``h:mm:ss.s`` from an hour on.

    >>> clock(59.96), clock(75.25), clock(3725.0, decimals=0)
    ('1:00.0', '1:15.2', '1:02:05')
    """
    # In whole units of the last digit shown, so that 59.96 s becomes 1:00.0 and never 0:60.0.
    units = round(seconds * 10**decimals)
    whole, fraction = divmod(units, 10**decimals)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    text = f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
    return f"{text}.{fraction:0{decimals}}" if decimals else text
