"""The messages of a telephone service's media stream, and what those who monitor a call are told.

What comes is the WebSocket protocol of Twilio Media Streams (``connected``, ``start``, ``media``, ``dtmf``,
``mark``, ``stop``; G.711 mu-law, 8,000 Hz, base64), which other services speak, too. The service may add keys and
kinds of messages as it likes: they are ignored. See
https://www.twilio.com/docs/voice/media-streams/websocket-messages.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

from emotrace.server.live.protocol import (
    ESCALATION_EXAMPLE,
    BadMessageError,
    EscalationEvent,
    Record,
    Result,
    read_object,
    validate,
)

SAMPLING_RATE = 8_000
"""Of telephone audio, in Hz; one byte is one sample."""

Party = Literal["customer", "agent"]

Number = Annotated[int, Field(ge=0), WithJsonSchema({"type": ["integer", "string"], "pattern": "^[0-9]+$"})]
"""Telephone services write numbers as text."""


class PhoneRecord(BaseModel):
    """Base of what a telephone service sends: numbers may come as text, unknown keys are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class MediaFormat(PhoneRecord):
    """How the audio is coded; there is only this way."""

    encoding: Literal["audio/x-mulaw"]
    sample_rate: Literal[8000]
    channels: Literal[1]


class StartFacts(PhoneRecord):
    """What is known of a call when its stream begins."""

    call_sid: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="Names the call; /v1/calls/{callSid}.")
    media_format: MediaFormat
    tracks: tuple[str, ...] = ("inbound",)
    custom_parameters: dict[str, str] = Field(
        default_factory=dict, description="Settings of `CallSettings`, and api_key; others are ignored."
    )


class PhoneConnected(PhoneRecord):
    """The first message: the service says what it speaks."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"event": "connected", "protocol": "Call", "version": "1.0.0"}]}
    )
    event: Literal["connected"]


class PhoneStart(PhoneRecord):
    """A stream begins."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "event": "start",
                    "sequenceNumber": "1",
                    "streamSid": "MZ0f2a",
                    "start": {
                        "callSid": "CA91c3",
                        "streamSid": "MZ0f2a",
                        "tracks": ["inbound", "outbound"],
                        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                        "customParameters": {"labels": "call4"},
                    },
                }
            ]
        }
    )
    event: Literal["start"]
    sequence_number: Number | None = None
    stream_sid: str = Field(default="", max_length=64)
    start: StartFacts


class Media(PhoneRecord):
    """A packet of one side of the call, usually of 20 ms."""

    track: str = "inbound"
    timestamp: Number | None = Field(default=None, description="In ms from the start of the stream.")
    payload: str = Field(description="mu-law bytes in base64.")


class PhoneMedia(PhoneRecord):
    """Audio."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "event": "media",
                    "sequenceNumber": "3",
                    "streamSid": "MZ0f2a",
                    "media": {"track": "inbound", "chunk": "1", "timestamp": "20", "payload": "//////////8="},
                }
            ]
        }
    )
    event: Literal["media"]
    sequence_number: Number | None = None
    media: Media

    def audio(self) -> bytes:
        """Give the mu-law bytes; raise `BadMessageError` if the payload is no base64."""
        try:
            return base64.b64decode(self.media.payload, validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadMessageError(f"media: 'media.payload' is not base64: {error}") from None


class PhoneSign(PhoneRecord):
    """A key that was pressed, or a mark that was played. Counted; what was pressed is nobody's business."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"event": "mark", "sequenceNumber": "4", "streamSid": "MZ0f2a", "mark": {"name": "m"}}]
        }
    )
    event: Literal["dtmf", "mark"]
    sequence_number: Number | None = None


class PhoneStop(PhoneRecord):
    """The stream ends: the call is over, or the stream was stopped."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"event": "stop", "sequenceNumber": "5", "streamSid": "MZ0f2a", "stop": {"callSid": "CA91c3"}}
            ]
        }
    )
    event: Literal["stop"]
    sequence_number: Number | None = None


PhoneMessage = PhoneConnected | PhoneStart | PhoneMedia | PhoneSign | PhoneStop
_EVENTS: Mapping[str, type[PhoneMessage]] = {
    "connected": PhoneConnected,
    "start": PhoneStart,
    "media": PhoneMedia,
    "dtmf": PhoneSign,
    "mark": PhoneSign,
    "stop": PhoneStop,
}


def read_phone_message(text: str) -> PhoneMessage | None:
    """Read a message of a telephone service; None if its kind is not known here.

    Raises
    ------
    BadMessageError
        If it is not JSON, no object, has no event, or lacks or garbles what is needed.

    >>> read_phone_message('{"event": "connected", "protocol": "Call", "version": "1.0.0"}')
    PhoneConnected(event='connected')
    """
    data = read_object(text, "a telephone service sends JSON objects")
    event = data.get("event")
    if not isinstance(event, str):
        raise BadMessageError("the message has no 'event'; a telephone service's messages name theirs")
    return validate(_EVENTS[event], text, event) if event in _EVENTS else None


class CallSettings(Record):
    """How a call is heard: from the address's query, or the stream's custom parameters, which count more."""

    model_config = ConfigDict(
        strict=False, json_schema_extra={"examples": [{"labels": "call4", "customer_track": "inbound"}]}
    )

    customer_track: Literal["inbound", "outbound"] = Field(
        default="inbound", description="Whose track is the customer's; the other one is the agent's."
    )
    agent_consent: str | None = Field(
        default=None, description="On what ground the agent's emotions are inferred; without it they are not."
    )
    model: str | None = Field(default=None, description="One of /v1/models; null for the server's own.")
    labels: str | None = Field(default=None, description="A preset or emotions; null for the server's own.")
    interim_seconds: float | None = Field(default=None, ge=0.1, le=3600.0, description="Give interim results.")
    smoothing: bool = Field(default=False, description="Calm the results.")
    results: Literal["monitors", "here"] = Field(
        default="monitors",
        description="'here' sends the events on this socket, too: for senders of one's own, which take them.",
    )


class TrackFacts(Record):
    """One side of a call."""

    track: str
    party: Party
    is_emotion_analysed: bool
    consent: str | None = Field(description="The ground on which an agent's emotions are inferred.")


class TrackTotals(Record):
    """What came of one side of a call."""

    track: str
    party: Party
    duration: float = Field(ge=0.0, description="Seconds, gaps filled.")
    talk_seconds: float = Field(ge=0.0, description="Seconds in which somebody speaks.")
    n_packets: int = Field(ge=0)
    n_late: int = Field(ge=0, description="Packets left out because later audio had come.")
    filled_seconds: float = Field(ge=0.0, description="Silence put where packets are missing.")


class CallStarted(Record):
    """A stream of the call is open, and this is how it is heard. Told to each monitor first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "call_started",
                    "call": "CA91c3",
                    "stream": "MZ0f2a",
                    "session": "5f2c8a1be0d94c57",
                    "model": "default",
                    "labels": ["calm", "happiness", "sadness", "anger"],
                    "window_seconds": 3.0,
                    "hop_seconds": 1.0,
                    "latency_seconds": 0.5,
                    "tracks": [
                        {"track": "inbound", "party": "customer", "is_emotion_analysed": True, "consent": None},
                        {"track": "outbound", "party": "agent", "is_emotion_analysed": False, "consent": None},
                    ],
                    "notice": "Only the customer's voice was analysed for emotion ...",
                }
            ]
        }
    )

    type: Literal["call_started"] = "call_started"
    call: str
    stream: str
    session: str
    model: str
    labels: tuple[str, ...]
    window_seconds: float
    hop_seconds: float
    latency_seconds: float
    tracks: tuple[TrackFacts, ...]
    notice: str = Field(description="What the law says of it, and what it cannot know.")


class _OfCall(Record):
    call: str
    stream: str
    track: str


class CallResult(Result, _OfCall):
    """A result of one side of a call; an agent's says on what ground there is one at all."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "call": "CA91c3",
                    "stream": "MZ0f2a",
                    "track": "inbound",
                    "type": "result",
                    "start": 1.5,
                    "end": 2.25,
                    "is_final": True,
                    "emotion": "no speech",
                    "confidence": None,
                    "uncertain": False,
                    "probabilities": {},
                    "derived": {"valence": None, "arousal": None},
                    "speech_seconds": 0.0,
                    "file": "",
                    "channel": "mix",
                    "party": "customer",
                    "consent": None,
                }
            ]
        }
    )
    party: Party
    consent: str | None


class CallEscalation(EscalationEvent, _OfCall):
    """A rule of the call desk begins to hold in an open call, or no longer holds."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"call": "CA91c3", "stream": "MZ0f2a", "track": "inbound", **ESCALATION_EXAMPLE},
            ]
        }
    )


class CallEnded(Record):
    """A stream of the call has ended; when it was the last one, the monitors' sockets are closed (1000)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "call_ended",
                    "call": "CA91c3",
                    "stream": "MZ0f2a",
                    "reason": "stopped",
                    "n_results": 82,
                    "n_messages_missing": 0,
                    "n_messages_repeated": 0,
                    "tracks": [
                        {
                            "track": "inbound",
                            "party": "customer",
                            "duration": 61.2,
                            "talk_seconds": 30.5,
                            "n_packets": 3060,
                            "n_late": 0,
                            "filled_seconds": 0.0,
                        }
                    ],
                }
            ]
        }
    )

    type: Literal["call_ended"] = "call_ended"
    call: str
    stream: str
    reason: str = Field(description="stopped, vanished, or a sentence on what went wrong.")
    n_results: int = Field(ge=0, description="Final results.")
    n_messages_missing: int = Field(ge=0, description="By the gaps in their numbers.")
    n_messages_repeated: int = Field(ge=0, description="Numbers that came again, or too late.")
    tracks: tuple[TrackTotals, ...]


CallEvent = CallStarted | CallResult | CallEscalation | CallEnded
