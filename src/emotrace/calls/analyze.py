"""Analyse a call: who talks, how the customer sounds, where it gets out of hand, and how it ends."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence

from emotrace.audio.limits import DEFAULT_LIMITS, Limits
from emotrace.calls.call import Call, CallTurn
from emotrace.calls.consent import check_consent, notice_of
from emotrace.calls.hearing import HeardTurn, Hearing, Listening, hear_call
from emotrace.calls.parties import AGENT, UNKNOWN
from emotrace.calls.rules import Escalation, Rule, RuleEngine, check_labels, load_rules
from emotrace.calls.scene import Naming, Scene, scene_by_channel, scene_by_turns
from emotrace.calls.stretches import overlap
from emotrace.calls.summary import agent_effects, emotion_seconds, quarters_of, trend_of
from emotrace.calls.talk import measure_talk
from emotrace.calls.verdict import judge_call
from emotrace.hear.recognizer import Recogniser, load
from emotrace.types import Prediction


def analyze_call(
    path: str | os.PathLike[str],
    *,
    customer: str | None = None,
    agent: str | None = None,
    turns: str | os.PathLike[str] | None = None,
    rules: Sequence[Rule] | None = None,
    agent_consent: str | None = None,
    recogniser: Recogniser | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Call:
    """Analyse one call.

    Only the customer's voice is judged for emotion: no model for emotion ever hears the agent's, unless
    ``agent_consent`` says why it may.

    Parameters
    ----------
    path
        A recording of any length; it is read twice, in blocks.
    customer, agent
        Without ``turns`` a channel: ``left``, ``right`` or a number counted from 0. With ``turns`` a speaker's
        name. A recording of one channel without either is taken for one unknown speaker's.
    turns
        A file with who speaks when, as `emotrace.calls.turns.read_turns` reads it.
    rules
        What counts as an escalation; None for the shipped rules.
    agent_consent
        On what ground the agent's emotions may be inferred; it is written into the result. See
        `emotrace.calls.consent`.
    recogniser
        Of `emotrace.load`; None for the shipped model.
    limits
        The largest recording that is accepted.

    Raises
    ------
    AudioError, TurnsError, RulesError
        If the recording, the turns or the rules cannot be used.
    LabelError
        If a rule can never hold with the recogniser's labels.
    UsageError
        If it is not clear who the customer is, or a channel or speaker does not exist.

    Examples
    --------
    >>> from emotrace.calls.analyze import analyze_call
    >>> call = analyze_call("call.flac", customer="right")  # doctest: +SKIP
    >>> call.verdict.label  # doctest: +SKIP
    'escalated'
    """
    naming = Naming(customer, agent, check_consent(agent_consent))
    rules = load_rules() if rules is None else rules
    recogniser = load(limits=limits) if recogniser is None else recogniser
    check_labels(rules, recogniser.labels)
    if turns is None:
        scene = scene_by_channel(path, naming, recogniser.speech_bundle, limits)
    else:
        scene = scene_by_turns(path, turns, naming, recogniser.speech_bundle, limits)
    listenings = [
        Listening(
            party, [turn.segment for turn in scene.turns if turn.party == party.party], scene.kept[party.party]
        )
        for party in scene.parties
    ]
    hearing = hear_call(path, recogniser, listenings, limits)
    return _sum_up(os.fspath(path), scene, hearing, rules, recogniser)


def find_escalations(rules: Sequence[Rule], party: str, predictions: Sequence[Prediction]) -> list[Escalation]:
    """Give the escalations of one party's whole timeline: what a live call is told of as they end."""
    engine = RuleEngine(rules, party)
    told = [told for prediction in predictions for told in engine.push(prediction)]
    return [escalation for escalation in [*told, *engine.close()] if escalation.is_over]


def _sum_up(file: str, scene: Scene, hearing: Hearing, rules: Sequence[Rule], recogniser: Recogniser) -> Call:
    names = [party.party for party in scene.parties]
    talk = measure_talk(names, scene.turns, scene.talking, scene.others, scene.duration)
    interrupting = {(found.by, found.segment.start) for found in talk.interruptions}
    turns = _call_turns(scene, hearing, interrupting)
    timelines = {party: timeline.predictions for party, timeline in hearing.timelines.items()}
    quarters = [q for party, heard in timelines.items() for q in quarters_of(party, heard, scene.duration)]
    escalations = [e for party, heard in timelines.items() for e in find_escalations(rules, party, heard)]
    # The first party is the customer, or the unknown speaker: it is whom the call is about.
    main = names[0]
    return Call(
        file=file,
        model=recogniser.bundle.card.name,
        labels=recogniser.labels,
        duration=scene.duration,
        sampling_rate=scene.recording.sampling_rate,
        n_channels=scene.recording.n_channels,
        turns_from=scene.turns_from,
        notice=notice_of(
            main != UNKNOWN,
            next((party.consent for party in scene.parties if party.consent), None),
            is_agent_known=AGENT in names,
        ),
        parties=scene.parties,
        turns=tuple(turns),
        timelines=hearing.timelines,
        talk=talk,
        emotion_seconds={party: emotion_seconds(heard) for party, heard in timelines.items()},
        quarters=tuple(quarters),
        trend=trend_of(main, timelines[main]),
        escalations=tuple(sorted(escalations, key=lambda e: (e.segment, e.rule, e.party))),
        agent_effects=tuple(agent_effects(turns)),
        verdict=judge_call(
            main,
            timelines[main],
            [e for e in escalations if e.party == main],
            [q for q in quarters if q.party == main],
            scene.duration,
        ),
    )


def _call_turns(scene: Scene, hearing: Hearing, interrupting: set[tuple[str, float]]) -> list[CallTurn]:
    coming = {party: iter(heard) for party, heard in hearing.turns.items()}
    usual = {party: _median_level(heard) for party, heard in hearing.turns.items()}
    turns = []
    for number, told in enumerate(scene.turns):
        heard = next(coming[told.party])
        level, median = _level(heard), usual[told.party]
        turns.append(
            CallTurn(
                turn=number,
                party=told.party,
                segment=told.segment,
                speech_seconds=overlap(told.segment, scene.speech[told.party]),
                text=told.text,
                prediction=heard.prediction,
                prosody=heard.prosody,
                level_change_db=None if level is None or median is None else level - median,
                interrupts=(told.party, told.segment.start) in interrupting,
            )
        )
    return turns


def _level(heard: HeardTurn) -> float | None:
    return None if heard.prosody is None else heard.prosody.level_dbfs


def _median_level(heard: Sequence[HeardTurn]) -> float | None:
    levels = [level for turn in heard if (level := _level(turn)) is not None]
    return statistics.median(levels) if levels else None
