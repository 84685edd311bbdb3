"""One word for a call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

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


def _judge(predictions: list[Prediction], party: str = "customer", rules: Sequence[Rule] = (RULE,)) -> Verdict:
    duration = predictions[-1].segment.end
    escalations = find_escalations(rules, party, predictions)
    return judge_call(party, predictions, escalations, quarters_of(party, predictions, duration), duration)


def _calls(*parts: tuple[int, float]) -> list[Prediction]:
    angers = [anger for n, anger in parts for _ in range(n)]
    return [_heard(1.5 * n, anger) for n, anger in enumerate(angers)]


def test_a_quiet_call_is_calm() -> None:
    verdict = _judge(_calls((20, 0.1)))
    assert verdict.label == "calm"
    assert (
        verdict.reason == "No escalation rule was met, and anger and fear average 10 % in what the customer says."
    )


def test_anger_to_the_end_is_escalated_and_its_evidence_is_where_it_is() -> None:
    verdict = _judge(_calls((10, 0.1), (10, 0.9)))
    assert verdict.label == "escalated"
    assert verdict.reason == (
        "The warning rule 'anger' was met from 0:15 to 0:30; too little is said after it to tell of a recovery."
    )
    assert verdict.evidence[0].segment == Segment(15.0, 30.0)
    assert verdict.evidence[0].what == "anger: mostly anger, peak 90 %"


def test_anger_that_passes_has_recovered() -> None:
    verdict = _judge(_calls((10, 0.1), (8, 0.9), (20, 0.05)))
    assert verdict.label == "recovered"
    assert "; anger averages 5 % in what the customer says after it." in verdict.reason
    assert verdict.evidence[-1].segment.end == 57.0


def test_anger_below_the_rule_to_the_end_is_not_recovered() -> None:
    assert _judge(_calls((10, 0.1), (8, 0.9), (20, 0.45))).label == "escalated"


def test_a_tense_quarter_makes_a_call_tense() -> None:
    verdict = _judge(_calls((10, 0.05), (10, 0.45), (20, 0.05)))
    assert verdict.label == "tense"
    assert verdict.reason == (
        "No escalation rule was met, but anger and fear average 45 % in what the customer says in quarter 2."
    )
    whole = _judge(_calls((20, 0.5)))
    assert whole.label == "tense"
    assert whole.reason.endswith(" 50 % in what the customer says.")


def test_a_sad_call_is_not_called_calm() -> None:
    predictions = [_heard(1.5 * n, 0.05, other="sadness") for n in range(20)]
    verdict = _judge(predictions)
    assert verdict.label == "tense"
    assert "anger, fear and sadness average 100 % in what the customer says" in verdict.reason
    assert [evidence.what for evidence in verdict.evidence] == 3 * ["sounds like sadness, 95 %"]


def test_what_the_model_is_not_certain_of_is_unknown() -> None:
    predictions = [_heard(1.5 * n, 0.1, uncertain=True) for n in range(20)]
    verdict = _judge(predictions)
    assert verdict.label == "unknown"
    assert verdict.reason == "The model is certain of only 0.0 s of what the customer says: too little to judge."


def test_silence_is_unknown() -> None:
    silence = [Prediction(Segment(0.0, 1.5), "no speech", None, False, {}, 0.0)]
    assert _judge(silence).reason == "The customer says nothing that could be heard."
    assert _judge(silence, "unknown").reason == "The speaker says nothing that could be heard."


def test_a_second_of_anger_is_not_tense() -> None:
    assert _judge([_heard(0.0, 0.9)]).label == "unknown"


def test_of_several_escalations_the_critical_one_leads_and_all_are_evidence() -> None:
    early = replace(RULE, name="early", threshold=0.5, seconds=3.0)
    rules = [
        early,
        replace(RULE, severity="critical"),
        replace(early, name="third", emotions=("anger", "sadness")),
    ]
    verdict = _judge(_calls((10, 0.1), (4, 0.55), (10, 0.9), (20, 0.05)), rules=rules)
    assert verdict.label == "recovered"
    assert re.fullmatch(
        r"The critical rule 'anger' was met from 0:\d\d to 0:\d\d \(2 more escalations\); anger and sadness "
        r"average 5 % in what the customer says after the last one\.",
        verdict.reason,
    )
    assert {evidence.what.split(":")[0] for evidence in verdict.evidence[:-1]} == {"early", "anger", "third"}
