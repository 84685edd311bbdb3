"""The columns of a manifest, and what other people's tables call them."""

from __future__ import annotations

from collections.abc import Sequence

from emotrace.errors import ManifestError

COLUMNS: tuple[str, ...] = (
    "file",
    "start",
    "end",
    "emotion",
    "speaker",
    "corpus",
    "sex",
    "source_label",
    "intensity",
    "sentence",
    "text",
    "language",
    "repetition",
    "recording",
    "twin_of",
    "content",
    "votes",
    "split",
)
"""The columns of a manifest, in the order in which they are written."""

_MOST_TOLD = 8
_OTHER_NAMES = {
    "file_name": "file",
    "path": "file",
    "label": "emotion",
    "speaker_id": "speaker",
    "gender": "sex",
    "transcription": "text",
}


def our_name(name: str) -> str:
    """Give what we call a column; a name that we do not know stays as it is.

    >>> our_name(" File_Name"), our_name("embedding")
    ('file', 'embedding')
    """
    name = name.strip().lower()
    return _OTHER_NAMES.get(name, name)


def match_columns(header: Sequence[str]) -> dict[str, str]:
    """Give the header's name for each of our columns; where it has both, our own names win over others.

    Raises
    ------
    ManifestError
        If two columns have one name, or a needed column is missing.

    >>> match_columns(["path", "label", "embedding"])
    {'file': 'path', 'emotion': 'label'}
    """
    found: dict[str, str] = {}
    for name in header:
        ours = our_name(name)
        if ours not in COLUMNS:
            continue
        if ours in found and name.lower() == found[ours].lower():
            raise ManifestError(f"two columns are called '{name}'")
        if ours not in found or name.lower() == ours:
            found[ours] = name
    _require_columns(found, header)
    return found


def _require_columns(found: dict[str, str], header: Sequence[str]) -> None:
    for needed, names in (("file", "'file' or 'file_name'"), ("emotion", "'emotion' or 'label'")):
        if needed not in found:
            raise ManifestError(f"no column {names}; columns here: {_tell(header)}")


def _tell(header: Sequence[str]) -> str:
    """List the columns that there are, of many the first."""
    there = [name for name in header if name]
    n_more = len(there) - _MOST_TOLD
    # Two more are told as soon as their number.
    return ", ".join(there[:_MOST_TOLD]) + f" and {n_more} more" if n_more > 2 else ", ".join(there) or "none"
