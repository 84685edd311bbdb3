"""``emotrace features pack`` and ``emotrace train --pack``: a training set that is carried without its audio."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.cli.conftest import MOMENT_RECIPE, Emotrace
from tests.cli.test_benchmark import savee as savee  # the made corpus and recipe

PACK = ("features", "pack", "tiny.toml", "-o", "packed", "--corpora", "corpora")


def test_what_is_packed_here_is_trained_there(emotrace_command: Emotrace) -> None:
    done = emotrace_command(*PACK)
    assert done.code == 0
    assert done.out.startswith("wrote packed: 8 clips in 1 parts, the largest 0.")
    # There: no audio.
    shutil.rmtree("corpora")
    trained = emotrace_command("train", "tiny.toml", "-o", "run", "--pack", "packed")
    assert trained.code == 0
    assert Path("run/bundle/model.onnx").exists()
    assert "not judged, for a pack holds no audio: emotrace evaluate run/bundle MANIFEST" in trained.err
    assert not Path("run/evaluation").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (
            ("features", "pack", "speech", "-o", "p"),
            2,
            "recipe 'speech' is of kind 'speech'; a recipe of kind 'emotion' or 'sex' is needed",
        ),
        (("features", "pack", "tiny.toml", "-o", "p"), 1, "no corpora: set EMOTRACE_CORPORA (or give --corpora)"),
        (
            ("train", "tiny.toml", "-o", "run", "--pack", "nowhere"),
            1,
            "nowhere holds no whole pack (pack.json is missing",
        ),
        (
            ("train", "speech", "-o", "run", "--pack", "nowhere"),
            2,
            "--pack: a speech detector is trained on audio",
        ),
    ],
)
def test_what_cannot_be_packed_or_read_is_one_line(
    emotrace_command: Emotrace, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    Path("own.toml").write_text(
        MOMENT_RECIPE.format(corpus="savee").replace("[data]", "[data]\nmanifests = ['m.csv']")
    )
    done = emotrace_command(*arguments)
    assert (done.code, done.out) == (code, "")
    assert sentence in done.complaint
    assert not Path("run").exists()
