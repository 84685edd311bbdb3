"""W3C EmotionML 1.0: one ``<emotion>`` per run of speech.

An emotion of the "big six" (anger, disgust, fear, happiness, sadness, surprise) refers to the W3C's
vocabulary ``big6``; every other is of a vocabulary defined in the document itself (``#others``), since all
categories of an ``<emotion>`` must be of the one vocabulary it names. ``confidence`` is the calibrated
probability. The dimensions valence and arousal are of the W3C's vocabulary ``fsre-dimensions``. EmotionML's
scales go from 0 to 1, so 0.5 stands for the middle; that both are derived from the probabilities is said by
``<emotrace:derived>``.

When it was heard is the media fragment of the ``<reference>``, in seconds from the start of the recording
(``call.flac#t=1.5,3``); the attributes ``start`` and ``end`` of EmotionML are times of the day since 1970,
which nobody told us. What EmotionML has no word for stands in ``<info>``, in the namespace
``urn:emotrace``: the model, what is derived, the channel (``<emotrace:channel>0</emotrace:channel>``) and
``<emotrace:uncertain/>``. Stretches without speech have no ``<emotion>``.

Sources: https://www.w3.org/TR/emotionml/, https://www.w3.org/TR/emotion-voc/,
https://www.w3.org/TR/media-frags/.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO
from urllib.parse import quote_from_bytes

from emotrace.labels import PRESETS
from emotrace.reports._intervals import Interval, one_recording, run_intervals
from emotrace.reports._text import printable
from emotrace.types import Timeline

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SUFFIX = ".emotionml"
DESCRIPTION = "W3C EmotionML 1.0"

_NAMESPACE = "http://www.w3.org/2009/10/emotionml"
_OWN_NAMESPACE = "urn:emotrace"
_BIG6 = "http://www.w3.org/TR/emotion-voc/xml#big6"
_DIMENSIONS = "http://www.w3.org/TR/emotion-voc/xml#fsre-dimensions"
_DERIVED = ("valence", "arousal")
_OTHERS = "others"


def write_timelines(timelines: Sequence[Timeline], stream: TextIO) -> None:
    """Write the runs of speech of all channels of one recording, one channel after the other.

    Raises
    ------
    UsageError
        If ``timelines`` are of several recordings, or there is none.
    """
    from xml.etree import ElementTree

    uri = _uri(one_recording(timelines, "emotionml"))
    root = ElementTree.Element("emotionml", {"xmlns": _NAMESPACE, "xmlns:emotrace": _OWN_NAMESPACE})
    root.set("version", "1.0")
    root.set("category-set", _BIG6)
    root.set("dimension-set", _DIMENSIONS)
    model = {"model": timelines[0].model} if timelines[0].model else {}
    _add_info(root, model | {"derived": " ".join(_DERIVED)})
    heard = [(timeline, run) for timeline in timelines for run in _speech_runs(timeline)]
    _add_vocabulary(root, sorted({run.heard.emotion for _, run in heard} - set(PRESETS["big6"])))
    for timeline, run in heard:
        _add_emotion(root, timeline.channel, run, uri)
    ElementTree.indent(root)
    # ASCII with character references can be written to a stream of any encoding.
    body = ElementTree.tostring(root, encoding="us-ascii", xml_declaration=False).decode("ascii")
    stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n')


def _speech_runs(timeline: Timeline) -> Iterator[Interval]:
    return (run for run in run_intervals(timeline, decimals=3) if run.heard.is_speech)


def _add_vocabulary(root: Element, names: Sequence[str]) -> None:
    from xml.etree.ElementTree import SubElement

    if names:
        vocabulary = SubElement(root, "vocabulary", {"type": "category", "id": _OTHERS})
        for name in names:
            SubElement(vocabulary, "item", {"name": _token(name)})


def _add_emotion(root: Element, channel: str, run: Interval, uri: str) -> None:
    from xml.etree.ElementTree import SubElement

    emotion = SubElement(root, "emotion", {"expressed-through": "voice"})
    if run.heard.emotion not in PRESETS["big6"]:
        emotion.set("category-set", f"#{_OTHERS}")
    info = {} if channel == "mix" else {"channel": channel}
    if run.heard.uncertain:
        info["uncertain"] = ""
    if info:
        _add_info(emotion, info)
    category = SubElement(emotion, "category", {"name": _token(run.heard.emotion)})
    if run.heard.confidence is not None:
        category.set("confidence", f"{min(max(run.heard.confidence, 0.0), 1.0):.4f}")
    for name in _DERIVED:
        value = getattr(run.heard, name)
        if value is not None:
            SubElement(emotion, "dimension", {"name": name, "value": f"{(value + 1.0) / 2.0:.4f}"})
    SubElement(emotion, "reference", {"uri": f"{uri}#t={_seconds(run.start)},{_seconds(run.end)}"})


def _add_info(parent: Element, facts: dict[str, str]) -> None:
    from xml.etree.ElementTree import SubElement

    info = SubElement(parent, "info")
    for name, value in facts.items():
        SubElement(info, f"emotrace:{name}").text = printable(value) or None


def _token(name: str) -> str:
    """Make an XML name token: EmotionML allows no spaces in names."""
    return "-".join(printable(name).split())


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")


def _uri(file: str) -> str:
    """Give the path as a relative URI reference; the colon of ``C:`` is escaped, it would be a scheme."""
    path = quote_from_bytes(os.fsencode(file.replace(os.sep, "/")))
    # Two leading slashes would name a host.
    return "/" + path.lstrip("/") if path.startswith("/") else path
