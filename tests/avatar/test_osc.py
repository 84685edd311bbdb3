"""OSC: real packets on a real socket, read with python-osc; and networks that do not work."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator

import pytest

pytest.importorskip("pythonosc")

from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage
from pythonosc.osc_packet import OscPacket

from emotrace.avatar.mapping_file import load_preset
from emotrace.avatar.osc import OscSink, parse_target
from emotrace.avatar.sender import Message, Sender
from emotrace.avatar.state import AvatarState
from emotrace.errors import MissingExtraError, UsageError


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        opened.settimeout(5.0)
        yield opened


@pytest.fixture
def warned() -> list[str]:
    return []


@pytest.fixture
def sink(receiver, warned) -> Iterator[OscSink]:
    made = OscSink(*receiver.getsockname(), warn=warned.append)
    yield made
    made.close()


def test_each_type_arrives_as_itself(sink, receiver, warned):
    sent = [Message("/f", (0.25,)), Message("/i", (-3,)), Message("/b", (True,)), Message("/s", ("Joÿ", 1.0))]
    assert sink.send(sent)
    got = [OscMessage(receiver.recv(65536)) for _ in sent]
    assert [(m.address, m.params) for m in got] == [
        ("/f", [0.25]), ("/i", [-3]), ("/b", [True]), ("/s", ["Joÿ", 1.0]),
    ]  # fmt: skip
    assert b",T\0" in got[2].dgram
    assert not warned


def test_a_bundle_is_one_packet(sink, receiver):
    assert sink.send([Message("/a", ("Joy", 0.5)), Message("/apply")], together=True)
    data = receiver.recv(65536)
    assert OscBundle.dgram_is_bundle(data)
    assert [(m.message.address, m.message.params) for m in OscPacket(data).messages] == [
        ("/a", ["Joy", 0.5]),
        ("/apply", []),
    ]


@pytest.mark.parametrize("preset", ["generic", "vmc", "vmc-vrm1", "vrchat"])
def test_every_preset_arrives_whole(preset, sink, receiver, hear):
    mapping = load_preset(preset)
    avatar, sender = AvatarState(mapping.motion), Sender(mapping)
    avatar.push(hear(anger=0.75, neutral=0.25), 0.0)
    pose = avatar.tick(2.0)
    messages = sender.due(pose)
    assert sink.send(messages, mapping.sending.together)
    got = {}
    n_packets = 1 if mapping.sending.together else len(messages)
    for _ in range(n_packets):
        for timed in OscPacket(receiver.recv(65536)).messages:
            name = timed.message.params[:-1]
            got[(timed.message.address, *name)] = timed.message.params[-1:]
    for parameter in mapping.parameters:
        key = (parameter.address, parameter.name) if parameter.name else (parameter.address,)
        value = parameter.value_of(pose)
        assert got.pop(key) == [pytest.approx(value, abs=1e-6) if isinstance(value, float) else value]
    assert got == ({(mapping.sending.apply,): []} if mapping.sending.apply else {})


def test_nobody_need_listen(warned):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        target = unused.getsockname()
    sink = OscSink(*target, warn=warned.append)
    assert all(sink.send([Message("/a", (1,))]) for _ in range(5))
    assert not warned
    sink.close()


def test_a_network_that_refuses_is_told_of_once(warned):
    # Without the right to broadcast, sending there fails at once: a real error of the real socket.
    sink = OscSink("255.255.255.255", 9, warn=warned.append)
    for _ in range(3):
        assert not sink.send([Message("/a", (1,))])
    assert len(warned) == 1
    assert warned[0].startswith("cannot send OSC to 255.255.255.255:9: ")
    assert warned[0].endswith("; going on, and trying again")
    sink.close()
    assert not sink.send([Message("/a", (1,))])


def test_a_packet_that_is_too_large_is_told_of(sink, warned):
    huge = [Message("/" + "a" * 1000, ("x" * 1000,))] * 60
    assert not sink.send(huge, together=True)
    assert len(warned) == 1
    assert sink.send([Message("/a", (1,))])
    assert not sink.send(huge, together=True)
    assert len(warned) == 2, "it failed anew"


def test_a_host_that_is_not_found_is_searched_again_and_then_sent_to(warned, receiver, monkeypatch):
    port = receiver.getsockname()[1]
    real = socket.getaddrinfo

    def no_such_host(*_args, **_more):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    sink = OscSink("avatar.example", port, warn=warned.append)
    assert not sink.send([Message("/a", (1,))])
    assert warned == [
        f"cannot send OSC to avatar.example:{port}: Name or service not known; going on, and trying again"
    ]
    # The name server knows it now.
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *args, **more: real("127.0.0.1", *args, **more))
    assert not sink.send([Message("/a", (1,))]), "it is not asked for every packet"
    sink._search_next = 0.0
    assert not sink.send([Message("/a", (2,))])
    assert sink._search is not None
    sink._search.join(5.0)
    assert sink.send([Message("/a", (3,))])
    assert OscMessage(receiver.recv(65536)).params == [3]
    assert len(warned) == 1
    sink.close()


@pytest.mark.parametrize(
    ("text", "target"),
    [("localhost:9000", ("localhost", 9000)), ("[::1]:1", ("::1", 1)), ("10.0.0.7:65535", ("10.0.0.7", 65535))],
)
def test_a_target(text, target):
    assert parse_target(text) == target


@pytest.mark.parametrize(
    "text", ["", "9000", ":9000", "host", "host:", "host:0", "host:65536", "host:-1", "host:9e3", "::1:9000",
             "a b:90", "host:٣", "host:" + "9" * 5000, "a\nb:9000"],
)  # fmt: skip
def test_what_is_no_target_is_explained(text):
    with pytest.raises(
        UsageError, match="is no target; give host:port with a port from 1 to 65535, for instance 127"
    ):
        parse_target(text)


def test_without_python_osc_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pythonosc.udp_client", None)
    with pytest.raises(
        MissingExtraError, match=r"sending OSC needs the extra 'osc': pip install 'emotrace\[osc\]'"
    ):
        OscSink("127.0.0.1", 9000, warn=print)
