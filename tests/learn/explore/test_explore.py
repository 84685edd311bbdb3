"""A made corpus is found to be what it was made."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.learn.explore.conftest import quiet

from emotrace.errors import EmotraceError
from emotrace.learn.explore import Exploration, explore
from emotrace.learn.explore.feature_facts import best_in_group, pair_groups
from emotrace.types import Utterance


def test_counts(explored: Exploration) -> None:
    facts = explored.facts
    assert (facts["n_clips"], facts["n_usable"], facts["n_sampled"], facts["n_speakers"]) == (24, 24, 24, 4)
    assert facts["counts"]["emotion"] == {"neutral": 12, "anger": 12}
    assert facts["counts"]["sex"] == {"female": 12, "male": 12}
    assert facts["counts"]["intensity"] == {"normal": 8, "strong": 4, "unknown": 12}
    assert facts["tables"]["speaker_by_emotion"]["dan"] == {"neutral": 3, "anger": 3}
    assert facts["seconds"] == pytest.approx(24 * 1.05, rel=0.01)


def test_pitch_tells_women_from_men(explored: Exploration) -> None:
    pitch = explored.facts["voices"]["pitch"]
    assert pitch["n"] == 24
    assert pitch["by_sex"]["female"]["median"] == pytest.approx(240, rel=0.08)
    assert pitch["by_sex"]["male"]["median"] == pytest.approx(133, rel=0.08)
    assert sum(pitch["histograms"]["male"]["counts"]) == 12


def test_spectra_are_relative_to_the_whole(explored: Exploration) -> None:
    voices = explored.facts["voices"]
    assert len(voices["hz"]) == len(voices["spectrum_db"]["female"]["median"]) == 128
    assert all(value < 0 for value in voices["spectrum_db"]["male"]["q3"])
    below_200 = np.array(voices["hz"]) < 180
    # Below their fundamental women have nothing.
    women, men = (np.array(voices["spectrum_db"][sex]["median"])[below_200].max() for sex in ("female", "male"))
    assert men > women + 10


def test_anger_was_made_loud_and_is_told_by_level(explored: Exploration) -> None:
    facts = explored.facts
    levels = facts["levels"]["level_dbfs"]["emotion"]
    assert levels["anger"]["low"] > levels["neutral"]["high"]
    shares = {row["name"]: row for row in facts["separation"]["ranked"]}
    assert shares["rms_mean"]["emotion_within_speakers"] > 0.7
    assert shares["chroma_max"]["emotion"] is None
    ranked = [row["emotion_within_speakers"] or 0.0 for row in facts["separation"]["ranked"]]
    assert ranked == sorted(ranked, reverse=True)
    assert facts["separation"]["chance"] == {"emotion": pytest.approx(1 / 23), "speaker": pytest.approx(3 / 23)}
    best = best_in_group(explored.stats70, ["mfcc_delta_mean", "rms_mean"], ["neutral", "anger"])
    assert best[0]["name"] == "rms_mean"


def test_silence_at_the_ends_is_seen(explored: Exploration) -> None:
    levels = explored.facts["levels"]
    assert levels["leading_seconds"]["all"]["median"] == pytest.approx(0.25, abs=0.07)
    assert levels["silent_share"]["median"] == pytest.approx(0.45, abs=0.15)


def test_features_are_described(explored: Exploration) -> None:
    means = explored.facts["features"]["means184"]
    assert (means["n_clips"], means["n_features"], means["n_missing"], means["n_infinite"]) == (24, 184, 0, 0)
    assert explored.facts["features"]["stats70"]["constant"] == ["chroma_max"]
    column = explored.means184.matrix[:, explored.means184.names.index("centroid_mean")]
    assert means["features"]["centroid_mean"]["median"] == pytest.approx(float(np.median(column)), rel=1e-5)
    boxes = explored.facts["boxes"]["rms_mean"]["anger"]
    assert -40 < boxes["median"] < 0
    counts = explored.facts["histograms"]["mfcc_mean"]["counts"]
    assert sum(counts["anger"]) == sum(counts["neutral"]) == 12


def test_facts_are_json(explored: Exploration) -> None:
    assert json.loads(json.dumps(explored.facts, allow_nan=False))["n_clips"] == 24


def test_a_sample_limits_what_takes_long_and_nothing_else(made: list[Utterance]) -> None:
    found = explore(made, [], sample=8, rng=np.random.default_rng(0), stage=quiet, cache=False)
    assert found.facts["n_sampled"] == len(found.stats70.matrix) == found.facts["voices"]["pitch"]["n"] == 8
    assert found.facts["durations"]["all"]["n"] == 24
    assert {u.speaker for u in found.stats70.utterances} == {"ann", "bea", "carl", "dan"}


def test_copies_and_lost_files_are_found(made: list[Utterance], tmp_path: Path) -> None:
    copy = tmp_path / "copy.wav"
    copy.write_bytes(Path(made[0].file).read_bytes())
    clips = [made[0], replace(made[0], file=str(copy)), replace(made[0], file=str(tmp_path / "lost.wav"))]
    found = explore(clips, [], sample=9, rng=np.random.default_rng(0), stage=quiet, cache=False).facts
    assert {finding["kind"] for finding in found["check"]["findings"]} >= {"missing", "identical audio"}
    assert found["n_usable"] == 2
    assert "lost.wav: no such file" in found["unusable"][0]


def test_nothing_usable_is_an_error(made: list[Utterance]) -> None:
    lost = [replace(made[0], file="nowhere.wav")]
    with pytest.raises(EmotraceError, match=r"^the only clip cannot be used: nowhere.wav: no such"):
        explore(lost, [], sample=9, rng=np.random.default_rng(0), stage=quiet)


def test_pair_groups_are_the_six_of_the_call_centre_project() -> None:
    eight = ["neutral", "calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise"]
    assert len(pair_groups(eight)) == 6
    assert all(len(group) == 4 for group in pair_groups(eight))
    assert pair_groups(["anger"]) == []
    assert pair_groups(["amusement", "sleepiness"]) == [("amusement", "sleepiness")]
