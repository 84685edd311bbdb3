"""Sessions: any rate, encoding and cutting give the engine's own predictions; interim results; faults; memory."""

from __future__ import annotations

import io
import itertools
import json
import math
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotrace.audio.pcm import ENCODINGS, PcmReader
from emotrace.audio.resample import resample
from emotrace.errors import AudioError, BundleError, DecodeError, UsageError
from emotrace.hear.recognizer import Recogniser
from emotrace.hear.session import LIVE_HOP_SECONDS, LIVE_LOOKAHEAD_SECONDS, Session, StreamResult
from emotrace.hear.smoothing import Smoother, Smoothing
from emotrace.types import Prediction

SUBTYPES = {"s16le": "PCM_16", "f32le": "FLOAT", "mulaw": "ULAW", "alaw": "ALAW"}


def encode(signal: np.ndarray, encoding: str) -> bytes:
    """Give raw bytes, of shape (n_samples,) or (n_samples, n_channels)."""
    file = io.BytesIO()
    soundfile.write(file, signal, 8_000, format="RAW", subtype=SUBTYPES[encoding], endian="LITTLE")
    return file.getvalue()


def follow(session: Session, data, sizes=()) -> list[StreamResult]:
    """Push ``data`` in pieces of the given sizes, the rest at once, and close."""
    cut = (
        (lambda start, end: data[..., start:end])
        if isinstance(data, np.ndarray)
        else (lambda *at: data[slice(*at)])
    )
    edges = [0, *itertools.accumulate(sizes), None]
    results = [result for start, end in itertools.pairwise(edges) for result in session.push(cut(start, end))]
    return [*results, *session.close()]


def finals(results) -> list[Prediction]:
    return [result.prediction for result in results if result.is_final]


def by_engine(recogniser, signal, sampling_rate=16_000, channel="mix") -> list[Prediction]:
    """What the engine says of the whole signal, with the settings of a session."""
    engine = recogniser.engine(
        hop_seconds=LIVE_HOP_SECONDS, lookahead_seconds=LIVE_LOOKAHEAD_SECONDS, channel=channel
    )
    return [*engine.push(resample(signal, sampling_rate, 16_000)), *engine.close()]


@pytest.fixture(scope="module")
def telephone(demo_call) -> np.ndarray:
    """Ten seconds of both sides of the demo call at its own 8 kHz, shape (2, n_samples)."""
    signal, rate = soundfile.read(demo_call, dtype="float32", start=8_000, stop=88_000)
    assert rate == 8_000
    return signal.T


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Recogniser:
    """A recogniser that judges by loudness, at next to no cost."""
    pytest.importorskip("onnx")
    from tests.tiny_bundles import make_emotion_bundle, make_speech_bundle

    folder = tmp_path_factory.mktemp("bundles")
    return Recogniser(make_emotion_bundle(folder / "emotion"), make_speech_bundle(folder / "speech"), "all")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    encoding=st.sampled_from(ENCODINGS),
    sizes=st.lists(st.integers(0, 9_001), max_size=20),
    start=st.integers(0, 50_000),
    length=st.integers(1, 30_000),
    interim=st.sampled_from([None, 0.1, 0.5]),
)
def test_any_cutting_of_the_bytes_gives_the_engines_finals(
    recogniser, telephone, encoding, sizes, start, length, interim
):
    data = encode(telephone[1, start : start + length], encoding)
    session = Session(recogniser, 8_000, encoding=encoding, interim_seconds=interim)
    decoded = PcmReader(encoding).push(data)[0]
    assert finals(follow(session, data, sizes)) == by_engine(recogniser, decoded, 8_000)


def test_byte_by_byte(recogniser, telephone):
    data = encode(telephone[1, :20_000], "s16le")
    session = Session(recogniser, 8_000, interim_seconds=0.25)
    results = follow(session, data, [1] * len(data))
    assert finals(results) == by_engine(recogniser, PcmReader("s16le").push(data)[0], 8_000)
    assert session.duration == 2.5


@pytest.mark.parametrize("rate", [4_000, 8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_finals_tile_the_time_at_any_rate(recogniser, caller, rate):
    signal = np.clip(resample(caller[:64_000], 16_000, rate), -1, 1)
    session = Session(recogniser, rate, encoding="f32le")
    heard = finals(follow(session, signal.astype("<f4").tobytes(), [rate // 25 * 4] * 200))
    assert heard == by_engine(recogniser, signal, rate)
    assert [p.segment.start for p in heard] == [0.0, *(p.segment.end for p in heard[:-1])]
    assert heard[-1].segment.end == pytest.approx(4.0, abs=1e-3)
    assert session.duration == pytest.approx(4.0, abs=1e-3)


@pytest.mark.parametrize("channel", [0, 1, "mix"])
def test_a_channel_is_chosen(recogniser, telephone, channel):
    data = encode(telephone.T, "s16le")
    session = Session(recogniser, 8_000, n_channels=2, channel=channel)
    chosen = telephone.mean(axis=0) if channel == "mix" else telephone[channel]
    heard = finals(follow(session, data, [4_801] * 40))
    assert heard == by_engine(recogniser, chosen, 8_000, str(channel))
    named = Session(recogniser, 8_000, n_channels=2, channel=channel, name="customer", file="call 7")
    assert {(p.channel, p.file) for p in finals(follow(named, data))} == {("customer", "call 7")}


def test_arrays_are_heard_as_bytes_are(recogniser, telephone):
    from_bytes = follow(Session(recogniser, 8_000, encoding="f32le", n_channels=2), encode(telephone.T, "f32le"))
    assert follow(Session(recogniser, 8_000, n_channels=2), telephone, [7, 8_000]) == from_bytes
    one = follow(Session(recogniser, 8_000), telephone[1], [123])
    assert one == follow(Session(recogniser, 8_000), telephone[1:].astype(np.float64))
    loud = np.clip(telephone[1] * 100, -1, 1)
    assert follow(Session(recogniser, 8_000), telephone[1] * 100) == follow(Session(recogniser, 8_000), loud)


@pytest.mark.parametrize("interim", [0.1, 0.25, 0.7, 2.0])
def test_interim_results_come_no_oftener_than_asked(recogniser, telephone, interim):
    session = Session(recogniser, 8_000, interim_seconds=interim)
    data, said, latest = encode(telephone[1], "s16le"), [], 0.0
    for start in range(0, len(data), 320):
        results = session.push(data[start : start + 320])
        for result in results:
            segment = result.prediction.segment
            if result.is_final:
                assert segment.start == latest
                latest = segment.end
            else:
                assert result is results[-1]
                assert segment.end > latest
                assert segment.duration <= LIVE_HOP_SECONDS + 1e-6
                assert session.duration - session.latency - 0.03 <= segment.end <= session.duration
                said.append(segment.end)
    gaps = np.diff([0.0, *said])
    assert gaps.min() >= interim - 1e-9
    # Resampling gives what it has in lumps of 64 ms.
    assert gaps.max() < interim + 0.1
    assert all(result.is_final for result in session.close())
    assert any(p.is_speech for p in finals(follow(Session(recogniser, 8_000), data)))


def test_an_interim_result_is_no_repetition_of_a_final(recogniser, caller):
    session = Session(recogniser, 16_000, hop_seconds=0.5, lookahead_seconds=0.0, interim_seconds=0.25)
    results = [
        result for start in range(0, 64_000, 4_000) for result in session.push(caller[start : start + 4_000])
    ]
    assert [result.is_final for result in results] == [False, True] * 8


def test_a_final_comes_when_the_description_says(recogniser, telephone):
    for rate, signal in ((8_000, telephone[1]), (16_000, resample(telephone[1], 8_000, 16_000))):
        session = Session(recogniser, rate)
        block = rate // 1000
        for start in range(0, signal.size, block):
            if results := session.push(signal[start : start + block]):
                break
        waited = session.duration - results[0].prediction.segment.end
        assert session.describe()["latency_seconds"] == pytest.approx(session.latency, abs=1e-4)
        assert LIVE_LOOKAHEAD_SECONDS <= waited <= session.latency + 0.0011
        assert session.latency <= LIVE_LOOKAHEAD_SECONDS + (0.12 if rate == 8_000 else 0.0)


def test_smoothing_comes_after_the_engine(recogniser, telephone):
    data = encode(telephone[1], "mulaw")
    options = {"encoding": "mulaw", "interim_seconds": 0.3}
    smoothing = Smoothing(half_life_seconds=3.0, margin=0.2, hold_seconds=1.5)
    plain = follow(Session(recogniser, 8_000, **options), data, [160] * 500)
    smooth = follow(Session(recogniser, 8_000, smoothing=smoothing, **options), data, [160] * 500)
    smoother = Smoother(smoothing)
    expected = [
        StreamResult((smoother.push if result.is_final else smoother.peek)(result.prediction), result.is_final)
        for result in plain
    ]
    assert smooth == expected
    assert smooth != plain


def test_the_description_is_json(recogniser):
    session = Session(recogniser, 8_000, encoding="alaw", interim_seconds=0.5, smoothing=Smoothing())
    description = json.loads(json.dumps(session.describe()))
    assert description == {
        "model": "default",
        "labels": list(recogniser.labels),
        "sampling_rate": 8_000,
        "encoding": "alaw",
        "n_channels": 1,
        "channel": "mix",
        "window_seconds": 3.0,
        "hop_seconds": LIVE_HOP_SECONDS,
        "lookahead_seconds": LIVE_LOOKAHEAD_SECONDS,
        "latency_seconds": round(session.latency, 4),
        "interim_seconds": 0.5,
        "smoothing": {"half_life_seconds": 0.75, "margin": 0.1, "hold_seconds": 0.75},
    }


def test_a_result_is_a_record(recogniser, telephone):
    (result, *_) = Session(recogniser, 8_000).push(telephone[1])
    assert result.to_dict() == {**result.prediction.to_dict(), "is_final": True}


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ({"window_seconds": 1.25}, (1.25, LIVE_HOP_SECONDS, 0.25)),
        ({"window_seconds": 0.4}, (0.4, 0.4, 0.0)),
        ({"hop_seconds": 5.0}, (5.0, 5.0, 0.0)),
        ({"hop_seconds": 0.5, "lookahead_seconds": 2.5}, (3.0, 0.5, 2.5)),
    ],
)
def test_defaults_give_way_to_what_is_asked(recogniser, asked, got):
    description = Session(recogniser, 16_000, **asked).describe()
    keys = ("window_seconds", "hop_seconds", "lookahead_seconds")
    assert tuple(description[key] for key in keys) == pytest.approx(got)


def test_nothing_is_heard_of_nothing(recogniser):
    session = Session(recogniser, 8_000)
    assert session.push(b"") == session.close() == []
    half = Session(recogniser, 8_000)
    assert half.push(b"\x00") == half.close() == []
    assert half.duration == 0.0


def test_a_closed_session_says_so(recogniser):
    session = Session(recogniser, 8_000)
    session.push(bytes(16_000))
    assert len(session.close()) == 1
    assert session.close() == []
    with pytest.raises(UsageError, match="this session is closed; start a new one for the next conversation"):
        session.push(b"")


@pytest.mark.parametrize(
    ("bad", "error", "sentence"),
    [
        (np.array([0.0, np.nan], "<f4").tobytes(), DecodeError, "raw audio: samples that are NaN or infinite"),
        (np.array([0.0, np.inf], np.float32), DecodeError, "the array holds samples that are NaN or infinite"),
        ("hello", UsageError, "raw audio must come as bytes, got str"),
        (None, UsageError, "raw audio must come as bytes, got NoneType"),
        (np.zeros(4, np.int16), UsageError, r"floats in \[-1, 1\], got int16; divide by its range"),
        (np.zeros((2, 4), np.float32), UsageError, r"shape \(n_samples,\), got \(2, 4\)"),
        (np.zeros((), np.float32), UsageError, r"shape \(n_samples,\), got \(\)"),
    ],
)
def test_what_is_no_audio_is_refused_and_the_session_goes_on(recogniser, telephone, bad, error, sentence):
    data = encode(telephone[1], "f32le")
    session = Session(recogniser, 8_000, encoding="f32le", interim_seconds=0.5)
    results = session.push(data[:100_000])
    with pytest.raises(error, match=sentence):
        session.push(bad)
    results += [*session.push(data[100_000:]), *session.close()]
    assert finals(results) == by_engine(recogniser, telephone[1], 8_000)


def test_a_wrong_number_of_channels_is_refused(recogniser):
    with pytest.raises(UsageError, match=r"shape \(2, n_samples\), got \(7,\)"):
        Session(recogniser, 8_000, n_channels=2).push(np.zeros(7, np.float32))


def test_a_failing_model_closes_the_session(tmp_path):
    pytest.importorskip("onnx")
    from onnx import helper
    from tests.tiny_bundles import graph_bytes, make_speech_bundle, write_unchecked

    from emotrace.bundle import load_bundle

    nodes = [
        helper.make_node("Abs", ["waveform"], ["magnitude"]),
        helper.make_node("ReduceMean", ["magnitude"], ["loudness"], axes=[1], keepdims=1),
        helper.make_node("MatMul", ["loudness", "weight"], ["probabilities"]),
    ]
    weight = np.full((1, 4), 0.5, np.float32)
    write_unchecked(tmp_path / "emotion", graph_bytes(nodes, {"weight": weight}, ["batch", 4]))
    recogniser = Recogniser(load_bundle(tmp_path / "emotion"), make_speech_bundle(tmp_path / "speech"), "all")
    session = Session(recogniser, 16_000)
    assert [r.prediction.emotion for r in session.push(np.zeros(40_000, np.float32))] == ["no speech"] * 2
    with pytest.raises(BundleError, match="probabilities that do not sum to 1"):
        session.push(np.tile(np.array([0.2, -0.2], np.float32), 20_000))
    with pytest.raises(UsageError, match="this session is closed"):
        session.push(b"")
    assert session.close() == []


@pytest.mark.parametrize("rate", [3_999, 192_001, 0, -8_000, 8_000.0, "8000", True, None, math.nan])
def test_an_impossible_rate_is_refused(recogniser, rate):
    with pytest.raises(
        UsageError, match=r"sampling rate is .*; it must be a whole number of Hz from 4000 to 192000"
    ):
        Session(recogniser, rate)


@pytest.mark.parametrize("interim", [0.0, 0.05, -1.0, math.nan, math.inf])
def test_an_impossible_interim_is_refused(recogniser, interim):
    with pytest.raises(
        UsageError, match=r"interim_seconds is .*; it must be at least 0\.1 s, or None for finals only"
    ):
        Session(recogniser, 8_000, interim_seconds=interim)


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"encoding": "ulaw"}, UsageError, "no encoding named 'ulaw'; did you mean 'mulaw'"),
        ({"n_channels": 0}, UsageError, "n_channels is 0; it must be a whole number from 1 to 64"),
        ({"channel": 2, "n_channels": 2}, AudioError, "the stream: no channel 2; it has 2 channels: 0 to 1"),
        ({"channel": "left"}, UsageError, "channel is 'left'; it must be 'mix' or a number counted from 0"),
        ({"lookahead_seconds": 2.5}, UsageError, r"between 0 and window - hop = 2 seconds, got 2\.5"),
        ({"hop_seconds": 0.01}, UsageError, r"0\.1 <= hop <= window <= 60 seconds"),
        ({"window_seconds": 0.0}, UsageError, r"0\.1 <= hop <= window <= 60 seconds"),
    ],
)
def test_an_impossible_setting_is_refused(recogniser, options, error, sentence):
    with pytest.raises(error, match=sentence):
        Session(recogniser, 8_000, **options)


def test_sessions_side_by_side_do_not_touch_one_another(recogniser, telephone):
    """Eight sessions of one recogniser in four threads, each pushed block by block."""
    datas = [encode(np.roll(telephone[n % 2], 9_000 * n)[:40_000], "mulaw") for n in range(8)]

    def hear(n: int) -> list[StreamResult]:
        session = Session(recogniser, 8_000, encoding="mulaw", interim_seconds=0.5, file=str(n))
        return follow(session, datas[n], [160] * 250)

    alone = [hear(n) for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(hear, range(8))) == alone
    assert [{r.prediction.file for r in results} for results in alone] == [{str(n)} for n in range(8)]


def test_twenty_minutes_need_no_more_memory_than_two(tiny):
    rng = np.random.default_rng(5)
    # A minute of noise that comes and goes, as speech does.
    envelope = np.repeat(rng.choice([0.0, 0.01, 0.1, 0.5], 240), 2_000)
    minute = encode(envelope * rng.uniform(-1, 1, 480_000), "mulaw")
    options = {"hop_seconds": 3.0, "interim_seconds": 6.0, "smoothing": Smoothing()}
    session = Session(tiny, 8_000, encoding="mulaw", **options)
    n_finals, emotions, sizes = 0, set(), []
    own = [tracemalloc.Filter(True, f"*/emotrace/{room}/*") for room in ("hear", "audio", "bundle")]
    tracemalloc.start()
    try:
        for n in range(20):
            for start in range(0, len(minute), 8_000):
                results = session.push(minute[start : start + 8_000])
                n_finals += sum(result.is_final for result in results)
                emotions |= {result.prediction.emotion for result in results}
            if n in (1, 19):
                blocks = tracemalloc.take_snapshot().filter_traces(own).statistics("filename")
                sizes.append(sum(block.size for block in blocks))
    finally:
        tracemalloc.stop()
    assert len(emotions) > 1
    n_finals += len(session.close())
    assert n_finals == 400
    after_two_minutes, after_twenty = sizes
    assert after_twenty < after_two_minutes + 5_000
    assert session.duration == 1200.0
