from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx import helper
from tests.tiny_bundles import (
    emotion_card,
    emotion_model,
    graph_bytes,
    make_emotion_bundle,
    make_speech_bundle,
)

from emotrace.bundle import load_bundle, write_bundle
from emotrace.errors import BundleError

TARGETS = pytest.mark.parametrize("name", ["model", "model.zip", "model.emotrace"])


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@TARGETS
def test_what_is_written_is_read_again(tmp_path: Path, name: str) -> None:
    written = make_emotion_bundle(tmp_path / "new" / "folders" / name)
    assert written.path == tmp_path / "new" / "folders" / name
    assert written.card.files["model.onnx"] == {
        "sha256": hashlib.sha256(emotion_model()).hexdigest(),
        "bytes": len(emotion_model()),
    }
    loaded = load_bundle(written.path)
    assert (loaded.card, loaded.model_bytes) == (written.card, written.model_bytes)
    waveforms = np.full((1, 1600), 0.3, dtype=np.float32)
    np.testing.assert_array_equal(loaded.predict(waveforms), written.predict(waveforms))
    assert [path.name for path in written.path.parent.iterdir()] == [name]


def test_zip_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    first, second = (make_emotion_bundle(tmp_path / name).path for name in ("a.zip", "b.emotrace"))
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert archive.namelist() == ["card.json", "model.onnx"]
        assert archive.testzip() is None


@TARGETS
def test_bundle_that_was_there_is_replaced(tmp_path: Path, name: str) -> None:
    make_speech_bundle(tmp_path / name)
    make_emotion_bundle(tmp_path / name)
    assert load_bundle(tmp_path / name).card.kind == "emotion"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_readme_and_licence_stay(tmp_path: Path) -> None:
    make_speech_bundle(tmp_path / "m")
    (tmp_path / "m" / "LICENSE").write_text("mine")
    make_emotion_bundle(tmp_path / "m")
    assert (tmp_path / "m" / "LICENSE").read_text() == "mine"
    assert load_bundle(tmp_path / "m").card.kind == "emotion"


def test_empty_folder_becomes_the_bundle(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    make_emotion_bundle(tmp_path / "m")
    load_bundle(tmp_path / "m")


def test_bundle_with_an_edited_model_may_be_replaced(tmp_path: Path) -> None:
    folder = make_emotion_bundle(tmp_path / "m").path
    (folder / "model.onnx").write_bytes(b"edited")
    make_emotion_bundle(folder)
    load_bundle(folder)


def foreign_folder(path: Path) -> None:
    path.mkdir()
    (path / "thesis.txt").write_text("years of work")


def bundle_with_more(path: Path) -> None:
    make_emotion_bundle(path)
    (path / "thesis.txt").write_text("years of work")


def plain_file(path: Path) -> None:
    path.write_text("years of work")


def folder_named_as_a_zip(path: Path) -> None:
    path.mkdir()


def link(path: Path) -> None:
    path.symlink_to(make_emotion_bundle(path.with_name("other")).path)


def foreign_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("thesis.txt", "years of work")


@pytest.mark.parametrize(
    ("name", "put", "sentence"),
    [
        (
            "m",
            foreign_folder,
            r"is there and not overwritten, for it is no sound bundle: is not a bundle: neither",
        ),
        ("m", bundle_with_more, r"is there and not overwritten, .*: holds the foreign file 'thesis\.txt'"),
        ("m", plain_file, r"is there and no bundle, so it is not overwritten; choose another name"),
        ("m", link, r"is there and no bundle, so it is not overwritten"),
        ("m.zip", plain_file, r"is there and not overwritten, .*: is not a readable zip"),
        ("m.zip", foreign_zip, r"is there and not overwritten, .*: is not a bundle: neither"),
        ("m.zip", folder_named_as_a_zip, r"is there and no bundle, so it is not overwritten"),
    ],
)
def test_what_is_no_bundle_is_never_overwritten(
    tmp_path: Path, name: str, put: Callable[[Path], None], sentence: str
) -> None:
    put(tmp_path / name)
    before = tree(tmp_path)
    with pytest.raises(BundleError, match=sentence) as info:
        make_emotion_bundle(tmp_path / name)
    assert str(info.value).startswith(f"bundle '{tmp_path / name}': ")
    assert tree(tmp_path) == before


@TARGETS
@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (b"", r"model\.onnx is empty"),
        (b"\x80\x04\x95", r"model\.onnx is a Python pickle"),
        (emotion_model(5), r"gives 5 probabilities, but card\.json names 4 labels"),
        (
            graph_bytes([helper.make_node("Foo", ["waveform"], ["probabilities"], domain="x.y")], {}, None),
            r"operators of 'x\.y'",
        ),
    ],
)
def test_model_that_could_not_be_used_is_not_written(
    tmp_path: Path, name: str, model: bytes, sentence: str
) -> None:
    make_emotion_bundle(tmp_path / name)
    before = tree(tmp_path)
    with pytest.raises(BundleError, match=sentence):
        write_bundle(tmp_path / name, emotion_card(), model)
    assert tree(tmp_path) == before


def test_card_too_large_to_be_read_is_not_written(tmp_path: Path) -> None:
    card = emotion_card(extra={"long": "x" * (1 << 20)})
    with pytest.raises(BundleError, match=r"card\.json would be larger than 1,048,576 bytes"):
        write_bundle(tmp_path / "m", card, emotion_model())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("target", [".", "/", "x/.."])
def test_target_without_a_name_is_refused(target: str) -> None:
    with pytest.raises(
        BundleError, match=r"does not name a folder or zip of its own; give for instance 'my-model'"
    ):
        write_bundle(target, emotion_card(), emotion_model())


@TARGETS
@pytest.mark.parametrize("failing", ["fsync", "rename"])
def test_failure_in_the_middle_leaves_what_was_there(
    tmp_path: Path, name: str, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_speech_bundle(tmp_path / name)
    before = tree(tmp_path)

    def fail(*args: object) -> None:
        raise OSError(28, "No space left on device")

    if failing == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    else:
        # The folder that was there has been moved aside when the new one cannot be moved into place.
        rename = Path.rename

        def rename_old_only(self: Path, target: Path) -> Path:
            if (self / "card.json").exists() and "tiny-emotion" in (self / "card.json").read_text():
                fail()
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", rename_old_only)
        monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(BundleError, match=r"cannot be written: No space left on device$"):
        make_emotion_bundle(tmp_path / name)
    assert tree(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_parent_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BundleError, match=r"cannot be written: (File exists|Not a directory)$"):
        make_emotion_bundle(tmp_path / "file" / "m")
