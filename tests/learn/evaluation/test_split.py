from __future__ import annotations

import dataclasses
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.errors import LeakError, UsageError
from emotrace.learn.evaluation.split import LeakySplit, Split
from emotrace.types import Utterance

SIDES = ("train", "validation", "test")


def clip(speaker: str, number: int = 0, **changes: str) -> Utterance:
    fields = {"file": f"{speaker}/{number}.wav", "emotion": "anger", "speaker": speaker, **changes}
    return Utterance(**fields)  # type: ignore[arg-type]


@st.composite
def honest_sides(draw: st.DrawFn) -> dict[str, list[Utterance]]:
    """Three sides without a leak, train and test filled."""
    side_of = [*draw(st.lists(st.sampled_from(SIDES), max_size=8)), "train", "test"]
    sides: dict[str, list[Utterance]] = {side: [] for side in SIDES}
    for number, side in enumerate(side_of):
        for n in range(draw(st.integers(1, 3))):
            sides[side].append(clip(f"p{number}", n, recording=f"r{number}", content=f"c{number}-{n}"))
    return sides


def leak_speaker(guest: Utterance, host: Utterance) -> Utterance:
    return replace(guest, speaker=host.speaker)


def leak_file(guest: Utterance, host: Utterance) -> Utterance:
    return replace(guest, file=f"./{host.file}")


def leak_recording(guest: Utterance, host: Utterance) -> Utterance:
    return replace(guest, recording=host.recording)


def leak_content(guest: Utterance, host: Utterance) -> Utterance:
    return replace(guest, content=host.content)


def leak_twin(guest: Utterance, host: Utterance) -> Utterance:
    return replace(guest, twin_of=host.recording_id)


def forget_speaker(guest: Utterance, host: Utterance) -> Utterance:
    return replace(guest, speaker="")


MANIPULATIONS = {
    leak_speaker: "the same speaker",
    leak_file: "the same recording",
    leak_recording: "the same recording",
    leak_content: "identical audio",
    leak_twin: "an augmented twin",
    forget_speaker: "no speaker given",
}


@given(honest_sides())
def test_honest_sides_build_and_share_no_speaker(sides):
    split = Split(**sides, name="mine")
    speakers = [{u.speaker for u in getattr(split, side)} for side in SIDES]
    assert sum(len(names) for names in speakers) == len(set().union(*speakers))
    assert split.is_speaker_independent


@given(honest_sides(), st.sampled_from(sorted(MANIPULATIONS, key=lambda f: f.__name__)), st.data())
def test_any_manipulation_that_leaks_raises(sides, manipulate, data):
    host_side, guest_side = data.draw(st.permutations([s for s in SIDES if sides[s]]))[:2]
    host = data.draw(st.sampled_from(sides[host_side]))
    guest = data.draw(st.sampled_from(sides[guest_side]))
    sides[guest_side].append(replace(manipulate(guest, host), emotion="fear"))
    with pytest.raises(LeakError, match=MANIPULATIONS[manipulate]):
        Split(**sides, name="mine")


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(SIDES)), max_size=12))
def test_no_split_that_could_be_built_shares_a_speaker(placed):
    sides: dict[str, list[Utterance]] = {side: [] for side in SIDES}
    for number, (speaker, side) in enumerate(placed):
        sides[side].append(clip(speaker, number))
    shared = any(len({side for s, side in placed if s == speaker}) > 1 for speaker in "abcd")
    if shared:
        with pytest.raises(LeakError, match="the same speaker"):
            Split(**sides)
    else:
        assert len(Split(**sides).train) == len(sides["train"])


def test_leak_error_is_one_line_that_names_and_helps():
    with pytest.raises(
        LeakError,
        match=r"^split 'demo' would leak: the same speaker: x:1 \(train and test\);"
        r" .*speaker-k-fold.*random-leaky.*$",
    ) as caught:
        Split([clip("x:1", 1)], [], [clip("x:1", 2)], "demo")
    assert "\n" not in str(caught.value)


def test_changing_a_split_is_checked_again():
    split = Split([clip("x:1")], [], [clip("x:2")], "demo")
    with pytest.raises(LeakError, match="x:2"):
        replace(split, validation=[clip("x:2", 1)])
    with pytest.raises(dataclasses.FrozenInstanceError):
        split.train = ()  # type: ignore[misc]


def test_sides_are_copied_so_later_changes_do_not_reach_them():
    train = [clip("x:1")]
    split = Split(train, [], [clip("x:2")])
    train.append(clip("x:2", 5))
    assert len(split.train) == 1


def test_description_of_a_split():
    told = Split([clip("x:1", sentence="a")], [], [clip("x:2", sentence="a")], "demo").describe()
    assert json.loads(json.dumps(told)) == {
        "name": "demo",
        "is_speaker_independent": True,
        "train": {"n": 1, "speakers": ["x:1"]},
        "validation": {"n": 0, "speakers": []},
        "test": {"n": 1, "speakers": ["x:2"]},
        "n_shared_sentences": 1,
    }


def test_leaky_split_carries_its_leaks_and_is_no_split():
    leaky = LeakySplit([clip("x:1", 1)], [], [clip("x:1", 2)], "random-leaky")
    assert leaky.leaks.speakers[0].name == "x:1"
    assert not isinstance(leaky, Split)
    assert leaky.is_speaker_independent is False
    assert leaky.describe()["leaks"]["is_leaky"] is True


def test_leaky_split_is_never_speaker_independent_even_by_luck():
    assert LeakySplit([clip("x:1")], [], [clip("x:2")], "leaky").is_speaker_independent is False


def test_leaky_split_must_say_so():
    with pytest.raises(UsageError, match=r"name that says 'leaky', not 'random'.*'random-leaky'"):
        LeakySplit([], [], [], "random")
