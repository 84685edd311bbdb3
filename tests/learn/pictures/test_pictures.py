"""Each picture shows the numbers it was given."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from tests.learn.explore.made_judged import HISTORY, LABELS, make_judged

from emotrace.errors import MissingExtraError
from emotrace.learn.explore.boxes import box, boxes_by
from emotrace.learn.explore.examples import analyse
from emotrace.learn.explore.judged import read_judged
from emotrace.learn.explore.judged_facts import compare_runs, judged_facts
from emotrace.learn.explore.mel_lesson import mel_lesson
from emotrace.learn.pictures import save_picture
from emotrace.learn.pictures._canvas import new_figure, to_png
from emotrace.learn.pictures.anatomy import draw_anatomy
from emotrace.learn.pictures.comparison import draw_comparison
from emotrace.learn.pictures.confusion import draw_confusion
from emotrace.learn.pictures.correlation import draw_correlation
from emotrace.learn.pictures.counts import draw_counts
from emotrace.learn.pictures.durations import draw_durations
from emotrace.learn.pictures.feature_boxes import draw_feature_boxes
from emotrace.learn.pictures.learning_curves import draw_learning_curves
from emotrace.learn.pictures.mel_scale import draw_mel_scale
from emotrace.learn.pictures.pairs import draw_pairs
from emotrace.learn.pictures.precision_recall import draw_precision_recall
from emotrace.learn.pictures.recall_by_group import draw_recall_by_group
from emotrace.learn.pictures.recall_by_speaker import draw_recall_by_speaker
from emotrace.learn.pictures.reliability import draw_reliability
from emotrace.learn.pictures.roc import draw_roc
from emotrace.learn.pictures.separation import draw_separation
from emotrace.learn.pictures.speakers import draw_speakers
from emotrace.learn.pictures.strip import draw_strip


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    (run,) = read_judged([make_judged(tmp_path_factory.mktemp("judged") / "run", history=HISTORY)])
    return judged_facts(run)


def words(figure: Figure) -> list[str]:
    """Give all that is written in a figure."""
    figure.draw_without_rendering()
    found = [text.get_text() for axes in figure.axes for text in axes.texts]
    for axes in figure.axes:
        found += [axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()]
        found += [tick.get_text() for tick in (*axes.get_xticklabels(), *axes.get_yticklabels())]
        legend = axes.get_legend()
        found += [text.get_text() for text in legend.get_texts()] if legend else []
    found += [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    return [word for word in found if word]


def test_confusions_are_written_as_counts_and_as_shares() -> None:
    figure = draw_confusion(
        {
            "labels": ["neutral", "anger", "fear"],
            "counts": [[8, 2, 0], [0, 0, 0], [1, 0, 3]],
            "no_speech": [0, 0, 1],
        }
    )
    counts, shares = figure.axes
    assert [text.get_text() for text in counts.texts] == ["8", "2", "1", "3", "1"]
    assert [text.get_text() for text in shares.texts] == ["80", "20", "20", "60", "20"]
    assert [tick.get_text() for tick in shares.get_xticklabels()] == ["neutral", "anger", "fear", "no speech"]


def test_labels_that_never_occur_are_left_out() -> None:
    figure = draw_confusion({"labels": ["a", "b", "c"], "counts": [[1, 0, 1], [0, 0, 0], [0, 0, 1]]})
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["a", "c"]


def test_roc_curves_are_the_given_ones(facts: dict[str, Any]) -> None:
    (axes,) = draw_roc(facts["curves"]).axes
    lines = {line.get_label().split()[0]: line for line in axes.get_lines() if line.get_label()[0] != "_"}
    assert set(lines) == set(LABELS)
    for label, curve in facts["curves"]["labels"].items():
        assert lines[label].get_xdata() == pytest.approx(curve["roc"]["false_positive_rate"])
        assert f"{curve['auc']:.3f}" in lines[label].get_label()
    assert f"{facts['curves']['macro_auc']:.3f}" in axes.get_title(loc="left")


def test_precision_recall_curves_are_the_given_ones(facts: dict[str, Any]) -> None:
    (axes,) = draw_precision_recall(facts["curves"]).axes
    lines = {line.get_label().split()[0]: line for line in axes.get_lines()}
    for label, curve in facts["curves"]["labels"].items():
        assert lines[label].get_ydata() == pytest.approx(curve["precision_recall"]["precision"])
        assert f"{curve['average_precision']:.3f}" in lines[label].get_label()


def test_reliability_shows_every_bin_with_answers(facts: dict[str, Any]) -> None:
    reliability = facts["reliability"]
    above, _ = draw_reliability(reliability, 0.0571).axes
    points = above.collections[-1].get_offsets()
    bins = [found for found in reliability["bins"] if found["n"]]
    assert np.asarray(points).tolist() == [[found["confidence"], found["accuracy"]] for found in bins]
    assert any("expected calibration error 0.057" in text.get_text() for text in above.texts)


def test_recalls(facts: dict[str, Any]) -> None:
    shown = words(draw_recall_by_group(facts["recall_by_sex"], "recall by sex"))
    recall = facts["recall_by_sex"]["female"]["anger"]["recall"]
    assert f" {100 * recall:.0f} % of 10" in shown
    assert {"female", "male", "anger", "recall by sex"} <= set(shown)
    figure = draw_recall_by_speaker(facts["per_speaker"], {"s0": "female", "s1": "female"}, 0.7, 0.25)
    assert {"s0", "s1", "s2", "s3", "female", "unknown", "4 speakers"} <= set(words(figure))


def test_comparisons_put_the_best_first(tmp_path: Path) -> None:
    runs = read_judged([make_judged(tmp_path / name, seed=seed) for name, seed in (("x", 0), ("y", 1), ("z", 2))])
    found = [judged_facts(run) for run in runs]
    comparison = compare_runs(runs, found)
    figure = draw_comparison(comparison)
    figure.draw_without_rendering()
    shown = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    uar = {run["name"]: run["unweighted_average_recall"]["value"] for run in comparison["runs"]}
    assert shown == sorted(uar, key=lambda name: -uar[name])


def test_learning_curves_mark_the_lowest_validation_loss(facts: dict[str, Any]) -> None:
    loss, accuracy = draw_learning_curves(facts["history"]).axes
    assert loss.get_title(loc="left") == "loss, lowest on validation in epoch 2"
    assert loss.get_lines()[0].get_ydata().tolist() == [1.4, 1.0, 0.7]
    assert accuracy.get_lines()[1].get_ydata().tolist() == [0.4, 0.6, 0.5]


def test_learning_curves_without_validation() -> None:
    (loss,) = draw_learning_curves([{"epoch": 1, "train_loss": 2.0}, {"epoch": 2, "train_loss": 1.0}]).axes
    assert loss.get_title(loc="left") == "loss"


def test_rounds_of_boosting_are_called_rounds() -> None:
    rounds = [
        {"round": 1, "train_loss": 2.0, "validation_loss": 2.0, "validation_uar": 0.3},
        {"round": 25, "train_loss": 1.0, "validation_loss": 1.5, "validation_uar": 0.5},
        {"round": 50, "train_loss": 0.5, "validation_loss": 1.7, "validation_uar": 0.4},
    ]
    loss, recall = draw_learning_curves(rounds).axes
    assert loss.get_title(loc="left") == "loss, lowest on validation in round 25"
    assert recall.get_title(loc="left") == "recall (UAR), highest in round 25"
    assert (loss.get_xlabel(), recall.get_xlabel()) == ("round", "round")
    assert [line.get_xdata().tolist() for line in loss.get_lines()[:2]] == [[1, 25, 50]] * 2


def test_counts() -> None:
    counts = {"sex": {"female": 3, "male": 1}, "intensity": {"unknown": 4}, "corpus": {"tess": 4}}
    shown = words(draw_counts(counts, {"neutral": {"female": 1, "male": 0}, "anger": {"female": 2, "male": 1}}))
    assert {"neutral", "anger", "tess", "1", "3", "4", "by emotion"} <= set(shown)


def test_speakers_stand_by_sex() -> None:
    table = {"x:2": {"anger": 5, "fear": 0}, "x:1": {"anger": 3, "fear": 7}}
    (axes,) = draw_speakers(table, {"x:1": "male", "x:2": "female"}).axes
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["2", "1"]
    assert [text.get_text() for text in axes.texts] == ["5", "3", "·", "7"]


def test_hundreds_of_speakers_have_no_names() -> None:
    table = {f"s{n}": {"anger": 1} for n in range(91)}
    (axes,) = draw_speakers(table, {}).axes
    assert axes.get_xlabel() == "91 speakers"
    assert not axes.texts


def test_durations_are_drawn_by_group() -> None:
    rng = np.random.default_rng(0)
    seconds, groups = rng.gamma(3, 1, 60), ["anger", "fear"] * 30
    durations = {by: boxes_by(seconds, groups) for by in ("emotion", "corpus", "sex")}
    facts = {**durations, "all": box(seconds), "histogram": {"edges": [0, 2, 20], "counts": [20, 40]}}
    assert {"by emotion", "by corpus", "by sex", "all clips", "anger"} <= set(words(draw_durations(facts)))
    # Where the axis ends before the farthest clips do, it says so.
    facts["histogram"] = {"edges": [0, 2, 3], "counts": [20, 40]}
    assert "all clips, the farthest in the bars at the ends" in words(draw_durations(facts))


def test_few_feature_boxes_have_panels() -> None:
    boxes = {f"f{k}": boxes_by(np.arange(8.0) * k, ["anger", "fear"] * 4) for k in range(4)}
    figure = draw_feature_boxes(boxes, [f"feature {k}" for k in range(4)], 4, 1.0)
    assert {"anger", "fear", "feature 3"} <= set(words(figure))
    # The boxes' heights are the quartiles.
    assert [bar.get_y() for bar in figure.axes[3].patches] == pytest.approx(
        [b["q1"] for b in boxes["f3"].values()]
    )


def test_many_feature_boxes_share_one_system_of_axes() -> None:
    boxes = {f"f{k}": boxes_by(np.arange(8.0) * (k + 1), ["anger", "fear"] * 4) for k in range(20)}
    figure = draw_feature_boxes(boxes, [f"feature {k}" for k in range(20)], 8, 1.0)
    (axes,) = figure.axes
    assert {"anger", "fear", "feature 19", "140", "1.5"} <= set(words(figure))
    bars = [bar.get_bbox() for bar in axes.patches]
    assert len(bars) == 40
    # In their own fields all look alike, for all are the same but for their unit.
    assert [bar.height for bar in bars] == pytest.approx([bars[0].height] * 40)
    assert {(int(bar.x0), int(bar.y0)) for bar in bars} == {(k % 8, 2 - k // 8) for k in range(20)}


def test_separation_and_correlation() -> None:
    ranked = [{"emotion": 0.3, "emotion_within_speakers": 0.5, "speaker": 0.1}, dict.fromkeys(
        ("emotion", "emotion_within_speakers", "speaker"))]  # fmt: skip
    shown = words(draw_separation(ranked, ["RMS", "flat"], {"emotion": 0.02}))
    assert {"RMS", "flat", " chance", "emotion, as it is", "speaker"} <= set(shown)
    names = ["mfcc_mean", "mfcc_std", "rms_mean"]
    figure = draw_correlation({"names": names, "matrix": [[1.0, 0.5, None], [0.5, 1.0, None], [None] * 3]})
    assert {"MFCC", "RMS"} <= set(words(figure))
    drawn = np.ma.filled(figure.axes[0].images[0].get_array(), np.nan)
    assert drawn[0, 1] == 0.5
    assert np.isnan(drawn[2, 2])


def test_pairs_show_the_group_alone() -> None:
    rng = np.random.default_rng(0)
    columns = {name: rng.normal(size=90) for name in ("one", "two", "three")}
    figure = draw_pairs(columns, ["anger", "fear", "calm"] * 30, ["anger", "fear"])
    (axes,) = figure.axes
    points = [c for c in axes.collections if len(c.get_offsets()) > 1]
    assert len(points) == 3
    # But for the few beyond the 1st and 99th percentile, all 60 clips of both emotions.
    assert all(54 <= len(c.get_offsets()) <= 60 for c in points)
    assert {"anger", "fear", "one", "three"} <= set(words(figure))


def test_the_lesson_says_how_large_the_steps_are() -> None:
    shown = words(draw_mel_scale(mel_lesson()))
    assert {"100 Hz = 107 mel", "100 Hz = 68 mel", "107", "68", "402", "1000"} <= set(shown)


def test_strips_and_anatomy() -> None:
    signal = (0.3 * np.sin(np.arange(22_050) / 10)).astype(np.float32)
    analysis = analyse(signal)
    strip = draw_strip(signal, analysis.mel_db, 0.5, "#cc3311", 0.3, float(analysis.mel_db.max()))
    picture = np.asarray(Image.open(io.BytesIO(to_png(strip))))
    palette = picture != picture[0, -1]
    # The clip fills half of the width, and the rest is paper.
    assert palette[:, : picture.shape[1] * 45 // 100].any()
    assert not palette[:, picture.shape[1] * 55 // 100 :].any()
    shown = words(draw_anatomy({"female": analysis, "male": analysis}, "#cc3311"))
    assert {"female", "male", "spectrogram", "MFCC", "chroma", "seconds"} <= set(shown)


def test_silence_can_be_drawn() -> None:
    analysis = analyse(np.zeros(5000, np.float32))
    to_png(draw_anatomy({"female": analysis}, "#cc3311"))


# -- Files ----------------------------------------------------------------------------------------------------


def test_the_same_picture_gives_the_same_bytes(tmp_path: Path, facts: dict[str, Any]) -> None:
    for name in ("one.png", "two.png"):
        save_picture(draw_roc(facts["curves"]), tmp_path / name)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.png", "two.png"))
    assert one == two
    assert len(one) < 60_000


def test_paper_stays_white_and_colours_stay_near(facts: dict[str, Any]) -> None:
    figure = draw_confusion(facts["confusion"])
    small = np.asarray(Image.open(io.BytesIO(to_png(figure))).convert("RGB")).astype(int)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=140)
    full = np.asarray(Image.open(stream).convert("RGB")).astype(int)
    assert small[2, 2].tolist() == [255, 255, 255]
    assert np.abs(small - full).mean() < 2.0
    assert np.abs(small - full).max() < 40


def test_svg_is_written_too(tmp_path: Path, facts: dict[str, Any]) -> None:
    save_picture(draw_roc(facts["curves"]), tmp_path / "roc.svg")
    assert (tmp_path / "roc.svg").read_text().startswith("<?xml")


def test_matplotlibs_global_state_is_not_touched() -> None:
    code = (
        "import sys\n"
        "from emotrace.learn.pictures._canvas import to_png\n"
        "from emotrace.learn.pictures.mel_scale import draw_mel_scale\n"
        "from emotrace.learn.explore.mel_lesson import mel_lesson\n"
        "assert 'matplotlib' not in sys.modules, 'importing pictures must not import matplotlib'\n"
        "to_png(draw_mel_scale(mel_lesson()))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "import matplotlib as m\n"
        "assert {k: v for k, v in m.rcParams.items() if k != 'backend'} == "
        "{k: v for k, v in m.rcParamsOrig.items() if k != 'backend'}\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"^drawing pictures needs the extra 'plot': pip install"):
        new_figure()
