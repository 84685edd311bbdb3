"""Escalation rules: when they hold, that nothing but what was said decides it, and that a wrong file is named."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import emotrace
from emotrace.calls.rules import Escalation, Rule, RuleEngine, check_labels, load_rules
from emotrace.calls.rules.watch import MAX_EVIDENCE
from emotrace.errors import LabelError, RulesError, UnknownNameError, UsageError
from emotrace.labels import NO_SPEECH
from emotrace.types import Prediction, Segment

RULE = Rule(
    name="anger",
    emotions=("anger",),
    threshold=0.6,
    seconds=4.0,
    within_seconds=20.0,
    message="An angry voice.",
    merge_seconds=5.0,
    cooldown_seconds=10.0,
)


def heard(start: float, anger: float, seconds: float = 1.0, speech: float = 1.0, **more: object) -> Prediction:
    probabilities = {"neutral": 1.0 - anger, "anger": anger}
    emotion = "anger" if anger > 0.5 else "neutral"
    prediction = Prediction(
        Segment(start, start + seconds), emotion, probabilities[emotion], False, probabilities, speech
    )
    return replace(prediction, **more)  # type: ignore[arg-type]


def pause(start: float, seconds: float = 1.0) -> Prediction:
    return Prediction(Segment(start, start + seconds), NO_SPEECH, None, False, {}, 0.0)


def talk(*angers: float | None, start: float = 0.0) -> list[Prediction]:
    """One second each; None is a pause."""
    return [pause(start + i) if a is None else heard(start + i, a) for i, a in enumerate(angers)]


def escalate(predictions: list[Prediction], *rules: Rule) -> list[Escalation]:
    engine = RuleEngine(rules or (RULE,))
    told = [found for prediction in predictions for found in engine.push(prediction)]
    return told + engine.close()


def events(predictions: list[Prediction], *rules: Rule) -> list[tuple[float, float]]:
    return [(e.segment.start, e.segment.end) for e in escalate(predictions, *rules) if e.is_over]


def begins(predictions: list[Prediction], rule: Rule = RULE) -> list[float]:
    """Say at the end of which predictions an event begins."""
    engine = RuleEngine([rule])
    return [p.segment.end for p in predictions if any(not e.is_over for e in engine.push(p))]


def test_a_rule_holds_when_enough_speech_is_angry_enough():
    assert begins(talk(0.6, 0.6, 0.6)) == []
    assert begins(talk(0.6, 0.6, 0.6, 0.6)) == [4.0]
    assert begins(talk(0.59, 0.59, 0.59, 0.59, 0.59)) == []
    assert begins(talk(0.2, 0.9, 0.9, 0.3, 0.2)) == []
    assert begins(talk(0.0, 0.0, 0.0, 0.9, 0.9, 0.8)) == [6.0], "four seconds are averaged, and no more"


def test_seconds_of_speech_count_and_not_seconds_of_time():
    half = [heard(i, 0.9, speech=0.5) for i in range(8)]
    assert begins(half) == [8.0]
    # Half of the oldest is needed: (0.5 * 0.0 + 3.5 * 0.7) / 4 = 0.6125.
    assert begins([heard(0, 0.0), heard(1, 0.7), heard(2, 0.7), heard(3, 0.7), heard(4, 0.7, speech=0.5)]) == [5.0]


def test_speech_that_is_too_old_does_not_count():
    assert begins(talk(0.9, 0.9) + talk(0.9, 0.9, start=18)) == [20.0]
    assert begins(talk(0.9, 0.9) + talk(0.9, 0.9, start=18.5)) == []


def test_uncertain_speech_counts_half():
    unsure = [heard(i, 0.9, uncertain=True) for i in range(8)]
    assert begins(unsure) == [8.0]
    # (2 * 1.0 + 4 * 0.5 * 0.2) / 4 = 0.6: what is uncertain and calm weighs half, too.
    mixed = [heard(i, 0.2, uncertain=True) for i in range(4)] + [heard(4, 1.0), heard(5, 1.0)]
    assert begins(mixed) == [6.0]


def test_an_event_goes_on_until_the_mean_is_well_below_the_threshold():
    # 0.5 would not begin an event, but is above 0.8 * 0.6.
    assert begins(talk(*[0.5] * 30)) == []
    assert events(talk(*[0.7] * 4, *[0.5] * 30)) == [(0.0, 34.0)]
    assert events(talk(*[0.7] * 4, *[0.4] * 30)) == [(0.0, 4.0)]


def test_the_segment_runs_from_the_first_to_the_last_that_is_angry():
    assert events(talk(0.0, 0.1, 0.9, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)) == [(2.0, 6.0)]


def test_an_event_is_over_when_it_has_not_held_for_a_while():
    engine = RuleEngine([RULE])
    told = {}
    for prediction in talk(*[0.9] * 4, *[0.0] * 12):
        for escalation in engine.push(prediction):
            told[escalation.is_over] = (prediction.segment.end, escalation.segment)
    # It last held at 5.0 ((3 * 0.9 + 0) / 4 is still above the release), and five seconds more are waited.
    assert told == {False: (4.0, Segment(0.0, 4.0)), True: (11.0, Segment(0.0, 4.0))}
    assert engine.close() == []


def test_near_events_are_one_and_far_ones_are_two():
    angry, calm = [0.9] * 4, [0.0]
    assert events(talk(*angry, *calm * 4, *angry)) == [(0.0, 12.0)]
    assert events(talk(*angry, *[None] * 5, *angry)) == [(0.0, 13.0)]
    assert events(talk(*angry, *[None] * 16, *angry)) == [(0.0, 4.0), (20.0, 24.0)]


def test_after_an_event_the_rule_rests():
    # The first event last held at 4.0, is over at 9.0 and rests until 14.0.
    assert begins(talk(*[0.9] * 4, *[None] * 6, *[0.9] * 10)) == [4.0, 14.0]
    eager = replace(RULE, cooldown_seconds=0.0)
    assert begins(talk(*[0.9] * 4, *[None] * 6, *[0.9] * 4), eager) == [4.0, 14.0]
    patient = replace(RULE, cooldown_seconds=100.0)
    assert begins(talk(*[0.9] * 4, *[None] * 10, *[0.9] * 50), patient) == [4.0]


def test_the_speech_of_one_event_does_not_begin_another():
    eager = replace(RULE, cooldown_seconds=0.0, merge_seconds=0.0, seconds=4.0)
    predictions = talk(*[0.9] * 4, None, None, 0.9, 0.9, 0.9, 0.9)
    assert begins(predictions, eager) == [4.0, 10.0]


def test_rising_compares_with_the_speech_before():
    rising = replace(RULE, rising=True)
    assert begins(talk(*[0.7] * 20), rising) == [], "as angry from the first word to the last"
    assert begins(talk(*[0.9] * 4), rising) == [], "nothing to compare with"
    assert begins(talk(*[0.3] * 4, *[0.9] * 4), rising) == [8.0]
    assert begins(talk(*[0.55] * 4, *[0.7] * 4), rising) == [], "a rise of 0.15 is too little"
    assert begins(talk(*[0.3] * 4, *[None] * 24, *[0.9] * 4), rising) == [32.0], "from the last 40 seconds"
    assert begins(talk(*[0.3] * 4, *[None] * 40, *[0.9] * 4), rising) == [], "compared with what is too long ago"
    assert events(talk(*[0.3] * 4, *[0.9] * 20), rising) == [(4.0, 24.0)], "goes on without rising further"


def test_several_emotions_are_added_up_and_the_strongest_is_named():
    rule = replace(RULE, emotions=("fear", "anger"))
    both = {"neutral": 0.3, "fear": 0.3, "anger": 0.4}
    predictions = [replace(p, probabilities=both) for p in talk(*[0.0] * 4)]
    (_, over) = escalate(predictions, rule)
    assert over.emotion == "anger"
    assert over.peak == pytest.approx(0.7)
    # An emotion that the labels in use do not have adds nothing.
    assert escalate(talk(*[0.9] * 4), replace(RULE, emotions=("anger", "disgust")))[0].emotion == "anger"
    assert escalate(talk(*[0.9] * 4), replace(RULE, emotions=("disgust",))) == []


def test_the_peak_and_the_evidence():
    over = escalate(talk(0.2, 0.7, 0.95, 0.7, 0.3, 0.8))[-1]
    assert (over.peak, over.peak_segment) == (0.95, Segment(2.0, 3.0))
    assert [p.segment.start for p in over.evidence] == [1.0, 2.0, 3.0, 5.0]
    long = escalate(talk(*[0.7 + 0.001 * i for i in range(100)]))[-1]
    assert [p.segment.start for p in long.evidence] == [float(i) for i in range(100 - MAX_EVIDENCE, 100)]
    unsure = [replace(p, uncertain=True) for p in talk(*[0.99] * 20)]
    assert all(not p.uncertain for p in escalate(unsure + talk(*[0.7] * 20, start=20))[-1].evidence)


def test_to_dict_is_the_json_of_a_call():
    (began, over) = escalate(talk(0.7, 0.7, 0.9, 0.7))
    assert (began.is_over, over.is_over) == (False, True)
    assert json.loads(json.dumps(over.to_dict())) == {
        "rule": "anger",
        "severity": "warning",
        "party": "customer",
        "start": 0.0,
        "end": 4.0,
        "peak": 0.9,
        "peak_start": 2.0,
        "peak_end": 3.0,
        "emotion": "anger",
        "message": "An angry voice.",
        "evidence": [
            {"start": 0.0, "end": 1.0, "probability": 0.7},
            {"start": 1.0, "end": 2.0, "probability": 0.7},
            {"start": 2.0, "end": 3.0, "probability": 0.9},
            {"start": 3.0, "end": 4.0, "probability": 0.7},
        ],
    }


def test_whom_a_rule_listens_to():
    agent, everybody = replace(RULE, name="a", party="agent"), replace(RULE, name="b", party="any")
    chosen = {
        party: [rule.name for rule in RuleEngine([RULE, agent, everybody], party).rules]
        for party in ("customer", "agent", "unknown")
    }
    assert chosen == {"customer": ["anger", "b"], "agent": ["a", "b"], "unknown": ["anger", "b"]}
    assert RuleEngine([agent], "agent").push(heard(0, 0.9, seconds=9, speech=9))[0].party == "agent"
    with pytest.raises(UnknownNameError, match="no party named 'costumer'; did you mean 'customer'"):
        RuleEngine([RULE], "costumer")
    with pytest.raises(RulesError, match="two rules are named 'anger'; give each a name of its own"):
        RuleEngine([RULE, RULE])


def test_wrong_use_of_the_engine():
    engine = RuleEngine([RULE])
    engine.push(heard(5, 0.1))
    with pytest.raises(UsageError, match=r"come in order of time and not overlap: one from 5\.5 s came after 6 s"):
        engine.push(heard(5.5, 0.1))
    engine.close()
    with pytest.raises(UsageError, match="this rule engine is closed; make a new one for the next call"):
        engine.push(heard(7, 0.1))
    assert engine.close() == []


def test_rules_that_can_never_hold_are_named():
    check_labels(load_rules(), emotrace.load().labels)
    with pytest.raises(
        LabelError, match=r"rule 'anger' listens for anger, not among the labels .* \(calm, fear\)"
    ):
        check_labels([RULE], ["calm", "fear"])


probabilities = st.sampled_from([0.0, 0.2, 0.45, 0.5, 0.6, 0.7, 0.9, 1.0])


@st.composite
def calls(draw: st.DrawFn) -> list[Prediction]:
    """A call whose stretches of talk are parted by pauses of any length; each is one `no speech` prediction."""
    predictions, now = [], 0.0
    for _ in range(draw(st.integers(0, 40))):
        if draw(st.booleans()) and draw(st.booleans()):
            seconds = draw(st.sampled_from([0.5, 3.0, 7.0, 30.0]))
            predictions.append(pause(now, seconds))
        else:
            seconds = draw(st.sampled_from([0.25, 1.0, 1.5, 4.0]))
            speech = seconds * draw(st.sampled_from([0.5, 1.0]))
            unsure = draw(st.booleans())
            predictions.append(heard(now, draw(probabilities), seconds, speech, uncertain=unsure))
        now += seconds
    return predictions


rules = st.builds(
    replace,
    st.just(RULE),
    threshold=st.sampled_from([0.3, 0.6, 0.9]),
    seconds=st.sampled_from([1.0, 4.0]),
    within_seconds=st.sampled_from([4.0, 10.0, 60.0]),
    rising=st.booleans(),
    merge_seconds=st.sampled_from([0.0, 3.0, 30.0]),
    cooldown_seconds=st.sampled_from([0.0, 10.0]),
)


@settings(max_examples=80)
@given(call=calls(), rule=rules, pieces=st.integers(1, 5))
def test_how_pauses_are_pushed_changes_nothing(call, rule, pieces):
    def told(predictions: list[Prediction]) -> tuple[list[Escalation], list[Escalation]]:
        found = escalate(predictions, rule)
        return [e for e in found if not e.is_over], [e for e in found if e.is_over]

    split, left_out = [], []
    for prediction in call:
        if prediction.is_speech:
            split.append(prediction)
            left_out.append(prediction)
        else:
            part = prediction.segment.duration / pieces
            split += [pause(prediction.segment.start + i * part, part) for i in range(pieces)]
    assert told(call) == told(left_out) == told(split)


@settings(max_examples=80)
@given(call=calls(), rule=rules, cut=st.integers(0, 40))
def test_what_is_told_is_in_order_and_complete(call, rule, cut):
    found = escalate(call, rule)
    begun, over = [e for e in found if not e.is_over], [e for e in found if e.is_over]
    # Each event that begins is over once, and alternately so.
    assert [e.is_over for e in found] == [i % 2 == 1 for i in range(len(found))]
    for first, last in zip(begun, over, strict=True):
        assert first.segment.start == last.segment.start
        assert first.segment.end <= last.segment.end
        assert 1 <= len(last.evidence) <= MAX_EVIDENCE
        assert rule.threshold <= last.peak <= 1.0
        assert last.segment.start <= last.peak_segment.start < last.peak_segment.end <= last.segment.end
        # Nothing is told that was not heard.
        assert all(p in call and p.probabilities["anger"] >= rule.release for p in last.evidence)
    for earlier, later in itertools.pairwise(over):
        assert earlier.segment.end <= later.segment.start
    # What is told live of the first part does not depend on what comes later.
    engine = RuleEngine([rule])
    live = [e for p in call[:cut] for e in engine.push(p)]
    assert live == found[: len(live)]


@settings(max_examples=60)
@given(call=calls())
def test_rules_do_not_disturb_one_another(call):
    other = replace(RULE, name="other", threshold=0.3, seconds=1.0)
    both = escalate(call, RULE, other)
    for rule in (RULE, other):
        assert [e for e in both if e.rule == rule.name] == escalate(call, rule)


def test_a_long_stream_takes_no_more_memory_than_a_short_one():
    engine = RuleEngine([replace(RULE, rising=True)])
    for i in range(8_000):
        engine.push(heard(float(i), 0.9 if i % 100 > 50 else 0.1))
    (watch,) = engine._watches
    assert len(watch._heard) <= 2 * RULE.within_seconds + 1
    assert len(watch._pending) <= RULE.merge_seconds + 1


# The shipped rules


def test_the_shipped_rules_listen_to_customers_for_anger():
    shipped = load_rules()
    assert {rule.party for rule in shipped} == {"customer"}
    assert {rule.severity for rule in shipped} == {"warning", "critical"}
    assert all("disgust" not in rule.emotions for rule in shipped), "which the model hears in plain telephone talk"
    assert all(rule.seconds >= 6.0 for rule in shipped)


def test_the_shipped_rules_on_made_talk():
    calm, angry = {"neutral": 0.9, "anger": 0.1}, {"neutral": 0.2, "anger": 0.8}
    labels = {"fear": 0.0, "sadness": 0.0, "disgust": 0.0}

    def call(*parts: tuple[dict[str, float], int]) -> list[Prediction]:
        flat = [part for part, n_windows in parts for _ in range(n_windows)]
        return [
            replace(heard(1.5 * i, 0.5, seconds=1.5, speech=1.5), probabilities=labels | part)
            for i, part in enumerate(flat)
        ]

    def named(predictions: list[Prediction]) -> set[str]:
        return {e.rule for e in escalate(predictions, *load_rules())}

    assert named(call((calm, 40))) == set()
    assert named(call((calm, 10), (angry, 2), (calm, 10))) == set(), "one outburst of three seconds"
    assert named(call((angry, 10))) == {"signs of anger", "sustained anger"}
    assert named(call((calm, 20), (angry, 10))) == {"signs of anger", "sustained anger", "rising negativity"}
    assert named(call(({"sadness": 0.4, "fear": 0.3, "neutral": 0.3}, 10))) == {"distress"}


def test_the_demo_call_s_caller_is_found_angry_where_she_interrupts_and_not_before():
    path = Path(emotrace.__file__).parent / "assets" / "demo-call.flac"
    customer = emotrace.load().analyze_each(path)[1]
    found = escalate(list(customer.predictions), *load_rules())
    assert {each.rule for each in found} >= {"signs of anger", "sustained anger"}
    # She raises her voice at 0:21, cuts the agent short at 0:28, and is calm before and after.
    assert all(each.segment.start > 20.0 for each in found)
    assert all(20.0 < each.peak_segment.start < 39.0 for each in found)


# Rules files

GOOD = """
[[rule]]
name = "anger"
emotions = ["angry", "fear"]
threshold = 1
seconds = 4
within_seconds = 20.0
message = "m"
"""


@pytest.fixture
def rules_file(tmp_path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "rules.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_a_file_of_ones_own(rules_file):
    (rule,) = load_rules(rules_file("\ufeff" + GOOD))
    assert rule == Rule(
        name="anger", emotions=("anger", "fear"), threshold=1.0, seconds=4.0, within_seconds=20.0, message="m"
    )
    assert isinstance(rule.threshold, float)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "threshold = 1",
            "treshold = 1",
            r"\[\[rule\]\] 1 \('anger'\): unknown key 'treshold'; did you mean 'threshold'",
        ),
        ("threshold = 1", "", r"\[\[rule\]\] 1 \('anger'\): key 'threshold' is missing; it must be a number"),
        ("threshold = 1", "threshold = true", "key 'threshold' must be a number, got true"),
        ("threshold = 1", "threshold = '1'", "key 'threshold' must be a number, got '1'"),
        ("threshold = 1", "threshold = nan", "key 'threshold' must be a number, got nan"),
        ("threshold = 1", "threshold = inf", "key 'threshold' must be a number, got inf"),
        ("threshold = 1", "threshold = 1.5", r"key 'threshold' must be in \(0, 1\], got 1.5"),
        ("threshold = 1", "threshold = 0", r"key 'threshold' must be in \(0, 1\], got 0"),
        ("seconds = 4\n", "seconds = 40\n", "0 < seconds <= within_seconds <= 3600, got seconds = 40"),
        ("seconds = 4\n", "seconds = 0\n", "0 < seconds <= within_seconds"),
        ("within_seconds = 20.0", "within_seconds = 1e6", "within_seconds <= 3600"),
        ("within_seconds = 20.0", f"within_seconds = {10**400}", "key 'within_seconds' must be a number"),
        ('"angry", "fear"', "", "key 'emotions' must name at least one; allowed: neutral"),
        ('"angry", "fear"', '"anger", "angry"', "key 'emotions' must name each emotion once"),
        ('"angry", "fear"', '"angr"', "key 'emotions': unknown emotion 'angr'; did you mean 'anger'"),
        ('"angry", "fear"', "3", "key 'emotions', entry 1 must be text in quotes, got 3"),
        ('["angry", "fear"]', '"anger"', "key 'emotions' must be a list of texts in quotes, got 'anger'"),
        ('name = "anger"', 'name = " "', "key 'name' must be one line of 1 to 500 printable characters"),
        ('message = "m"', 'message = "a\\nb"', "key 'message' must be one line of 1 to 500 printable"),
        ('message = "m"', 'message = "m"\nparty = "agents"', "key 'party' is 'agents'; did you mean 'agent'"),
        ('message = "m"', 'message = "m"\nseverity = "fatal"', "'fatal'; .*[Kk]nown: critical, warning"),
        ('message = "m"', 'message = "m"\nrising = 1', "key 'rising' must be true or false, got 1"),
        ('message = "m"', 'message = "m"\nmerge_seconds = -1', r"'merge_seconds' must be in 0 \.\. 3600, got -1"),
        ('message = "m"', 'message = "m"\ncooldown_seconds = 9999', "'cooldown_seconds' must be in 0"),
        (
            "[[rule]]",
            "[[rules]]",
            r"unknown key 'rules'; did you mean 'rule'\?",
        ),
        ("[[rule]]", "[rule]", r"key 'rule' must be tables \[\[rule\]\], got a table"),
        ("[[rule]]", "[[rule]", "is not TOML: "),
        (GOOD, "", r"key 'rule' is missing; it must be tables \[\[rule\]\]"),
        (GOOD, 101 * GOOD, r"101 tables \[\[rule\]\]; 1 to 100 are allowed"),
        (GOOD, GOOD + GOOD, "two rules are named 'anger'"),
        (GOOD, "rule = " + "[" * 50_000, "is not TOML: "),
        (GOOD, "#" * 2_000_000, "is larger than 1 MB"),
    ],
)
def test_what_is_wrong_with_a_file_of_rules(rules_file, old, new, sentence):
    assert old in GOOD
    with pytest.raises(RulesError, match=sentence) as caught:
        load_rules(rules_file(GOOD.replace(old, new)))
    assert "rules.toml: " in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("key", ["threshold", "seconds", "within_seconds", "merge_seconds", "cooldown_seconds"])
def test_rules_made_in_python_are_checked_too(key):
    with pytest.raises(RulesError, match=f"key '{key}' must be a finite number, got nan"):
        replace(RULE, **{key: math.nan})
