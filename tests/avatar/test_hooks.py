"""Hooks: when a state has lasted, and what is said of a file that cannot be used."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.avatar.hooks import Hook, HookWatch, read_hooks
from emotrace.errors import AvatarError, LabelError
from emotrace.types import Prediction, Segment

LABELS = ("neutral", "anger", "sadness", "sleepiness")
DO = {"then": ("true",)}


def fired_at(hook, predictions):
    """The ends of the predictions that set the hook off."""
    watch = HookWatch([hook], LABELS)
    return [round(f.end, 6) for p in predictions for f in watch.push(p)]


@pytest.fixture
def talk(hear):
    """A string of hops of 1 s: ``S`` sleepy, ``s`` sleepy but uncertain, ``n`` neutral, ``.`` silence."""

    def make(letters: str) -> list[Prediction]:
        how = {
            "S": {"sleepiness": 0.75, "neutral": 0.25},
            "s": {"sleepiness": 0.75, "neutral": 0.25, "uncertain": True},
            "n": {"sleepiness": 0.25, "neutral": 0.75},
            ".": {},
        }
        return [hear(start=float(t), seconds=1.0, **how[letter]) for t, letter in enumerate(letters)]

    return make


@pytest.mark.parametrize(
    ("letters", "ends"),
    [
        ("SSS", [3.0]),
        ("SS", []),
        ("SSnSS", []),
        ("SSnSSS", [6.0]),
        ("SS.S", [4.0]),  # a pause does not count and does not end it
        ("S..S..S", [7.0]),
        ("SS...S", []),  # but a long one ends it
        ("SSsS", [4.0]),  # and so does what is uncertain
        ("SSssssS", []),
        ("ssssss", []),
        ("......", []),
        ("SSSSSSSSSSSS", [3.0, 9.0]),  # cool-down of 6 s
        ("SSSnnnnnSSS", [3.0, 11.0]),
        ("SSSnSSSSS", [3.0, 9.0]),
    ],
)
def test_a_hook_fires_when_a_state_has_lasted(talk, letters, ends):
    hook = Hook(("sleepiness",), threshold=0.6, seconds=3.0, pause_seconds=2.0, cool_down_seconds=6.0, **DO)
    assert fired_at(hook, talk(letters)) == ends


def test_what_is_uncertain_counts_if_that_is_wanted(talk):
    hook = Hook(("sleepiness",), threshold=0.6, seconds=3.0, count_uncertain=True, **DO)
    assert fired_at(hook, talk("SsSs")) == [3.0]


def test_several_emotions_count_together(hear):
    hook = Hook(("anger", "sadness"), threshold=0.6, seconds=1.0, **DO)
    assert fired_at(hook, [hear(anger=0.35, sadness=0.3, neutral=0.35, seconds=1.0)]) == [1.0]
    assert fired_at(hook, [hear(anger=0.35, sadness=0.2, neutral=0.45, seconds=1.0)]) == []


@given(
    st.lists(st.sampled_from([0.1, 0.25, 0.75, 1.5]), max_size=40),
    st.sampled_from([0.5, 1.0, 3.0]),
    st.sampled_from([0.0, 2.0, 5.0]),
)
def test_what_counts_is_time_not_the_number_of_predictions(hops, seconds, cool_down):
    hook = Hook(("anger",), seconds=seconds, cool_down_seconds=cool_down, **DO)
    start, predictions = 0.0, []
    for hop in hops:
        predictions.append(Prediction(Segment(start, start + hop), "anger", 1.0, False, {"anger": 1.0}, hop))
        start += hop
    ends = fired_at(hook, predictions)
    gaps = [b - a for a, b in zip([0.0, *ends], ends, strict=False)]
    assert all(gap >= seconds - 1e-5 for gap in gaps)
    assert all(gap >= cool_down - 1e-5 for gap in gaps[1:])
    # Never later than a hop after it was due.
    assert all(gap <= max(seconds, cool_down) + max(hops) + 1e-5 for gap in gaps)


def test_a_firing_says_what_was_heard(hear):
    watch = HookWatch([Hook(("anger",), seconds=2.0, name="shout", **DO)], LABELS)
    assert watch.push(hear(anger=0.75, neutral=0.25, start=5.0, seconds=1.0)) == []
    (firing,) = watch.push(hear(anger=0.5, neutral=0.5, start=6.0, seconds=1.0))
    record = firing.to_dict()
    assert record.pop("prediction")["probabilities"] == {"anger": 0.5, "neutral": 0.5}
    assert record == {
        "hook": "shout",
        "emotions": ["anger"],
        "probability": 0.625,
        "seconds": 2.0,
        "start": 5.0,
        "end": 7.0,
    }


def test_what_is_never_heard_is_no_reason_to_wait():
    sleepy = Hook(("sleepiness",), **DO)
    with pytest.raises(
        LabelError,
        match="hook 'sleepiness' waits for sleepiness, which is never heard here: the labels in use are neutral, "
        "anger; choose others with --labels, or a model that was taught it",
    ):
        HookWatch([sleepy], ("neutral", "anger"))
    HookWatch([Hook(("sleepiness", "anger"), **DO)], ("neutral", "anger"))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"emotions": (), **DO}, "key 'emotions' is empty; name at least one"),
        ({"emotions": ("sleepy",), **DO}, "key 'emotions' names 'sleepy'; did you mean 'sleepiness'"),
        ({"emotions": ("anger", "anger"), **DO}, "must name each emotion once"),
        ({"emotions": ("anger",)}, "either key 'then' .* or key 'url' is needed, not both"),
        ({"emotions": ("anger",), "url": "http://x", **DO}, "key 'then' .* or key 'url' is needed, not both"),
        ({"emotions": ("anger",), "then": ("", "x")}, "key 'then' must begin with a program"),
        ({"emotions": ("anger",), "then": ("a", "b\0")}, "no text may hold a zero"),
        ({"emotions": ("anger",), "threshold": 0.0, **DO}, "key 'threshold' is 0; it must be between 0.01 and 1"),
        ({"emotions": ("anger",), "seconds": math.nan, **DO}, "key 'seconds' is nan; it must be between 0.1"),
        ({"emotions": ("anger",), "timeout_seconds": 601.0, **DO}, "key 'timeout_seconds' is 601"),
        *(
            ({"emotions": ("anger",), "url": url}, "key 'url' is '.*'; it must be an http or https address with")
            for url in ("file:///etc/passwd", "ftp://x/y", "http://", "x", "http://u:p@host/", "http://h:0/",
                        "http://host:99999/", "http://h/a b", "http://h/\r\nX: y", "https://hä/", "http://[",
                        "javascript:1", "http:")
        ),
    ],
)  # fmt: skip
def test_a_hook_that_cannot_be_is_explained(values, sentence):
    with pytest.raises(AvatarError, match=sentence):
        Hook(**values)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"key 'when' is missing; it must be tables \[\[when\]\]"),
        ("when = []", r"0 tables \[\[when\]\]; 1 to 100 are allowed"),
        ("when = 3", r"key 'when' must be tables \[\[when\]\], got 3"),
        ("[when]\nemotions = []", r"key 'when' must be tables \[\[when\]\], got a table"),
        ("[[wehn]]", r"unknown key 'wehn'; did you mean 'when'"),
        (
            '[[when]]\nthen = ["x"]',
            r"\[\[when\]\] 1: key 'emotions' is missing; it must be a list of texts in quotes",
        ),
        (
            '[[when]]\nemotions = ["anger"]\nthen = "rm -rf /"',
            "key 'then' must be a list of texts in quotes, got 'rm",
        ),
        (
            '[[when]]\nemotions = ["anger"]\nlabels = []',
            r"\[\[when\]\] 1: unknown key 'labels'; known: cool_down_sec",
        ),
        ('[[when]]\nemotions = ["anger"]\nthen = ["x"]\n' * 101, r"101 tables \[\[when\]\]; 1 to 100 are allowed"),
    ],
)
def test_a_hooks_file_that_cannot_be_used_is_explained(tmp_path, text, sentence):
    path = tmp_path / "hooks.toml"
    path.write_text(text)
    with pytest.raises(AvatarError, match=sentence) as caught:
        read_hooks(path)
    assert str(caught.value).startswith(str(path))


def test_the_example_can_be_read():
    hooks = read_hooks(Path(__file__).parents[2] / "examples" / "avatar_hooks.toml")
    assert [hook.name for hook in hooks] == ["wake-up", "calm-down"]
    assert hooks[0].then
    assert hooks[1].url.startswith("http://127.0.0.1:")
