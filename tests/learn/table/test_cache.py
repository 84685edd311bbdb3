"""Features kept on disk: found under exactly what they depend on, never half written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from emotrace.errors import UsageError
from emotrace.learn.table._cache import FeatureCache, cache_folder, hash_content
from emotrace.types import Segment

VALUES = np.arange(5, dtype=np.float32)


@given(
    values=arrays.arrays(
        np.float32, arrays.array_shapes(max_dims=3), elements=st.floats(width=32, allow_nan=False)
    )
)
@settings(max_examples=25)
def test_what_is_put_is_got(tmp_path_factory, values):
    cache = FeatureCache(tmp_path_factory.mktemp("cache"), "mfcc20", "f" * 64)
    cache.put("content", None, values)
    found = cache.get("content", None)
    assert found is not None
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, values)


def test_other_content_segment_set_or_fingerprint_is_not_found(tmp_path):
    cache = FeatureCache(tmp_path, "ssl:a/b@layer=3", "f" * 64)
    cache.put("one", Segment(0.0, 1.0), VALUES)
    assert cache.get("one", Segment(0.0, 1.0)) is not None
    assert cache.get("two", Segment(0.0, 1.0)) is None
    assert cache.get("one", Segment(0.0, 1.0 + 1e-9)) is None
    assert cache.get("one", None) is None
    assert FeatureCache(tmp_path, "ssl:a/b@layer=3", "e" * 64).get("one", Segment(0.0, 1.0)) is None
    assert cache.folder.parent == tmp_path / "features"
    assert cache.folder.name.startswith("ssl-ffff")


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_damaged_files_count_as_absent(tmp_path, damage):
    cache = FeatureCache(tmp_path, "mfcc20", "f" * 64)
    cache.put("content", None, VALUES)
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    whole = file.read_bytes()
    file.write_bytes({"cut": whole[:-3], "flipped": whole[:-1] + bytes([whole[-1] ^ 1]), "empty": b""}[damage])
    assert cache.get("content", None) is None
    cache.put("content", None, VALUES)
    np.testing.assert_array_equal(cache.get("content", None), VALUES)


def test_nothing_is_left_of_what_cannot_be_kept(tmp_path):
    resource = pytest.importorskip("resource")
    cache = FeatureCache(tmp_path, "mfcc20", "f" * 64)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            cache.put("content", None, VALUES)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_folder_is_the_one_asked_for(monkeypatch, tmp_path):
    monkeypatch.setenv("EMOTRACE_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("EMOTRACE_CACHE")
    assert cache_folder().is_absolute()
    assert "emotrace" in cache_folder().parts


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", None, ".cache/emotrace"),
        ("linux", "XDG_CACHE_HOME", "other/emotrace"),
        ("darwin", None, "Library/Caches/emotrace"),
        ("win32", None, "AppData/Local/emotrace/Cache"),
        ("win32", "LOCALAPPDATA", "other/emotrace/Cache"),
    ],
)
def test_every_system_has_its_place_for_caches(monkeypatch, tmp_path, platform, variable, expected):
    for name in ("EMOTRACE_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / "other"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr("sys.platform", platform)
    assert cache_folder() == tmp_path / expected


def test_without_a_home_the_variable_is_named(monkeypatch):
    monkeypatch.delenv("EMOTRACE_CACHE", raising=False)

    def nobody() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", nobody)
    with pytest.raises(UsageError, match="set EMOTRACE_CACHE to one"):
        cache_folder()


def test_content_is_told_by_its_bytes(tmp_path):
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    one.write_bytes(b"a" * 3_000_000)
    two.write_bytes(b"a" * 3_000_000)
    three.write_bytes(b"a" * 2_999_999 + b"b")
    assert hash_content(str(one)) == hash_content(str(two)) != hash_content(str(three))
    assert hash_content(str(tmp_path)) is None
    assert hash_content(str(tmp_path / "missing")) is None
    assert hash_content("a\0b") is None
