from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.errors import LeakError, UsageError
from emotrace.learn.evaluation.holdout import (
    choose_validation_speakers,
    count_validation_speakers,
    hold_out,
    require_speakers,
)


def speakers(utterances) -> set[str]:
    return {u.speaker for u in utterances}


def test_sides_hold_every_utterance_once(make_people):
    everything = make_people([f"x:{i}" for i in range(12)])
    split = hold_out(everything, {"x:0", "x:1"}, "demo")
    assert Counter([*split.train, *split.validation, *split.test]) == Counter(everything)
    assert speakers(split.test) == {"x:0", "x:1"}
    assert len(speakers(split.validation)) == 1


@pytest.mark.parametrize("n", range(3, 120))
def test_share_of_validation_speakers(n):
    wanted = count_validation_speakers(n)
    assert wanted >= 1
    assert abs(wanted - 0.14 * n) <= max(0.5, 1 - 0.14 * n)


def test_small_corpora_keep_what_they_have(make_people):
    people = make_people(["savee:DC", "savee:JE", "savee:JK", "tess:OAF", "ravdess:01", "ravdess:02"])
    chosen = choose_validation_speakers(people, "demo")
    assert len(chosen) == 1
    assert next(iter(chosen)).startswith("savee:")


@given(st.integers(0, 1000), st.text(max_size=5))
def test_both_sexes_where_two_are_chosen(make_people, seed, name):
    people = make_people([f"x:{i}" for i in range(14)])
    sex_of = {u.speaker: u.sex for u in people}
    chosen = choose_validation_speakers(people, name, seed)
    assert {sex_of[s] for s in chosen} == {"female", "male"}
    assert len(chosen) == 2


def test_choice_depends_on_seed_and_name_and_nothing_else(make_people):
    people = make_people([f"x:{i}" for i in range(40)])
    chosen = choose_validation_speakers(people, "fold-1", 0)
    assert choose_validation_speakers(people[::-1], "fold-1", 0) == chosen
    assert choose_validation_speakers(people, "fold-2", 0) != chosen
    assert choose_validation_speakers(people, "fold-1", 1) != chosen


def test_another_corpus_does_not_change_the_choice(make_people):
    people = make_people([f"x:{i}" for i in range(20)])
    more = people + make_people([f"y:{i}" for i in range(20)])
    chosen = choose_validation_speakers(people, "demo", 3)
    assert {s for s in choose_validation_speakers(more, "demo", 3) if s.startswith("x:")} == chosen


@given(st.integers(0, 200))
def test_linked_speakers_go_together_and_never_empty_the_training(make_people, seed):
    people = make_people([f"x:{i}" for i in range(8)])
    linked = [replace(u, recording="call") if u.speaker in ("x:1", "x:2") else u for u in people]
    chosen = choose_validation_speakers(linked, "demo", seed)
    assert ("x:1" in chosen) == ("x:2" in chosen)
    assert 1 <= len(chosen) <= 2


def test_all_linked_leaves_no_validation(make_people):
    linked = [replace(u, recording="call") for u in make_people([f"x:{i}" for i in range(8)])]
    assert choose_validation_speakers(linked, "demo") == set()


def test_held_out_speaker_linked_to_another_raises(make_people):
    linked = [replace(u, recording="call") for u in make_people(["x:1", "x:2"])]
    with pytest.raises(LeakError, match=r"the same recording: call \(train and test\)"):
        hold_out(linked, {"x:1"}, "demo")


def test_nothing_to_test_or_train(make_people):
    people = make_people(["x:1"])
    with pytest.raises(UsageError, match=r"split 'demo' leaves nothing to test on: it holds out 0 of 6"):
        hold_out(people, {"x:2"}, "demo")
    with pytest.raises(UsageError, match=r"split 'demo' leaves nothing to train on: it holds out 6 of 6"):
        hold_out(people, {"x:1"}, "demo")


def test_require_speakers(make_people):
    with pytest.raises(UsageError, match="protocol 'p' got no utterances"):
        require_speakers([], "p")
    nameless = [replace(u, speaker="") for u in make_people(["x:1"])]
    with pytest.raises(UsageError, match=r"6 have none, first x/1/0\.wav; fill in the column 'speaker'"):
        require_speakers(nameless, "p")
