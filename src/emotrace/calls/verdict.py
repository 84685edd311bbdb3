"""One word for a call, why, and where to listen: calm, tense, escalated, recovered or unknown.

It is about the customer (or the unknown speaker) alone, and says how a voice sounded, not who was right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emotrace.calls.rules import Escalation
from emotrace.calls.summary import NEGATIVE, TENSE, Moment, Quarter, moment
from emotrace.calls.words import listed, show_time
from emotrace.types import Prediction, Segment

TENSE_SHARE = 0.4
NEGATIVE_SHARE = 0.65
"""Tension of all the speech or of a quarter of the call, and negativity of all the speech, from which on a call is
tense. They are probabilities averaged over the speech; a model that knows nothing gives 0.29 and 0.43 with the
seven labels of the default."""

LEAST_SECONDS = 5.0
"""A quarter, and what comes after an escalation, must have this much speech to count; and the model must be
certain of this much in a call that is called calm."""

RECOVERED = 0.35
"""Probability of the emotions that a call has escalated by, below which it has recovered."""

_MOST_EVIDENCE = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where to listen, and for what."""

    segment: Segment
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word (``calm``, ``tense``, ``escalated``, ``recovered`` or ``unknown``), one sentence, and the
    evidence."""

    label: str
    reason: str
    evidence: tuple[Evidence, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the record as it stands in the call's JSON."""
        evidence = [
            {"start": round(e.segment.start, 3), "end": round(e.segment.end, 3), "what": e.what}
            for e in self.evidence
        ]
        return {"label": self.label, "reason": self.reason, "evidence": evidence}


def judge_call(
    party: str,
    predictions: Sequence[Prediction],
    escalations: Sequence[Escalation],
    quarters: Sequence[Quarter],
    duration: float,
) -> Verdict:
    """Give the verdict on a call.

    Parameters
    ----------
    party
        Whom it is about.
    predictions
        The party's timeline.
    escalations, quarters
        The party's.
    duration
        Of the call in seconds.

    Notes
    -----
    **escalated**: an escalation rule was met. **recovered**: one was, but in the speech after the last one, at
    least 5 s, the emotions of the rules that were met have on average less than 0.35. **tense**: none was, but
    anger and fear have on average 0.4 or more in all the speech, or in that of a quarter of the call, or
    negativity is 0.65 or more; each in at least 5 s of speech. **calm**: none of these, and the model is certain
    of at least 5 s. **unknown**: everything else.
    """
    whole = moment(predictions, Segment(0.0, duration))
    if escalations:
        return _after_escalation(party, predictions, escalations, duration)
    if whole.speech_seconds <= 0.0:
        return Verdict("unknown", f"The {_name(party)} says nothing that could be heard.")
    return _tension(party, predictions, quarters, whole) or _no_tension(party, predictions, whole)


def _after_escalation(
    party: str, predictions: Sequence[Prediction], escalations: Sequence[Escalation], duration: float
) -> Verdict:
    evidence = [Evidence(e.segment, f"{e.rule}: mostly {e.emotion}, peak {_percent(e.peak)}") for e in escalations]
    # Of the critical ones, if there is any, the first.
    first = min(escalations, key=lambda e: (e.severity != "critical", e.segment))
    span = f"from {show_time(first.segment.start)} to {show_time(first.segment.end)}"
    why = f"The {first.severity} rule '{first.rule}' was met {span}{_others(len(escalations) - 1)}"
    last = "it" if len(escalations) == 1 else "the last one"
    end = max(e.segment.end for e in escalations)
    rest = Segment(end, max(end, duration))
    later = moment(predictions, rest)
    if later.speech_seconds < LEAST_SECONDS:
        said = f"too little is said after {last} to tell of a recovery"
        return Verdict("escalated", f"{why}; {said}.", tuple(evidence))
    emotions = tuple(dict.fromkeys(emotion for e in escalations for emotion in e.emotions))
    left = later.share(emotions)
    average = "averages" if len(emotions) == 1 else "average"
    sounds = f"{listed(emotions)} {average} {_percent(left)} in what the {_name(party)} says after {last}"
    if left < RECOVERED:
        evidence.append(Evidence(rest, f"afterwards mostly {later.emotion}"))
        return Verdict("recovered", f"{why}; {sounds}.", tuple(evidence))
    return Verdict("escalated", f"{why}; {sounds}.", tuple(evidence))


def _tension(
    party: str, predictions: Sequence[Prediction], quarters: Sequence[Quarter], whole: Moment
) -> Verdict | None:
    if whole.speech_seconds < LEAST_SECONDS:
        return None
    told = [q for q in quarters if q.moment.speech_seconds >= LEAST_SECONDS]
    worst = max(told, key=lambda q: q.moment.share(TENSE), default=None)
    emotions: tuple[str, ...] = TENSE
    share, where = whole.share(TENSE), ""
    if share < TENSE_SHARE and worst is not None:
        share, where = worst.moment.share(TENSE), f" in quarter {worst.quarter}"
    if share < TENSE_SHARE:
        emotions, share, where = NEGATIVE, whole.share(NEGATIVE), ""
        if share < NEGATIVE_SHARE:
            return None
    why = f"{listed(emotions)} average {_percent(share)} in what the {_name(party)} says{where}"
    return Verdict("tense", f"No escalation rule was met, but {why}.", tuple(_strongest(predictions, emotions)))


def _no_tension(party: str, predictions: Sequence[Prediction], whole: Moment) -> Verdict:
    if whole.certain_seconds < LEAST_SECONDS:
        certain = f"{whole.certain_seconds:.1f} s of what the {_name(party)} says"
        return Verdict("unknown", f"The model is certain of only {certain}: too little to judge.")
    share = f"{listed(TENSE)} average {_percent(whole.share(TENSE))}"
    reason = f"No escalation rule was met, and {share} in what the {_name(party)} says."
    return Verdict("calm", reason, tuple(_strongest(predictions, TENSE)))


def _strongest(predictions: Sequence[Prediction], emotions: Sequence[str]) -> list[Evidence]:
    """Give the few stretches in which the model is certain of one of ``emotions``, in order of time."""
    heard = [p for p in predictions if p.emotion in emotions and not p.uncertain]
    strongest = sorted(heard, key=lambda p: -(p.confidence or 0.0))[:_MOST_EVIDENCE]
    return [
        Evidence(p.segment, f"sounds like {p.emotion}, {_percent(p.confidence or 0.0)}")
        for p in sorted(strongest, key=_start)
    ]


def _start(prediction: Prediction) -> float:
    return prediction.segment.start


def _name(party: str) -> str:
    return "speaker" if party == "unknown" else party


def _others(n: int) -> str:
    return "" if n == 0 else f" ({n} more {'escalation' if n == 1 else 'escalations'})"


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f} %"
