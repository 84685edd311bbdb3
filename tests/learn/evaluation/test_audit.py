from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.learn.evaluation.audit import Finding, NearIdentical, audit_sides, most_by_chance
from emotrace.learn.evaluation.leakage import find_leaks
from emotrace.learn.evaluation.near_identical import Match
from emotrace.types import Segment, Utterance

EMOTIONS = ("anger", "calm")


def clips(speakers: str, n: int = 4, corpus: str = "x") -> list[Utterance]:
    """Give every speaker, one letter each, ``n`` clips."""
    return [
        Utterance(
            file=f"{corpus}/{speaker}{clip}.wav",
            emotion=EMOTIONS[clip % 2],
            speaker=f"{corpus}:{speaker}",
            corpus=corpus,
            sex=("female", "male")[ord(speaker) % 2],
            sentence=f"s{clip}",
        )
        for speaker in speakers
        for clip in range(n)
    ]


def finding(audit, kind: str) -> Finding:
    return next(finding for finding in audit.findings if finding.kind == kind)


def match(correlation: float = 0.5) -> Match:
    return Match(correlation, 0.95, tempo=0.8, semitones=1.0, offset_seconds=0.0, overlap_seconds=2.0)


def test_strangers_share_nothing_but_sentences():
    audit = audit_sides({"train": clips("abcdef"), "test": clips("ghijk")}, was_heard=True)
    assert audit.verdict == "no leak"
    assert audit.describe() == "NO LEAK: no speaker, recording or audio is on two sides; 6 + 5 speakers"
    assert finding(audit, "sentences").n_shared == 4
    assert not finding(audit, "sentences").is_leak
    assert audit.notes == ("20 of 20 test clips say a sentence of training: no leak, but easier than new words",)


def test_what_could_not_be_heard_is_said_with_the_verdict():
    audit = audit_sides({"train": clips("abc"), "test": clips("de")}, was_heard=True, n_unheard=3)
    assert audit.describe() == (
        "NO LEAK: no speaker, recording or audio is on two sides; 3 + 2 speakers (3 could not be listened to)"
    )
    assert audit.to_dict()["n_unheard"] == 3


def test_shared_speakers_are_counted_with_the_clips_they_speak():
    audit = audit_sides({"train": clips("abc"), "test": clips("cd")})
    shared = finding(audit, "speakers")
    assert (shared.n_shared, shared.n_all, shared.n_clips, shared.n_of_clips) == (1, 4, 4, 8)
    assert shared.names == ("x:c (train and test)",)
    # The clips themselves are the same files, too.
    assert audit.describe() == (
        "LEAK: 1 of 4 speakers is on both sides (4 of 8 held-out clips); "
        "4 of 16 recordings are on both sides (4 of 8 held-out clips)"
    )


def test_a_clip_of_validation_is_held_out_from_training_but_not_from_test():
    sides = {"train": clips("ab"), "validation": clips("cd"), "test": clips("d")}
    shared = finding(audit_sides(sides), "speakers")
    assert shared.names == ("x:d (validation and test)",)
    assert (shared.n_clips, shared.n_of_clips) == (4, 12)


def test_unknown_speakers_prove_nothing():
    nameless = [replace(clip, speaker="") for clip in clips("gh")]
    audit = audit_sides({"train": clips("abc"), "test": nameless})
    assert audit.verdict == "unproven"
    assert audit.describe() == (
        "UNPROVEN: no shared speaker or recording (nobody listened) was found, but who speaks in 8 of 20 clips "
        "cannot be known, so that nobody can say whether the test hears people from training; "
        "add a column 'speaker'"
    )
    leaky = audit_sides({"train": clips("abc"), "test": [*nameless, *clips("a", 1)]})
    assert leaky.verdict == "leak"
    assert leaky.describe().endswith("; who speaks in 8 of 21 clips cannot be known")


def test_windows_of_one_recording_are_told_apart_from_recordings():
    whole = clips("a", 2)
    windows = [replace(whole[0], speaker="x:z", segment=Segment(start, start + 1.0)) for start in (0.0, 1.0)]
    audit = audit_sides({"train": [windows[0], whole[1]], "test": [windows[1]]})
    shared = finding(audit, "windows")
    assert (shared.n_shared, shared.n_all, shared.names) == (1, 1, ("x/a0.wav (train and test)",))
    assert finding(audit, "recordings").n_shared == 0
    assert "1 of 1 recordings, in windows of them, is on both sides" in audit.describe()


def test_recordings_are_followed_through_any_chain_of_names():
    first, second, third = clips("abc", 1)
    sides = {
        "train": [replace(first, recording="r")],
        "validation": [replace(second, recording="r", twin_of="s")],
        "test": [replace(third, twin_of="s")],
    }
    shared = finding(audit_sides(sides), "recordings")
    assert (shared.n_shared, shared.n_all, shared.n_clips) == (1, 1, 2)
    assert shared.names[0].endswith("(train and validation and test)")


def test_identical_audio_is_told_by_its_files():
    first, second, third = clips("abc", 1)
    sides = {"train": [replace(first, content="7f"), third], "test": [replace(second, content="7f")]}
    audit = audit_sides(sides, was_heard=True)
    assert finding(audit, "identical audio").names == ("x/a0.wav = x/b0.wav (train and test)",)
    assert audit.describe() == "LEAK: 1 of 1 held-out clips are sample for sample a clip of another side"


def test_one_sure_copy_is_a_leak_and_doubtful_ones_have_to_be_many():
    train, test = clips("abcdef", 20), clips("ghijk", 20)
    assert most_by_chance(len(test)) == 5

    def judge(n: int, correlation: float):
        pairs = [NearIdentical(train[i], "train", test[i], "test", match(correlation)) for i in range(n)]
        return audit_sides({"train": train, "test": test}, pairs, was_heard=True)

    assert judge(1, 0.8).verdict == "leak"
    assert judge(5, 0.5).verdict == "no leak"
    assert judge(6, 0.5).verdict == "leak"
    assert judge(1, 0.5).describe() == (
        "NO LEAK: no speaker, recording or audio is on two sides; 6 + 5 speakers "
        "(1 clip resembles another one, as up to 5 may by chance)"
    )
    assert judge(6, 0.5).describe() == (
        "LEAK: 6 of 100 held-out clips sound like an altered copy of a clip of another side"
    )
    names = finding(judge(6, 0.5), "near-identical audio").names
    assert names[0] == "x/g0.wav (test) = x/a0.wav (train), 0.80 x as fast, +1 semitones"


def test_what_is_known_to_be_shared_is_no_news():
    first, second = clips("ab", 1)
    pair = NearIdentical(first, "train", second, "test", match(0.9))
    assert audit_sides({"train": [first], "test": [second]}, [pair]).verdict == "leak"
    for known in ({"content": "7f"}, {"recording": "r"}):
        one, other = replace(first, **known), replace(second, **known)
        audit = audit_sides(
            {"train": [one], "test": [other]}, [NearIdentical(one, "train", other, "test", match(0.9))]
        )
        assert audit.near_identical == ()
        assert finding(audit, "near-identical audio").n_shared == 0


@pytest.mark.parametrize(
    ("train", "test", "note"),
    [
        (clips("abcdef"), clips("g"), "test has one speaker: its scores say little about other people"),
        (
            clips("abcdef"),
            [replace(clip, emotion="fear") for clip in clips("ghijk")],
            "fear: in test, but not in train",
        ),
        (
            clips("abcdef"),
            [replace(clip, emotion="anger") for clip in clips("ghijk")],
            "labels are spread differently over train and test: 50 % would have to move",
        ),
        (
            [*clips("abcdef"), *clips("abcdef")[:1]],
            clips("ghijk"),
            "train holds 1 clip more than once",
        ),
        (
            [*clips("a", 40), *clips("bcdef", 2)],
            clips("ghijk"),
            "x:a speaks 40 of 50 clips of train; the median speaker, 2",
        ),
        (
            [*clips("abcdef"), *(replace(clip, sex="female") for clip in clips("abcdef", corpus="y"))],
            clips("ghijk"),
            "y has female speakers only: what is learned of the corpus is learned of the sex",
        ),
        ([*clips("abcdef"), *clips("abcdef", corpus="y")], clips("ghijk"), "y is in train only"),
        (
            [*clips("abcdef"), *(replace(clip, emotion="fear") for clip in clips("abc", corpus="y"))],
            clips("ghijk"),
            "fear comes from y only: a model may learn the corpus in its place",
        ),
        (
            clips("abcdef", 10),
            [replace(clip, sentence=f"{clip.emotion}-{clip.sentence}") for clip in clips("ghijk", 10)],
            "20 of 20 sentences are said in one emotion only: words give the emotion away",
        ),
        (
            [replace(clip, emotion="") for clip in clips("abcdef")],
            clips("ghijk"),
            "24 of 24 clips of train have no label",
        ),
        (clips("ace"), clips("gikmo"), "all speakers of known sex are male"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_notes(train, test, note):
    notes = audit_sides({"train": train, "test": test}).notes
    assert note in notes


def test_all_of_it_is_json():
    train, test = clips("abc"), clips("cd")
    pair = NearIdentical(train[0], "train", replace(test[-1], segment=Segment(0.5, 1.0)), "test", match())
    facts = json.loads(json.dumps(audit_sides({"train": train, "test": test}, [pair]).to_dict()))
    assert facts["verdict"] == "leak"
    assert facts["sides"]["test"]["emotions"] == {"anger": 4, "calm": 4}
    assert facts["findings"]["speakers"]["n_shared"] == 1
    assert facts["near_identical"]["pairs"][0]["second"] == {
        "side": "test",
        "file": "x/d3.wav",
        "start": 0.5,
        "end": 1.0,
    }


@given(
    n=st.integers(0, 300),
    rate=st.floats(0.001, 0.5),
)
def test_chance_is_that_of_the_binomial_distribution(n, rate):
    from scipy.stats import binom

    most = most_by_chance(n, rate)
    assert binom.sf(most, n, rate) <= 0.001 + 1e-9
    assert most == 0 or binom.sf(most - 1, n, rate) > 0.001 - 1e-9


utterances = st.builds(
    Utterance,
    file=st.sampled_from(["a", "b", "c", "./a", "d"]),
    emotion=st.just("anger"),
    speaker=st.sampled_from(["p", "q", "r", ""]),
    recording=st.sampled_from(["", "r1", "r2"]),
    twin_of=st.sampled_from([None, "a", "r1"]),
    content=st.sampled_from([None, "1", "2"]),
    segment=st.sampled_from([None, Segment(0.0, 1.0)]),
)


@given(sides=st.tuples(*[st.lists(utterances, max_size=4)] * 3))
def test_what_a_split_refuses_is_never_called_proven(sides):
    audit = audit_sides(dict(zip(("train", "validation", "test"), sides, strict=True)))
    if sum(bool(side) for side in sides) > 1:
        assert find_leaks(*sides).is_leaky == (audit.verdict != "no leak")
