from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from emotrace import __version__
from emotrace.audio.load import load_audio
from emotrace.bundle import Bundle, load_bundle, verify_bundle
from emotrace.errors import LeakError, RecipeError, TrainingError
from emotrace.learn.evaluation.split import Split
from emotrace.learn.training.examples import Examples, make_examples
from emotrace.learn.training.recipe import recipe_to_dict
from emotrace.learn.training.recipe_sections import Export
from emotrace.learn.training.run import calibrate, run
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
    assert (card.sampling_rate, card.window_seconds, card.hop_seconds) == (16_000, 3.0, 1.5)
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


class PlugPulledError(Exception):
    """Somebody pulled the plug."""


def test_recipe_is_kept_only_with_the_run_that_it_ended(tiny_recipe, corpora, tmp_path):
    def pull_the_plug(stage: str, _: Mapping[str, Any]) -> None:
        if stage == "epoch":
            raise PlugPulledError

    with pytest.raises(PlugPulledError):
        run(tiny_recipe(), corpora, tmp_path, pull_the_plug)
    assert (tmp_path / "checkpoint.pt").exists()
    assert not (tmp_path / "recipe.json").exists()


def test_what_is_left_out_is_told(tiny_recipe, corpora, tmp_path):
    shutil.copytree(corpora, tmp_path / "corpora")
    (tmp_path / "corpora/emo-db/wav/holiday.wav").touch()
    told: Told = []
    # Of fold 5 nobody is here: known before anything is trained.
    with pytest.raises(RecipeError, match=r"key 'data\.fold' is 5"):
        run(tiny_recipe(data={"fold": 5}), tmp_path / "corpora", tmp_path / "run", lambda *line: told.append(line))
    assert [(stage, Path(str(n["file"])).name) for stage, n in told if stage == "left out"] == [
        ("left out", "holiday.wav")
    ]


def test_labels_that_nobody_says_are_refused_before_training(tiny_recipe, corpora, tmp_path):
    recipe = tiny_recipe(export={"default_labels": "big6+neutral"})
    told: Told = []
    with pytest.raises(
        RecipeError,
        match=r"key 'export\.default_labels': label preset 'big6\+neutral' needs sadness, fear, disgust, "
        r"surprise, which this model does not give; it gives neutral, happiness, anger, boredom",
    ):
        run(recipe, corpora, tmp_path / "run", lambda *line: told.append(line))
    assert {stage for stage, _ in told} == {"fingerprint", "split"}


def test_learns_from_ones_own_speech(tiny_recipe, voice, tmp_path):
    rows = ["file,emotion,speaker"]
    for number in range(6):
        for emotion in ("neutral", "anger"):
            name = f"{number}-{emotion}.wav"
            soundfile.write(tmp_path / name, voice(emotion, 100.0 + 10 * number, number), 16_000)
            rows.append(f"{name},{emotion},speaker-{number}")
    (tmp_path / "mine.csv").write_text("\n".join(rows))
    recipe = tiny_recipe(
        data={
            "corpora": (),
            "weights": {},
            "manifests": (str(tmp_path / "mine.csv"),),
            "protocol": "speaker-k-fold",
        },
        training={"epochs": 1, "steps_per_epoch": 2},
    )
    bundle, split = run(recipe, None, tmp_path / "run", lambda *line: None)
    assert bundle.card.labels == ("neutral", "anger")
    assert bundle.card.corpora == (
        {
            "name": "own speech",
            "licence": "not known to emotrace",
            "citation": "none",
            "labels": ["anger", "neutral"],
            "n_utterances": len(split.train),
            "n_speakers": len(split.train) // 2,
        },
    )


def test_again_on_the_same_folder_trains_nothing_and_gives_the_same_model(finished, tiny_recipe, corpora):
    first, _, folder, _ = finished
    told: Told = []
    recipe = tiny_recipe(export={"name": "renamed"})
    bundle, _ = run(recipe, corpora, folder, lambda *line: told.append(line))
    assert bundle.model_bytes == first.model_bytes
    assert load_bundle(folder / "bundle").card.name == "renamed"
    assert {stage for stage, _ in told} == {"fingerprint", "split", "calibration"}, "the pack is cached"


def test_another_recipe_on_the_same_folder_is_refused(finished, tiny_recipe, corpora):
    with pytest.raises(TrainingError, match=r"checkpoint\.pt was begun with another recipe or other speech"):
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
        return self.size * torch.nn.functional.one_hot((x[:, 0, 0] > -50.0).long(), 2).float()


def export(coverage: float = 0.8, default_labels: str = "all") -> Export:
    return Export(name="tiny", coverage=coverage, default_labels=default_labels)


def judged(pack_of: Any, right: Mapping[str, int], wrong: Mapping[str, int]) -> Examples:
    """Give examples of which the network above judges so many rightly and wrongly in each corpus."""
    truth = [(corpus, i < right[corpus]) for corpus in right for i in range(right[corpus] + wrong[corpus])]
    utterances = [
        Utterance(f"{i}.wav", "anger", f"{corpus}:{i}", corpus=corpus) for i, (corpus, _) in enumerate(truth)
    ]
    pack = pack_of([24] * len(truth))
    # Neutral is column 0, anger column 1; all clips are angry.
    pack.frames[0][::24, 0] = [200 * is_right for _, is_right in truth]
    inventory = {corpus: {"anger", "neutral"} for corpus in right}
    return make_examples(utterances, pack, inventory)


def test_temperature_makes_confidence_what_it_says(pack_of):
    # Right in 3 of 4: the honest confidence is 0.75, at logits of ln 3.
    calibration = calibrate(Sure(10.0), judged(pack_of, {"x": 30}, {"x": 10}), export())
    assert calibration["temperature"] == pytest.approx(10.0 / np.log(3.0), rel=1e-3)
    assert calibration["uncertain_below"] == pytest.approx(0.75, abs=1e-3)


def test_every_corpus_counts_the_same_in_calibration(pack_of):
    # The large corpus is always right, the small one always wrong: evened out it is no better than chance.
    examples = judged(pack_of, {"large": 40, "small": 0}, {"large": 0, "small": 10})
    assert calibrate(Sure(1.0), examples, export())["temperature"] == pytest.approx(20.0, rel=1e-3)


def test_song_is_left_out_of_calibration(pack_of):
    # Speech is right in 3 of 4; song, of which there is more, never is.
    examples = judged(pack_of, {"ravdess": 30, "ravdess-song": 0}, {"ravdess": 10, "ravdess-song": 80})
    alone = judged(pack_of, {"ravdess": 30}, {"ravdess": 10})
    assert calibrate(Sure(10.0), examples, export()) == calibrate(Sure(10.0), alone, export())


def test_a_model_of_song_alone_is_calibrated_on_song(pack_of):
    examples = judged(pack_of, {"ravdess-song": 30}, {"ravdess-song": 10})
    assert calibrate(Sure(10.0), examples, export())["temperature"] == pytest.approx(10.0 / np.log(3.0), rel=1e-3)


Rows = list[tuple[str, tuple[float, ...]]]


class Fixed(torch.nn.Module):
    """Gives the logits of the clip whose number stands in its first frame, in steps of half a dB."""

    def __init__(self, rows: Rows) -> None:
        super().__init__()
        self.logits = torch.tensor([probabilities for _, probabilities in rows]).log()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.logits[(2.0 * (x[:, 0, 0] + 100.0)).round().long()]


def of_probabilities(pack_of: Any, rows: Rows) -> Examples:
    """Give clips by the truth of each, of what the network above makes neutral, calm, happiness and anger."""
    utterances = [Utterance(f"{i}.wav", truth, f"x:{i}", corpus="x") for i, (truth, _) in enumerate(rows)]
    pack = pack_of([24] * len(rows))
    pack.frames[0][::24, 0] = np.arange(len(rows))
    return make_examples(utterances, pack, {"x": {"neutral", "calm", "happiness", "anger"}})


def test_threshold_is_taken_among_the_labels_that_are_shown(pack_of):
    rows = [
        # Among neutral, happiness and anger this is 0.8 or 0.5 sure; clips of calm are not looked at.
        *[("anger", (0.05, 0.5, 0.05, 0.4))] * 6,
        *[("neutral", (0.25, 0.5, 0.125, 0.125))] * 2,
        *[("calm", (0.001, 0.997, 0.001, 0.001))] * 20,
    ]
    examples = of_probabilities(pack_of, rows)
    for coverage, confidence in ((0.75, (0.4, 0.05, 0.05)), (1.0, (0.25, 0.125, 0.125))):
        found = calibrate(Fixed(rows), examples, export(coverage, "neutral,happiness,anger"))
        scaled = np.array(confidence) ** (1.0 / found["temperature"])
        assert found["uncertain_below"] == pytest.approx(scaled[0] / scaled.sum(), abs=2e-3)
        assert found["coverage"] == coverage
    # The labels that are shown do not change what the graph gives.
    assert calibrate(Fixed(rows), examples, export())["temperature"] == found["temperature"]


def test_threshold_where_no_validation_clip_has_a_label_that_is_shown(pack_of):
    rows = [("calm", (0.3, 0.4, 0.2, 0.1))] * 4
    examples = of_probabilities(pack_of, rows)
    found = calibrate(Fixed(rows), examples, export(default_labels="happiness,anger"))
    assert 0.5 <= found["uncertain_below"] <= 1.0
