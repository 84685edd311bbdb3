"""The AsyncAPI 3.0 document of the live doors, made from the records that the server itself reads and writes.

Source: AsyncAPI Specification 3.0.0, https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from emotrace import __version__
from emotrace.server.live.phone_messages import (
    CallEnded,
    CallEscalation,
    CallResult,
    CallSettings,
    CallStarted,
    PhoneConnected,
    PhoneMedia,
    PhoneSign,
    PhoneStart,
    PhoneStop,
)
from emotrace.server.live.protocol import (
    Close,
    Closing,
    Done,
    Error,
    EscalationEvent,
    KeepAlive,
    Query,
    Ready,
    Result,
    Start,
)

_REF = "#/components/schemas/{model}"
_AUDIO = "Audio"
_CODES = (
    "Closed with 1000 when all went well, 1003 for text or binary where the other is meant, 1007 for what cannot "
    "be understood, 1008 for a missing key or too long a silence, 1009 for too large a message, 1011 if the "
    "server failed, 1012 if it is shutting down, and 1013 if there is no place or results are not read in time."
)


@dataclass(frozen=True)
class Door:
    """A WebSocket of the server: what may come in, and what goes out."""

    name: str
    address: str
    title: str
    description: str
    received: tuple[type[BaseModel], ...]
    sent: tuple[type[BaseModel], ...]
    query: type[BaseModel] | None = None
    takes_audio: bool = False


DOORS = (
    Door(
        "stream",
        "/v1/stream",
        "Live stream",
        "Audio in, results out. Settings come as the query, or as a `start` message before the audio; audio at "
        "once means the defaults. A client that sends faster than it can be heard is slowed. " + _CODES,
        received=(Start, KeepAlive, Close),
        sent=(Ready, Result, EscalationEvent, Done, Closing, Error),
        query=Query,
        takes_audio=True,
    ),
    Door(
        "telephone",
        "/v1/twilio",
        "Telephone media stream",
        "For the media streams of a telephone service. Nothing is sent back on this socket unless `results` is "
        "`here`; monitors are told. Only the customer's track is analysed for emotion unless `agent_consent` "
        "states a ground. A key may come as the custom parameter `api_key`. " + _CODES,
        received=(PhoneConnected, PhoneStart, PhoneMedia, PhoneSign, PhoneStop),
        sent=(CallStarted, CallResult, CallEscalation, CallEnded, Error),
        query=CallSettings,
    ),
    Door(
        "monitor",
        "/v1/calls/{call}",
        "Monitor of a call",
        "What is found out about an open call, until it ends. A monitor that does not keep up is closed (1013).",
        received=(KeepAlive, Close),
        sent=(CallStarted, CallResult, CallEscalation, CallEnded, Error),
    ),
)
"""All live doors."""


def asyncapi_document(host: str, protocol: str = "ws") -> dict[str, Any]:
    """Give the document for a server that is called ``host`` (with its port) over ``ws`` or ``wss``."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "emotrace live",
            "version": __version__,
            "description": "Emotion in speech as it is spoken. The HTTP part is described by /openapi.json.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "this": {
                "host": host,
                "protocol": protocol,
                "security": [_ref("securitySchemes", name) for name in _SECURITY],
            }
        },
        "channels": {door.name: _channel(door) for door in DOORS},
        "operations": {name: operation for door in DOORS for name, operation in _operations(door)},
        "components": {"messages": _messages(), "schemas": schemas(), "securitySchemes": _SECURITY},
    }


def schemas() -> dict[str, Any]:
    """Give the JSON Schemas of all messages, and of what is inside of them, by name.

    What is sent has all its keys; of what is received, those with a default may be left out.
    """
    kinds: list[tuple[type[BaseModel], JsonSchemaMode]] = [(record, "serialization") for record in _unique("sent")]
    kinds += [(record, "validation") for record in _unique("received") if record not in _unique("sent")]
    _, document = models_json_schema(kinds, ref_template=_REF)
    found: dict[str, Any] = dict(document["$defs"])
    for schema in found.values():
        properties = schema.get("properties", {})
        # Without these nobody can tell what a message is.
        told = [key for key in ("type", "event") if "const" in properties.get(key, {})]
        schema["required"] = sorted({*schema.get("required", ()), *told}, key=list(properties).index)
    for record in _unique("sent"):
        found[record.__name__]["required"] = list(found[record.__name__]["properties"])
    return found


_SECURITY: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer KEY`"},
    "header": {"type": "httpApiKey", "name": "X-API-Key", "in": "header"},
    "query": {"type": "httpApiKey", "name": "api_key", "in": "query", "description": "For browsers."},
}


def _channel(door: Door) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": door.address,
        "title": door.title,
        "description": door.description,
        "messages": {name: _ref("messages", name) for name in _names(door, (*door.received, *door.sent))},
    }
    if "{call}" in door.address:
        channel["parameters"] = {"call": {"description": "The call's name; GET /v1/calls lists the open ones."}}
    if door.query is not None:
        # In place: the binding's own schema takes no reference here.
        query = {key: value for key, value in door.query.model_json_schema().items() if key != "$defs"}
        channel["bindings"] = {"ws": {"method": "GET", "query": query, "bindingVersion": "0.1.0"}}
    return channel


def _operations(door: Door) -> Iterable[tuple[str, dict[str, Any]]]:
    for action, records, names in (
        ("receive", door.received, _names(door, door.received)),
        ("send", door.sent, [record.__name__ for record in door.sent]),
    ):
        if records:
            messages = [{"$ref": f"#/channels/{door.name}/messages/{name}"} for name in names]
            operation = {"action": action, "channel": {"$ref": f"#/channels/{door.name}"}, "messages": messages}
            yield f"{action}_{door.name}", operation


def _names(door: Door, records: Sequence[type[BaseModel]]) -> list[str]:
    names = list(dict.fromkeys(record.__name__ for record in records))
    return [*names, _AUDIO] if door.takes_audio else names


def _messages() -> dict[str, Any]:
    messages: dict[str, Any] = {
        _AUDIO: {
            "title": "Audio",
            "summary": "Raw samples as the session was told, of any number of bytes.",
            "contentType": "application/octet-stream",
            "payload": {"type": "string", "format": "binary"},
        }
    }
    for record in (*_unique("received"), *_unique("sent")):
        extra = record.model_config.get("json_schema_extra")
        examples = extra.get("examples") if isinstance(extra, dict) else None
        assert isinstance(examples, list), f"{record.__name__} has no examples"
        messages[record.__name__] = {
            "name": record.__name__,
            "title": record.__name__,
            "summary": " ".join((record.__doc__ or "").split()),
            "payload": _ref("schemas", record.__name__),
            "examples": [{"payload": example} for example in examples],
        }
    return messages


def _unique(way: str) -> list[type[BaseModel]]:
    return list(dict.fromkeys(record for door in DOORS for record in getattr(door, way)))


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}
