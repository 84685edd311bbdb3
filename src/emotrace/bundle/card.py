"""The card of a bundle: what a model is, may be used for, was trained on and has scored."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, TypedDict

from emotrace.bundle.strict_json import checked, describe, parse_object
from emotrace.errors import BundleError, LabelError, UsageError, suggest
from emotrace.labels import EMOTIONS, SEXES, preset_labels

CARD_FILE = "card.json"
MODEL_FILE = "model.onnx"
MAX_MODEL_BYTES = 512 << 20
KINDS = ("emotion", "speech", "sex")

FORMAT_VERSION = 1
"""Of bundles whose graph takes the waveform."""

FEATURES_VERSION = 2
"""Of bundles whose graph takes features: who only knows version 1 must not feed them a waveform."""


class FrontEndFacts(TypedDict):
    """What stands before a graph that takes features; `emotrace.features._front_end` makes and obeys it.

    Keys
    ----
    set
        Name of the feature set, with its parameter if it takes one.
    names_sha256
        SHA-256 of the names of its values, one per line: another set of the same name is noticed.
    data_sha256
        The same of whatever files its values depend on; empty where there are none.
    shape
        Of what it makes of one signal: ``[n]``, ``[null, n]`` with frames, ``[height, width, n]``.
    sampling_rate
        The audio is resampled to this rate, in Hz, ...
    trim_db
        ... cut at both ends where it is this far below its loudest frame, in dB (null: not cut), and extracted.
    whole_clips
        Whether it was trained on whole clips: then a clip is judged at once, and not in windows.
    """

    set: str
    names_sha256: str
    data_sha256: str
    shape: list[int | None]
    sampling_rate: int
    trim_db: float | None
    whole_clips: bool


class CorpusEntry(TypedDict):
    """A corpus that the model was trained on; further keys are kept."""

    name: str
    licence: str
    citation: str
    n_utterances: int
    n_speakers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is known of a model. Wrong values raise `BundleError` naming the key.

    Lists become tuples, whole numbers become floats where seconds are meant, and free-form values are
    copied. A key that is not listed here is refused; facts of your own belong under ``extra``.

    Attributes
    ----------
    name
        One line, for instance ``emotrace-default-1``.
    kind
        ``emotion`` (probability by label), ``speech`` (probability of speech by frame) or ``sex`` (probability
        that a voice sounds female or male).
    labels
        Kind ``emotion``: at least two words of `emotrace.labels.EMOTIONS`, in the order of the graph's
        output. Kind ``speech``: empty or ``("speech",)``. Kind ``sex``: ``("female", "male")``.
    default_labels
        What the product shows unless told otherwise: the name of a preset, ``all``, or some of ``labels``.
    sampling_rate
        Of the audio that is heard, in Hz, 4,000 to 192,000; the graph's waveform, if it takes one, has this rate.
    features
        Kind ``emotion``: what stands before a graph that takes features, see `FrontEndFacts`; None if the graph
        takes the waveform, and then the key is left out of ``card.json``.
    window_seconds, hop_seconds
        Length of the stretch judged at once, and how far it moves; ``0 < hop <= window <= 600``.
    minimum_seconds
        Shortest waveform that is judged, at most ``window_seconds``.
    frame_seconds
        Kind ``speech`` only: how far apart the frames of the output are.
    licence
        Of the weights, with its consequence in plain words.
    description
        What the model is, in a few sentences.
    calibration
        Kinds ``emotion`` and ``sex``: ``temperature`` (> 0; already applied inside the graph). Kind ``emotion``:
        ``uncertain_below`` (in [0, 1]; less confident predictions are marked uncertain). Further keys are free.
    corpora
        See `CorpusEntry`.
    split
        Empty, or ``protocol`` and free further keys; the lists ``train_speakers``,
        ``validation_speakers`` and ``test_speakers`` must not share a speaker.
    metrics
        By corpus; a score is a number, ``[value, low, high]`` or an object with these three keys.
    training
        Free-form: recipe, seed, epochs, seconds, versions.
    code_version, created
        Of emotrace, and the time of training in ISO 8601.
    files
        ``{"model.onnx": {"sha256": ..., "bytes": ...}}``; filled by `write_bundle`.
    extra
        Facts of your own.
    format_version
        1, or 2 with ``features``; filled in here.
    """

    name: str
    kind: str
    sampling_rate: int
    window_seconds: float
    hop_seconds: float
    minimum_seconds: float
    licence: str
    labels: tuple[str, ...] = ()
    default_labels: str | tuple[str, ...] = "all"
    features: FrontEndFacts | None = None
    frame_seconds: float | None = None
    description: str = ""
    calibration: Mapping[str, Any] = field(default_factory=dict)
    corpora: tuple[CorpusEntry, ...] = ()
    split: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    code_version: str = ""
    created: str = ""
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION

    def __post_init__(self) -> None:
        """Check every value and bring it into its plain form."""
        for name, value in _checked_fields(self).items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Card:
        """Make a card of what `to_dict` gave, or of a parsed ``card.json``."""
        known = {f.name for f in fields(cls)}
        for key in values:
            if key not in known:
                raise BundleError(
                    f"{CARD_FILE}: unknown key {describe(key)}; {suggest(str(key)[:40], known)}; "
                    "facts of your own belong under 'extra'"
                )
        for key in ("format_version", *_REQUIRED):
            if key not in values:
                raise BundleError(f"{CARD_FILE}: key '{key}' is missing")
        card = cls(**values)
        if card.format_version != values["format_version"]:
            raise BundleError(
                f"{_where('format_version')} must be {FEATURES_VERSION} with the key 'features' and "
                f"{FORMAT_VERSION} without, not {values['format_version']}"
            )
        return card

    @classmethod
    def from_json(cls, text: bytes) -> Card:
        """Make a card of the bytes of a ``card.json``."""
        return cls.from_dict(parse_object(text, CARD_FILE))

    def to_dict(self) -> dict[str, Any]:
        """Give all values in plain JSON types, in the order in which people read them."""
        values = {name: getattr(self, name) for name in ("format_version", *_ORDER)}
        if self.features is None:
            del values["features"]
        return {name: checked(value, _where(name)) for name, value in values.items()}

    def to_json(self) -> bytes:
        """Give the bytes of a ``card.json``: UTF-8, two spaces, one line feed at the end."""
        return (json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()

    @property
    def shown_labels(self) -> tuple[str, ...]:
        """The labels shown by default: ``default_labels``, with a preset's name looked up."""
        if isinstance(self.default_labels, tuple):
            return self.default_labels
        return preset_labels(self.default_labels, self.labels)

    @property
    def minimum_samples(self) -> int:
        """The shortest waveform the graph takes, in samples."""
        return math.ceil(self.minimum_seconds * self.sampling_rate - 1e-6)

    def require_kind(self, kind: str) -> None:
        """Refuse a bundle of another kind.

        Raises
        ------
        UsageError
            If it is one.
        """
        if self.kind != kind:
            raise UsageError(f"bundle '{self.name}' is of kind '{self.kind}', not '{kind}'")


_REQUIRED = ("name", "kind", "sampling_rate", "window_seconds", "hop_seconds", "minimum_seconds", "licence")
_ORDER = (
    *("name", "kind", "description", "licence", "labels", "default_labels", "sampling_rate", "features"),
    *("window_seconds", "hop_seconds", "minimum_seconds", "frame_seconds", "calibration", "corpora"),
    *("split", "metrics", "training", "code_version", "created", "files", "extra"),
)


def _where(key: str) -> str:
    return f"{CARD_FILE}: key '{key}'"


def _wrong(key: str, wanted: str, value: object) -> BundleError:
    return BundleError(f"{_where(key)} must be {wanted}, not {describe(value)}")


def _checked_fields(card: Card) -> dict[str, Any]:
    if type(card.format_version) is not int or card.format_version not in (FORMAT_VERSION, FEATURES_VERSION):
        raise BundleError(
            f"{_where('format_version')} is {describe(card.format_version)}, but this emotrace reads the versions "
            f"{FORMAT_VERSION} and {FEATURES_VERSION}; train the model anew or use the emotrace that wrote it"
        )
    if card.kind not in KINDS:
        raise _wrong("kind", "'emotion', 'speech' or 'sex'", card.kind)
    window = _number("window_seconds", card.window_seconds, 0.0, 600.0)
    labels = _labels(card)
    features = _features(card)
    return {
        "format_version": FORMAT_VERSION if features is None else FEATURES_VERSION,
        "features": features,
        "name": _line("name", card.name),
        "licence": _text("licence", card.licence, required=True),
        "description": _text("description", card.description),
        "code_version": _text("code_version", card.code_version),
        "created": _time("created", card.created),
        "labels": labels,
        "default_labels": _default_labels(card, labels),
        "sampling_rate": _whole("sampling_rate", card.sampling_rate, 4_000, 192_000),
        "window_seconds": window,
        "hop_seconds": _number("hop_seconds", card.hop_seconds, 0.0, window),
        "minimum_seconds": _number("minimum_seconds", card.minimum_seconds, 0.0, window),
        "frame_seconds": _frame_seconds(card, window),
        "calibration": _calibration(card),
        "corpora": _corpora(card.corpora),
        "split": _split(card.split),
        "files": _files(card.files),
        **{key: _object(key, getattr(card, key)) for key in ("metrics", "training", "extra")},
    }


def _text(key: str, value: object, required: bool = False) -> str:
    if not isinstance(value, str) or (required and not value.strip()):
        raise _wrong(key, "text" if not required else "text that is not empty", value)
    return str(checked(value, _where(key)))


def _line(key: str, value: object) -> str:
    text = _text(key, value, required=True)
    if len(text) > 100 or not text.isprintable():
        raise _wrong(key, "one line of at most 100 characters", value)
    return text


def _time(key: str, value: object) -> str:
    text = _text(key, value)
    try:
        # Python 3.10 does not read the Z that ISO 8601 allows for UTC.
        if text:
            datetime.fromisoformat(re.sub("Z$", "+00:00", text))
    except ValueError:
        raise _wrong(key, "a time such as '2025-01-31T12:00:00+00:00'", value) from None
    return text


def _whole(key: str, value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _wrong(key, f"a whole number from {low} to {high}", value)
    return value


def _number(key: str, value: object, above: float, high: float) -> float:
    """Check that ``above < value <= high``."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not above < value <= high:
        raise _wrong(key, f"a number above {above:g} and at most {high:g}", value)
    return float(value)


def _object(key: str, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(key, "an object", value)
    copy: dict[str, Any] = checked(value, _where(key))
    return copy


def _words(key: str, value: object, wanted: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise _wrong(key, wanted, value)
    words = tuple(checked(value, _where(key)))
    if len(set(words)) < len(words):
        twin = next(word for word in words if words.count(word) > 1)
        raise BundleError(f"{_where(key)} names {describe(twin)} twice")
    return words


def _labels(card: Card) -> tuple[str, ...]:
    if card.kind == "speech":
        labels = _words("labels", card.labels, "an empty list or ['speech'] for kind 'speech'")
        if labels not in ((), ("speech",)):
            raise _wrong("labels", "an empty list or ['speech'] for kind 'speech'", card.labels)
        return labels
    if card.kind == "sex":
        labels = _words("labels", card.labels, "['female', 'male'] for kind 'sex'")
        if labels != SEXES:
            raise _wrong("labels", "['female', 'male'] for kind 'sex'", card.labels)
        return labels
    labels = _words("labels", card.labels, "a list of at least two labels")
    if len(labels) < 2:
        raise _wrong("labels", "a list of at least two labels", card.labels)
    for label in labels:
        if label not in EMOTIONS:
            raise BundleError(f"{_where('labels')} names {describe(label)}; {suggest(label[:40], EMOTIONS)}")
    return labels


def _default_labels(card: Card, labels: tuple[str, ...]) -> str | tuple[str, ...]:
    shown = card.default_labels
    if isinstance(shown, str):
        shown = _line("default_labels", shown)
        if card.kind == "emotion":
            try:
                preset_labels(shown, labels)
            except LabelError as error:
                raise BundleError(f"{_where('default_labels')}: {error}") from None
        return shown
    words = _words("default_labels", shown, "the name of a label preset or a list of labels")
    if card.kind == "emotion" and (len(words) < 2 or not set(words) <= set(labels)):
        raise _wrong("default_labels", f"at least two of {', '.join(labels)}", shown)
    return words


def _features(card: Card) -> dict[str, Any] | None:
    if card.features is None:
        return None
    if card.kind != "emotion":
        raise _wrong("features", f"null for kind '{card.kind}'", card.features)
    facts, known = _object("features", card.features), FrontEndFacts.__annotations__
    for key in facts:
        if key not in known:
            raise BundleError(
                f"{_where('features')} has the unknown key {describe(key)}; {suggest(key[:40], known)}"
            )
    for key in known:
        if key not in facts:
            raise BundleError(f"{_where(f'features.{key}')} is missing")
    _line("features.set", facts["set"])
    _digest("features.names_sha256", facts["names_sha256"])
    if facts["data_sha256"] != "":
        _digest("features.data_sha256", facts["data_sha256"])
    _whole("features.sampling_rate", facts["sampling_rate"], 4_000, 192_000)
    if facts["trim_db"] is not None:
        facts["trim_db"] = _number("features.trim_db", facts["trim_db"], 0.0, 200.0)
    if not isinstance(facts["whole_clips"], bool):
        raise _wrong("features.whole_clips", "true or false", facts["whole_clips"])
    return {**facts, "shape": _shape(facts["shape"])}


def _shape(value: object) -> list[int | None]:
    wanted = "one to three whole numbers from 1, or null in place of one but the last"
    if not isinstance(value, list) or not 1 <= len(value) <= 3 or value[-1] is None:
        raise _wrong("features.shape", wanted, value)
    for length in value:
        if length is not None and (isinstance(length, bool) or not isinstance(length, int) or length < 1):
            raise _wrong("features.shape", wanted, length)
    return value


def _digest(key: str, value: object) -> None:
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{64}", value):
        raise _wrong(key, "64 lower-case hexadecimal digits", value)


def _frame_seconds(card: Card, window: float) -> float | None:
    if card.kind == "speech":
        return _number("frame_seconds", card.frame_seconds, 0.0, window)
    if card.frame_seconds is not None:
        raise _wrong("frame_seconds", f"null for kind '{card.kind}'", card.frame_seconds)
    return None


def _calibration(card: Card) -> dict[str, Any]:
    calibration = _object("calibration", card.calibration)
    if card.kind in ("emotion", "sex"):
        _number("calibration.temperature", calibration.get("temperature"), 0.0, 1000.0)
    if card.kind == "emotion":
        least = calibration.get("uncertain_below")
        if isinstance(least, bool) or not isinstance(least, int | float) or not 0.0 <= least <= 1.0:
            raise _wrong("calibration.uncertain_below", "a number from 0 to 1", least)
    return calibration


def _corpora(value: object) -> tuple[dict[str, Any], ...]:
    if not isinstance(value, list | tuple):
        raise _wrong("corpora", "a list of objects", value)
    return tuple(_corpus(f"corpora[{place}]", entry) for place, entry in enumerate(value))


def _corpus(key: str, value: object) -> dict[str, Any]:
    entry = _object(key, value)
    for part in ("name", "licence", "citation"):
        _text(f"{key}.{part}", entry.get(part), required=True)
    for part in ("n_utterances", "n_speakers"):
        _whole(f"{key}.{part}", entry.get(part), 0, 10**9)
    return entry


def _split(value: object) -> dict[str, Any]:
    split = _object("split", value)
    if split:
        _text("split.protocol", split.get("protocol"), required=True)
    side_of: dict[str, str] = {}
    for side in ("train_speakers", "validation_speakers", "test_speakers"):
        for speaker in _words(f"split.{side}", split.get(side, ()), "a list of speakers"):
            if speaker in side_of:
                raise BundleError(
                    f"{_where('split')}: speaker {describe(speaker)} is in both {side_of[speaker]} "
                    f"and {side}; scores on speakers that the model was trained on say nothing"
                )
            side_of[speaker] = side
    return split


def _files(value: object) -> dict[str, Any]:
    files = _object("files", value)
    if not files:
        return files
    if set(files) != {MODEL_FILE}:
        raise _wrong("files", f"an object with the one key '{MODEL_FILE}'", value)
    facts = files[MODEL_FILE]
    key = f"files.{MODEL_FILE}"
    if not isinstance(facts, Mapping) or set(facts) != {"sha256", "bytes"}:
        raise _wrong(key, "an object with the keys 'sha256' and 'bytes'", facts)
    _digest(f"{key}.sha256", facts["sha256"])
    _whole(f"{key}.bytes", facts["bytes"], 1, MAX_MODEL_BYTES)
    return files
