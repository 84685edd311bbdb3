"""``emotrace importance``: from a table or a manifest to the report, resumed, and every mistake in one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Emotrace
from tests.learn.explore.made_corpus import make_corpus
from tests.learn.explore.made_features import NAMES, make_features
from tests.learn.explore.made_importance import small_forests

from emotrace.learn.explore.importance_fold import Fold, FoldWork
from emotrace.learn.table import FeatureTable, write_table
from emotrace.manifest import write_manifest

HOW = ("-m", "extra-trees", "-k", "2", "--folds", "2", "--repeats", "1", "-j", "1", "-o", "out")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """In a folder and a cache of its own, with forests that are fitted at once."""
    monkeypatch.setenv("EMOTRACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    with small_forests():
        yield


@pytest.fixture
def table() -> FeatureTable:
    """Features of three women and three men, also as ``made.csv``."""
    made = make_features(n_speakers=6, n_clips=2)
    write_table(made, "made.csv")
    return made


def report() -> Any:
    return json.loads(Path("out/report.json").read_text(encoding="utf-8"))


def test_a_table_is_measured(emotrace_command: Emotrace, table: FeatureTable) -> None:
    done = emotrace_command("importance", "made.csv", "--by", "sex", *HOW)
    facts = report()
    assert done.code == 0
    assert done.out.startswith(f"{Path('out/importance.html')}: all UAR 0.")
    for name in ("all", "female", "male"):
        group = facts["groups"][name]
        assert f"{name} UAR {group['uar']['mean']:.3f} with 8 features, " in done.out
        assert sorted(row["name"] for row in group["features"]) == sorted(NAMES)
    assert (facts["source"], facts["feature_set"], facts["k"]) == ("made", "made", 2)
    assert {path.stem for path in Path("out/pictures").iterdir()} == {
        "selection",
        "sexes",
        "importance-all",
        "importance-female",
        "importance-male",
    }


def test_interrupted_it_goes_on_and_others_do_not_take_its_place(
    emotrace_command: Emotrace, table: FeatureTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    do, computed = FoldWork.__call__, []

    def interrupted(work: FoldWork, fold: Fold) -> dict[str, Any]:
        if len(computed) == 1:
            raise KeyboardInterrupt
        computed.append(fold.key)
        return do(work, fold)

    with monkeypatch.context() as patch:
        patch.setattr(FoldWork, "__call__", interrupted)
        done = emotrace_command("importance", "made.csv", *HOW)
    assert done.code == 130
    assert "interrupted; the same command goes on from out" in done.err
    assert not Path("out/report.json").exists()
    (started,) = Path("out").iterdir()
    before = started.read_bytes()
    assert emotrace_command("importance", "made.csv", *HOW, "--seed", "1").code == 0
    assert started.read_bytes() == before

    computed.clear()
    monkeypatch.setattr(FoldWork, "__call__", lambda work, fold: computed.append(fold.key) or do(work, fold))
    assert emotrace_command("importance", "made.csv", *HOW).code == 0
    assert computed == ["all / 1"]
    assert report()["seed"] == 0


def test_features_are_extracted_and_labels_chosen(emotrace_command: Emotrace) -> None:
    clips = make_corpus(Path("clips"), n_takes=2)
    more = [replace(clip, emotion="happiness") for clip in clips[::4]]
    write_manifest([*(clip for clip in clips if clip not in more), *more], "made.csv")
    done = emotrace_command("importance", "made.csv", "--set", "mfcc20", "--labels", "neutral,anger", *HOW)
    assert done.code == 0
    facts = report()
    assert facts["feature_set"] == "mfcc20"
    assert facts["label_preset"] == "neutral,anger"
    assert facts["groups"]["all"]["labels"] == ["anger", "neutral"]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("nowhere.csv",), 1, "nowhere.csv: no such file"),
        (("made.csv", "--set", "mfcc21"), 2, "no feature set named 'mfcc21'; did you mean"),
        (("made.csv", "-m", "svm"), 2, "no model with importances of its own named 'svm'"),
        (
            ("made.csv", "-k", "8"),
            2,
            "8 features are to be kept (--keep), but there are 8; keep fewer, for instance 2",
        ),
        (("made.csv", "-k", "0"), 2, "--keep"),
        (("made.csv", "--folds", "1"), 2, "--folds"),
        (("made.csv", "--by", "age"), 2, "--by"),
        (("made.csv", "--labels", "disgust,fear"), 2, "no clip has one of disgust, fear; there are anger, calm"),
        (("nameless.csv",), 2, "36 of 36 clips have no speaker, first 0-anger-0.wav"),
        (("sexless.csv", "--by", "sex"), 2, "by sex needs the sex of every speaker; 36 clips do not say it"),
    ],
)
def test_mistakes_are_told(
    emotrace_command: Emotrace, table: FeatureTable, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    for name, changes in (("nameless", {"speaker": "unknown"}), ("sexless", {"sex": None})):
        changed = tuple(replace(utterance, **changes) for utterance in table.utterances)
        write_table(replace(table, utterances=changed), f"{name}.csv")
    done = emotrace_command("importance", *arguments[:1], *HOW, *arguments[1:])
    assert (done.code, done.out) == (code, "")
    assert sentence in done.complaint
    assert not Path("out/report.json").exists()


def test_a_manifest_needs_a_set(emotrace_command: Emotrace) -> None:
    write_manifest(make_corpus(Path("clips"), n_takes=1), "made.csv")
    done = emotrace_command("importance", "made.csv", *HOW)
    assert done.code == 1
    assert (
        "made.csv: holds no features; or name the features to extract from a manifest with --set" in done.complaint
    )
