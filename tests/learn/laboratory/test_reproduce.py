"""Claims from corpora to records: both twins, resumed, honest, and figures that agree with the predictions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from emotrace.errors import ReportError, UsageError
from emotrace.learn.explore.judged import read_judged
from emotrace.learn.laboratory import answers
from emotrace.learn.laboratory import reproduce as room
from emotrace.learn.laboratory.answers import run_folder
from emotrace.learn.laboratory.leak import summarise_leak
from emotrace.learn.laboratory.page import render
from emotrace.learn.laboratory.recipe import find_claim, read_claim
from emotrace.learn.laboratory.reproduce import list_tasks, read_record, reproduce
from emotrace.learn.laboratory.run import AS_CLAIMED, TWIN, Run, RunWork, Task
from emotrace.learn.laboratory.speech import find_clips
from emotrace.learn.laboratory.summary import summarise
from emotrace.learn.models._torch_folder import RunFolder


def _small(claim: str, corpora: Path, folder: Path, **how: Any) -> room.Record:
    return reproduce(claim, corpora, folder / "runs", is_small=True, cache=folder / "cache", **how)


def _same_answers(run: dict[str, Any], folder: Path) -> None:
    """What is kept of every answer tells the same as the record."""
    (judged,) = read_judged([folder])
    assert judged.is_leaky == run["is_leaky"] == judged.name.endswith(" (leaky)")
    assert judged.report["pooled"]["accuracy"]["value"] == pytest.approx(run["accuracy"])
    recall = judged.report["pooled"]["unweighted_average_recall"]["value"]
    assert recall == pytest.approx(run["unweighted_average_recall"])
    assert [a.emotion for a in judged.answers] == [run["labels"][i] for i in run["truth"]]
    assert [a.predicted for a in judged.answers] == [run["labels"][i] for i in run["prediction"]]
    assert [a.speaker for a in judged.answers] == [run["test_speakers"][i] for i in run["speaker_of"]]
    for answer in judged.answers:
        assert Path(answer.file).is_file()
        assert answer.sex in ("female", "male")
        assert answer.probabilities is not None
        assert sum(answer.probabilities.values()) == pytest.approx(1.0, abs=1e-4)
        assert answer.probabilities[answer.predicted] == pytest.approx(max(answer.probabilities.values()))
        assert answer.probabilities.keys() == set(judged.labels)


@pytest.mark.parametrize("claim", ["R2", "R4", "R6", "R9", "R10", "R15"])
def test_a_claim_and_its_twin_are_measured(claim: str, corpora: Path, tmp_path: Path) -> None:
    record = _small(claim, corpora, tmp_path)
    assert record.not_measured == ""
    recipe = record.claim
    assert record.runs.keys() == {task.key for task in list_tasks(recipe, claim, 1)}
    clips = {u.speaker for u in find_clips(recipe, corpora, is_small=True)}
    for key, run in record.runs.items():
        _same_answers(run, run_folder(tmp_path / "runs", claim, key))
        assert run["is_leaky"] == (run["variant"] == AS_CLAIMED and recipe.as_claimed.is_leaky)
        right = sum(a == b for a, b in zip(run["truth"], run["prediction"], strict=True))
        assert run["accuracy"] == pytest.approx(right / run["n_test"])
        assert len(run["speaker_of"]) == run["n_test"]
        if run["variant"] == TWIN:
            assert set(run["test_speakers"]) < clips
        if run["search"] is not None:
            leaky = "recordings-leaky" if run["model"] == "mlp" else "clips-leaky"
            assert run["search"]["folds"] == (leaky if run["is_leaky"] else "speakers")
            assert (run["search"]["method"], run["search"]["n_trials"]) == ("optuna", 2)
            assert run["search"]["params"].keys() == run["search"]["space"].keys()
            assert all(text.startswith(("Choice(", "Range(")) for text in run["search"]["space"].values())


def test_groups_hold_one_sex(corpora: Path, tmp_path: Path) -> None:
    runs = _small("R9", corpora, tmp_path).runs.values()
    actors = {int(name[-2:]) % 2: run["group"] for run in runs for name in run["test_speakers"]}
    assert actors == {1: "male", 0: "female"}


def test_what_was_done_is_not_done_again(corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Task] = []
    do = RunWork.__call__

    def interrupted(self: RunWork, task: Task) -> Run:
        if len(calls) == 1:
            raise KeyboardInterrupt
        calls.append(task)
        return do(self, task)

    monkeypatch.setattr(RunWork, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _small("R6", corpora, tmp_path)
    kept = read_record(read_claim("R6"), tmp_path / "runs", is_small=True).runs
    assert list(kept) == [calls[0].key]

    monkeypatch.setattr(RunWork, "__call__", do)
    told: list[str] = []
    record = _small("R6", corpora, tmp_path, tell=told.append)
    assert len(record.runs) == 2
    assert len(told) == 1
    assert record.runs[calls[0].key] == kept[calls[0].key]
    assert told[0].startswith("R6, speaker-independent / mlp / all / 0: accuracy")


def test_an_interrupted_run_leaves_no_half_folder(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, begun = answers.write_answers, []

    def interrupted(rows: Any, stream: Any) -> None:
        write(rows[:3], stream)
        begun.append([path.name for path in (tmp_path / "runs" / "R6").iterdir()])
        raise KeyboardInterrupt

    monkeypatch.setattr(answers, "write_answers", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _small("R6", corpora, tmp_path)
    assert len(begun) == len(begun[0]) == 1
    assert list((tmp_path / "runs" / "R6").iterdir()) == []
    assert read_record(read_claim("R6"), tmp_path / "runs", is_small=True).runs == {}

    monkeypatch.setattr(answers, "write_answers", write)
    record = _small("R6", corpora, tmp_path)
    folders = {run_folder(tmp_path / "runs", "R6", key) for key in record.runs}
    assert set((tmp_path / "runs" / "R6").iterdir()) == folders


def test_processes_give_the_same(corpora: Path, tmp_path: Path) -> None:
    alone = _small("R9", corpora, tmp_path)
    shared = reproduce("R9", corpora, tmp_path / "shared", is_small=True, cache=tmp_path / "cache", n_jobs=2)
    assert shared.runs.keys() == alone.runs.keys()
    for key, run in alone.runs.items():
        assert shared.runs[key]["prediction"] == run["prediction"]
        _same_answers(run, run_folder(tmp_path / "shared", "R9", key))


def test_an_edited_recipe_is_measured_anew(corpora: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = find_claim("R6").read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    _small(str(path), corpora, tmp_path)
    path.write_text(text.replace('"s2"', '"s1"'), encoding="utf-8")
    assert read_record(read_claim(str(path)), tmp_path / "runs", is_small=True).runs == {}


def test_what_a_recipe_measured_before_it_was_edited_is_kept(corpora: Path, tmp_path: Path) -> None:
    path, runs = tmp_path / "mine.toml", tmp_path / "runs"
    text = find_claim("R6").read_text(encoding="utf-8")
    versions = text, text.replace('"s2"', '"s1"')
    path.write_text(versions[0], encoding="utf-8")
    old = _small(str(path), corpora, tmp_path)
    path.write_text(versions[1], encoding="utf-8")
    told: list[str] = []
    new = _small(str(path), corpora, tmp_path, tell=told.append)
    aside = runs / f"R6-{old.claim.fingerprint}.json"
    assert told[0] == f"R6: the recipe has changed; what was measured before is kept in {aside}"
    assert json.loads(aside.read_text(encoding="utf-8"))["runs"] == old.runs

    # As it was again, it goes on from what it had, and nothing is measured twice or lost.
    path.write_text(versions[0], encoding="utf-8")
    told.clear()
    assert _small(str(path), corpora, tmp_path, tell=told.append).runs == old.runs
    assert told == [
        f"R6: the recipe has changed; what was measured before is kept in {runs}/R6-{new.claim.fingerprint}.json",
        f"R6: goes on from {aside}, which was measured with this recipe",
    ]
    assert {file.name for file in runs.glob("*.json")} == {"R6.json", f"R6-{new.claim.fingerprint}.json"}


def test_trials_and_real_figures_do_not_share_a_folder(corpora: Path, tmp_path: Path) -> None:
    _small("R6", corpora, tmp_path)
    record = tmp_path / "runs" / "R6.json"
    before = record.read_bytes()
    with pytest.raises(UsageError, match=r"R6\.json holds figures of a trial with --fast, .* name another folder"):
        reproduce("R9", corpora, tmp_path / "runs", cache=tmp_path / "cache")
    record.write_bytes(before.replace(b'"is_small": true', b'"is_small": false'))
    with pytest.raises(
        UsageError, match=r"R6\.json holds real figures, .* with --fast must not replace; name anot"
    ):
        _small("R9", corpora, tmp_path)
    assert [file.name for file in (tmp_path / "runs").glob("*.json")] == ["R6.json"]


def test_a_missing_corpus_is_told(corpora: Path, tmp_path: Path) -> None:
    record = reproduce("R12", tmp_path, tmp_path / "runs")
    assert record.not_measured == "needs ravdess, tess, savee, which is not among the corpora here"
    assert reproduce("R12", None, tmp_path / "runs").not_measured.startswith("needs ravdess")


def test_an_incomplete_corpus_is_not_passed_off_as_the_claim(corpora: Path, tmp_path: Path) -> None:
    record = reproduce("R6", corpora, tmp_path / "runs", cache=tmp_path / "cache")
    assert record.runs == {}
    assert record.not_measured == (
        "claim R6 was tested on 192 clips, here it would be 16: the corpora (ravdess) are not complete, "
        "or some clips cannot be used"
    )


def test_a_damaged_record_is_told(corpora: Path, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "R6.json").write_text("{", encoding="utf-8")
    with pytest.raises(ReportError, match=r"R6\.json: cannot be read \(JSONDecodeError\); remove it"):
        _small("R6", corpora, tmp_path)


def test_windows_are_cut_and_know_their_recording(corpora: Path) -> None:
    claim = read_claim("R1")
    windows = find_clips(claim, corpora, is_small=True)
    by_file: dict[str, list[Any]] = {}
    for window in windows:
        by_file.setdefault(window.file, []).append(window)
    for file, own in by_file.items():
        assert [round(u.segment.duration, 1) for u in own] == [2.0, 0.6]
        assert own[0].segment.end == own[1].segment.start
        assert {u.recording_id for u in own} == {file}


def test_figures_are_those_of_the_runs() -> None:
    claim = read_claim("R17")
    runs = {}
    for nth, (leaky, honest) in enumerate([(0.75, 0.5), (0.5, 0.25)]):
        for variant, right in ((AS_CLAIMED, leaky), (TWIN, honest)):
            truth = [0, 1] * 8
            prediction = [t if i < 16 * right else 1 - t for i, t in enumerate(truth)]
            runs[f"{variant}{nth}"] = {
                "variant": variant,
                "model": "mlp",
                "group": "male",
                "nth": nth,
                "is_leaky": variant == AS_CLAIMED,
                "n_train": 30,
                "n_test": 16,
                "accuracy": right,
                "unweighted_average_recall": right,
                "training_accuracy": 1.0,
                "search": None,
                "seconds": 30.0,
                "labels": ["anger", "calm"],
                "test_speakers": [f"x:{nth}", f"y:{nth}"],
                "speaker_of": [0] * 8 + [1] * 8,
                "truth": truth,
                "prediction": prediction,
            }
    summary = summarise(room.Record(claim, runs=runs))
    (result,) = summary["results"]
    assert result["as_claimed"]["accuracy"] == {"mean": 0.625, "sd": 0.1768}
    assert result["speaker_independent"]["accuracy"]["mean"] == 0.375
    low, high = result["speaker_independent"]["accuracy_interval"]
    assert low <= 0.375 <= high
    assert result["speaker_independent"]["n_speakers"] == 4
    assert result["leak_gap"] == 0.25
    (figure,) = result["published"]
    assert (figure["ours"], figure["difference"], figure["is_notable"]) == (0.25, 0.0714, True)
    assert summary["minutes"] == 2.0
    # Pooled: of 32 answers as claimed 20 are right, of the honest ones 12; both labels alike.
    half = {"precision": 0.625, "recall": 0.625, "f1": 0.625, "support": 16, "n_predicted": 16}
    assert result["as_claimed"]["per_class"] == {"anger": half, "calm": half}
    assert (result["as_claimed"]["macro_f1"], result["speaker_independent"]["macro_f1"]) == (0.625, 0.375)
    page = render([json.loads(json.dumps(summary))])
    assert "Per class" not in page
    assert "| R17 | mlp | male | 0.179 (leak gap) | 0.625 ± 0.177 leaky, n 16 | 0.375 ± 0.177 [" in page
    assert "| +0.250 | 2 | 2.0 |" in page
    assert "mlp, male: 0.250 against 0.179 (leak gap)" in page
    # Only leaky models that claim a figure of their own are asked what leaking is worth.
    bigger = {**summary, "claim": "R0", "results": [{**result, "leak_gap": 0.5}, {**result, "published": []}]}
    kept = {**summary, "claim": "R5", "is_leaky": False}
    leak = summarise_leak([summary, bigger, kept])
    assert leak == {"mean": 0.375, "low": 0.25, "high": 0.5, "n_models": 2, "n_claims": 2}
    assert (
        "Clips divided at random promise 38 points more than unheard speakers keep, in the mean of the 2 models "
        "of 2 published claims that were measured both ways (25 to 50).\n"
    ) in render([summary, bigger, kept])
    assert "at random promise" not in render([kept])
    assert "at random promise" not in render([summary], is_small=True)
    assert summarise_leak([kept]) is None


def test_figures_of_labels_stand_beside_the_published_ones(corpora: Path, tmp_path: Path) -> None:
    record = _small("R9", corpora, tmp_path)
    summary = json.loads(json.dumps(summarise(record)))
    page = render([summary])
    _, section = page.split("## Per class\n")
    (male, _female) = [line.split(" | ") for line in section.splitlines() if line.startswith("| R9 |")]
    labels, published, ours, honest = (cell.removesuffix(" |").split("<br>") for cell in male[3:])
    assert labels[0] == "anger"
    assert labels[-1] == "macro F1"
    assert published[0] == "– / – / 0.87 leaky"
    assert published[-1] == "–"
    run = record.runs["as claimed / mlp / male / 0"]
    pairs = [(run["labels"][t], run["labels"][p]) for t, p in zip(run["truth"], run["prediction"], strict=True)]
    for label, told in zip(labels[:-1], ours, strict=False):
        n_right = pairs.count((label, label))
        n_said, n_true = (sum(pair[side] == label for pair in pairs) for side in (1, 0))
        if n_said + n_true == 0:
            assert told == "– / – / –"
            continue
        precision, recall = n_right / max(n_said, 1), n_right / max(n_true, 1)
        assert told == f"{precision:.2f} / {recall:.2f} / {2 * n_right / (n_said + n_true):.2f} leaky"
    assert all("leaky" not in line for line in honest)
    assert len(labels) == len(published) == len(ours) == len(honest) == 8
    # The main table holds what it did, and so does a summary that was told before there were figures of labels.
    table = page.split("## Per class")[0]
    assert "0.714 leaky, n 168 |" in table
    assert "macro" not in table
    for side in (summary["results"][0]["as_claimed"], summary["results"][0]["speaker_independent"]):
        del side["per_class"], side["macro_f1"]
    for figure in [figure for result in summary["results"] for figure in result["published"]]:
        del figure["per_class"]
    assert "Per class" not in render([summary])


def test_every_leaky_figure_says_so(corpora: Path, tmp_path: Path) -> None:
    page = render([summarise(_small(claim, corpora, tmp_path)) for claim in ("R6", "R10")], is_small=True)
    figures = page.split("## Per class")[0]
    table = [line.split("|") for line in figures.splitlines() if line.startswith(("| R6 |", "| R10 |"))]
    assert [("leaky" in row[4], "leaky" in row[5], "leaky" in row[6]) for row in table] == [
        (True, True, False),
        (False, False, False),
        (False, False, False),
    ]
    assert "its figures mean nothing" in page


@pytest.mark.parametrize("model", ["svm", "two-step", "per-sex", "sex-emotion"])
def test_the_small_version_needs_few_clips_of_each_label(model: str, corpora: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = find_claim("R6").read_text(encoding="utf-8")
    path.write_text(text.replace('model = "mlp"\npreset = "s2"', f'model = "{model}"'), encoding="utf-8")
    record = _small(str(path), corpora, tmp_path)
    assert (record.not_measured, len(record.runs)) == ("", 2)


def test_one_speaker_is_told_by_the_small_version_too(corpora: Path, tmp_path: Path) -> None:
    shutil.copytree(corpora / "ravdess" / "Actor_01", tmp_path / "one" / "ravdess" / "Actor_01")
    record = _small("R6", tmp_path / "one", tmp_path)
    assert record.not_measured == (
        "corpus 'ravdess' has 1 speaker in these clips, of whom 1 cannot be held out: somebody must be left to "
        "learn from; give more of the corpus"
    )


NETWORK = """
claim = "X1"
project = "mine"
title = "a network"
corpora = ["ravdess"]
labels = "ravdess4"
seeds = 1

[features]
set = "mfcc20"

[as_claimed]
test_share = 0.25

[twin]
speakers = { ravdess = 2 }

[[models]]
name = "net"
model = "conv1d"
epochs = 5
"""


@pytest.mark.parametrize("how", ["", "duration_seconds = 0.5", "trim_db = 20\nwindow_seconds = 0.35"])
@pytest.mark.parametrize("features", ["mel-frames", "mfcc-frames"])
def test_sequences_are_learnt_from_frames(how: str, features: str, corpora: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    text = NETWORK.replace('"mfcc20"', f'"{features}"\n{how}').replace("conv1d", "lstm")
    recipe.write_text(text, encoding="utf-8")
    record = _small(str(recipe), corpora, tmp_path)
    assert (record.not_measured, len(record.runs)) == ("", 2)


def test_an_interrupted_network_goes_on(corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, runs = tmp_path / "mine.toml", tmp_path / "runs"
    recipe.write_text(NETWORK, encoding="utf-8")
    trained: list[int] = []
    keep = RunFolder.write_checkpoint

    def interrupted(self: RunFolder, state: Any, history: list[dict[str, Any]]) -> None:
        keep(self, state, history)
        trained.append(history[-1]["epoch"])
        if len(trained) == 3:
            raise KeyboardInterrupt

    def reproduced(folder: Path) -> room.Record:
        return reproduce(str(recipe), corpora, folder, cache=tmp_path / "cache")

    monkeypatch.setattr(RunFolder, "write_checkpoint", interrupted)
    with pytest.raises(KeyboardInterrupt):
        reproduced(runs)
    (kept,) = (path for path in runs.iterdir() if path.is_dir())
    assert (kept / "checkpoint.pt").is_file()

    resumed = reproduced(runs)
    # The first of the two networks goes on after its third epoch, the second has all five.
    assert trained == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]
    assert sorted(path.name for path in runs.iterdir()) == ["X1", "X1.json"]
    whole = reproduced(tmp_path / "whole")
    assert len(whole.runs) == 2
    assert {key: run["prediction"] for key, run in resumed.runs.items()} == {
        key: run["prediction"] for key, run in whole.runs.items()
    }
