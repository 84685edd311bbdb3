from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from tests.server.conftest import DEMO_CALL, KEY
from tests.server.live.clients import (
    Messages,
    check_against_document,
    converse,
    of_type,
    receive_all,
    run,
    small_socket,
    until,
)
from tests.server.live.mulaw import encode_mulaw
from tests.server.servers import Running, serving
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

import emotrace
from emotrace.audio.load import load_audio
from emotrace.calls.consent import AI_ACT_SENTENCE
from emotrace.hear.session import Session
from emotrace.server.auth import hash_key
from emotrace.server.live.telephone import SILENCE

RATE = 8_000
PACKET = 160
CONNECTED = json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})
STOP = json.dumps({"event": "stop", "sequenceNumber": "9", "streamSid": "MZ1", "stop": {"callSid": "CA1"}})
TWO_SIDES = ["inbound", "outbound"]


@pytest.fixture
def server(running: Running) -> Running:
    return running


@pytest.fixture(scope="module")
def customer() -> bytes:
    """The demo call's caller, 36 s of mu-law."""
    return encode_mulaw(load_audio(DEMO_CALL, RATE, channel=1)[: 36 * RATE])


@pytest.fixture(scope="module")
def agent() -> bytes:
    """The demo call's agent, 36 s of mu-law."""
    return encode_mulaw(load_audio(DEMO_CALL, RATE, channel=0)[: 36 * RATE])


def start(tracks: Sequence[str] = ("inbound",), call: str = "CA1", **parameters: str) -> str:
    return json.dumps(
        {
            "event": "start",
            "sequenceNumber": "1",
            "streamSid": "MZ1",
            "start": {
                "accountSid": "AC1",
                "streamSid": "MZ1",
                "callSid": call,
                "tracks": list(tracks),
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": parameters,
            },
        }
    )


def media(data: bytes, timestamp: int | None, track: str = "inbound", number: int | None = None) -> str:
    payload = base64.b64encode(data).decode()
    body: dict[str, Any] = {"track": track, "chunk": "1", "payload": payload}
    if timestamp is not None:
        body["timestamp"] = str(timestamp)
    message = {"event": "media", "streamSid": "MZ1", "media": body}
    return json.dumps(message if number is None else {**message, "sequenceNumber": str(number)})


def packets(data: bytes, track: str = "inbound", n_bytes: int = PACKET) -> list[str]:
    return [
        media(data[first : first + n_bytes], first * 1000 // RATE, track) for first in range(0, len(data), n_bytes)
    ]


def offline(data: bytes, labels: str | None = None) -> Messages:
    session = Session(emotrace.load(labels=labels), RATE, encoding="mulaw")
    results = [*session.push(data), *session.close()]
    return [json.loads(json.dumps(result.to_dict())) for result in results]


def results_of(messages: Messages, track: str = "inbound") -> Messages:
    """Give the results of a track without the names of the call."""
    names = {"type", "call", "stream", "track", "party", "consent"}
    results = [message for message in of_type(messages, "result") if message["track"] == track]
    return [{key: value for key, value in result.items() if key not in names} for result in results]


async def open_call(server: Running, *first: str, call: str = "CA1") -> ClientConnection:
    """Begin a call, and wait until it can be monitored."""
    phone = await connect(server.ws("/v1/twilio"))
    for message in first or (CONNECTED, start(call=call)):
        await phone.send(message)
    while all(
        each["call"] != call for each in await asyncio.to_thread(lambda: server.client.get("/v1/calls").json())
    ):
        await asyncio.sleep(0.01)
    return phone


def test_a_call_is_told_to_its_monitors_and_never_to_the_telephone(
    server: Running, customer: bytes, agent: bytes
) -> None:
    async def client() -> Any:
        phone = await open_call(server, CONNECTED, start(TWO_SIDES, labels="call4"))
        monitors = [await connect(server.ws("/v1/calls/CA1"), max_size=None) for _ in range(2)]
        listening = [asyncio.create_task(receive_all(monitor)) for monitor in monitors]
        for theirs, ours in zip(packets(customer), packets(agent, "outbound"), strict=True):
            await phone.send(theirs)
            await phone.send(ours)
        await phone.send(STOP)
        told = await receive_all(phone)
        return told, await asyncio.gather(*listening)

    told, heard = run(client())
    assert told == ([], 1000, "")
    assert heard[0] == heard[1]
    messages, code, reason = heard[0]
    assert (code, reason) == (1000, "the call has ended")
    check_against_document(messages, "monitor")
    assert results_of(messages) == offline(customer, "call4")
    assert results_of(messages, "outbound") == []
    assert {(result["party"], result["consent"]) for result in of_type(messages, "result")} == {("customer", None)}
    begun = messages[0]
    assert begun["type"] == "call_started"
    assert begun["labels"] == ["calm", "happiness", "sadness", "anger"]
    assert begun["notice"].startswith("Only the customer's voice was analysed for emotion")
    assert [track["is_emotion_analysed"] for track in begun["tracks"]] == [True, False]
    escalations = of_type(messages, "escalation")
    for rule in {each["rule"] for each in escalations}:
        assert [each["is_over"] for each in escalations if each["rule"] == rule] == [False, True]
    assert escalations
    assert {each["party"] for each in escalations} == {"customer"}
    ended = messages[-1]
    assert (ended["type"], ended["reason"], ended["n_results"]) == ("call_ended", "stopped", 36)
    ours = ended["tracks"][1]
    assert (ours["party"], ours["duration"], ours["n_packets"], ours["n_late"]) == ("agent", 36.0, 1800, 0)
    assert 5 < ours["talk_seconds"] < 36
    server.wait_until_free()
    assert server.client.get("/v1/calls").json() == []


def test_an_agent_is_analysed_on_a_stated_ground_that_stands_in_each_result(server: Running, agent: bytes) -> None:
    ground = "voice fatigue study, agreed in writing on 3 May"
    messages, code, _ = run(
        converse(
            server.ws("/v1/twilio?results=here"),
            start(["outbound"], agent_consent=ground),
            *packets(agent[: 9 * RATE], "outbound", 1600),
            STOP,
        )
    )
    assert code == 1000
    check_against_document(messages, "telephone")
    assert results_of(messages, "outbound") == offline(agent[: 9 * RATE])
    assert {(result["party"], result["consent"]) for result in of_type(messages, "result")} == {("agent", ground)}
    assert AI_ACT_SENTENCE in messages[0]["notice"]
    assert messages[0]["tracks"] == [
        {"track": "outbound", "party": "agent", "is_emotion_analysed": True, "consent": ground}
    ]
    # The rules of the call desk are for customers.
    assert of_type(messages, "escalation") == []


@pytest.mark.parametrize(
    ("consent", "sentence"),
    [
        (" ", "agent_consent is empty; say on what ground"),
        ("x" * 501, "agent_consent has 501 characters; at most 500"),
    ],
)
def test_a_ground_that_says_nothing_is_none(server: Running, consent: str, sentence: str) -> None:
    messages, code, reason = run(converse(server.ws("/v1/twilio"), start(TWO_SIDES, agent_consent=consent)))
    assert (messages, code) == ([], 1007)
    assert sentence in reason


def test_the_customer_may_be_on_the_other_track(server: Running, customer: bytes) -> None:
    data = customer[: 6 * RATE]
    messages, _, _ = run(
        converse(
            server.ws("/v1/twilio?results=here&customer_track=outbound"),
            start(TWO_SIDES),
            *packets(data, "inbound", 1600),
            *packets(data, "outbound", 1600),
            STOP,
        )
    )
    assert results_of(messages, "inbound") == []
    assert results_of(messages, "outbound") == offline(data)


def test_missing_media_is_silence_and_times_stay_true(server: Running, customer: bytes) -> None:
    data = customer[15 * RATE : 21 * RATE]
    sent = packets(data, n_bytes=PACKET)
    with_gap = bytearray(data)
    with_gap[2 * RATE : 4 * RATE] = SILENCE * (2 * RATE)
    kept = [*sent[:100], *sent[200:]]
    # Out of order and repeated ones change nothing.
    messages, _, _ = run(converse(server.ws("/v1/twilio?results=here"), start(), *kept, sent[10], sent[100], STOP))
    assert results_of(messages) == offline(bytes(with_gap))
    (track,) = messages[-1]["tracks"]
    assert (track["filled_seconds"], track["n_late"], track["n_packets"]) == (2.0, 2, 202)


def test_numbers_tell_what_is_missing(server: Running) -> None:
    quiet = SILENCE * PACKET
    sent = [media(quiet, 20 * n, number=number) for n, number in enumerate((2, 3, 6, 6, 7))]
    stop = json.dumps({"event": "stop", "sequenceNumber": "8"})
    mark = json.dumps({"event": "mark", "sequenceNumber": "8", "mark": {"name": "end"}})
    messages, code, _ = run(converse(server.ws("/v1/twilio?results=here"), start(), *sent, mark, stop))
    assert code == 1000
    assert (messages[-1]["n_messages_missing"], messages[-1]["n_messages_repeated"]) == (2, 2)


def test_messages_of_a_kind_not_known_yet_are_passed_over(server: Running) -> None:
    new = json.dumps({"event": "novelty", "sequenceNumber": "2", "novelty": {}})
    key = json.dumps({"event": "dtmf", "sequenceNumber": "3", "dtmf": {"track": "inbound_track", "digit": "1"}})
    messages, code, _ = run(converse(server.ws("/v1/twilio?results=here"), CONNECTED, start(), new, key, STOP))
    assert code == 1000
    assert [message["type"] for message in messages] == ["call_started", "call_ended"]
    # What was pressed is told to nobody.
    assert "digit" not in json.dumps(messages)


@pytest.mark.parametrize(
    ("sent", "code", "sentence"),
    [
        ([b"\0" * 160], 1003, "a binary message came; a telephone service sends JSON text"),
        (["//////8="], 1003, "a telephone service sends JSON objects"),
        (["{garbage"], 1007, "the message is not JSON"),
        (['{"type": "start"}'], 1007, "the message has no 'event'"),
        ([media(SILENCE, 0)], 1007, "a media message came before the start message"),
        (['{"event": "start"}'], 1007, "start: the key 'start' is missing"),
        ([start().replace("audio/x-mulaw", "audio/x-l16")], 1007, "'start.mediaFormat.encoding' is 'audio/x-l16'"),
        ([start().replace(": 8000", ": 16000")], 1007, "'start.mediaFormat.sampleRate' is 16000; it must be 8000"),
        ([start(call="../../etc")], 1007, "'start.callSid' is '../../etc'; it must match pattern"),
        ([start(["inbound_track"])], 1007, "the tracks are ['inbound_track']; known: inbound, outbound"),
        ([start(), start()], 1007, "the stream has started already"),
        ([start(labels="cal4")], 1007, "no label preset named 'cal4'; did you mean 'call4'?"),
        ([start(customer_track="left")], 1007, "'customer_track' is 'left'; it must be 'inbound' or 'outbound'"),
        (
            [start(), media(SILENCE, 0, "outbound")],
            1007,
            "media: the track is 'outbound'; the stream began with",
        ),
        ([start(), media(SILENCE, 10**12)], 1007, "the timestamp 1000000000000 ms is beyond 14400 s"),
        ([start(), media(SILENCE, 0).replace("/w==", "/w=*")], 1007, "media: 'media.payload' is not base64"),
        ([start(), media(SILENCE, 0).replace('"0"', '"-1"')], 1007, "'media.timestamp' is '-1'"),
    ],
)
def test_a_mistake_closes_with_the_reason_and_no_message(
    server: Running, sent: list[str | bytes], code: int, sentence: str
) -> None:
    messages, closed, reason = run(converse(server.ws("/v1/twilio"), *sent))
    assert (messages, closed) == ([], code)
    assert sentence[: 123 - reason.index(": ") - 2] in reason
    server.wait_until_free()


def test_a_query_with_a_mistake_is_told(server: Running) -> None:
    _, code, reason = run(converse(server.ws("/v1/twilio?result=here"), start()))
    assert code == 1007
    assert "unknown key 'result'; did you mean 'results'?" in reason


def test_own_senders_are_told_what_was_wrong(server: Running) -> None:
    messages, code, _ = run(converse(server.ws("/v1/twilio?results=here"), start(), "{garbage"))
    assert code == 1007
    assert [message["type"] for message in messages] == ["call_started", "call_ended", "error"]
    assert messages[1]["reason"].startswith("the message is not JSON")
    check_against_document(messages, "telephone")


def test_whoever_does_not_start_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, server: Running) -> None:
    monkeypatch.setattr("emotrace.server.routes.twilio.START_SECONDS", 0.2)
    assert run(converse(server.ws("/v1/twilio"), CONNECTED))[1:] == (
        1008,
        "no start message came within 0.2 s",
    )


def test_a_call_that_breaks_off_is_heard_to_its_end(server: Running, customer: bytes) -> None:
    data = customer[15 * RATE : 19 * RATE]

    async def client() -> Any:
        phone = await open_call(server)
        async with connect(server.ws("/v1/calls/CA1")) as monitor:
            listening = asyncio.create_task(receive_all(monitor))
            for packet in packets(data):
                await phone.send(packet)
            # All of it has been taken once the last window has been judged.
            while server.metric("emotrace_audio_seconds_total").get('{kind="twilio"}', 0.0) < before + 4.0 - 1e-6:
                await asyncio.sleep(0.01)
            phone.transport.abort()
            return await listening

    before = server.metric("emotrace_audio_seconds_total").get('{kind="twilio"}', 0.0)
    messages, code, _ = run(client())
    assert code == 1000
    assert messages[-1]["reason"] == "vanished"
    assert results_of(messages) == offline(data)
    server.wait_until_free()


def test_a_call_of_two_streams_ends_with_the_last_one(server: Running) -> None:
    async def client() -> Any:
        first = await open_call(server)
        async with connect(server.ws("/v1/calls/CA1")) as monitor:
            listening = asyncio.create_task(receive_all(monitor))
            second = await connect(server.ws("/v1/twilio"))
            await second.send(start(["outbound"]))
            await until(lambda: len(server.app.state.switchboard.started()) == 2)
            await first.send(STOP)
            await receive_all(first)
            await second.send(STOP)
            await receive_all(second)
            return await listening

    messages, code, _ = run(client())
    assert [message["type"] for message in messages] == [
        "call_started",
        "call_started",
        "call_ended",
        "call_ended",
    ]
    assert code == 1000
    server.wait_until_free()


def test_a_call_that_is_not_open_cannot_be_monitored(server: Running) -> None:
    async def client() -> dict[str, Any]:
        with pytest.raises(InvalidStatus) as refused:
            await connect(server.ws("/v1/calls/CA404")).__aenter__()
        assert refused.value.response.status_code == 404
        problem: dict[str, Any] = json.loads(refused.value.response.body or b"")
        return problem

    assert run(client())["detail"] == "no call of this name is open; GET /v1/calls lists them"


def test_a_monitor_only_listens_and_may_leave(server: Running) -> None:
    async def client() -> Any:
        phone = await open_call(server)
        told = [await converse(server.ws("/v1/calls/CA1"), sent) for sent in (b"\0", '{"type": "close"}', "x")]
        vanishing = await connect(server.ws("/v1/calls/CA1"))
        vanishing.transport.abort()
        await phone.send(STOP)
        return told, await receive_all(phone)

    (binary, close, text), (_, code, _) = run(client())
    assert binary[1] == 1008
    assert binary[0][-1]["detail"] == "a monitor only listens; it may send keepalive and close"
    assert close[1] == 1000
    assert text[1] == 1003
    assert code == 1000
    server.wait_until_free()


def has_heard(messages: Messages, seconds: float) -> bool:
    return seconds <= 0 or any(message.get("end", 0.0) >= seconds for message in messages[-3:])


def test_a_slow_monitor_is_dropped_and_the_call_unharmed() -> None:
    """Silence with many interim results: one monitor reads them, the other one does not."""
    tenth = SILENCE * 800
    with serving(is_for_uploads=False, send_buffer_bytes=4096, send_timeout_seconds=0.5) as server:

        async def client() -> Any:
            phone = await open_call(server, start(interim_seconds="0.1"))
            url = server.ws("/v1/calls/CA1")
            async with small_socket(url) as stuck, connect(url, max_size=None) as quick:
                heard: Messages = []
                listening = asyncio.create_task(receive_all(quick, heard))
                n_sent = 0
                while '{reason="slow_reader"}' not in server.metric("emotrace_refusals_total"):
                    await phone.send(media(tenth, 100 * n_sent))
                    n_sent += 1
                    # No faster than the quick one reads.
                    await until(partial(has_heard, heard, n_sent / 10 - 3.0))
                await phone.send(STOP)
                assert await receive_all(phone) == ([], 1000, "")
                _, code, reason = await receive_all(stuck)
                return n_sent, await listening, (code, reason)

        n_sent, (messages, code, _), end = run(client())
        assert end == (1013, "results were not read in time")
        assert code == 1000
        finals = [result for result in results_of(messages) if result["is_final"]]
        assert finals == offline(tenth * n_sent)
        assert messages[-1]["reason"] == "stopped"
        server.wait_until_free()


def test_a_key_may_come_with_the_start(locked: Running, customer: bytes) -> None:
    url = locked.ws("/v1/twilio?results=here")
    assert run(converse(url, start(api_key=KEY), STOP))[1] == 1000
    assert run(converse(url, start(), STOP, additional_headers={"X-API-Key": KEY}))[1] == 1000
    for wrong in ({}, {"api_key": "wrong"}):
        messages, code, reason = run(converse(url, start(**wrong), *packets(customer[:8000])))
        assert (messages, code) == ([], 1008)
        assert "no API key that is known here; give it to the stream as its custom parameter" in reason
    assert locked.client.get("/v1/calls").status_code == 401

    async def watch() -> int:
        with pytest.raises(InvalidStatus) as refused:
            await connect(locked.ws("/v1/calls/CA1")).__aenter__()
        return int(refused.value.response.status_code)

    # Without a key nobody learns which calls there are.
    assert run(watch()) == 401
    locked.wait_until_free()


def test_strangers_take_no_places_from_those_who_have_a_key() -> None:
    with serving(is_for_uploads=False, api_keys=(hash_key(KEY),), max_streams=2) as server:
        url, with_key = server.ws("/v1/twilio"), {"additional_headers": {"X-API-Key": KEY}}

        async def client() -> Any:
            async with connect(url) as one, connect(url):
                with pytest.raises(InvalidStatus) as refused:
                    await connect(url).__aenter__()
                detail = json.loads(refused.value.response.body or b"")["detail"]
                assert detail == "all 2 places for callers without a key are taken; try again in a moment"
                async with connect(url, **with_key), connect(url, **with_key):
                    # A stranger who shows a key after all finds no place either, and is told so.
                    await one.send(start(api_key=KEY))
                    return await receive_all(one)

        assert run(client()) == (
            [],
            1013,
            "too busy, or too slow a reader: all 2 places for streams are taken; try again in a moment",
        )
        server.wait_until_free()
        assert run(converse(url, start(api_key=KEY), STOP))[1] == 1000


def test_a_drain_ends_calls_and_their_monitors_hear_the_end(customer: bytes) -> None:
    data = customer[15 * RATE : 19 * RATE]
    with serving(is_for_uploads=False) as server:

        async def client() -> Any:
            phone = await open_call(server)
            async with connect(server.ws("/v1/calls/CA1")) as monitor:
                listening = asyncio.create_task(receive_all(monitor))
                for packet in packets(data):
                    await phone.send(packet)
                while server.metric("emotrace_audio_seconds_total").get('{kind="twilio"}', 0.0) < 4.0 - 1e-6:
                    await asyncio.sleep(0.01)
                server.drain()
                return await receive_all(phone), await listening

        phone, (messages, code, _) = run(client())
        assert phone == ([], 1012, "the server is shutting down; connect again")
        assert code == 1000
        assert messages[-1]["reason"] == "the server is shutting down; connect again"
        assert results_of(messages) == offline(data)
        server.wait_until_free()
