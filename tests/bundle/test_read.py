from __future__ import annotations

import json
import os
import pickle
import shutil
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.tiny_bundles import emotion_card, emotion_model, make_emotion_bundle, write_unchecked

from emotrace.bundle import load_bundle
from emotrace.bundle.read import ASSETS, find_bundle, shipped_names
from emotrace.errors import BundleError

SHIPPED = "the bundle is not shipped yet"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_emotion_bundle(tmp_path / "model").path


@pytest.fixture
def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refuse(path: str | Path, sentence: str) -> None:
    """Make sure that a bundle is refused in one line that names it."""
    with pytest.raises(BundleError, match=sentence) as info:
        load_bundle(path)
    assert str(info.value).isprintable()
    assert str(info.value).startswith("bundle '")


def make_zip(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


class TestGood:
    def test_folder_is_read_as_it_was_written(self, folder: Path) -> None:
        bundle = load_bundle(folder)
        assert bundle.path == folder
        assert bundle.card.name == "tiny-emotion"
        assert bundle.model_bytes == emotion_model()
        assert load_bundle(str(folder)).card == bundle.card

    @pytest.mark.parametrize("suffix", [".zip", ".emotrace", ".ZIP"])
    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_zip_is_read_like_its_folder(
        self, tmp_path: Path, contents: dict[str, bytes], suffix: str, method: int
    ) -> None:
        bundle = load_bundle(make_zip(tmp_path / f"m{suffix}", contents, method))
        assert (bundle.card, bundle.model_bytes) == (load_bundle(tmp_path / "model").card, emotion_model())

    def test_readme_and_licence_may_lie_beside(
        self, tmp_path: Path, folder: Path, contents: dict[str, bytes]
    ) -> None:
        for name in ("README.md", "LICENSE"):
            (folder / name).write_text("words")
        load_bundle(folder)
        load_bundle(make_zip(tmp_path / "m.zip", {**contents, "README.md": b"words", "LICENSE": b"words"}))

    def test_folder_reached_through_a_link_is_read(self, tmp_path: Path, folder: Path) -> None:
        (tmp_path / "link").symlink_to(folder)
        load_bundle(tmp_path / "link")

    @pytest.mark.parametrize("name", shipped_names() or [pytest.param("", marks=pytest.mark.skip(SHIPPED))])
    def test_every_shipped_bundle_is_sound_and_found_by_its_name(self, name: str) -> None:
        assert load_bundle(name).path == ASSETS / name
        load_bundle(name).session()

    def test_shipped_name_wins_over_a_folder_here(
        self, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("emotrace.bundle.read.ASSETS", tmp_path)
        monkeypatch.chdir(tmp_path)
        assert find_bundle("model") == folder
        assert find_bundle("./model") == Path("model")
        assert find_bundle(Path("model")) == Path("model")

    def test_without_a_default_bundle_the_installation_is_blamed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("emotrace.bundle.read.ASSETS", tmp_path)
        with pytest.raises(BundleError, match=r"^the default model is not part of this installation; install"):
            load_bundle()


class TestFolder:
    def test_nothing_there(self, tmp_path: Path) -> None:
        refuse(tmp_path / "none", r"none': does not exist; give the folder or zip of a bundle$")

    @pytest.mark.parametrize("source", ["", "a\0b"])
    def test_names_that_cannot_be_paths(self, source: str) -> None:
        with pytest.raises(BundleError, match=r"^'a?\??b?' cannot be the name of a bundle$"):
            load_bundle(source)

    @pytest.mark.parametrize("name", ["none", "opne"])
    def test_bare_name_of_nothing_lists_what_is_shipped(
        self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for shipped in ("default", "open", "speech"):
            make_emotion_bundle(tmp_path / "assets" / shipped)
        monkeypatch.setattr("emotrace.bundle.read.ASSETS", tmp_path / "assets")
        monkeypatch.chdir(tmp_path)
        hint = {"opne": r"did you mean 'open'\? Known", "none": "known"}[name]
        sentence = f"no model named '{name}' is shipped with emotrace, and no folder or zip of this name is here; "
        with pytest.raises(BundleError, match=f"^{sentence}{hint}: default, open, speech$"):
            load_bundle(name)
        # What is there, or looks like a path, is one.
        refuse(f"./{name}", "does not exist; give the folder or zip of a bundle$")
        refuse(f"{name}.zip", "does not exist; give the folder or zip of a bundle$")
        make_emotion_bundle(tmp_path / name)
        assert load_bundle(name).path == Path(name)

    def test_name_too_long_for_the_system(self) -> None:
        refuse("./" + "x" * 5000, r"cannot be read: File name too long")

    @pytest.mark.parametrize("name", ["card.json", "model.onnx"])
    def test_missing_file(self, folder: Path, name: str) -> None:
        (folder / name).unlink()
        refuse(folder, rf"{name} is missing; a bundle holds card\.json and model\.onnx$")

    def test_any_other_folder(self, tmp_path: Path) -> None:
        refuse(tmp_path, r"is not a bundle: neither card\.json nor model\.onnx is in it$")

    @pytest.mark.parametrize("name", ["setup.py", "weights.bin", ".DS_Store", "MODEL.ONNX", "x\x1b[2J.so"])
    def test_foreign_file(self, folder: Path, name: str) -> None:
        (folder / name).write_bytes(b"")
        shown = name.replace("\x1b[2J", r"\?\[2J")
        refuse(folder, rf"holds the foreign file '{shown}'; only card\.json, model\.onnx, README\.md, LICENSE may")

    def test_folder_within(self, folder: Path) -> None:
        (folder / "src").mkdir()
        refuse(folder, r"holds the foreign file 'src'")

    @pytest.mark.parametrize("name", ["card.json", "model.onnx", "README.md"])
    def test_folder_in_place_of_a_file(self, folder: Path, name: str) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).mkdir()
        refuse(folder, rf"{name} is not a plain file; put the file itself into the bundle")

    @pytest.mark.parametrize("name", ["card.json", "model.onnx", "LICENSE"])
    def test_symbolic_link(self, tmp_path: Path, folder: Path, name: str) -> None:
        if (folder / name).exists():
            (folder / name).rename(tmp_path / name)
        (folder / name).symlink_to(tmp_path / name)
        refuse(folder, rf"{name} is a symbolic link; put the file itself into the bundle")

    def test_pipe_is_refused_without_waiting_for_its_writer(self, folder: Path) -> None:
        (folder / "model.onnx").unlink()
        os.mkfifo(folder / "model.onnx")
        refuse(folder, r"model\.onnx is not a plain file")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_no_permission(self, folder: Path) -> None:
        (folder / "card.json").chmod(0)
        refuse(folder, r"cannot be read: Permission denied$")

    def test_card_too_large(self, folder: Path) -> None:
        with (folder / "card.json").open("ab") as file:
            file.write(b" " * (1 << 20))
        refuse(folder, r"card\.json is larger than the 1,048,576 bytes allowed$")

    def test_folder_of_very_many_files(self, tmp_path: Path) -> None:
        for number in range(1200):
            (tmp_path / f"{number:04}.wav").touch()
        refuse(tmp_path, r"is not a bundle: neither")


class TestEdited:
    def test_model(self, folder: Path) -> None:
        data = bytearray((folder / "model.onnx").read_bytes())
        data[-5] ^= 1
        (folder / "model.onnx").write_bytes(data)
        refuse(
            folder, r"model\.onnx is not the model that card\.json describes \(.*: it was edited or damaged; get"
        )

    def test_truncated_model(self, folder: Path) -> None:
        data = (folder / "model.onnx").read_bytes()
        (folder / "model.onnx").write_bytes(data[:-10])
        refuse(folder, rf"\({len(data) - 10} bytes with SHA-256 .* expected {len(data)} with")

    def test_empty_model(self, folder: Path) -> None:
        (folder / "model.onnx").write_bytes(b"")
        refuse(folder, r"model\.onnx is not the model that card\.json describes \(0 bytes")

    def test_longer_model(self, folder: Path) -> None:
        with (folder / "model.onnx").open("ab") as file:
            file.write(b"x")
        refuse(folder, r"model\.onnx is larger than the \d+ bytes that card\.json gives: it was edited or damaged")

    def test_model_of_another_bundle(self, tmp_path: Path, folder: Path) -> None:
        other = make_emotion_bundle(tmp_path / "other", labels=("calm", "anger")).path
        shutil.copy(other / "model.onnx", folder / "model.onnx")
        refuse(folder, r"model\.onnx is not the model that card\.json describes")

    def test_card_with_another_hash(self, folder: Path) -> None:
        card = json.loads((folder / "card.json").read_text())
        card["files"]["model.onnx"]["sha256"] = "0" * 64
        (folder / "card.json").write_text(json.dumps(card))
        refuse(folder, r"expected \d+ with 000000000000…\)")

    def test_card_without_a_hash(self, folder: Path) -> None:
        (folder / "card.json").write_bytes(emotion_card().to_json())
        refuse(folder, r"card\.json: key 'files' must give the SHA-256 and bytes of model\.onnx$")

    def test_card_with_a_wrong_value(self, folder: Path) -> None:
        text = (folder / "card.json").read_text()
        (folder / "card.json").write_text(text.replace("16000", "NaN"))
        refuse(folder, r"model': card\.json: NaN is not a number that JSON knows$")

    @pytest.mark.parametrize(
        "data", [pickle.dumps({"weights": [1, 2]}), b"PK\x03\x04...", b"\x89HDF\r\n\x1a\n..."]
    )
    def test_other_kind_of_model_with_a_true_hash(self, tmp_path: Path, data: bytes) -> None:
        refuse(write_unchecked(tmp_path / "m", data), r"model\.onnx is an? .*; bundles are ONNX \+ JSON and never")


class TestFile:
    @pytest.mark.parametrize("suffix", [".pkl", ".pickle", ".pt", ".pth", ".h5", ".joblib", ".PT", ".keras"])
    def test_pickles_and_their_kin_are_never_opened(self, tmp_path: Path, suffix: str) -> None:
        (tmp_path / f"m{suffix}").write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
        refuse(
            tmp_path / f"m{suffix}",
            r"file, which emotrace never opens: bundles are ONNX \+ JSON and never pickles",
        )
        assert not (tmp_path / "sprung").exists()

    def test_bare_onnx_model(self, tmp_path: Path) -> None:
        (tmp_path / "m.onnx").write_bytes(emotion_model())
        refuse(
            tmp_path / "m.onnx",
            r"is a bare ONNX model; give the folder or zip that holds it together with its card\.json$",
        )

    def test_file_of_another_kind(self, tmp_path: Path) -> None:
        (tmp_path / "m.wav").write_bytes(b"RIFF")
        refuse(tmp_path / "m.wav", r"is neither a folder nor a zip named \.zip or \.emotrace$")

    def test_device(self) -> None:
        refuse("/dev/null", r"is neither a folder nor a plain file")


class Trap:
    """Writes a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self.path,)


class TestZip:
    @pytest.mark.parametrize(
        "name",
        [
            "../model.onnx",
            "/etc/passwd",
            "..\\x.dll",
            "C:/x",
            "a/../b",
            "hook.py",
            "src/",
            "model.onnx/",
            "ü\u202e.py",
        ],
    )
    def test_foreign_and_escaping_names(self, tmp_path: Path, contents: dict[str, bytes], name: str) -> None:
        refuse(make_zip(tmp_path / "m.zip", {**contents, name: b""}), r"holds the foreign file '")
        assert not (tmp_path / "b").exists()

    def test_name_that_hides_behind_a_zero_byte(self, tmp_path: Path, contents: dict[str, bytes]) -> None:
        path = make_zip(tmp_path / "m.zip", {**contents, "LICENSE_evil": b""})
        path.write_bytes(path.read_bytes().replace(b"LICENSE_evil", b"LICENSE\0evil"))
        refuse(path, r"holds the foreign file 'LICENSE\?evil'")

    def test_missing_file(self, tmp_path: Path, contents: dict[str, bytes]) -> None:
        del contents["model.onnx"]
        refuse(make_zip(tmp_path / "m.zip", contents), r"model\.onnx is missing")

    def test_files_in_a_folder(self, tmp_path: Path, contents: dict[str, bytes]) -> None:
        within = {f"model/{name}": data for name, data in contents.items()}
        refuse(
            make_zip(tmp_path / "m.zip", within), r"keeps its files in a folder; zip card\.json and model\.onnx"
        )

    def test_the_same_name_twice(self, tmp_path: Path, contents: dict[str, bytes]) -> None:
        path = make_zip(tmp_path / "m.zip", contents)
        with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("model.onnx", b"other")
        refuse(path, r"holds two files of the same name$")

    def test_symbolic_link(self, tmp_path: Path, contents: dict[str, bytes]) -> None:
        link = zipfile.ZipInfo("model.onnx")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
            archive.writestr("card.json", contents["card.json"])
            archive.writestr(link, "/etc/passwd")
        refuse(tmp_path / "m.zip", r"model\.onnx is a symbolic link")

    def test_encrypted(self, tmp_path: Path, contents: dict[str, bytes]) -> None:
        path = make_zip(tmp_path / "m.zip", contents)
        data = bytearray(path.read_bytes())
        entry = data.index(b"PK\x01\x02")
        data[entry + 8] |= 1
        path.write_bytes(data)
        refuse(path, r"is encrypted; zip the bundle without a password$")

    @pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_unusual_methods(self, tmp_path: Path, contents: dict[str, bytes], method: int) -> None:
        refuse(
            make_zip(tmp_path / "m.zip", contents, method),
            r"is packed by an unusual method; zip .* with deflate or no compression$",
        )

    def test_bomb_that_admits_its_size(self, tmp_path: Path, contents: dict[str, bytes]) -> None:
        path = make_zip(tmp_path / "m.zip", {**contents, "card.json": b" " * (20 << 20)})
        assert path.stat().st_size < 100_000
        refuse(path, r"card\.json is larger than the 1,048,576 bytes allowed$")

    def test_bomb_in_the_model_is_unpacked_no_further_than_the_card_says(
        self, tmp_path: Path, contents: dict[str, bytes]
    ) -> None:
        import tracemalloc

        path = make_zip(tmp_path / "m.zip", {**contents, "model.onnx": bytes(100 << 20)})
        assert path.stat().st_size < 200_000
        tracemalloc.start()
        refuse(path, r"model\.onnx is larger than the \d+ bytes that card\.json gives")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8 << 20

    def test_bomb_that_lies_about_its_size(self, tmp_path: Path, contents: dict[str, bytes]) -> None:
        path = make_zip(tmp_path / "m.zip", {**contents, "card.json": b" " * (20 << 20)})
        path.write_bytes(path.read_bytes().replace(struct.pack("<I", 20 << 20), struct.pack("<I", 700)))
        refuse(path, r"card\.json cannot be unpacked: Bad CRC-32")

    def test_very_many_members(self, tmp_path: Path, contents: dict[str, bytes]) -> None:
        path = make_zip(tmp_path / "m.zip", {**contents, **{f"{n:040}": b"" for n in range(1000)}})
        refuse(path, r"holds more than the files of a bundle \(card\.json, model\.onnx, README\.md, LICENSE\)$")

    def test_64_bit_directory(self, tmp_path: Path, contents: dict[str, bytes]) -> None:
        path = make_zip(tmp_path / "m.zip", contents)
        data = path.read_bytes()
        path.write_bytes(data[:-22] + b"PK\x06\x07" + bytes(16) + data[-22:])
        refuse(path, r"holds more than the files of a bundle")

    def test_bytes_after_the_end(self, tmp_path: Path, contents: dict[str, bytes]) -> None:
        path = make_zip(tmp_path / "m.zip", contents)
        path.write_bytes(path.read_bytes() + b"#!/bin/sh")
        refuse(path, r"is not a readable zip: it does not end as a zip without a comment does$")

    @pytest.mark.parametrize("data", [b"", b"PK", b"garbage" * 10, b"PK\x05\x06" + bytes(17) + b"\x01"])
    def test_not_a_zip(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "m.zip").write_bytes(data)
        refuse(tmp_path / "m.zip", r"is not a readable zip")

    def test_empty_zip(self, tmp_path: Path) -> None:
        refuse(make_zip(tmp_path / "m.zip", {}), r"is not a bundle: neither card\.json nor model\.onnx is in it$")

    def test_truncated_zip(self, tmp_path: Path, contents: dict[str, bytes]) -> None:
        path = make_zip(tmp_path / "m.zip", contents)
        path.write_bytes(path.read_bytes()[:-40])
        refuse(path, r"is not a readable zip")

    @settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_damaged_zip_is_read_right_or_refused(
        self, tmp_path: Path, contents: dict[str, bytes], data: st.DataObject
    ) -> None:
        path = make_zip(tmp_path / "good.zip", contents)
        mutated = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
        (tmp_path / "bad.zip").write_bytes(mutated)
        try:
            bundle = load_bundle(tmp_path / "bad.zip")
        except BundleError as error:
            refusal = str(error)
        else:
            assert bundle.card == load_bundle(path).card
            assert bundle.model_bytes == emotion_model()
            return
        assert refusal.isprintable()
