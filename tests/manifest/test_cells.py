"""Paths in a manifest mean the same on every system."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath

import pytest

from emotrace.manifest.cells import portable_path


@pytest.mark.parametrize(
    ("file", "folder", "written"),
    [
        (r"C:\speech\wav\clip one.wav", r"C:\speech", "wav/clip one.wav"),
        (r"C:\Speech\clip.wav", r"c:\speech", "clip.wav"),
        (r"\\server\share\wav\clip.wav", r"\\server\share", "wav/clip.wav"),
        (r"D:\wav\clip.wav", r"C:\speech", r"D:\wav\clip.wav"),
    ],
)
def test_a_manifest_made_on_windows_travels(file: str, folder: str, written: str) -> None:
    assert portable_path(PureWindowsPath(file), PureWindowsPath(folder)) == written


def test_a_backslash_is_a_letter_elsewhere() -> None:
    assert portable_path(PurePosixPath(r"/speech/wav/a\b.wav"), PurePosixPath("/speech")) == r"wav/a\b.wav"
    assert portable_path(PurePosixPath("/other/b.wav"), PurePosixPath("/speech")) == "/other/b.wav"
