"""Honest figures: who chooses, who is tested, what is kept, and figures that agree with the predictions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emotrace.errors import LeakError, RecipeError, ReportError, TrainingError, UnknownNameError
from emotrace.learn.evaluation.metrics import unweighted_average_recall
from emotrace.learn.evaluation.split import Split
from emotrace.learn.laboratory import honest_run
from emotrace.learn.laboratory.division import divide_as_claimed
from emotrace.learn.laboratory.honest import list_honest_tasks, measure_honestly, read_honest_record
from emotrace.learn.laboratory.honest_page import render_honest, summarise_honest, write_honest_page
from emotrace.learn.laboratory.honest_recipe import find_honest, honest_names, read_honest
from emotrace.learn.laboratory.honest_run import HonestTask, HonestWork, deal_speakers, divide, try_candidates
from emotrace.learn.laboratory.recipe import read_claim
from emotrace.learn.laboratory.speech import choose_group
from emotrace.types import Utterance

RECIPE = """
honest = "X1"
title = "a made task"
corpora = ["ravdess"]
labels = "call4"
groups = ["male", "female"]
heard = ["own group", "everybody"]
n_folds = 2
goal = 0.5

[tested]
protocol = "speakers"
speakers = 1
draws = 2
seed = 3

[[candidates]]
name = "few"
set = "mfcc20"
model = "linear-discriminant"
n_components = 4

[[candidates]]
name = "many"
set = "stats70"
model = "logistic"
n_components = 20
params = { C = 0.1 }
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def measured(corpora: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> honest_run.Material:
    path = tmp_path_factory.mktemp("honest") / "mine.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return HonestWork(corpora, cache).prepare(str(path))


def test_all_runs_are_done_kept_and_counted(recipe: Path, corpora: Path, cache: Path, tmp_path: Path) -> None:
    told: list[str] = []
    record = measure_honestly(str(recipe), corpora, tmp_path / "runs", cache=cache, tell=told.append)
    assert record.not_measured == ""
    assert record.runs.keys() == {task.key for task in list_honest_tasks(record.recipe, "any")}
    assert len(record.runs) == len(told) == 16
    for run in record.runs.values():
        truth = [run["labels"][i] for i in run["truth"]]
        prediction = [run["labels"][i] for i in run["prediction"]]
        assert run["unweighted_average_recall"] == unweighted_average_recall(truth, prediction)
        assert run["chosen"] == max(run["tried"], key=lambda name: np.mean(run["tried"][name]))
        assert all(len(scores) == 2 for scores in run["tried"].values())
        assert len(run["test_speakers"]) == 1
        assert run["n_train_speakers"] == (3 if run["heard"] == "own group" else 7)
        assert int(run["test_speakers"][0][-2:]) % 2 == (run["group"] == "male")
    again = measure_honestly(str(recipe), corpora, tmp_path / "runs", cache=cache, tell=told.append)
    assert again.runs == record.runs
    assert len(told) == 16


def test_an_interrupted_run_goes_on(
    recipe: Path, corpora: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[HonestTask] = []
    do = HonestWork.__call__

    def interrupted(self: HonestWork, task: HonestTask) -> dict[str, object]:
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(task)
        return do(self, task)

    monkeypatch.setattr(HonestWork, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        measure_honestly(str(recipe), corpora, tmp_path / "runs", cache=cache)
    kept = read_honest_record(read_honest(str(recipe)), tmp_path / "runs").runs
    assert list(kept) == [task.key for task in calls]

    monkeypatch.setattr(HonestWork, "__call__", do)
    told: list[str] = []
    whole = measure_honestly(str(recipe), corpora, tmp_path / "runs", cache=cache, tell=told.append)
    assert len(told) == 14
    assert kept.items() <= whole.runs.items()


def test_an_edited_recipe_is_measured_anew_and_a_damaged_record_told(recipe: Path, tmp_path: Path) -> None:
    known = read_honest(str(recipe))
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "X1.json").write_text(
        f'{{"fingerprint": "{known.fingerprint}", "runs": {{"a": {{}}}}}}', encoding="utf-8"
    )
    assert read_honest_record(known, runs).runs == {"a": {}}
    assert read_honest_record(replace(known, title="other words"), runs).runs == {"a": {}}
    assert read_honest_record(replace(known, n_folds=3), runs).runs == {}
    (runs / "X1.json").write_text("{", encoding="utf-8")
    with pytest.raises(ReportError, match=r"X1\.json: cannot be read \(JSONDecodeError\); remove it"):
        read_honest_record(known, runs)


@pytest.mark.parametrize("heard", ["own group", "everybody"])
def test_draws_are_those_of_the_claim(heard: str) -> None:
    claim = read_claim("R10")
    clips = _actors(24)
    for group in ("male", "female"):
        own = choose_group(clips, group)
        for nth in range(3):
            split = divide(read_honest("H10"), clips, HonestTask("H10", group, heard, False, nth))
            theirs = divide_as_claimed(own, claim.as_claimed, nth)
            assert {u.speaker for u in split.test} == {u.speaker for u in theirs.test}
            assert {u.sex for u in split.test} == {group}
            assert {u.sex for u in split.train} == ({group} if heard == "own group" else {"male", "female"})


def test_six_folds_test_everybody_once() -> None:
    clips = _actors(24)
    tested = [
        divide(read_honest("H1"), clips, HonestTask("H1", "all", "own group", False, n)).test for n in range(6)
    ]
    assert sorted(u.speaker for side in tested for u in side) == sorted(u.speaker for u in clips)


def test_a_division_that_leaks_cannot_be() -> None:
    clips = _actors(4)
    with pytest.raises(LeakError, match="would leak"):
        Split(clips, [], clips[:1], "X")


def test_missing_actors_are_told() -> None:
    with pytest.raises(TrainingError, match=r"division 0 of recipe H1 tests 0 clips and leaves 1 to learn from"):
        divide(read_honest("H1"), _actors(24)[1:2], HonestTask("H1", "all", "own group", False, 0))


def test_speakers_are_dealt_out_once_and_by_sex() -> None:
    clips = _actors(20)
    folds = deal_speakers(clips, 5, seed=1)
    assert sorted(s for fold in folds for s in fold) == sorted(u.speaker for u in clips)
    assert {sum(int(s[-2:]) % 2 for s in fold) for fold in folds} == {2}
    assert folds == deal_speakers(clips[::-1], 5, seed=1) != deal_speakers(clips, 5, seed=2)
    with pytest.raises(TrainingError, match="2 training speakers cannot be dealt out to 5 folds"):
        deal_speakers(_actors(2), 5, seed=0)


@pytest.mark.parametrize("per_speaker", [False, True])
def test_tested_speakers_choose_nothing(measured: honest_run.Material, per_speaker: bool) -> None:
    """Whatever the tested clips sound like and are called, the choice stays."""
    task = HonestTask("any", "female", "everybody", per_speaker, 0)
    split = divide(measured.recipe, measured.utterances, task)
    folds = deal_speakers(choose_group(split.train, "female"), 2, 0)
    before = try_candidates(measured, split, folds, per_speaker)
    tested = measured.mask(split.test)
    assert tested.any()
    noise = {key: np.where(tested[:, None], 1e6, values) for key, values in measured.values.items()}
    swapped = [
        replace(u, emotion="calm") if is_tested else u
        for u, is_tested in zip(measured.utterances, tested, strict=True)
    ]
    changed = replace(measured, values=noise, utterances=swapped)
    assert try_candidates(changed, split, folds, per_speaker) == before


def test_each_candidate_is_tried_as_it_would_be_fitted(measured: honest_run.Material) -> None:
    """Components that are found once for all give what each candidate's own pipeline gives."""
    from emotrace.learn.models._build import build_model

    few = measured.recipe.candidates[0]
    both = (few, replace(few, name="more", n_components=9))
    material = replace(measured, recipe=replace(measured.recipe, candidates=both))
    split = divide(material.recipe, material.utterances, HonestTask("any", "male", "everybody", False, 1))
    folds = deal_speakers(choose_group(split.train, "male"), 2, 0)
    scores = try_candidates(material, split, folds, False)
    speakers, emotions = (np.array([getattr(u, k) for u in material.utterances]) for k in ("speaker", "emotion"))
    train = material.mask(split.train)
    for candidate in both:
        for fold, score in zip(folds, scores[candidate.name], strict=True):
            asked = train & np.isin(speakers, list(fold))
            heard = train & ~asked
            values = material.values["mfcc20", False]
            model = build_model("principal", n_components=candidate.n_components)
            answers = model.fit(values[heard], emotions[heard]).predict(values[asked])
            assert score == pytest.approx(
                unweighted_average_recall(list(emotions[asked]), list(answers)), abs=1e-4
            )


def test_a_candidate_without_its_library_is_left_out_and_told(
    recipe: Path, corpora: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emotrace.errors import MissingExtraError

    load = honest_run.load_feature_set

    def without(name: str) -> object:
        if name == "stats70":
            raise MissingExtraError("statistics", "smile")
        return load(name)

    monkeypatch.setattr(honest_run, "load_feature_set", without)
    told: list[str] = []
    record = measure_honestly(str(recipe), corpora, tmp_path / "runs", cache=cache, tell=told.append)
    assert "X1: candidate 'many' is left out: statistics" in told[0]
    assert {run["chosen"] for run in record.runs.values()} == {"few"}
    assert "Left out: 'many' (statistics" in render_honest([summarise_honest(record)])


def test_a_missing_corpus_is_told(recipe: Path, tmp_path: Path) -> None:
    for root in (None, tmp_path):
        record = measure_honestly(str(recipe), root, tmp_path / "runs")
        assert record.not_measured.startswith("needs ravdess")
    assert "- **X1**: needs ravdess" in render_honest([summarise_honest(record)])


def test_the_page_says_what_the_runs_say(recipe: Path, corpora: Path, cache: Path, tmp_path: Path) -> None:
    record = measure_honestly(str(recipe), corpora, tmp_path / "runs", cache=cache)
    summary = summarise_honest(record)
    assert len(summary["results"]) == 8
    result = next(r for r in summary["results"] if (r["group"], r["heard"]) == ("male", "everybody"))
    own = [r for key, r in record.runs.items() if key.startswith("male / everybody / as measured")]
    recalls = [run["unweighted_average_recall"] for run in own]
    score = result["unweighted_average_recall"]
    assert score["mean"] == pytest.approx(np.mean(recalls), abs=1e-4)
    assert score["sd"] == pytest.approx(np.std(recalls, ddof=1), abs=1e-4)
    page = write_honest_page([summary], tmp_path / "docs").read_text(encoding="utf-8")
    assert "| as measured | male | both sexes | 7, 56 | 2 divisions of 2, " in page
    assert f"| {score['pooled']:.3f} " in page
    assert "Seeds of the draws: 3 to 4. To be reached: UAR 0.50." in page
    assert (tmp_path / "docs" / "honest.json").is_file()


@pytest.mark.parametrize("name", honest_names())
def test_shipped_recipes_are_sound(name: str) -> None:
    recipe = read_honest(name.lower())
    assert recipe.honest == name == find_honest(name).stem
    assert any(candidate.set == "voice-functionals" for candidate in recipe.candidates)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"stats70"', '"stats71"', "key 'set' names 'stats71'; did you mean 'stats70'"),
        ('"logistic"', '"logistics"', "key 'model' names 'logistics'; did you mean 'logistic'"),
        ("speakers = 1\n", "", "key 'speakers' is for the protocol 'speakers', which needs it"),
        ('heard = ["own group", "everybody"]', 'heard = ["nobody"]', "key 'heard' names 'nobody'"),
        ("n_folds = 2", "n_folds = 1", "key 'n_folds' must be at least 2"),
        ("goal = 0.5", "goal = 60", "key 'goal' must be in"),
        ('name = "many"', 'name = "few"', "key 'candidates' must have names that differ"),
        ("draws = 2", "drawn = 2", "drawn"),
    ],
)
def test_wrong_recipes_are_told_by_key(recipe: Path, old: str, new: str, says: str) -> None:
    assert old in RECIPE
    recipe.write_text(RECIPE.replace(old, new), encoding="utf-8")
    with pytest.raises(RecipeError, match=says):
        read_honest(str(recipe))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            '"stats70"',
            '"mel-frames"',
            "key 'set': principal components are of a row of features for each clip, which",
        ),
        ('"stats70"', '"stats70:2"', "key 'set': feature set 'stats70' takes no parameter"),
        ('"logistic"', '"gru"', "key 'model': 'gru' does not take a row of features for each clip; write one"),
        ('"logistic"', '"two-step"', "inner must not be 'two-step', which needs to know the speakers' sex"),
        ('"logistic"', '"residual-cnn"', "the model 'residual-cnn' takes waveforms"),
        ("C = 0.1", "c = 0.1", "the model 'logistic' has no parameter 'c'"),
    ],
)
def test_candidates_that_cannot_be_had_are_told_before_any_clip_is_read(
    recipe: Path, tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert old in RECIPE
    recipe.write_text(RECIPE.replace(old, new), encoding="utf-8")
    with pytest.raises(RecipeError, match=r"mine\.toml: \[\[candidates\]\] 2 \('many'\)") as told:
        measure_honestly(str(recipe), tmp_path / "no corpora", tmp_path / "runs")
    assert says in str(told.value)


def test_unknown_recipes_are_told() -> None:
    with pytest.raises(UnknownNameError, match="no honest recipe named 'H12'; known: H1, H10, H11"):
        read_honest("H12")
    with pytest.raises(RecipeError, match=r"no recipe file gone\.toml; shipped recipes: H1"):
        read_honest("gone.toml")


def _actors(n: int) -> list[Utterance]:
    return [
        Utterance(
            file=f"{number:02d}.wav",
            emotion="anger",
            speaker=f"ravdess:{number:02d}",
            sex=("female", "male")[number % 2],
            corpus="ravdess",
        )
        for number in range(1, n + 1)
    ]
