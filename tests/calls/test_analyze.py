"""A whole call, through the very function that users call."""

from __future__ import annotations

import json
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from tests.calls.conftest import RATE, Signal, WriteCallFile

import emotrace
from emotrace.bundle import Bundle
from emotrace.calls.analyze import analyze_call
from emotrace.calls.call import Call
from emotrace.calls.rules import Rule
from emotrace.errors import AudioError, AudioWarning, LabelError, TurnsError, UsageError
from emotrace.hear.recognizer import Recogniser
from emotrace.types import Segment

SCHEMA = json.loads(files("emotrace.assets").joinpath("call.schema.json").read_text(encoding="utf-8"))
ANGER = Rule(
    name="any anger",
    emotions=("anger",),
    threshold=0.3,
    seconds=3.0,
    within_seconds=20.0,
    message="Angry.",
    party="any",
)


def _check(call: Call) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(call.to_dict(), allow_nan=False))
    Draft202012Validator(SCHEMA).validate(document)
    return document


def _write_turns(path: Path, *turns: tuple[str, float, float]) -> Path:
    lines = [f"SPEAKER call 1 {start} {end - start} <NA> <NA> {name} <NA> <NA>" for name, start, end in turns]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_demo_call_is_as_one_hears_it(demo: Call) -> None:
    document = _check(demo)
    turns = document["turns"]
    assert document["turns_from"] == "channels"
    assert [turn["party"] for turn in turns] == ["agent", "customer"] * 7
    heated = turns[7]
    # The caller cuts the agent short, and is louder, higher and angrier than before.
    assert heated["emotion"] == "anger"
    assert heated["interrupts"]
    assert heated["level_change_db"] > 6.0
    assert heated["pitch_median_hz"] > 1.4 * turns[1]["pitch_median_hz"]
    (interruption,) = document["summary"]["interruptions"]
    assert (interruption["by"], interruption["start"]) == ("customer", heated["start"])
    effects = {effect["turn"]: effect["effect"] for effect in document["agent_turns"]}
    assert (effects[4], effects[8]) == ("stirred", "calmed")
    assert document["verdict"]["label"] in ("tense", "escalated", "recovered")
    assert 0.45 < document["summary"]["talk_share"]["customer"] < 0.55


def test_times_are_whole(demo: Call) -> None:
    document = _check(demo)
    summary = document["summary"]
    talk = sum(summary["talk_seconds"].values()) - summary["overlap_seconds"]
    assert talk + summary["silence_seconds"] == pytest.approx(document["duration"], abs=0.01)
    timeline = document["timelines"]["customer"]
    assert (timeline[0]["start"], timeline[-1]["end"]) == (0.0, document["duration"])
    assert all(a["end"] == b["start"] for a, b in pairwise(timeline))
    quarters = summary["quarters"]
    assert [quarter["start"] for quarter in quarters[1:]] == [quarter["end"] for quarter in quarters[:-1]]


def test_the_agents_emotion_is_nowhere(demo: Call) -> None:
    document = _check(demo)
    assert list(document["timelines"]) == list(document["summary"]["emotion_seconds"]) == ["customer"]
    assert {quarter["party"] for quarter in document["summary"]["quarters"]} == {"customer"}
    for turn in document["turns"]:
        if turn["party"] == "agent":
            assert turn["emotion"] is turn["confidence"] is turn["pitch_median_hz"] is None
            assert turn["pitch_range_semitones"] is None
            assert turn["probabilities"] == {}
            assert turn["level_dbfs"] is not None
            assert turn["syllables_per_second"] is not None


TONE_HZ = 3_000


def _tone(n_samples: int) -> Signal:
    return (0.05 * np.sin(2 * np.pi * TONE_HZ * np.arange(n_samples) / RATE)).astype(np.float32)


@pytest.fixture
def tone_heard(recogniser: Recogniser, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How loud the tone is in every window that the model for emotion is given, as it is given."""
    heard: list[float] = []
    predict = Bundle.predict

    def listen(bundle: Bundle, waveform: Signal, *more: Any) -> Any:
        if bundle.card.kind == "emotion":
            carrier = np.exp(-2j * np.pi * TONE_HZ * np.arange(waveform.shape[-1]) / bundle.card.sampling_rate)
            heard.append(float(abs((waveform * carrier).mean())))
        return predict(bundle, waveform, *more)

    monkeypatch.setattr(Bundle, "predict", listen)
    return heard


def test_no_model_for_emotion_hears_the_agents_channel(
    heated: tuple[Signal, Signal], write_call_file: WriteCallFile, recogniser: Recogniser, tone_heard: list[float]
) -> None:
    agent, customer = heated
    path = write_call_file(agent + _tone(agent.size), customer)
    analyze_call(path, customer="right", recogniser=recogniser)
    assert len(tone_heard) > 10
    assert max(tone_heard) < 0.001
    analyze_call(
        path, customer="right", agent_consent="to see that the tone would be heard", recogniser=recogniser
    )
    assert max(tone_heard) > 0.01


def test_no_model_for_emotion_hears_the_agents_turns(
    tmp_path: Path,
    heated: tuple[Signal, Signal],
    write_call_file: WriteCallFile,
    recogniser: Recogniser,
    tone_heard: list[float],
) -> None:
    mixed = heated[0] + heated[1]
    mixed[int(4.9 * RATE) : int(8.2 * RATE)] += _tone(int(8.2 * RATE) - int(4.9 * RATE))
    turns = _write_turns(tmp_path / "call.rttm", ("A", 4.9, 8.2), ("C", 1.4, 4.4), ("C", 8.0, 17.9))
    analyze_call(write_call_file(mixed), turns=turns, customer="C", recogniser=recogniser)
    assert len(tone_heard) > 10
    assert max(tone_heard) < 0.001


def test_with_a_stated_ground_the_agent_is_analysed_too(
    write_call_file: WriteCallFile, heated: tuple[Signal, Signal], recogniser: Recogniser
) -> None:
    path = write_call_file(*heated)
    call = analyze_call(
        path, customer="right", agent_consent="a study, agreed", rules=[ANGER], recogniser=recogniser
    )
    document = _check(call)
    assert document["parties"][1]["consent"] == "a study, agreed"
    assert "'a study, agreed'" in document["notice"]
    assert set(document["timelines"]) == {"customer", "agent"}
    assert all(turn["emotion"] and turn["pitch_median_hz"] for turn in document["turns"])
    # The verdict stays the customer's, and escalations come with their times.
    alone = _check(analyze_call(path, customer="right", rules=[ANGER], recogniser=recogniser))
    assert alone["verdict"] == document["verdict"]
    assert {escalation["party"] for escalation in alone["escalations"]} == {"customer"}
    first = alone["escalations"][0]
    assert first["rule"] == "any anger"
    assert first["start"] <= first["peak_start"] < first["peak_end"] <= first["end"] < 25.0
    assert alone["verdict"]["label"] in ("escalated", "recovered")
    assert alone["verdict"]["evidence"][0]["start"] == first["start"]


def test_one_channel_is_one_unknown_speaker(
    write_call_file: WriteCallFile, both_voices: tuple[Signal, Signal], recogniser: Recogniser
) -> None:
    path = write_call_file((both_voices[0] + both_voices[1])[: 10 * RATE])
    document = _check(analyze_call(path, recogniser=recogniser))
    assert document["turns_from"] == "speech"
    assert [party["party"] for party in document["parties"]] == ["unknown"]
    assert "one unknown speaker's" in document["notice"]
    assert document["agent_turns"] == []
    alone = _check(analyze_call(write_call_file(both_voices[1][: 10 * RATE]), customer="0", recogniser=recogniser))
    assert [party["party"] for party in alone["parties"]] == ["customer"]


def test_turns_tell_the_parties_of_a_mono_recording(
    tmp_path: Path,
    write_call_file: WriteCallFile,
    both_voices: tuple[Signal, Signal],
    recogniser: Recogniser,
    demo: Call,
) -> None:
    path = write_call_file((both_voices[0] + both_voices[1])[: 40 * RATE])
    first = [turn for turn in demo.turns if turn.segment.end < 40.0]
    told = [(turn.party[0].upper(), turn.segment.start, turn.segment.end) for turn in first]
    turns = _write_turns(tmp_path / "call.rttm", *told)
    document = _check(analyze_call(path, turns=turns, customer="C", recogniser=recogniser))
    assert document["turns_from"] == "call.rttm"
    assert [party["speaker"] for party in document["parties"]] == ["C", "A"]
    assert [turn["party"] for turn in document["turns"]] == [turn.party for turn in first]
    assert list(document["timelines"]) == ["customer"]
    # Nothing is heard of the customer where only the agent talks.
    agent_only = [turn.segment for turn in first if turn.party == "agent"]
    customer_near = [turn.segment for turn in first if turn.party == "customer"]
    for heard in document["timelines"]["customer"]:
        inside = any(a.start + 0.5 <= heard["start"] and heard["end"] <= a.end - 0.5 for a in agent_only)
        away = all(heard["end"] <= c.start - 0.5 or heard["start"] >= c.end + 0.5 for c in customer_near)
        if inside and away:
            assert heard["emotion"] == "no speech"


def test_overlapped_speech_is_nobodys(
    tmp_path: Path, write_call_file: WriteCallFile, both_voices: tuple[Signal, Signal], recogniser: Recogniser
) -> None:
    path = write_call_file((both_voices[0] + both_voices[1])[: 10 * RATE])
    turns = _write_turns(tmp_path / "call.rttm", ("A", 0.5, 9.9), ("C", 5.0, 9.8))
    document = _check(analyze_call(path, turns=turns, customer="C", recogniser=recogniser))
    (turn,) = [turn for turn in document["turns"] if turn["party"] == "customer"]
    assert turn["emotion"] is None
    assert turn["level_dbfs"] is None
    assert turn["level_change_db"] is None
    assert document["verdict"]["label"] == "unknown"


def test_amazons_roles_and_words(
    tmp_path: Path, write_call_file: WriteCallFile, both_voices: tuple[Signal, Signal], recogniser: Recogniser
) -> None:
    path = write_call_file((both_voices[0] + both_voices[1])[: 17 * RATE])
    transcript = tmp_path / "call.json"
    pieces = [
        ("AGENT", 830, 4544, "Grüezi."),
        ("CUSTOMER", 5248, 7000, "My bill"),
        ("CUSTOMER", 7100, 9780, "is wrong."),
    ]
    transcript.write_text(
        json.dumps(
            {
                "Transcript": [
                    {"ParticipantRole": role, "BeginOffsetMillis": start, "EndOffsetMillis": end, "Content": text}
                    for role, start, end, text in pieces
                ]
            }
        ),
        encoding="utf-8",
    )
    document = _check(analyze_call(path, turns=transcript, recogniser=recogniser))
    assert [(turn["party"], turn["text"]) for turn in document["turns"]] == [
        ("agent", "Grüezi."),
        ("customer", "My bill is wrong."),
    ]


def test_further_speakers_are_left_out_and_told_of(
    tmp_path: Path, write_call_file: WriteCallFile, both_voices: tuple[Signal, Signal], recogniser: Recogniser
) -> None:
    path = write_call_file(both_voices[1][: 20 * RATE])
    turns = _write_turns(tmp_path / "t.rttm", ("C", 5.0, 10.0), ("A", 11.0, 12.0), ("Boss", 13.0, 17.0))
    with pytest.warns(
        AudioWarning, match=r"t\.rttm: Boss is neither customer nor agent; what they say is left out"
    ):
        document = _check(analyze_call(path, turns=turns, customer="C", agent="A", recogniser=recogniser))
    assert {turn["party"] for turn in document["turns"]} == {"customer", "agent"}
    # The boss's talk is no silence.
    assert document["summary"]["silence_seconds"] == pytest.approx(20.0 - 5.0 - 1.0 - 4.0)


def test_an_empty_call_is_unknown(write_call_file: WriteCallFile, recogniser: Recogniser) -> None:
    noise = np.random.default_rng(0).normal(0, 1e-4, (2, 4 * RATE)).astype(np.float32)
    for path, customer in ((write_call_file(*noise), "left"), (write_call_file(noise[0]), None)):
        document = _check(analyze_call(path, customer=customer, recogniser=recogniser))
        assert document["turns"] == []
        assert document["verdict"]["label"] == "unknown"
        assert "says nothing that could be heard" in document["verdict"]["reason"]
        assert document["summary"]["trend"]["direction"] == "unknown"
        assert document["summary"]["longest_silence"] == {"start": 0.0, "end": 4.0}


def test_a_mono_recording_in_two_channels_is_refused(
    write_call_file: WriteCallFile, both_voices: tuple[Signal, Signal], recogniser: Recogniser
) -> None:
    mixed = (both_voices[0] + both_voices[1])[: 10 * RATE]
    with pytest.raises(
        UsageError, match=r"both channels hold the same sound.*say who speaks when with --turns FILE"
    ):
        analyze_call(write_call_file(mixed, 0.7 * mixed), customer="left", recogniser=recogniser)


def test_turns_of_another_recording_are_refused(
    tmp_path: Path, write_call_file: WriteCallFile, both_voices: tuple[Signal, Signal], recogniser: Recogniser
) -> None:
    path = write_call_file(both_voices[1][: 10 * RATE])
    late = _write_turns(tmp_path / "late.rttm", ("C", 5.0, 9.0), ("C", 200.0, 260.25))
    with pytest.raises(
        TurnsError, match=r"late\.rttm: a turn of 'C' ends at 260\.2 s, but .*call\.wav is only 10\.0 s"
    ):
        analyze_call(path, turns=late, customer="C", recogniser=recogniser)
    # What transcribers round is no reason to refuse.
    rounded = _write_turns(tmp_path / "rounded.rttm", ("C", 5.0, 10.4), ("A", 10.2, 10.3))
    call = analyze_call(path, turns=rounded, customer="C", recogniser=recogniser)
    assert call.turns[-1].segment == Segment(5.0, 10.0)


def test_broken_turns_are_refused(tmp_path: Path, demo_call: Path, recogniser: Recogniser) -> None:
    broken = tmp_path / "broken.rttm"
    broken.write_text("SPEAKER call 1 0.5 soon <NA> <NA> C <NA> <NA>\n")
    with pytest.raises(TurnsError, match=r"broken\.rttm: line 1.*must be a number, got 'soon'"):
        analyze_call(demo_call, turns=broken, customer="C", recogniser=recogniser)


def test_what_cannot_be_heard_is_refused(demo_call: Path, tmp_path: Path, recogniser: Recogniser) -> None:
    with pytest.raises(AudioError, match="no such file"):
        analyze_call(tmp_path / "none.wav", customer="left", recogniser=recogniser)
    with pytest.raises(UsageError, match="say whose they are"):
        analyze_call(demo_call, recogniser=recogniser)
    with pytest.raises(UsageError, match="--agent-consent is empty"):
        analyze_call(demo_call, customer="right", agent_consent=" ", recogniser=recogniser)


def test_rules_that_can_never_hold_are_refused(demo_call: Path) -> None:
    recogniser = emotrace.load(labels="neutral,happiness,sadness")
    with pytest.raises(LabelError, match="'any anger' listens for anger, not among the labels in use"):
        analyze_call(demo_call, customer="right", rules=[ANGER], recogniser=recogniser)
