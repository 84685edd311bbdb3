"""The benchmark of derived valence and arousal: its measures against SciPy's, and a whole run on made clips."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, pearsonr
from tests.made_voice import RATE, make_voice

from emotrace.bundle import load_bundle

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "dimensions.py"


@pytest.fixture(scope="module")
def dimensions() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dimensions_benchmark", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(SCRIPT.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(SCRIPT.parent))
    return module


ROWS = st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=3, max_size=30).map(
    lambda pairs: np.round(np.array(pairs), 3).T
)


@given(rows=ROWS.filter(lambda rows: min(rows.std(axis=1)) > 0.01))
def test_concordance_is_correlation_times_likeness_of_mean_and_spread(dimensions, rows):
    truth, prediction = rows
    correlation = pearsonr(truth, prediction).statistic
    assert dimensions.pearson(truth, prediction) == pytest.approx(correlation, abs=1e-9)
    (mean, deviation), (other_mean, other_deviation) = [(row.mean(), row.std()) for row in rows]
    # Lin's bias correction factor, by his scale and location shift.
    scale, location = deviation / other_deviation, (mean - other_mean) / np.sqrt(deviation * other_deviation)
    factor = 2.0 / (scale + 1.0 / scale + location**2)
    assert dimensions.concordance(truth, prediction) == pytest.approx(correlation * factor, abs=1e-9)


def clip(dimensions: ModuleType, speaker: str, emotion: str, intensity: str, arousal: float) -> object:
    return dimensions.Clip("ravdess", speaker, emotion, intensity, (0.0, arousal), None, (0.0, 0.0))


def test_concordance_wants_the_same_numbers(dimensions):
    truth = [0.1, 0.5, 0.9]
    assert dimensions.concordance(truth, truth) == pytest.approx(1.0)
    assert dimensions.pearson(truth, [0.2, 0.3, 0.4]) == pytest.approx(1.0)
    assert dimensions.concordance(truth, [0.2, 0.3, 0.4]) < 0.5


@given(
    levels=st.lists(
        st.tuples(st.sampled_from(["normal", "strong"]), st.sampled_from([0.0, 0.1, 0.2, 0.3])), max_size=12
    )
)
def test_pairs_of_one_speaker_and_emotion_are_those_of_mann_and_whitney(dimensions, levels):
    levels = [*levels, ("normal", 0.1), ("strong", 0.2)]
    clips = [clip(dimensions, "one", "anger", level, arousal) for level, arousal in levels]
    found = dimensions.same_speaker_and_emotion(clips, "normal", "strong")
    normal = [arousal for level, arousal in levels if level == "normal"]
    strong = [arousal for level, arousal in levels if level == "strong"]
    assert found["n_pairs"] == len(normal) * len(strong)
    every_like = len({*normal, *strong}) == 1
    wins = found["n_pairs"] / 2 if every_like else mannwhitneyu(strong, normal, method="asymptotic").statistic
    assert found["value"] == pytest.approx(wins / found["n_pairs"], abs=1e-4)
    assert found["low"] is None


def test_other_speakers_and_emotions_make_no_pairs(dimensions):
    clips = [
        clip(dimensions, "one", "anger", "normal", 0.1),
        clip(dimensions, "one", "anger", "strong", 0.2),
        clip(dimensions, "one", "calm", "normal", 0.9),
        clip(dimensions, "two", "anger", "strong", 0.0),
        clip(dimensions, "two", "neutral", "normal", 0.5),
    ]
    assert dimensions.same_speaker_and_emotion(clips, "normal", "strong")["n_pairs"] == 1
    assert dimensions.same_speaker_and_emotion(clips[1:], "normal", "strong")["value"] is None
    found = dimensions.follow_levels(clips, "ravdess")
    # Neutral has no strong clip, and neither has calm here.
    assert (found["n"], list(found["by_emotion"])) == (3, ["anger"])
    assert found["steps"][0]["auc"]["value"] == 0.5


def test_the_whole_run_judges_held_out_speakers_only(tmp_path):
    split = load_bundle("default").card.split
    ravdess = next(name.split(":")[1] for name in split["test_speakers"] if name.startswith("ravdess:"))
    actors = [name.split(":")[1] for name in split["test_speakers"] if name.startswith("crema-d:")][:2]
    known = next(name.split(":")[1] for name in split["train_speakers"] if name.startswith("crema-d:"))
    names = [f"ravdess/Actor_{ravdess}/03-01-{e:02d}-{i:02d}-01-01-{ravdess}.wav" for e in (4, 5) for i in (1, 2)]
    crema = [f"{who}_IEO_{e}_{i}" for who in (*actors, known) for e in ("ANG", "SAD") for i in ("LO", "MD", "HI")]
    for number, name in enumerate([*names, *(f"crema-d/AudioWAV/{name}.wav" for name in crema)]):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, make_voice(number, pitch_hz=120.0 + 8.0 * number), RATE)
    votes = [f"{name},{n % 5},0,1,0,{n % 3},2" for n, name in enumerate(crema)]
    (tmp_path / "crema-d" / "voice_votes.csv").write_text("\n".join(["clip,A,D,F,H,N,S", *votes]) + "\n")
    done = subprocess.run(
        [sys.executable, SCRIPT, "--corpora", tmp_path, "-o", tmp_path / "found.json"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert (found["n_clips"] + found["n_without_speech"], found["n_speakers"]) == (16, 3)
    assert str(tmp_path) not in json.dumps(found)
    assert [step["higher"] for step in found["intensity"]["crema-d"]["steps"]] == ["medium", "high", "high"]
    assert found["votes"]["n"] <= 12
    assert found["votes"]["n_speakers"] == 2
    for name in ("valence", "arousal"):
        assert -1.0 <= found["votes"][name]["derived"]["ccc"]["value"] <= 1.0
        assert f"votes: {name}, derived, ccc" in done.stdout
