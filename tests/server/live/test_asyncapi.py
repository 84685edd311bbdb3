from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from emotrace.server.live import phone_messages, protocol
from emotrace.server.live.asyncapi import DOORS, asyncapi_document
from emotrace.server.live.phone_messages import PhoneRecord, read_phone_message
from emotrace.server.live.protocol import Record, read_control
from emotrace.server.routes.asyncapi import router

DOCUMENT = asyncapi_document("desk.example.org:8765", "wss")
EXAMPLES = [
    (name, example["payload"])
    for name, message in DOCUMENT["components"]["messages"].items()
    for example in message.get("examples", [])
]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def resolve(reference: str) -> Any:
    found: Any = DOCUMENT
    for key in reference.removeprefix("#/").split("/"):
        found = found[key]
    return found


def test_it_is_asyncapi_3_with_all_that_must_be_there() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    assert DOCUMENT["servers"]["this"]["host"] == "desk.example.org:8765"
    assert DOCUMENT["servers"]["this"]["protocol"] == "wss"
    assert {channel["address"] for channel in DOCUMENT["channels"].values()} == {
        "/v1/stream",
        "/v1/twilio",
        "/v1/calls/{call}",
    }
    assert "call" in DOCUMENT["channels"]["monitor"]["parameters"]
    assert {operation["action"] for operation in DOCUMENT["operations"].values()} == {"send", "receive"}


def test_every_reference_leads_somewhere() -> None:
    found = list(references(DOCUMENT))
    assert len(found) > 30
    for reference in found:
        assert resolve(reference)


def test_operations_use_messages_of_their_own_channel() -> None:
    for operation in DOCUMENT["operations"].values():
        for message in operation["messages"]:
            assert message["$ref"].startswith(operation["channel"]["$ref"] + "/messages/")


@pytest.mark.parametrize(
    ("name", "example"), EXAMPLES, ids=[f"{name}-{n}" for n, (name, _) in enumerate(EXAMPLES)]
)
def test_every_example_is_what_its_schema_says(name: str, example: dict[str, Any]) -> None:
    schemas = DOCUMENT["components"]["schemas"]
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    jsonschema.Draft7Validator(schema).validate(example)


@pytest.mark.parametrize("name", [record.__name__ for door in DOORS for record in door.received])
def test_every_example_of_a_client_is_understood(name: str) -> None:
    for described, example in EXAMPLES:
        if described == name:
            read = read_phone_message if "event" in example else read_control
            assert type(read(json.dumps(example))).__name__ == name


def test_a_wrong_message_is_none_by_the_schema() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    schema = {"$ref": "#/components/schemas/Start", "components": {"schemas": schemas}}
    validator = jsonschema.Draft7Validator(schema)
    assert validator.is_valid({"type": "start"})
    for wrong in ({}, {"type": "stop"}, {"type": "start", "rate": 1}, {"type": "start", "sampling_rate": "8000"}):
        assert not validator.is_valid(wrong)


def test_every_record_of_the_protocol_is_described() -> None:
    described = set(DOCUMENT["components"]["schemas"]) | {"Query", "CallSettings"}
    for module in (protocol, phone_messages):
        for name, thing in vars(module).items():
            is_record = isinstance(thing, type) and issubclass(thing, BaseModel) and not name.startswith("_")
            if is_record and thing not in (BaseModel, Record, PhoneRecord):
                assert name in described, name


def test_it_is_served_with_the_address_it_was_asked_at() -> None:
    app = FastAPI()
    app.include_router(router)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://desk:9") as client:
            return await client.get("/asyncapi.json")

    response = asyncio.run(ask())
    assert response.json() == asyncapi_document("desk:9", "wss")
