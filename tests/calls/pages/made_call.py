"""A call made by code: four minutes, a customer who loses and regains patience, an agent who is not analysed.

Import it as ``from tests.calls.pages.made_call import make_call``.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import soundfile

from emotrace.calls.summary import NEGATIVE, TENSE
from emotrace.labels import valence_arousal

LABELS = ["neutral", "happiness", "sadness", "anger", "fear", "disgust", "surprise"]
DURATION = 240.0
HOP = 1.5
RATE = 8000

# How angry the customer is, by second.
_ANGER = ([0, 30, 55, 75, 95, 120, 140, 160, 185, 240], [0.05, 0.1, 0.5, 0.9, 0.45, 0.2, 0.75, 0.95, 0.3, 0.08])
_TEXTS = (
    "Good morning, how can I help you?",
    "I was promised a call back on Monday, and nobody called.",
    "I am sorry to hear that. Let me look into it.",
    "That is what your colleague said last week.",
)


def make_call(has_text: bool = True, agent_consent: str | None = None) -> dict[str, Any]:
    """Give the call as ``emotrace call`` writes it."""
    rng = np.random.default_rng(5)
    turns = _turns(rng, has_text, agent_consent is not None)
    timelines = {"customer": _timeline(turns, "customer", rng)}
    if agent_consent is not None:
        timelines["agent"] = _timeline(turns, "agent", rng)
    return {
        "emotrace": "0.1.0",
        "file": "2024-03-05_support_0412.flac",
        "model": "default",
        "labels": LABELS,
        "duration": DURATION,
        "sampling_rate": RATE,
        "n_channels": 2,
        "turns_from": "channels",
        "notice": "Only the customer's channel was analysed for emotion; in the European Union, inferring "
        "the emotions of people at work is prohibited (Regulation (EU) 2024/1689, Article 5(1)(f)). What is "
        "shown is an estimate from the sound of a voice and may be wrong.",
        "parties": [
            {
                "party": "customer",
                "channel": "1",
                "speaker": None,
                "is_emotion_analysed": True,
                "consent": None,
            },
            {
                "party": "agent",
                "channel": "0",
                "speaker": None,
                "is_emotion_analysed": agent_consent is not None,
                "consent": agent_consent,
            },
        ],
        "turns": turns,
        "timelines": timelines,
        "summary": _summary(turns, timelines),
        "escalations": [
            _escalation("anger-sustained", "warning", 60.0, 82.5, 72.0, "The customer sounds angry for 20 s"),
            _escalation("anger-rising", "warning", 139.5, 148.5, 145.5, "Anger is rising again"),
            _escalation("anger-strong", "critical", 151.5, 175.5, 160.5, "Strong anger for more than 15 s"),
        ],
        "agent_turns": _agent_turns(turns, timelines["customer"]),
        "verdict": {
            "label": "recovered",
            "reason": "The customer escalated twice, at 1:00 and at 2:31, and calmed down before the end.",
            "evidence": [
                {"start": 151.5, "end": 175.5, "what": "strong anger"},
                {"start": 210.0, "end": 238.0, "what": "neutral to the end"},
            ],
        },
    }


def make_recording(call: dict[str, Any]) -> bytes:
    """Give a WAV file to the call: a buzz while somebody speaks, the agent on channel 0, the customer on 1."""
    rng = np.random.default_rng(6)
    times = np.arange(round(call["duration"] * RATE)) / RATE
    signal = 0.002 * rng.standard_normal((2, len(times)))
    for turn in call["turns"]:
        span = slice(round(turn["start"] * RATE), round(turn["end"] * RATE))
        row = 0 if turn["party"] == "agent" else 1
        syllables = np.abs(np.sin(2 * np.pi * 2.1 * times[span])) * rng.uniform(0.6, 1.0)
        signal[row, span] += 0.4 * syllables * np.sin(2 * np.pi * (120 + 60 * row) * times[span])
    stream = io.BytesIO()
    soundfile.write(stream, signal.T, RATE, format="WAV", subtype="PCM_16")
    return stream.getvalue()


def _probabilities(seconds: float, party: str, rng: np.random.Generator) -> dict[str, float]:
    anger = float(np.interp(seconds, *_ANGER)) if party == "customer" else 0.1
    weights = rng.dirichlet([6.0, 1.0, 2.0, 0.5, 0.6, 0.8, 0.7]) * (1.0 - anger)
    weights[LABELS.index("anger")] += anger
    weights = 0.8 * weights + 0.2 * rng.dirichlet(np.ones(len(LABELS)))
    return {label: round(float(w), 4) for label, w in zip(LABELS, weights, strict=True)}


def _heard(probabilities: dict[str, float]) -> dict[str, Any]:
    emotion = max(probabilities, key=probabilities.__getitem__)
    confidence = probabilities[emotion]
    valence, arousal = valence_arousal(probabilities)
    return {
        "emotion": emotion,
        "confidence": confidence,
        "uncertain": confidence < 0.45,
        "probabilities": probabilities,
        "derived": {"valence": round(valence, 4), "arousal": round(arousal, 4)},
    }


def _unheard(emotion: str | None) -> dict[str, Any]:
    return {
        "emotion": emotion,
        "confidence": None,
        "uncertain": False,
        "probabilities": {},
        "derived": {"valence": None, "arousal": None},
    }


def _turns(rng: np.random.Generator, has_text: bool, with_agent: bool) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    start, party = 0.4, "agent"
    while start < DURATION - 6.0:
        end = min(start + float(rng.uniform(2.0, 9.0)), DURATION - 1.0)
        probabilities: dict[str, float] = {}
        heard = _unheard(None)
        if party == "customer" or with_agent:
            probabilities = _probabilities((start + end) / 2, party, rng)
            heard = _heard(probabilities)
        # Of an agent who is not analysed, the pitch is not told either.
        pitch = 195.0 + 40.0 * probabilities["anger"] if probabilities else None
        turns.append(
            {
                "turn": len(turns),
                "party": party,
                "start": round(start, 3),
                "end": round(end, 3),
                "speech_seconds": round(0.85 * (end - start), 3),
                "text": _TEXTS[len(turns) % len(_TEXTS)] if has_text else None,
                **heard,
                "level_dbfs": round(-24.0 + 8.0 * probabilities.get("anger", 0.2), 1),
                "level_change_db": round(float(rng.normal(0.0, 1.5)), 1),
                "syllables_per_second": round(float(rng.uniform(3.2, 5.6)), 2),
                "pitch_median_hz": pitch and round(pitch, 1),
                "pitch_low_hz": pitch and round(pitch * 0.85, 1),
                "pitch_high_hz": pitch and round(pitch * 1.25, 1),
                "pitch_range_semitones": pitch and 6.7,
                "interrupts": len(turns) in (11, 24, 27),
            }
        )
        gap = -0.6 if len(turns) in (11, 24, 27) else float(rng.uniform(0.1, 0.8))
        if len(turns) == 20:
            gap = 11.0
        start, party = end + gap, "agent" if party == "customer" else "customer"
    return turns


def _timeline(turns: list[dict[str, Any]], party: str, rng: np.random.Generator) -> list[dict[str, Any]]:
    own = [turn for turn in turns if turn["party"] == party]
    timeline = []
    for hop in range(int(DURATION / HOP)):
        start, end = hop * HOP, (hop + 1) * HOP
        speech = sum(max(0.0, min(end, t["end"]) - max(start, t["start"])) for t in own)
        if speech < 0.15:
            heard = _unheard("no speech")
            speech = 0.0
        else:
            heard = _heard(_probabilities((start + end) / 2, party, rng))
        timeline.append({"start": start, "end": end, **heard, "speech_seconds": round(min(speech, HOP), 3)})
    return timeline


def _share(probabilities: dict[str, float], labels: Sequence[str]) -> float:
    return round(sum(probabilities[label] for label in labels), 4)


def _mean(entries: list[dict[str, Any]]) -> dict[str, float]:
    return {label: round(float(np.mean([e["probabilities"][label] for e in entries])), 4) for label in LABELS}


def _summary(turns: list[dict[str, Any]], timelines: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    parties = ("customer", "agent")
    talk = {p: round(sum(t["end"] - t["start"] for t in turns if t["party"] == p), 3) for p in parties}
    emotion_seconds: dict[str, dict[str, float]] = {party: {} for party in timelines}
    for party, timeline in timelines.items():
        for entry in timeline:
            if not entry["probabilities"]:
                continue
            spent = emotion_seconds[party]
            spent[entry["emotion"]] = round(spent.get(entry["emotion"], 0.0) + HOP, 3)
    return {
        "talk_seconds": talk,
        "talk_share": {p: round(talk[p] / sum(talk.values()), 4) for p in parties},
        "n_turns": {p: sum(t["party"] == p for t in turns) for p in parties},
        "silence_seconds": 31.4,
        "longest_silence": {"start": turns[19]["end"], "end": turns[20]["start"]},
        "overlap_seconds": 1.8,
        "interruptions": [
            {"by": t["party"], "start": t["start"], "end": t["start"] + 0.6} for t in turns if t["interrupts"]
        ],
        "emotion_seconds": emotion_seconds,
        "quarters": [_quarter(n, party, timeline) for party, timeline in timelines.items() for n in range(4)],
        "trend": {"party": "customer", "measure": "negativity", "per_minute": 0.034, "direction": "rising"},
    }


def _quarter(n: int, party: str, timeline: list[dict[str, Any]]) -> dict[str, Any]:
    start, end = n * DURATION / 4, (n + 1) * DURATION / 4
    inside = [e for e in timeline if start <= e["start"] < end and e["probabilities"]]
    probabilities = _mean(inside)
    return {
        "quarter": n + 1,
        "start": start,
        "end": end,
        "party": party,
        "speech_seconds": round(sum(e["speech_seconds"] for e in inside), 3),
        "emotion": max(probabilities, key=probabilities.__getitem__),
        "probabilities": probabilities,
        "negativity": _share(probabilities, NEGATIVE),
    }


def _escalation(rule: str, severity: str, start: float, end: float, peak: float, message: str) -> dict[str, Any]:
    times = np.arange(start, end, HOP)
    return {
        "rule": rule,
        "severity": severity,
        "party": "customer",
        "start": start,
        "end": end,
        "peak": 0.91,
        "peak_start": peak,
        "peak_end": peak + HOP,
        "emotion": "anger",
        "message": message,
        "evidence": [
            {"start": float(t), "end": float(t) + HOP, "probability": round(0.91 - abs(float(t) - peak) / 80, 4)}
            for t in times
        ],
    }


def _agent_turns(turns: list[dict[str, Any]], timeline: list[dict[str, Any]]) -> list[dict[str, Any]]:
    spoken = [entry for entry in timeline if entry["probabilities"]]
    return [_effect(turn, spoken) for turn in turns if turn["party"] == "agent"]


def _effect(turn: dict[str, Any], spoken: list[dict[str, Any]]) -> dict[str, Any]:
    before = [e for e in spoken if e["end"] <= turn["start"] + HOP][-4:]
    after = [e for e in spoken if e["start"] >= turn["end"] - HOP][:4]
    states = [_state(entries) for entries in (before, after)]
    change, effect = None, "unknown"
    if states[0]["tension"] is not None and states[1]["tension"] is not None:
        change = round(states[1]["tension"] - states[0]["tension"], 4)
        effect = "calmed" if change < -0.12 else "stirred" if change > 0.12 else "unchanged"
    return {
        "turn": turn["turn"],
        "start": turn["start"],
        "end": turn["end"],
        "before": states[0],
        "after": states[1],
        "change": change,
        "effect": effect,
    }


def _state(entries: list[dict[str, Any]]) -> dict[str, Any]:
    if not entries:
        return {"emotion": None, "negativity": None, "tension": None}
    probabilities = _mean(entries)
    return {
        "emotion": max(probabilities, key=probabilities.__getitem__),
        "negativity": _share(probabilities, NEGATIVE),
        "tension": _share(probabilities, TENSE),
    }
