"""Whatever may change features changes the fingerprint."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import emotrace
from emotrace.features._feature_set import load_feature_set
from emotrace.learn.table import _fingerprint
from emotrace.learn.table._fingerprint import SOURCES_AT_IMPORT, fingerprint, hash_sources


@pytest.fixture
def copy(tmp_path, monkeypatch) -> Path:
    """A copy of our source that may be edited."""
    package = tmp_path / "emotrace"
    shutil.copytree(
        Path(emotrace.__file__).parent, package, ignore=shutil.ignore_patterns("assets", "__pycache__")
    )
    monkeypatch.setattr(_fingerprint, "_PACKAGE", package)
    return package


def test_the_same_code_has_the_same_fingerprint(copy):
    assert hash_sources() == SOURCES_AT_IMPORT
    (copy / "features" / ".means184.py.swp").write_text("an editor's")
    (copy / "features" / "__pycache__").mkdir()
    (copy / "features" / "__pycache__" / "means184.pyc").write_text("Python's")
    (copy / "cli" / "features.py").write_text("not what computes")
    assert hash_sources() == SOURCES_AT_IMPORT
    means = load_feature_set("means184")
    assert fingerprint(means, None) == fingerprint(means, None)


@pytest.mark.parametrize(
    "file",
    [
        "features/_spectra.py",
        "audio/resample.py",
        "audio/trim.py",
        "learn/features/ssl.py",
        "learn/table/_compute.py",
    ],
)
def test_an_edit_of_what_computes_changes_it(copy, file):
    path = copy / file
    path.write_text(path.read_text().replace("import annotations", "import annotations  # edited", 1))
    assert hash_sources() != SOURCES_AT_IMPORT


def test_a_new_or_renamed_file_changes_it(copy):
    (copy / "features" / "pitch.py").touch()
    one = hash_sources()
    (copy / "features" / "pitch.py").rename(copy / "features" / "pitches.py")
    assert len({SOURCES_AT_IMPORT, one, hash_sources()}) == 3


def test_set_trimming_weights_and_libraries_change_it(monkeypatch):
    means = load_feature_set("means184")
    texts = [
        fingerprint(means, None),
        fingerprint(means, 30.0),
        fingerprint(load_feature_set("means180"), None),
        fingerprint(replace(means, data_fingerprint=lambda: "other weights"), None),
        fingerprint(replace(means, libraries=("pytest",)), None),
    ]
    version = _fingerprint._version
    monkeypatch.setattr(_fingerprint, "_version", lambda name: "99" if name == "soxr" else version(name))
    texts.append(fingerprint(means, None))
    assert len(set(texts)) == len(texts)


def test_a_set_of_another_package_counts_with_all_of_that_package(tmp_path, monkeypatch):
    (tmp_path / "loud.py").write_text("LEVEL = 1")
    (tmp_path / "helper.py").write_text("FACTOR = 2")
    package = ModuleType("loudness")
    package.__path__ = [str(tmp_path)]
    monkeypatch.setitem(sys.modules, "loudness", package)
    foreign = replace(load_feature_set("means184"), module=ModuleType("loudness.loud"))
    before = fingerprint(foreign, None)
    assert before == fingerprint(foreign, None) != fingerprint(load_feature_set("means184"), None)
    (tmp_path / "helper.py").write_text("FACTOR = 3")
    assert fingerprint(foreign, None) != before
