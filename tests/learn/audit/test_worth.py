from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emotrace.errors import EmotraceError, MissingExtraError
from emotrace.learn.audit import worth as worth_module
from emotrace.learn.audit.worth import measure_worth
from emotrace.learn.table import FeatureTable
from emotrace.types import Utterance

pytest.importorskip("sklearn")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTRACE_CACHE", str(tmp_path / "cache"))


def people(n_speakers: int = 12, n_clips: int = 20) -> list[Utterance]:
    return [
        Utterance(file=f"{speaker}-{clip}.wav", emotion=("anger", "calm")[clip % 2], speaker=f"s{speaker:02d}")
        for speaker in range(n_speakers)
        for clip in range(n_clips)
    ]


def features_of(utterances: list[Utterance], personal: float, shared: float) -> np.ndarray:
    """Make features in which the emotion shows in everybody alike (shared), or in each his own way (personal)."""
    rng = np.random.default_rng(1)
    ways = {speaker: rng.normal(size=8) for speaker in sorted({u.speaker for u in utterances})}
    common, rows = rng.normal(size=8), []
    for utterance in utterances:
        sign = 1.0 if utterance.emotion == "anger" else -1.0
        who = 4.0 * np.eye(len(ways))[sorted(ways).index(utterance.speaker)]
        how = sign * (personal * ways[utterance.speaker] + shared * common)
        rows.append(np.concatenate([who, how, np.outer(who, how).ravel()]) + 0.3 * rng.normal())
    return np.array(rows, dtype=np.float32)


@pytest.fixture
def with_features(monkeypatch):
    def use(personal: float, shared: float) -> None:
        def extract(utterances, feature_set, *, n_jobs, cache, progress):
            assert feature_set == "means180"
            matrix = features_of(utterances, personal, shared)
            return FeatureTable(tuple(map(str, range(matrix.shape[1]))), matrix, tuple(utterances))

        monkeypatch.setattr(worth_module, "extract_table", extract)

    return use


def test_personal_ways_are_worth_much_and_common_ones_nothing(with_features):
    everybody = people()
    train, test = everybody[:160], everybody[160:]
    with_features(personal=1.0, shared=0.0)
    leaky = measure_worth(train, test)
    assert leaky.random.value > 0.9
    assert leaky.grouped.value < 0.75
    assert leaky.gap.value == pytest.approx(leaky.random.value - leaky.grouped.value)
    assert leaky.gap.low is not None
    assert 0.0 < leaky.gap.low < leaky.gap.value < leaky.gap.high
    with_features(personal=0.0, shared=1.0)
    honest = measure_worth(train, test)
    assert honest.grouped.value > 0.95
    assert honest.gap.value == pytest.approx(0.0, abs=0.02)
    assert honest.as_given is not None
    assert honest.as_given.value > 0.95


def test_on_real_sound(voices):
    steps: list[tuple[int, int]] = []
    worth = measure_worth(voices[:40], voices[40:], on_fitted=lambda *step: steps.append(step))
    assert (worth.n_clips, worth.n_speakers, worth.labels, worth.n_left_out) == (60, 6, ("anger", "calm"), 0)
    assert 0.0 <= worth.grouped.value <= 1.0
    assert worth.as_given is not None
    assert worth.as_given.n_speakers == 2
    assert steps == [(n, 31) for n in range(1, 32)]
    facts = json.loads(json.dumps(worth.to_dict()))
    assert (facts["feature_set"], facts["model"], facts["seeds"]) == ("means180", "logistic", [0, 1, 2])
    assert facts["speaker_grouped"]["value"] == worth.grouped.value
    assert measure_worth(voices[:40], voices[40:]) == worth


def test_what_cannot_be_used_is_left_out_and_counted(voices, tmp_path):
    rare = replace(voices[0], emotion="fear")
    nameless = replace(voices[1], speaker="")
    gone = replace(voices[2], file=str(tmp_path / "gone.wav"))
    worth = measure_worth([rare, nameless, gone, *voices[:40]], voices[40:])
    assert (worth.n_clips, worth.n_left_out) == (60, 3)


def test_of_too_many_some_are_drawn(voices, monkeypatch):
    monkeypatch.setattr(worth_module, "MOST_CLIPS", 50)
    worth = measure_worth(voices[:40], voices[40:])
    assert (worth.n_clips, worth.n_left_out) == (50, 10)


def test_speakers_who_share_recordings_stay_together(with_features):
    with_features(personal=1.0, shared=1.0)
    everybody = [replace(u, recording=f"talk {int(u.speaker[1:]) // 2}") for u in people()]
    assert measure_worth(everybody[:160], everybody[160:]).n_speakers == 12
    with pytest.raises(EmotraceError, match="all speakers share recordings, so that none can be held out"):
        measure_worth([replace(u, recording="one") for u in everybody], [])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"speaker": ""}, "there are fewer than two known speakers"),
        ({"speaker": "one"}, "there are fewer than two known speakers"),
        ({"emotion": ""}, "there are fewer than two emotions with 10 clips or more"),
        ({"emotion": "calm"}, "there are fewer than two emotions with 10 clips or more"),
    ],
)
def test_why_it_cannot_be_measured(change, sentence):
    with pytest.raises(EmotraceError, match=sentence):
        measure_worth([replace(utterance, **change) for utterance in people()], [])


def test_rare_emotions_are_the_reason_where_speakers_are_not():
    few = people(n_speakers=6, n_clips=3)
    with pytest.raises(EmotraceError, match="there are fewer than two emotions with 10 clips or more"):
        measure_worth(few[:8], few[8:12])
    alone = people(n_speakers=1, n_clips=40)
    rare = [replace(u, emotion="fear") for u in people(n_speakers=3, n_clips=1)]
    with pytest.raises(EmotraceError, match="emotions with 10 clips or more are said by one speaker alone"):
        measure_worth(alone, rare)


def test_who_says_each_emotion_once_gives_nothing_away():
    """Without the held-out clip, its speaker's others are of the other emotions: knowing them would mislead."""
    once = people(n_speakers=30, n_clips=2)
    with pytest.raises(
        EmotraceError, match=r"speakers say an emotion 1\.0 times on average, too seldom to tell what"
    ):
        measure_worth(once[:40], once[40:])


def test_scikit_learn_is_an_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sklearn", None)
    with pytest.raises(MissingExtraError, match="measuring what a leak is worth needs the extra 'train'"):
        measure_worth(people(), [])
