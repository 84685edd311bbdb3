"""What features are called where people read of them."""

from __future__ import annotations

import re

from emotrace.learn.explore.scale import unit_of

_WORDS = {
    "mfcc": "MFCC",
    "mfcc_delta": "MFCC slope",
    "mfcc_delta2": "MFCC curvature",
    "mel": "mel power",
    "mel_power": "mel band",
    "rms": "RMS",
    "roll_off": "roll-off",
    "zero_crossing_rate": "zero crossings",
}
_STATISTICS = {"std": "sd", "skew": "skewness", "min": "minimum", "max": "maximum"}
_NAME = re.compile(r"(?P<family>.+?)(?:_(?P<number>\d+))?_(?P<statistic>mean|median|std|skew|kurtosis|min|max)")


def family_of(name: str) -> str:
    """Give the family of a feature, in words.

    >>> family_of("mfcc_delta2_std"), family_of("mel_power_012_mean")
    ('MFCC curvature', 'mel band')
    """
    match = _NAME.fullmatch(name)
    family = match["family"] if match else name
    return _WORDS.get(family, family.replace("_", " "))


def shown_title(name: str) -> str:
    """Give a feature's name in words, with the unit it is shown in.

    >>> shown_title("rms_mean"), shown_title("chroma_mean")
    ('RMS, dB', 'chroma')
    """
    return ", ".join(filter(None, (title_of(name), unit_of(name))))


def title_of(name: str) -> str:
    """Give a feature's name in words; means need not say that they are means.

    >>> title_of("mfcc_02_mean"), title_of("roll_off_kurtosis"), title_of("rms_mean")
    ('MFCC 2', 'roll-off, kurtosis', 'RMS')
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return name
    title = family_of(name) + (f" {int(match['number'])}" if match["number"] else "")
    statistic = match["statistic"]
    return title if statistic == "mean" else f"{title}, {_STATISTICS.get(statistic, statistic)}"
