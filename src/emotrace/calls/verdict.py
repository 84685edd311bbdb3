"""One word for a call, why, and where to listen: calm, tense, escalated, recovered or unknown.

It is about the customer (or the unknown speaker) alone, and says how a voice sounded, not who was right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emotrace.calls.rules import Escalation
from emotrace.calls.summary import TENSE, Moment, Quarter, moment
from emotrace.types import Prediction, Segment

TENSE_CALL = 0.35
TENSE_QUARTER = 0.4
NEGATIVE_CALL = 0.65
"""Tension of all the speech, tension of a quarter of the call, and negativity of all the speech, from which on a
call is tense. All are probabilities averaged over the speech; a model that knows nothing gives 0.29, 0.29 and 0.43
with the seven labels of the default."""

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
    **escalated**: a rule held. **recovered**: a rule held, but in the speech after it, at least 5 s, its emotions
    have on average less than 0.35. **tense**: no rule held, but anger and fear have on average 0.35 or more, or
    0.4 or more in a quarter with 5 s of speech, or negativity is 0.65 or more. **calm**: none of these, and the
    model is certain of at least 5 s. **unknown**: everything else.
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
    evidence = [Evidence(e.segment, f"{e.rule}: {e.emotion}, peak {_percent(e.peak)}") for e in escalations]
    first = min(escalations, key=lambda e: e.segment)
    times = "once" if len(escalations) == 1 else f"{len(escalations)} times"
    why = f"Rules held {times}, first '{first.rule}' from {_clock(first.segment.start)}"
    end = max(e.segment.end for e in escalations)
    rest = Segment(end, max(end, duration))
    later = moment(predictions, rest)
    if later.speech_seconds < LEAST_SECONDS:
        return Verdict("escalated", f"{why}; the {_name(party)} says little or nothing after it.", tuple(evidence))
    emotions = sorted({emotion for e in escalations for emotion in e.emotions})
    left = later.share(emotions)
    average = "averages" if len(emotions) == 1 else "average"
    sounds = f"{' and '.join(emotions)} {average} {_percent(left)} in what comes after"
    if left < RECOVERED:
        evidence.append(Evidence(rest, f"afterwards mostly {later.emotion}"))
        return Verdict("recovered", f"{why}; {sounds}.", tuple(evidence))
    return Verdict("escalated", f"{why}; {sounds}.", tuple(evidence))


def _tension(
    party: str, predictions: Sequence[Prediction], quarters: Sequence[Quarter], whole: Moment
) -> Verdict | None:
    share = whole.share(TENSE)
    tense = [
        q for q in quarters if q.moment.speech_seconds >= LEAST_SECONDS and q.moment.share(TENSE) >= TENSE_QUARTER
    ]
    if share >= TENSE_CALL:
        why = f"anger and fear average {_percent(share)} in what the {_name(party)} says"
    elif tense:
        worst = max(tense, key=lambda q: q.moment.share(TENSE))
        why = f"anger and fear average {_percent(worst.moment.share(TENSE))} in quarter {worst.quarter}"
    elif (whole.negativity or 0.0) >= NEGATIVE_CALL:
        why = f"negative emotions average {_percent(whole.negativity or 0.0)} in what the {_name(party)} says"
    else:
        return None
    if whole.speech_seconds < LEAST_SECONDS:
        return None
    return Verdict("tense", f"No rule held, but {why}.", tuple(_strongest(predictions)))


def _no_tension(party: str, predictions: Sequence[Prediction], whole: Moment) -> Verdict:
    if whole.certain_seconds < LEAST_SECONDS:
        return Verdict(
            "unknown",
            f"Of {whole.speech_seconds:.1f} s that the {_name(party)} talks, the model is certain of "
            f"{whole.certain_seconds:.1f} s: too little to judge.",
        )
    share = _percent(whole.share(TENSE))
    reason = f"No rule held, and anger and fear average only {share} in what the {_name(party)} says."
    return Verdict("calm", reason, tuple(_strongest(predictions)))


def _strongest(predictions: Sequence[Prediction]) -> list[Evidence]:
    """Give the few stretches in which the model is certain of anger or fear, the strongest, in order of time."""
    heard = [p for p in predictions if p.emotion in TENSE and not p.uncertain]
    strongest = sorted(heard, key=lambda p: -(p.confidence or 0.0))[:_MOST_EVIDENCE]
    return [
        Evidence(p.segment, f"{p.emotion}, {_percent(p.confidence or 0.0)}") for p in sorted(strongest, key=_start)
    ]


def _start(prediction: Prediction) -> float:
    return prediction.segment.start


def _name(party: str) -> str:
    return "speaker" if party == "unknown" else party


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f} %"


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02}"
