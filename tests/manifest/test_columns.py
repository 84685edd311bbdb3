"""Which column of a table is which of ours."""

from __future__ import annotations

import pytest

from emotrace.errors import ManifestError
from emotrace.manifest.columns import match_columns


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (["file", "emotion"], {"file": "file", "emotion": "emotion"}),
        (["File_Name", " LABEL", "x", "x"], {"file": "File_Name", "emotion": " LABEL"}),
        (["path", "file", "label", "emotion"], {"file": "file", "emotion": "emotion"}),
        (["file", "path", "emotion", "label"], {"file": "file", "emotion": "emotion"}),
        (["path", "file_name", "label"], {"file": "path", "emotion": "label"}),
    ],
)
def test_our_own_names_win_then_the_first(header: list[str], names: dict[str, str]) -> None:
    assert match_columns(header) == names


@pytest.mark.parametrize("header", [["file", "File", "emotion"], ["path", "emotion", "PATH"]])
def test_two_columns_of_one_name_are_refused(header: list[str]) -> None:
    with pytest.raises(ManifestError, match=r"two columns are called '(File|PATH)'"):
        match_columns(header)
