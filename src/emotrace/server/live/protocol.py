"""The messages of a live stream, as records: what a client may say, and what the server answers.

A client talks JSON text (`Start`, `KeepAlive`, `Close`) and sends audio as binary; the server answers in JSON
text. Every message has a ``type``. The AsyncAPI document is made from these records: there is no second
description to keep true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.config import JsonDict
from pydantic_core import from_json

import emotrace
from emotrace.calls.rules import Escalation
from emotrace.errors import UsageError, suggest
from emotrace.hear.session import HIGHEST_RATE, LOWEST_RATE, SHORTEST_INTERIM_SECONDS, Session, StreamResult
from emotrace.hear.smoothing import Smoothing

BAD_KIND, BAD_PAYLOAD, POLICY, TOO_LARGE, INTERNAL, RESTART, TRY_LATER = 1003, 1007, 1008, 1009, 1011, 1012, 1013
"""Close codes of RFC 6455, section 7.4.1, and of its registry (1012, 1013)."""

TITLES: Mapping[int, str] = {
    BAD_KIND: "wrong kind of message",
    BAD_PAYLOAD: "bad payload",
    POLICY: "against the rules of this server",
    TOO_LARGE: "message too large",
    INTERNAL: "internal error",
    RESTART: "the server is shutting down",
    TRY_LATER: "too busy, or too slow a reader",
}
"""What each close code means here."""

LONGEST_WINDOW_SECONDS = 15.0
"""One stream may not ask for so long a window that it starves the others."""

_LONGEST_QUOTE = 40


class Record(BaseModel):
    """Base of all messages: frozen, strict about types, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def fields(self) -> dict[str, Any]:
        """Give the values by their names; records inside stay records."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def to_json(self) -> str:
        """Write the message as one line of JSON."""
        return self.model_dump_json()


_USUAL = Smoothing()


class SmoothingSettings(Record):
    """How much the results are calmed; as `emotrace.hear.smoothing.Smoothing`."""

    half_life_seconds: float = Field(
        default=_USUAL.half_life_seconds, gt=0.0, le=600.0, description="After this time a result counts half."
    )
    margin: float = Field(
        default=_USUAL.margin, ge=0.0, le=1.0, description="By how much another label must lead to be shown."
    )
    hold_seconds: float = Field(
        default=_USUAL.hold_seconds, ge=0.0, le=600.0, description="For how much speech it must have led."
    )


class Start(Record):
    """Begins a session. All keys may stand in the query of the address: then a client need only send audio."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"type": "start", "sampling_rate": 16000, "encoding": "s16le"},
                {
                    "type": "start",
                    "sampling_rate": 8000,
                    "encoding": "mulaw",
                    "channels": 2,
                    "channel": 1,
                    "labels": "call4",
                    "interim_seconds": 0.25,
                    "smoothing": True,
                    "escalation": True,
                },
            ]
        }
    )

    type: Literal["start"] = "start"
    sampling_rate: int = Field(default=16_000, ge=LOWEST_RATE, le=HIGHEST_RATE, description="Of the audio, in Hz.")
    encoding: Literal["s16le", "f32le", "mulaw", "alaw"] = Field(default="s16le", description="Of the samples.")
    channels: int = Field(default=1, ge=1, le=64, description="How many channels are interleaved.")
    channel: Literal["mix"] | Annotated[int, Field(ge=0)] = Field(
        default="mix", description="The channel that is heard, counted from 0, or the mean of all."
    )
    model: str | None = Field(default=None, description="One of /v1/models; null for the server's own.")
    labels: str | tuple[str, ...] | None = Field(
        default=None, description="A preset such as call4, 'all', or emotions; null for the server's own."
    )
    window_seconds: float | None = Field(
        default=None, ge=0.1, le=LONGEST_WINDOW_SECONDS, description="How much is heard at once."
    )
    hop_seconds: float | None = Field(
        default=None, ge=0.1, le=LONGEST_WINDOW_SECONDS, description="What time one final result covers."
    )
    lookahead_seconds: float | None = Field(
        default=None,
        ge=0.0,
        le=LONGEST_WINDOW_SECONDS,
        description="How much is heard after a hop before it is judged.",
    )
    interim_seconds: float | None = Field(
        default=None,
        ge=SHORTEST_INTERIM_SECONDS,
        le=3600.0,
        description="Give interim results, at most this often.",
    )
    smoothing: bool | SmoothingSettings = Field(
        default=False, description="Calm the results; true for the usual way."
    )
    escalation: bool = Field(default=False, description="Watch the final results by the rules of the call desk.")


class KeepAlive(Record):
    """Says that the client is still there though it has no audio."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "keepalive"}]})
    type: Literal["keepalive"] = "keepalive"


class Close(Record):
    """Ends the session: what is still open is judged and sent, then `Done`, then the socket is closed (1000)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "close"}]})
    type: Literal["close"] = "close"


class Ready(Record):
    """The session has begun, and this is how it hears."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "ready",
                    "session": "5f2c8a1be0d94c57",
                    "emotrace": "0.1.0",
                    "model": "default",
                    "labels": ["neutral", "happiness", "sadness", "anger"],
                    "sampling_rate": 16000,
                    "encoding": "s16le",
                    "channels": 1,
                    "channel": "mix",
                    "window_seconds": 3.0,
                    "hop_seconds": 1.0,
                    "lookahead_seconds": 0.5,
                    "latency_seconds": 0.5,
                    "interim_seconds": None,
                    "smoothing": None,
                    "escalation": False,
                }
            ]
        }
    )

    type: Literal["ready"] = "ready"
    session: str = Field(description="Names the session in the server's log.")
    emotrace: str = Field(description="Version of the server.")
    model: str = Field(description="The bundle that judges.")
    labels: tuple[str, ...] = Field(description="The emotions it chooses between.")
    sampling_rate: int
    encoding: str
    channels: int
    channel: Literal["mix"] | int
    window_seconds: float
    hop_seconds: float
    lookahead_seconds: float = Field(ge=0.0, description="How much is heard after a hop before it is judged.")
    latency_seconds: float = Field(
        ge=0.0,
        description="From the end of a hop until its result can be given: the look-ahead and what resampling "
        "holds back, without computing and the net.",
    )
    interim_seconds: float | None
    smoothing: SmoothingSettings | None
    escalation: bool

    @classmethod
    def of(cls, connection: str, session: Session, escalation: bool = False) -> Ready:
        """Say how ``session`` hears, to whoever listens at ``connection``."""
        described = session.describe()
        smoothing = described["smoothing"]
        return cls(
            session=connection,
            emotrace=emotrace.__version__,
            model=described["model"],
            labels=tuple(described["labels"]),
            sampling_rate=described["sampling_rate"],
            encoding=described["encoding"],
            channels=described["n_channels"],
            channel=described["channel"],
            window_seconds=described["window_seconds"],
            hop_seconds=described["hop_seconds"],
            lookahead_seconds=described["lookahead_seconds"],
            latency_seconds=described["latency_seconds"],
            interim_seconds=described["interim_seconds"],
            smoothing=None if smoothing is None else SmoothingSettings(**smoothing),
            escalation=escalation,
        )


class Derived(Record):
    """What follows from the probabilities; not heard by a network of its own. Null where nobody speaks."""

    valence: float | None = Field(ge=-1.0, le=1.0, description="From -1 (unpleasant) to 1 (pleasant).")
    arousal: float | None = Field(ge=-1.0, le=1.0, description="From -1 (drowsy) to 1 (excited).")


class Result(Record):
    """What was heard in one stretch. Final results tile the time; an interim one is replaced by later results."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "result",
                    "start": 1.5,
                    "end": 2.25,
                    "is_final": True,
                    "emotion": "anger",
                    "confidence": 0.8125,
                    "uncertain": False,
                    "probabilities": {"anger": 0.8125, "neutral": 0.1875},
                    "derived": {"valence": -0.4144, "arousal": 0.4794},
                    "speech_seconds": 0.7,
                    "file": "",
                    "channel": "mix",
                },
            ]
        }
    )

    type: Literal["result"] = "result"
    start: float = Field(ge=0.0, description="In seconds from the first sample.")
    end: float = Field(ge=0.0, description="Exclusive.")
    is_final: bool
    emotion: str = Field(min_length=1, description="The most probable label, or 'no speech'.")
    confidence: float | None = Field(ge=0.0, le=1.0, description="Null where nobody speaks.")
    uncertain: bool = Field(description="Better not acted upon.")
    probabilities: dict[str, float] = Field(description="By label; empty where nobody speaks.")
    derived: Derived
    speech_seconds: float = Field(ge=0.0)
    file: str
    channel: str

    @classmethod
    def of(cls, result: StreamResult) -> Result:
        """Make the message of what a session gives."""
        return cls(**result.to_dict())


class Evidence(Record):
    """One stretch that an escalation stands on."""

    start: float = Field(ge=0.0)
    end: float = Field(ge=0.0)
    probability: float = Field(ge=0.0, le=1.0, description="Of the emotions of the rule together.")


ESCALATION_EXAMPLE: JsonDict = {
    "type": "escalation",
    "rule": "sustained anger",
    "severity": "warning",
    "party": "customer",
    "start": 60.0,
    "end": 70.5,
    "peak": 0.91,
    "peak_start": 63.0,
    "peak_end": 64.5,
    "emotion": "anger",
    "message": "the customer has sounded angry for 10 s",
    "evidence": [{"start": 63.0, "end": 64.5, "probability": 0.91}],
    "is_over": False,
}


class EscalationEvent(Record):
    """A rule of the call desk begins to hold (``is_over`` false), or no longer holds (true)."""

    model_config = ConfigDict(json_schema_extra={"examples": [ESCALATION_EXAMPLE]})

    type: Literal["escalation"] = "escalation"
    rule: str
    severity: str
    party: str
    start: float = Field(ge=0.0)
    end: float = Field(ge=0.0)
    peak: float = Field(ge=0.0, le=1.0)
    peak_start: float = Field(ge=0.0)
    peak_end: float = Field(ge=0.0)
    emotion: str
    message: str
    evidence: tuple[Evidence, ...]
    is_over: bool

    @classmethod
    def of(cls, escalation: Escalation) -> EscalationEvent:
        """Make the message of what a rule tells."""
        record = {**escalation.to_dict(), "is_over": escalation.is_over}
        # Lists are as good as tuples here.
        return cls.model_validate(record, strict=False)


class Done(Record):
    """The last answer of a session that was ended in order, by the client or by the server."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"type": "done", "duration": 61.25, "n_results": 82, "n_bytes_unfinished": 0}]
        }
    )

    type: Literal["done"] = "done"
    duration: float = Field(ge=0.0, description="Seconds of audio that came.")
    n_results: int = Field(ge=0, description="How many final results were sent.")
    n_bytes_unfinished: int = Field(ge=0, description="Bytes left over from a sample that was cut.")


class Closing(Record):
    """The server ends the session for a reason that is nobody's mistake; open results and `Done` follow."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"type": "closing", "code": 1012, "reason": "the server is shutting down; connect again"}]
        }
    )

    type: Literal["closing"] = "closing"
    code: int = Field(ge=1000, le=4999, description="With which the socket will be closed.")
    reason: str


class Error(Record):
    """The session has failed; the socket is closed with the same code."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "error",
                    "code": 1007,
                    "title": "bad payload",
                    "detail": "start: unknown key 'sampling_rat'; did you mean 'sampling_rate'?",
                }
            ]
        }
    )

    type: Literal["error"] = "error"
    code: int = Field(ge=1000, le=4999, description="With which the socket will be closed.")
    title: str = Field(description="What this code means.")
    detail: str = Field(description="What was wrong, what is allowed, what to do.")

    @classmethod
    def of(cls, code: int, detail: str) -> Error:
        """Make the message that goes with a close code."""
        return cls(code=code, title=TITLES[code], detail=detail)


class BadMessageError(UsageError):
    """A message of a client that cannot be understood; carries the code to close the socket with."""

    def __init__(self, detail: str, code: int = BAD_PAYLOAD) -> None:
        super().__init__(detail)
        self.code = code


class Query(Start):
    """The same as `Start`, from the words of an address: numbers and truths are read from text."""

    model_config = ConfigDict(
        strict=False,
        json_schema_extra={"examples": [{"sampling_rate": 8000, "encoding": "mulaw", "labels": "call4"}]},
    )
    smoothing: bool = False
    ignored: ClassVar[frozenset[str]] = frozenset({"type", "api_key"})


ControlMessage = Start | KeepAlive | Close
_CONTROLS: Mapping[str, type[ControlMessage]] = {"start": Start, "keepalive": KeepAlive, "close": Close}
AnyRecord = TypeVar("AnyRecord", bound=BaseModel)


def read_control(text: str) -> ControlMessage:
    """Read a client's text message.

    Raises
    ------
    BadMessageError
        If it is not JSON, no object, of no known type, or has a wrong key or value; the sentence says which. Its
        code is 1003 for text that is no JSON object at all (audio sent as text, say), else 1007.

    >>> read_control('{"type": "keepalive"}')
    KeepAlive(type='keepalive')
    """
    data = read_object(text, "audio is sent as binary, and text must be a JSON object with a type")
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in _CONTROLS:
        said = "has no type" if "type" not in data else f"has the unknown type {quote(kind)}"
        raise BadMessageError(f"the message {said}; {suggest(str(kind), _CONTROLS)}")
    return validate(_CONTROLS[kind], text, kind)


def read_query(parameters: Mapping[str, str]) -> Start | None:
    """Read the settings of a session from the query of an address; None if it says nothing of one.

    Raises
    ------
    BadMessageError
        As `read_control`.

    >>> read_query({"sampling_rate": "8000", "api_key": "secret"}).sampling_rate
    8000
    """
    words = {key: value for key, value in parameters.items() if key not in Query.ignored}
    if not words:
        return None
    try:
        query = Query.model_validate(words)
    except ValidationError as error:
        raise BadMessageError(explain(error, Query, "the address's query")) from None
    return Start(**query.model_dump())


def read_object(text: str, hint: str) -> dict[str, Any]:
    """Parse JSON text that must be an object; ``hint`` ends the sentence where it is not even meant to be one."""
    if not text.lstrip()[:1] == "{":
        raise BadMessageError(f"a text message that begins with {quote(text)} came; {hint}", BAD_KIND)
    try:
        data = from_json(text.encode(errors="surrogatepass"), allow_inf_nan=False)
    except ValueError as error:
        raise BadMessageError(f"the message is not JSON: {error}") from None
    assert isinstance(data, dict)
    return data


def validate(record: type[AnyRecord], text: str, name: str) -> AnyRecord:
    """Read JSON text as ``record``; raise `BadMessageError` with one helpful line if it is none."""
    try:
        return record.model_validate_json(text)
    except ValidationError as error:
        raise BadMessageError(explain(error, record, name)) from None


def explain(error: ValidationError, record: type[BaseModel], name: str) -> str:
    """Put what is wrong with a message into one line: where, what, what is allowed."""
    problems = error.errors(include_url=False, include_context=False)
    for problem in problems:
        if problem["type"] == "extra_forbidden":
            *parents, key = problem["loc"]
            known = _keys_at(record, parents)
            where = ".".join([name, *_path(parents, record)])
            return f"{where}: unknown key {quote(key)}; {suggest(str(key), known)}"
    paths = [_path(problem["loc"], record) for problem in problems]
    deepest = max(paths, key=len)
    same = [problem for problem, path in zip(problems, paths, strict=True) if path == deepest]
    where = ".".join(deepest)
    if same[0]["type"] == "missing":
        return f"{name}: the key '{where}' is missing"
    # Every member of a union complains; together the complaints say what is allowed.
    asked = dict.fromkeys(problem["msg"].partition(" should ")[2] or problem["msg"] for problem in same)
    return f"{name}: '{where}' is {quote(same[0]['input'])}; it must {' or '.join(asked)}"


def quote(value: object) -> str:
    """Quote what a client sent, shortened, so that a message stays one line and carries little of its content."""
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 3] + "..."


def _keys_at(record: type[BaseModel], parents: Sequence[object]) -> list[str]:
    """Give the keys known at a place inside of a record: its own, or those of the record inside."""
    for part in parents:
        record = next((inner for inner in _records_in(record) if part == inner.__name__), record)
    return list(record.model_fields)


def _path(location: Sequence[object], record: type[BaseModel]) -> list[str]:
    """Keep of pydantic's location the keys, and leave out the names of a union's members."""
    keys: set[object] = set()
    for each in (record, *_records_in(record)):
        keys.update(each.model_fields, (field.alias for field in each.model_fields.values()))
    return [str(part) for part in location if part in keys]


def _records_in(record: type[BaseModel]) -> list[type[BaseModel]]:
    """List the records that are values inside of a record, at any depth."""
    types = [field.annotation for field in record.model_fields.values()]
    parts = [part for kind in types for part in (kind, *get_args(kind))]
    inner = [part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)]
    return [found for part in inner for found in (part, *_records_in(part))]
