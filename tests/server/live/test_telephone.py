from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.server.conftest import DEMO_CALL
from tests.server.live.mulaw import encode_mulaw

import emotrace
from emotrace.audio.load import load_audio
from emotrace.hear.session import Session, StreamResult
from emotrace.server.live.phone_messages import SAMPLING_RATE, CallSettings, TrackFacts
from emotrace.server.live.telephone import JITTER_SECONDS, SILENCE, MessageCount, PacketClock, Track, track_facts

JITTER_MS = round(JITTER_SECONDS * 1000)
PACKET = 160
CUSTOMER = TrackFacts(track="inbound", party="customer", is_emotion_analysed=True, consent=None)
AGENT = TrackFacts(track="outbound", party="agent", is_emotion_analysed=False, consent=None)


def test_packets_in_order_follow_one_another() -> None:
    clock = PacketClock()
    assert [clock.place(20 * n, PACKET) for n in range(50)] == [0] * 50
    assert (clock.n_samples, clock.n_filled, clock.n_late) == (8000, 0, 0)


def test_packets_without_time_stamps_follow_one_another() -> None:
    clock = PacketClock()
    assert [clock.place(None, PACKET) for _ in range(50)] == [0] * 50


def test_a_gap_is_filled_so_that_times_stay_true() -> None:
    clock = PacketClock()
    clock.place(0, PACKET)
    assert clock.place(1000, PACKET) == 8000 - PACKET
    assert (clock.n_samples, clock.n_filled) == (8000 + PACKET, 8000 - PACKET)


def test_a_stream_that_begins_late_begins_with_silence() -> None:
    clock = PacketClock()
    assert clock.place(3000, PACKET) == 24_000


def test_repeated_and_late_packets_are_left_out_and_counted() -> None:
    clock = PacketClock()
    for n in range(50):
        clock.place(20 * n, PACKET)
    assert clock.place(0, PACKET) is None
    assert clock.place(500, PACKET) is None
    assert (clock.n_late, clock.n_packets, clock.n_samples) == (2, 52, 8000)


@given(st.lists(st.integers(-JITTER_MS // 2, JITTER_MS // 2), min_size=1, max_size=200))
def test_jitter_neither_fills_nor_drops(jitters: list[int]) -> None:
    clock = PacketClock()
    for n, jitter in enumerate(jitters):
        assert clock.place(max(0, 20 * n + jitter), PACKET) == 0


@given(st.lists(st.tuples(st.none() | st.integers(0, 100_000), st.integers(0, 1000)), max_size=60))
def test_whatever_comes_every_packet_lies_where_its_time_stamp_says(packets: list[tuple[int | None, int]]) -> None:
    clock = PacketClock()
    end = 0
    for timestamp, n_samples in packets:
        gap = clock.place(timestamp, n_samples)
        if gap is not None:
            assert gap >= 0
            if timestamp is not None:
                assert abs((end + gap) / SAMPLING_RATE - timestamp / 1000) <= JITTER_SECONDS + 1e-9
            end += gap + n_samples
        assert clock.n_samples == end
    assert clock.n_packets == len(packets)


def test_missing_and_repeated_messages_are_counted() -> None:
    count = MessageCount(1)
    for number in (2, 3, None, 6, 6, 5, 7):
        count.see(number)
    assert (count.n_missing, count.n_repeated, count.last) == (2, 2, 7)


@pytest.mark.parametrize(
    ("tracks", "settings", "consent", "expected"),
    [
        (("inbound",), CallSettings(), None, [("inbound", "customer", True, None)]),
        (
            ("inbound", "outbound"),
            CallSettings(),
            None,
            [("inbound", "customer", True, None), ("outbound", "agent", False, None)],
        ),
        (
            ("inbound", "outbound"),
            CallSettings(customer_track="outbound"),
            None,
            [("inbound", "agent", False, None), ("outbound", "customer", True, None)],
        ),
        (
            ("inbound", "outbound"),
            CallSettings(),
            "voice study",
            [("inbound", "customer", True, None), ("outbound", "agent", True, "voice study")],
        ),
    ],
)
def test_only_the_customer_is_analysed_unless_a_ground_is_stated(
    tracks: tuple[str, ...],
    settings: CallSettings,
    consent: str | None,
    expected: list[tuple[str, str, bool, str | None]],
) -> None:
    facts = track_facts(tracks, settings, consent)
    assert [(f.track, f.party, f.is_emotion_analysed, f.consent) for f in facts] == expected


def test_the_customers_track_is_heard_as_a_session_hears_it() -> None:
    recogniser = emotrace.load()
    data = encode_mulaw(load_audio(DEMO_CALL, SAMPLING_RATE, channel=1)[: 12 * SAMPLING_RATE])
    track = Track(CUSTOMER, recogniser, CallSettings())
    heard = [told for first in range(0, len(data), PACKET) for told in track.push(data[first : first + PACKET])]
    heard += track.close()
    session = Session(recogniser, SAMPLING_RATE, encoding="mulaw")
    assert [told for told in heard if isinstance(told, StreamResult)] == session.push(data) + session.close()
    assert track.n_results == len(heard) == 12


def test_of_an_agent_nothing_is_found_out_but_how_long_they_talk() -> None:
    recogniser = emotrace.load()
    data = encode_mulaw(load_audio(DEMO_CALL, SAMPLING_RATE, channel=0)[: 12 * SAMPLING_RATE])
    track = Track(AGENT, recogniser, CallSettings())
    assert [
        told for first in range(0, len(data), PACKET) for told in track.push(data[first : first + PACKET])
    ] == []
    assert track.push(SILENCE * 800) == []
    assert track.close() == []
    timeline = recogniser.analyze(load_audio(DEMO_CALL, 16_000, channel=0)[: 12 * 16_000], 16_000)
    assert track.totals().talk_seconds == pytest.approx(timeline.speech_seconds, abs=0.7)
    assert track.totals().talk_seconds > 1.0
    assert track.n_results == 0
