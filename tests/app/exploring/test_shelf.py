"""Shelves: what a typed path means, what is picked, and what is said of paths that mean nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from emotrace.app.exploring.shelf import list_corpora, open_corpus, open_examples, open_own
from emotrace.errors import EmotraceError, UsageError


def test_a_folder_per_emotion_is_labelled_by_its_folders(folder: Path):
    shelf = open_own(str(folder))
    found = {Path(u.file).name: u.emotion for u in shelf.utterances}
    assert found == {"a.wav": "anger", "b.wav": "anger", "c.wav": "happiness", "d.wav": ""}
    assert shelf.choices()["emotion"] == ["anger", "happiness", "unknown"]
    places = shelf.pick({"emotion": "anger", "speaker": ""})
    assert [Path(shelf.utterances[place].file).name for place in places] == ["a.wav", "b.wav"]
    assert shelf.pick({"emotion": "anger", "sex": "female"}) == []
    assert shelf.read(shelf.utterances[0], 16_000).size == round(0.6 * 16_000)


def test_a_manifest_and_the_folder_that_holds_one(manifest: Path):
    shelf = open_own(str(manifest))
    assert len(shelf.utterances) == 8
    assert shelf.choices()["sex"] == ["female", "male"]
    assert len(shelf.pick({"sex": "female", "intensity": "strong"})) == 2
    manifest.rename(manifest.with_name("manifest.csv"))
    assert len(open_own(str(manifest.parent)).utterances) == 8


def test_a_known_corpus_is_known_by_its_file_names(folder: Path, tmp_path: Path):
    corpora = tmp_path / "corpora"
    actor = corpora / "ravdess" / "Actor_02"
    actor.mkdir(parents=True)
    sound, rate = soundfile.read(folder / "Angry" / "a.wav")
    for name in ("03-01-05-02-01-01-02", "03-01-04-01-02-01-02", "03-01-05-01-01"):
        soundfile.write(actor / f"{name}.wav", sound, rate)
    assert list_corpora(corpora) == ["ravdess"]
    assert list_corpora(None) == []
    shelf = open_corpus("ravdess", corpora)
    assert [(u.emotion, u.sex, u.intensity) for u in shelf.utterances] == [
        ("sadness", "female", "normal"),
        ("anger", "female", "strong"),
    ]
    assert [Path(file).name for file in shelf.problems] == ["03-01-05-01-01.wav"]
    (actor / "03-01-05-01-01.wav").unlink()
    assert open_own(str(corpora / "ravdess")).title == shelf.title == "RAVDESS speech"


def test_the_examples_need_no_files():
    shelf = open_examples()
    assert not shelf.is_on_disk
    for utterance in shelf.utterances:
        signal = shelf.read(utterance, 16_000)
        assert signal.ndim == 1
        assert signal.size > 3 * 16_000


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "type the path of the folder of clips"),
        ("clips", r"clips: give the whole path, such as ~/clips"),
        ("/no/such/place", "/no/such/place: there is no such file or folder"),
        ("/tmp\0", "type the path"),
    ],
)
def test_paths_that_mean_nothing(text: str, line: str):
    with pytest.raises(UsageError, match=f"^{line}"):
        open_own(text)


def test_folders_and_files_of_other_things(tmp_path: Path):
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam")
    with pytest.raises(UsageError, match="holds no recordings; give a folder with some, or a manifest"):
        open_own(str(tmp_path))
    with pytest.raises(EmotraceError, match=r"letter\.txt"):
        open_own(str(tmp_path / "letter.txt"))
    with pytest.raises(UsageError, match="secrets' is not among the corpora"):
        open_corpus("../secrets", tmp_path)


@pytest.mark.parametrize("place", [-1, 4, True, "0", None, 1.0])
def test_places_that_somebody_made_up(folder: Path, place: object):
    with pytest.raises(UsageError, match="no longer on the shelf"):
        open_own(str(folder)).clip(place)
