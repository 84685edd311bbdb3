"""One word for a call."""

from __future__ import annotations

from emotrace.calls.analyze import find_escalations
from emotrace.calls.rules import Rule
from emotrace.calls.summary import quarters_of
from emotrace.calls.verdict import Verdict, judge_call
from emotrace.types import Prediction, Segment

RULE = Rule(
    name="anger", emotions=("anger",), threshold=0.6, seconds=6.0, within_seconds=20.0, message="Angry.",
    merge_seconds=1.0, cooldown_seconds=0.0,
)  # fmt: skip


def _heard(start: float, anger: float, uncertain: bool = False, other: str = "neutral") -> Prediction:
    probabilities = {"anger": anger, other: 1.0 - anger}
    emotion = max(probabilities, key=lambda label: probabilities[label])
    return Prediction(Segment(start, start + 1.5), emotion, probabilities[emotion], uncertain, probabilities, 1.5)


def _judge(predictions: list[Prediction], party: str = "customer") -> Verdict:
    duration = predictions[-1].segment.end
    escalations = find_escalations([RULE], party, predictions)
    return judge_call(party, predictions, escalations, quarters_of(party, predictions, duration), duration)


def _calls(*parts: tuple[int, float]) -> list[Prediction]:
    angers = [anger for n, anger in parts for _ in range(n)]
    return [_heard(1.5 * n, anger) for n, anger in enumerate(angers)]


def test_a_quiet_call_is_calm() -> None:
    verdict = _judge(_calls((20, 0.1)))
    assert verdict.label == "calm"
    assert verdict.reason == "No rule held, and anger and fear average only 10 % in what the customer says."


def test_anger_to_the_end_is_escalated_and_its_evidence_is_where_it_is() -> None:
    verdict = _judge(_calls((10, 0.1), (10, 0.9)))
    assert verdict.label == "escalated"
    assert verdict.reason.startswith(
        "Rules held once, first 'anger' from 0:15; the customer says little or nothing"
    )
    assert verdict.evidence[0].segment == Segment(15.0, 30.0)
    assert verdict.evidence[0].what == "anger: anger, peak 90 %"


def test_anger_that_passes_has_recovered() -> None:
    verdict = _judge(_calls((10, 0.1), (8, 0.9), (20, 0.05)))
    assert verdict.label == "recovered"
    assert "anger averages 5 % in what comes after" in verdict.reason
    assert verdict.evidence[-1].segment.end == 57.0


def test_anger_below_the_rule_to_the_end_is_not_recovered() -> None:
    assert _judge(_calls((10, 0.1), (8, 0.9), (20, 0.45))).label == "escalated"


def test_a_tense_quarter_makes_a_call_tense() -> None:
    verdict = _judge(_calls((10, 0.05), (10, 0.45), (20, 0.05)))
    assert verdict.label == "tense"
    assert verdict.reason == "No rule held, but anger and fear average 45 % in quarter 2."
    whole = _judge(_calls((20, 0.5)))
    assert whole.label == "tense"
    assert "50 % in what the customer says" in whole.reason


def test_a_sad_call_is_not_called_calm() -> None:
    predictions = [_heard(1.5 * n, 0.05, other="sadness") for n in range(20)]
    verdict = _judge(predictions)
    assert verdict.label == "tense"
    assert "negative emotions average 100 %" in verdict.reason


def test_what_the_model_is_not_certain_of_is_unknown() -> None:
    predictions = [_heard(1.5 * n, 0.1, uncertain=True) for n in range(20)]
    verdict = _judge(predictions)
    assert verdict.label == "unknown"
    assert (
        verdict.reason == "Of 30.0 s that the customer talks, the model is certain of 0.0 s: too little to judge."
    )


def test_silence_is_unknown() -> None:
    silence = [Prediction(Segment(0.0, 1.5), "no speech", None, False, {}, 0.0)]
    assert _judge(silence).reason == "The customer says nothing that could be heard."
    assert _judge(silence, "unknown").reason == "The speaker says nothing that could be heard."


def test_a_second_of_anger_is_not_tense() -> None:
    assert _judge([_heard(0.0, 0.9)]).label == "unknown"
