from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from emotrace import registry
from emotrace.errors import CorpusError, ManifestError, RecipeError, TrainingError, UsageError
from emotrace.learn.training.data import corpus_facts, divide, gather, is_sung
from emotrace.learn.training.recipe_sections import Data

BOTH = Data(corpora=("ravdess", "emo-db"))


def test_gathers_each_corpus_from_the_folder_of_its_name(corpora):
    utterances = gather(BOTH, corpora)
    assert {u.corpus for u in utterances} == {"ravdess", "emo-db"}
    assert len(utterances) == 8 * 3 * 2 + 5 * 3 * 2
    assert {u.corpus for u in gather(Data(corpora=("emo-db",)), corpora)} == {"emo-db"}


def test_leaves_out_what_the_recipe_excludes(corpora):
    names = ("03-01-01-01-01-01-03", "03a01Na")
    left = gather(replace(BOTH, exclude=names), corpora)
    assert len(left) == len(gather(BOTH, corpora)) - 2
    assert not {Path(u.file).stem for u in left} & set(names)


def test_a_folder_tells_apart_files_of_one_name(tmp_path):
    # SAVEE's speakers use the same names.
    for speaker in ("DC", "JE", "JK"):
        (tmp_path / f"savee/{speaker}").mkdir(parents=True)
        for name in ("a01.wav", "n01.wav"):
            (tmp_path / f"savee/{speaker}" / name).touch()
    savee = Data(corpora=("savee",))
    assert len(gather(savee, tmp_path)) == 6
    one = gather(replace(savee, exclude=("JE/a01",)), tmp_path)
    assert sorted((u.speaker[6:], Path(u.file).stem) for u in one) == [
        *(("DC", "a01"), ("DC", "n01")),
        ("JE", "n01"),
        *(("JK", "a01"), ("JK", "n01")),
    ]
    assert {Path(u.file).stem for u in gather(replace(savee, exclude=("a01",)), tmp_path)} == {"n01"}


@pytest.mark.parametrize("name", ["03a01Na.wav", "03a01Nb", "Actor_03/03a01Na", "0"])
def test_what_is_excluded_must_be_there(corpora, name):
    with pytest.raises(
        RecipeError,
        match=re.escape(
            f"key 'data.exclude' names {name}, which is not there; give file names without ending, where they "
            "repeat with their folder: DC/a01"
        ),
    ):
        gather(replace(BOTH, exclude=("03a01Na", name)), corpora)


def test_each_file_left_out_is_told_with_its_reason(corpora, tmp_path):
    shutil.copytree(corpora, tmp_path / "corpora")
    (tmp_path / "corpora/emo-db/wav/holiday.wav").touch()
    (tmp_path / "corpora/ravdess/Actor_03/03-01-99-01-01-01-03.wav").touch()
    told = []
    utterances = gather(BOTH, tmp_path / "corpora", lambda *line: told.append(line))
    assert len(utterances) == len(gather(BOTH, corpora))
    assert [stage for stage, _ in told] == ["left out", "left out"]
    ravdess, emo_db = (numbers for _, numbers in told)
    assert Path(ravdess["file"]).name == "03-01-99-01-01-01-03.wav"
    assert "99" in ravdess["reason"]
    assert Path(emo_db["file"]).name == "holiday.wav"
    assert "EMO-DB" in emo_db["reason"]


def test_a_sound_corpus_leaves_nothing_out(corpora):
    told = []
    gather(BOTH, corpora, lambda *line: told.append(line))
    assert told == []


# One's own speech.


def write_manifest(folder: Path, *rows: str, columns: str = "file,emotion,speaker") -> str:
    path = folder / "mine.csv"
    path.write_text("\n".join([columns, *rows]) + "\n")
    return str(path)


def test_manifests_need_no_folder_of_corpora(tmp_path):
    path = write_manifest(tmp_path, "a.wav,anger,ann", "b.wav,neutral,bob")
    data = Data(manifests=(path,), protocol="speaker-k-fold")
    assert [(u.speaker, u.emotion, u.corpus) for u in gather(data, None)] == [
        ("ann", "anger", ""),
        ("bob", "neutral", ""),
    ]
    assert [u.speaker for u in gather(replace(data, exclude=("a",)), None)] == ["bob"]


def test_manifests_stand_beside_corpora(tmp_path, corpora):
    path = write_manifest(tmp_path, "a.wav,anger,ann,mine", columns="file,emotion,speaker,corpus")
    utterances = gather(replace(BOTH, manifests=(path,)), corpora)
    assert [u.corpus for u in utterances if u.corpus not in BOTH.corpora] == ["mine"]
    assert len(utterances) == len(gather(BOTH, corpora)) + 1


def test_a_manifest_that_is_missing(tmp_path):
    with pytest.raises(ManifestError, match=r"gone\.csv: no such file"):
        gather(Data(manifests=(str(tmp_path / "gone.csv"),)), None)


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ("file,emotion", ["a.wav,anger", "b.wav,neutral"]),
        ("file,emotion,speaker", ["a.wav,anger,", "c.wav,anger,ann", "b.wav,neutral,unknown"]),
    ],
)
def test_nobody_nameless_is_trained_on(tmp_path, columns, rows):
    path = write_manifest(tmp_path, *rows, columns=columns)
    with pytest.raises(
        TrainingError, match=r"mine\.csv: 2 clips without a speaker, first .*a\.wav; fill in the column 'speaker'"
    ):
        gather(Data(manifests=(path,)), None)


def test_no_folder_says_how_to_name_one():
    with pytest.raises(
        TrainingError,
        match=re.escape(
            "no corpora: set EMOTRACE_CORPORA (or give --corpora) to a folder with one sub-folder per corpus: "
            "ravdess, emo-db"
        ),
    ):
        gather(BOTH, None)


def test_missing_corpora_are_named(corpora):
    data = Data(corpora=("ravdess", "tess", "savee"))
    with pytest.raises(
        TrainingError, match=r"has no sub-folder tess, savee; the recipe wants ravdess, tess, savee$"
    ):
        gather(data, corpora)


def test_empty_corpus_is_explained(tmp_path):
    (tmp_path / "tess").mkdir()
    with pytest.raises(CorpusError, match="holds nothing of TESS"):
        gather(Data(corpora=("tess",)), tmp_path)


def test_divides_by_speakers_as_the_protocol_says(split):
    sides = {side: {u.speaker for u in getattr(split, side)} for side in ("train", "validation", "test")}
    assert sides["test"] == {"ravdess:01", "ravdess:11", "emo-db:03", "emo-db:08"}
    assert {s.partition(":")[0] for s in sides["validation"]} == {"ravdess", "emo-db"}
    assert not sides["train"] & sides["validation"]
    assert split.is_speaker_independent


def test_another_fold_tests_others(corpora):
    other = divide(replace(BOTH, fold=2), gather(BOTH, corpora))
    assert {u.speaker for u in other.test} == {"ravdess:04", "emo-db:09", "emo-db:10"}


def test_seed_draws_the_validation_speakers(corpora):
    utterances = gather(BOTH, corpora)
    drawn = {
        frozenset(u.speaker for u in divide(replace(BOTH, split_seed=seed), utterances).validation)
        for seed in range(6)
    }
    assert len(drawn) > 1


def test_fold_beyond_the_last(corpora):
    with pytest.raises(
        RecipeError,
        match=r"key 'data\.fold' is 7, but with these speakers protocol 'joint-6' has the folds 1, 2, 3, 4, 6$",
    ):
        divide(replace(BOTH, fold=7), gather(BOTH, corpora))


def test_folds_keep_their_numbers_where_some_are_empty(corpora):
    # Of fold 5 nobody is here.
    utterances = gather(BOTH, corpora)
    assert divide(replace(BOTH, fold=6), utterances).name == "joint-6/fold-6"
    with pytest.raises(RecipeError, match=r"key 'data\.fold' is 5, but with these speakers"):
        divide(replace(BOTH, fold=5), utterances)


def test_protocols_without_numbers_count_from_one(corpora):
    utterances = gather(BOTH, corpora)
    data = replace(BOTH, protocol="leave-one-speaker-out")
    assert {u.speaker for u in divide(replace(data, fold=2), utterances).test} == {"emo-db:08"}
    assert divide(replace(BOTH, protocol="speaker-k-fold", fold=5), utterances).name == "speaker-k-fold-5/fold-5"


@pytest.mark.parametrize("name", ["joint6", "random-leaky"])
def test_unknown_and_leaky_protocols_are_refused_at_once(name):
    with pytest.raises(RecipeError, match=rf"key 'protocol' names '{name}'; .*nown: assigned, (?!.*leaky)"):
        replace(BOTH, protocol=name)


def test_negative_seed(corpora):
    with pytest.raises(UsageError, match="a seed is a whole number from 0, not -1"):
        divide(replace(BOTH, split_seed=-1), gather(BOTH, corpora))


def test_too_few_speakers_to_validate_on(corpora):
    # As with TESS alone: two women, one of them tested.
    data = Data(corpora=("ravdess",))
    few = [u for u in gather(data, corpora) if u.speaker in ("ravdess:01", "ravdess:03", "ravdess:04")]
    with pytest.raises(
        TrainingError,
        match=r"'joint-6/fold-1' has no validation speakers to choose the best epoch and to calibrate on; "
        r"a corpus gives one if it has at least three training speakers: add a larger corpus to data\.corpora",
    ):
        divide(data, few)


def test_facts_of_a_corpus():
    assert corpus_facts("emo-db").title == "EMO-DB"


@pytest.mark.parametrize("name", ["", "mine", "ravdes"])
def test_speech_of_no_known_corpus_has_no_facts(name):
    assert corpus_facts(name) is None
    assert not is_sung(name)


def test_song_is_told_from_speech():
    assert [name for name in registry.names("corpus") if is_sung(name)] == ["ravdess-song"]
