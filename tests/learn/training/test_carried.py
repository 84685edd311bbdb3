from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emotrace.errors import TrainingError
from emotrace.features import speech_encoder
from emotrace.learn.training import carried as module
from emotrace.learn.training.carried import read_carried, write_carried
from emotrace.learn.training.pack import Versions, build_pack, versions_of
from emotrace.learn.training.recipe_sections import Data
from emotrace.learn.training.run import gather_with_content, run
from emotrace.types import Utterance


def ignore(_done: int, _total: int) -> None:
    pass


@pytest.fixture(scope="module")
def utterances(corpora: Path, tiny_recipe: Callable[..., Any]) -> list[Utterance]:
    return gather_with_content(tiny_recipe().data, corpora, lambda *_: None)


@pytest.fixture(scope="module")
def versions(tiny_recipe: Callable[..., Any]) -> Versions:
    return versions_of(tiny_recipe())


@pytest.fixture(scope="module", autouse=True)
def _small_parts() -> Iterator[None]:
    """Let a few clips fill a part."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_BYTES", 150_000)
        yield


@pytest.fixture(scope="module")
def packed(
    utterances: list[Utterance],
    versions: Versions,
    corpora: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("packed") / "pack"
    write_carried(folder, utterances, versions, corpora, ignore)
    return folder


@pytest.fixture
def folder(packed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(packed, tmp_path / "pack")


def test_what_is_read_is_what_was_packed(folder, utterances, versions, corpora):
    assert len(list(folder.glob("part-*.npz"))) > 3
    found, direct = read_carried(folder), build_pack(utterances, versions)
    assert found.pack.versions == direct.versions == versions
    for ours, theirs in zip(
        (*found.pack.frames, *found.pack.offsets), (*direct.frames, *direct.offsets), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(found.utterances, utterances, strict=True):
        assert ours.content == theirs.content is not None
        assert replace(ours, file="") == replace(theirs, file="")
        assert Path(ours.file).relative_to(folder) == Path(theirs.file).relative_to(corpora)


def test_what_the_speech_encoder_hears_is_carried_too(utterances, versions, corpora, tiny_recipe, tmp_path):
    heard = replace(versions, encoder=speech_encoder.data_fingerprint())
    write_carried(tmp_path / "pack", utterances[:20], heard, corpora, ignore)
    found, direct = read_carried(tmp_path / "pack"), build_pack(utterances[:20], heard)
    assert found.pack.versions == heard
    for ours, theirs in zip(found.pack.encoded, direct.encoded, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    with_it = tiny_recipe(model={"name": "statistics-mlp", "encoder": True})
    # Who does not want it can train from it as well.
    assert len(found.choose(tiny_recipe(data={"corpora": ("ravdess",), "weights": {}}))) == 20
    assert len(found.choose(replace(with_it, data=Data(corpora=("ravdess",))))) == 20


def test_a_pack_that_no_encoder_has_heard_is_not_for_who_wants_one(folder, tiny_recipe):
    recipe = tiny_recipe(model={"name": "statistics-mlp", "encoder": True})
    with pytest.raises(
        TrainingError, match=r"the recipe wants speeds .*, the speech encoder [0-9a-f]{16}: make a pack"
    ):
        read_carried(folder).choose(recipe)


def test_who_has_the_audio_finds_it(folder, utterances, corpora):
    located = read_carried(folder).located(corpora)
    assert [u.file for u in located.utterances] == [u.file for u in utterances]
    some = [utterances[5], utterances[0]]
    np.testing.assert_array_equal(located.subset(some).clip(0, 1), located.pack.clip(5, 1))


def test_parts_are_no_larger_than_they_may_be(folder):
    index = json.loads((folder / "pack.json").read_text())
    assert sum(part["clips"] for part in index["parts"]) == 78
    for part in index["parts"]:
        path = folder / part["file"]
        assert path.stat().st_size == part["bytes"]
        with np.load(path) as arrays:
            assert sum(arrays[f"frames{version}"].nbytes for version in range(3)) <= 150_000


def test_what_is_trained_from_it_is_what_is_trained_from_the_audio(folder, corpora, tiny_recipe, tmp_path):
    recipe = tiny_recipe(training={"epochs": 1, "steps_per_epoch": 2})
    one, split = run(recipe, corpora, tmp_path / "audio", lambda *_: None)
    two, other = run(recipe, None, tmp_path / "pack run", lambda *_: None, read_carried(folder))
    assert one.model_bytes == two.model_bytes
    assert [u.content for u in split.test] == [u.content for u in other.test]
    assert not list((tmp_path / "pack run").glob("pack-*"))


def test_an_interrupted_one_goes_on_from_its_last_part(utterances, versions, corpora, folder, tmp_path):
    again = tmp_path / "again"

    def stop(done: int, _total: int) -> None:
        if done > 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_carried(again, utterances, versions, corpora, stop)
    left = sorted(path.name for path in again.iterdir())
    assert left
    assert all(name.startswith("part-") for name in left)
    with pytest.raises(TrainingError, match=r"again holds no whole pack \(pack\.json is missing or damaged\)"):
        read_carried(again)
    # The last part may have been cut off by a power failure.
    last = again / left[-1]
    last.write_bytes(last.read_bytes()[:1000])
    told: list[int] = []
    write_carried(again, utterances, versions, corpora, lambda done, _total: told.append(done))
    assert told[0] > 0
    assert told[-1] == len(utterances)
    for path in folder.iterdir():
        if path.suffix == ".npz":
            with np.load(path) as one, np.load(again / path.name) as two:
                for name in one.files:
                    np.testing.assert_array_equal(one[name], two[name])


def test_another_pack_is_not_written_over(folder, utterances, corpora):
    with pytest.raises(
        TrainingError, match=r"pack holds a pack of other speech or versions; choose another folder"
    ):
        write_carried(folder, utterances[:5], Versions((1.0,)), corpora, ignore)


@pytest.mark.parametrize("damage", ["bytes", "gone", "index", "manifest", "format"])
def test_what_is_not_whole_is_refused(folder, damage):
    part, index, manifest = folder / "part-001.npz", folder / "pack.json", folder / "utterances.jsonl"
    if damage == "bytes":
        content = bytearray(part.read_bytes())
        content[500] ^= 1
        part.write_bytes(content)
    elif damage == "gone":
        part.unlink()
    elif damage == "index":
        index.write_text("{")
    elif damage == "format":
        index.write_text(json.dumps({**json.loads(index.read_text()), "format": 99}))
    else:
        manifest.write_text("".join(manifest.read_text().splitlines(keepends=True)[:-1]))
    sentence = {
        "bytes": r"part-001\.npz is not what was packed \(its SHA-256 differs\); carry it once more",
        "gone": r"part-001\.npz cannot be read: No such file or directory; carry it once more",
        "index": r"holds no whole pack \(pack\.json is missing or damaged\)",
        "format": r"pack\.json: format 99 is not the one known here, 3",
        "manifest": r"utterances\.jsonl has another number of clips than the parts; carry it anew",
    }[damage]
    with pytest.raises(TrainingError, match=sentence):
        read_carried(folder)


def test_a_recipe_that_wants_more_is_refused(folder, tiny_recipe):
    found = read_carried(folder)
    more = (
        r"holds speeds 0\.9, 1, a telephone, 2 in noise, the recipe wants speeds 1, a telephone, 2 in noise: make"
    )
    with pytest.raises(TrainingError, match=more):
        found.choose(tiny_recipe(augment={"speeds": (1.0,)}))
    with pytest.raises(TrainingError, match=r"the pack has no clip of tess; it holds emo-db, ravdess"):
        found.choose(tiny_recipe(data={"corpora": ("ravdess", "tess"), "weights": {}}))
    with pytest.raises(TrainingError, match=r"key 'data\.manifests': speech of one's own cannot be carried"):
        found.choose(tiny_recipe(data={"manifests": ("mine.csv",)}))
    one = tiny_recipe(data={"corpora": ("emo-db",), "weights": {}})
    assert {u.corpus for u in found.choose(one)} == {"emo-db"}


def test_what_a_recipe_leaves_out_may_be_missing_from_the_pack_already(folder, tiny_recipe):
    found = read_carried(folder)
    first = Path(found.utterances[0].file).stem
    chosen = found.choose(tiny_recipe(data={"exclude": (first, "never there")}))
    assert len(chosen) == len(found.utterances) - 1
    assert first not in {Path(u.file).stem for u in chosen}
