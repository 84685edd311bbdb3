"""Timelines from the records that JSON holds; what does not fit is one sentence with its place."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from emotrace.errors import ReportError
from emotrace.labels import NO_SPEECH, SEXES
from emotrace.reports._text import printable
from emotrace.types import Prediction, Segment, Timeline

T = TypeVar("T")

_WHAT = {str: "text", bool: "true or false", list: "a list", dict: "an object"}
_LONGEST_QUOTE = 40
_HUGE = 1e300


def parse_document(document: object) -> list[Timeline]:
    """Give the channels of a document as `emotrace.reports.json.write_timelines` writes it."""
    record = _checked(document, dict, "the document")
    file, model = _take(record, "file", str), _take(record, "model", str)
    labels = tuple(_each(record, "labels", lambda value, place: _checked(value, str, place)))
    settings = {
        # null stands for a number without end, or for none.
        name: math.nan if value is None else _number(value, f"settings.{name}", math.inf, -math.inf)
        for name, value in _take(record, "settings", dict).items()
    }

    def channel(value: object, place: str) -> Timeline:
        return _channel(value, place, file, labels, model, settings)

    timelines = _each(record, "channels", channel)
    if not timelines:
        raise _wrong("channels", [], "at least one channel")
    return timelines


def _channel(
    value: object,
    place: str,
    file: str,
    labels: tuple[str, ...],
    model: str,
    settings: Mapping[str, float],
) -> Timeline:
    record = _checked(value, dict, place)
    return Timeline(
        file=file,
        channel=_take(record, "channel", str, place),
        duration=_seconds(record, "duration", place),
        predictions=tuple(_each(record, "predictions", _prediction, place)),
        speech=tuple(_each(record, "speech", _stretch, place)),
        labels=labels,
        model=model,
        settings=settings,
    )


def _prediction(value: object, place: str) -> Prediction:
    record = _checked(value, dict, place)
    emotion, confidence = _take(record, "emotion", str, place), _value(record, "confidence", place)
    probabilities = {
        label: _number(share, f"{place}.probabilities.{label}", 1.0)
        for label, share in _take(record, "probabilities", dict, place).items()
    }
    if (emotion == NO_SPEECH) != (confidence is None) or (emotion == NO_SPEECH) == bool(probabilities):
        raise ReportError(
            f"{place} says '{_quote(emotion)}' with confidence {_quote(confidence)} and {len(probabilities)} "
            f"probabilities; an emotion has both, '{NO_SPEECH}' has neither"
        )
    return Prediction(
        segment=_segment(_seconds(record, "start", place), _seconds(record, "end", place), place),
        emotion=emotion,
        confidence=None if confidence is None else _number(confidence, f"{place}.confidence", 1.0),
        uncertain=_take(record, "uncertain", bool, place),
        probabilities=probabilities,
        speech_seconds=_seconds(record, "speech_seconds", place),
        file=_take(record, "file", str, place),
        channel=_take(record, "channel", str, place),
        speaker_sex=_speaker_sex(record, place) if "speaker_sex" in record else None,
    )


def _speaker_sex(record: Mapping[str, Any], place: str) -> dict[str, float]:
    shares = _take(record, "speaker_sex", dict, place)
    if shares and set(shares) != set(SEXES):
        raise ReportError(f"{place}.speaker_sex must have the keys {' and '.join(SEXES)}, or none")
    return {sex: _number(share, f"{place}.speaker_sex.{sex}", 1.0) for sex, share in shares.items()}


def _stretch(value: object, place: str) -> Segment:
    ends = _checked(value, list, place)
    if len(ends) != 2:
        raise _wrong(place, value, "a start and an end")
    return _segment(_number(ends[0], place), _number(ends[1], place), place)


def _segment(start: float, end: float, place: str) -> Segment:
    if end < start:
        raise ReportError(f"{place} ends at {end:g} s, before its start at {start:g} s")
    return Segment(start, end)


def _each(record: Mapping[str, Any], key: str, parse: Callable[[object, str], T], within: str = "") -> list[T]:
    place = _place(within, key)
    return [parse(value, f"{place}[{n}]") for n, value in enumerate(_take(record, key, list, within))]


def _take(record: Mapping[str, Any], key: str, kind: type[T], within: str = "") -> T:
    return _checked(_value(record, key, within), kind, _place(within, key))


def _seconds(record: Mapping[str, Any], key: str, within: str) -> float:
    return _number(_value(record, key, within), _place(within, key))


def _value(record: Mapping[str, Any], key: str, within: str) -> Any:
    if key not in record:
        raise ReportError(
            f"{within or 'the document'} has no '{key}'; this reads what `emotrace analyze --format json` writes"
        )
    return record[key]


def _checked(value: object, kind: type[T], place: str) -> T:
    if not isinstance(value, kind):
        raise _wrong(place, value, _WHAT[kind])
    return value


def _number(value: object, place: str, most: float = math.inf, least: float = 0.0) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # Whole numbers may be too large for a float, and JSON as Python reads it knows NaN.
    if not is_number or not max(least, -_HUGE) <= value <= min(most, _HUGE):  # type: ignore[operator]
        bounds = "a number" if least < 0 else "a number of 0 or more" if most > 1 else "a number from 0 to 1"
        raise _wrong(place, value, bounds)
    return float(value)  # type: ignore[arg-type]


def _wrong(place: str, value: object, wanted: str) -> ReportError:
    return ReportError(f"{printable(place)} is {_quote(value)}; it must be {wanted}")


def _quote(value: object) -> str:
    text = "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)
    shown = printable(str(value)) if isinstance(value, str) else text
    return shown if len(shown) <= _LONGEST_QUOTE else shown[:_LONGEST_QUOTE] + "..."


def _place(within: str, key: str) -> str:
    return f"{within}.{key}" if within else key
