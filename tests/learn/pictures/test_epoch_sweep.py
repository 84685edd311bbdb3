"""The picture of a sweep shows the numbers it was given; it is written with them or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.learn.pictures.test_pictures import words

from emotrace.errors import EmotraceError
from emotrace.learn.pictures.epoch_sweep import draw_epoch_sweep
from emotrace.learn.pictures.epoch_sweep_report import write_epoch_sweep

EPOCHS = (2, 4)


def _variant(is_leaky: bool, start: float) -> dict[str, Any]:
    history = [
        {
            "epoch": epoch,
            "training_loss": round(2.0 / epoch, 3),
            "training_accuracy": round(0.2 * epoch, 3),
            "loss": round(2.0 - start + 0.1 * epoch, 3),
            "accuracy": round(start + 0.05 * epoch, 3),
            "unweighted_average_recall": start,
        }
        for epoch in range(1, EPOCHS[-1] + 1)
    ]
    return {"is_leaky": is_leaky, "n_test": 8, "at": [history[epoch - 1] for epoch in EPOCHS], "history": history}


SWEEP = {
    "epochs": list(EPOCHS),
    "published": {"2": 0.71, "25": 0.72},
    "variants": {"as claimed": _variant(True, 0.6), "speaker-independent": _variant(False, 0.2)},
}


def test_lines_are_the_history_and_dots_the_epochs_asked_for() -> None:
    figure = draw_epoch_sweep(SWEEP)
    for axes, key in zip(figure.axes, ("accuracy", "loss"), strict=True):
        for place, found in enumerate(SWEEP["variants"].values()):
            heard, tested = axes.lines[2 * place : 2 * place + 2]
            assert list(heard.get_ydata()) == [line[f"training_{key}"] for line in found["history"]]
            assert list(tested.get_ydata()) == [line[key] for line in found["history"]]
            dots = axes.collections[place].get_offsets().tolist()
            assert dots == [pytest.approx([line["epoch"], line[key]]) for line in found["at"]]
    said = words(figure)
    assert {"as claimed, leaky: tested", "speaker-independent: tested", "0.700", "0.800", "0.300", "0.400"} <= set(
        said
    )
    assert figure.axes[0].get_ylim() == (0.0, 1.0)


def test_published_figures_are_marked_as_far_as_was_swept() -> None:
    accuracy, loss = draw_epoch_sweep(SWEEP).axes
    (marked,) = (c for c in accuracy.collections if c.get_label() == "published")
    assert marked.get_offsets().tolist() == [[2, 0.71]]
    assert not [c for c in loss.collections if c.get_label() == "published"]
    without = draw_epoch_sweep({**SWEEP, "published": {}})
    assert "published" not in words(without)


def test_numbers_and_picture_are_written(tmp_path: Path) -> None:
    path = write_epoch_sweep(SWEEP, tmp_path, also_svg=True)
    assert path == tmp_path / "sweep.png"
    assert {found.name for found in tmp_path.iterdir()} == {"sweep.json", "sweep.png", "sweep.svg"}
    assert json.loads((tmp_path / "sweep.json").read_text()) == SWEEP


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmotraceError, match="file"):
        write_epoch_sweep(SWEEP, tmp_path / "file")
