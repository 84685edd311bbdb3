from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from emotrace import __version__
from emotrace.audio.load import load_audio
from emotrace.bundle import Bundle, load_bundle, verify_bundle
from emotrace.errors import LeakError, TrainingError
from emotrace.learn.evaluation.split import Split
from emotrace.learn.training.fit import Examples, make_examples
from emotrace.learn.training.recipe import recipe_to_dict
from emotrace.learn.training.run import _balance, calibrate, run
from emotrace.types import Utterance

Told = list[tuple[str, Mapping[str, Any]]]


@pytest.fixture(scope="module")
def finished(
    tiny_recipe: Any, corpora: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Bundle, Split, Path, Told]:
    folder, told = tmp_path_factory.mktemp("run") / "new" / "folder", []
    bundle, split = run(tiny_recipe(), corpora, folder, lambda *line: told.append(line))
    return bundle, split, folder, told


def test_writes_a_bundle_that_is_read_back(finished):
    written, _, folder, _ = finished
    read = load_bundle(folder / "bundle")
    assert read.card == written.card
    assert read.model_bytes == written.model_bytes
    checks = verify_bundle(folder / "bundle")
    assert checks
    assert all(check.passed for check in checks)


def test_card_names_the_speakers_of_each_side(finished):
    _, split, folder, _ = finished
    card = load_bundle(folder / "bundle").card
    assert card.split["protocol"] == "joint-6"
    assert card.split["fold"] == 1
    assert card.split["seed"] == 0
    assert card.split["test_speakers"] == ["emo-db:03", "emo-db:08", "ravdess:01", "ravdess:11"]
    for side in ("train", "validation", "test"):
        assert card.split[f"{side}_speakers"] == sorted({u.speaker for u in getattr(split, side)})
    everybody = [s for side in ("train", "validation", "test") for s in card.split[f"{side}_speakers"]]
    assert len(everybody) == len(set(everybody)) == 8 + 5


def test_card_tells_how_the_model_came_to_be(finished, tiny_recipe):
    card = finished[0].card
    assert (card.name, card.kind, card.licence, card.code_version) == ("tiny", "emotion", "CC0-1.0", __version__)
    assert card.labels == ("neutral", "happiness", "anger", "boredom")
    assert (card.sampling_rate, card.window_seconds, card.hop_seconds) == (16_000, 3.0, 1.0)
    assert card.training["recipe"] == recipe_to_dict(tiny_recipe())
    assert card.training["torch"] == torch.__version__
    assert card.training["epochs"] == 2
    assert 1 <= card.training["best_epoch"] <= 2
    assert 0.0 <= card.training["validation_uar"] <= 1.0
    assert card.training["n_parameters"] > 1_000
    assert card.metrics == {}, "scores are measured by others"
    assert card.created.endswith("+00:00")


def test_card_gives_each_corpus_its_licence_and_its_share_of_the_training(finished):
    bundle, split, _, _ = finished
    entries = {entry["name"]: entry for entry in bundle.card.corpora}
    assert list(entries) == ["ravdess", "emo-db"]
    assert entries["ravdess"]["licence"] == "CC BY-NC-SA 4.0"
    assert "Burkhardt" in entries["emo-db"]["citation"]
    assert entries["emo-db"]["labels"] == ["anger", "boredom", "neutral"]
    for name, entry in entries.items():
        members = [u for u in split.train if u.corpus == name]
        assert entry["n_utterances"] == len(members)
        assert entry["n_speakers"] == len({u.speaker for u in members})


def test_the_bundle_hears_what_it_was_taught(finished):
    bundle, split, _, _ = finished
    heard = []
    for utterance in split.test:
        signal = load_audio(utterance.file, sampling_rate=16_000)
        probabilities = bundle.predict(signal[None])[0]
        allowed = {"ravdess": (0, 1, 2), "emo-db": (0, 2, 3)}[utterance.corpus]
        best = max(allowed, key=lambda i: probabilities[i])
        heard.append(bundle.card.labels[best] == utterance.emotion)
    assert np.mean(heard) > 0.5, "chance is a third"


def test_calibration_is_within_its_bounds(finished):
    calibration = finished[0].card.calibration
    assert 0.05 <= calibration["temperature"] <= 20.0
    assert 0.0 < calibration["uncertain_below"] <= 1.0
    assert calibration["coverage"] == 0.8


def test_stages_are_told_in_order(finished):
    told, split = finished[3], finished[1]
    stages = list(dict.fromkeys(stage for stage, _ in told))
    assert stages == ["fingerprint", "split", "pack", "epoch", "calibration"]
    assert dict(told)["split"] == {side: len(getattr(split, side)) for side in ("train", "validation", "test")}
    assert [numbers["epoch"] for stage, numbers in told if stage == "epoch"] == [1, 2]


def test_recipe_is_kept_with_the_run(finished, tiny_recipe):
    assert json.loads((finished[2] / "recipe.json").read_text()) == recipe_to_dict(tiny_recipe())


def test_again_on_the_same_folder_trains_nothing_and_gives_the_same_model(finished, tiny_recipe, corpora):
    first, _, folder, _ = finished
    told: Told = []
    recipe = tiny_recipe(export={"name": "renamed"})
    bundle, _ = run(recipe, corpora, folder, lambda *line: told.append(line))
    assert bundle.model_bytes == first.model_bytes
    assert load_bundle(folder / "bundle").card.name == "renamed"
    assert {stage for stage, _ in told} == {"fingerprint", "split", "calibration"}, "the pack is cached"


def test_another_recipe_on_the_same_folder_is_refused(finished, tiny_recipe, corpora):
    with pytest.raises(TrainingError, match=r"checkpoint\.pt was begun with another recipe"):
        run(tiny_recipe(training={"epochs": 3}), corpora, finished[2], lambda *line: None)


def test_corpora_that_are_missing_leave_no_folder(tiny_recipe, tmp_path):
    with pytest.raises(TrainingError, match="no corpora: set EMOTRACE_CORPORA"):
        run(tiny_recipe(), None, tmp_path / "run", lambda *line: None)
    assert not (tmp_path / "run").exists()


def test_identical_audio_on_two_sides_is_refused(tiny_recipe, corpora, tmp_path):
    shutil.copytree(corpora, tmp_path / "corpora")
    tested, learnt = (
        tmp_path / f"corpora/ravdess/Actor_{actor}/03-01-05-01-01-01-{actor}.wav" for actor in ("11", "05")
    )
    shutil.copy(tested, learnt)
    # Found before anything is trained.
    with pytest.raises(LeakError, match=r"split 'joint-6/fold-\d' would leak: identical audio: .*Actor_"):
        run(tiny_recipe(), tmp_path / "corpora", tmp_path / "run", lambda *line: None)
    assert not (tmp_path / "run" / "bundle").exists()


# Calibration.


class Sure(torch.nn.Module):
    """Gives logits of one size for the label that the first frame's level names."""

    def __init__(self, size: float) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.size * torch.nn.functional.one_hot(x[:, 0, 0].long(), 2).float()


def judged(pack_of: Any, right: Mapping[str, int], wrong: Mapping[str, int]) -> Examples:
    """Give examples of which the network above judges so many rightly and wrongly in each corpus."""
    truth = [(corpus, i < right[corpus]) for corpus in right for i in range(right[corpus] + wrong[corpus])]
    utterances = [
        Utterance(f"{i}.wav", "anger", f"{corpus}:{i}", corpus=corpus) for i, (corpus, _) in enumerate(truth)
    ]
    pack = pack_of([24] * len(truth))
    # Neutral is column 0, anger column 1; all clips are angry.
    pack.frames[0][::24, 0] = [int(is_right) for _, is_right in truth]
    inventory = {corpus: {"anger", "neutral"} for corpus in right}
    return make_examples(utterances, pack, inventory)


def test_temperature_makes_confidence_what_it_says(pack_of):
    # Right in 3 of 4: the honest confidence is 0.75, at logits of ln 3.
    calibration = calibrate(Sure(10.0), judged(pack_of, {"x": 30}, {"x": 10}), 0.8)
    assert calibration["temperature"] == pytest.approx(10.0 / np.log(3.0), rel=1e-3)
    assert calibration["uncertain_below"] == pytest.approx(0.75, abs=1e-3)


def test_every_corpus_counts_the_same_in_calibration(pack_of):
    # The large corpus is always right, the small one always wrong: evened out it is no better than chance.
    examples = judged(pack_of, {"large": 40, "small": 0}, {"large": 0, "small": 10})
    assert calibrate(Sure(1.0), examples, 0.8)["temperature"] == pytest.approx(20.0, rel=1e-3)


def test_small_corpora_are_repeated():
    chosen = _balance(["a"] * 6 + ["b"] * 2 + ["c"])
    np.testing.assert_array_equal(chosen, [*range(6), *[6] * 3, *[7] * 3, *[8] * 6])
    np.testing.assert_array_equal(_balance(["a", "b"]), [0, 1])
