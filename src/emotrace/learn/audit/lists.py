"""Lists of recordings as other projects keep them: manifests, text files with a path on each line, folders."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from emotrace.errors import LabelError, ManifestError
from emotrace.labels import canonical
from emotrace.learn.corpora._scan import AUDIO_ENDINGS
from emotrace.learn.evaluation.leakage import SIDES
from emotrace.manifest import ENDINGS, UNKNOWN_SPEAKER
from emotrace.manifest.audiofolder import find_metadata
from emotrace.manifest.columns import our_name
from emotrace.manifest.encoding import decode
from emotrace.manifest.formats import FORMATS
from emotrace.manifest.row import Row
from emotrace.manifest.utterance import row_to_utterance
from emotrace.types import Utterance

Sides = dict[str, list[Utterance]]

_BETWEEN_COLUMNS = re.compile(r"[\t,;|]")
# Any word will do, for it is put back.
_STAND_IN = "neutral"
_FOLDER_NAMES = {"train": "train", "training": "train", "validation": "validation", "valid": "validation"}
_FOLDER_NAMES |= {"val": "validation", "dev": "validation", "test": "test", "testing": "test", "eval": "test"}


def read_list(path: str | Path) -> list[Utterance]:
    """Read a list of recordings.

    Parameters
    ----------
    path
        A manifest (``.csv``, ``.jsonl``, ``.parquet``; a CSV table may have any ending), a folder with one
        (``metadata.csv``), a folder of recordings, or a text file with one path on each line, where blank lines
        and those that begin with ``#`` are passed over. Beside the path a line may hold other things (``wav.scp``
        of Kaldi, ``path label``) if the path is that of a file which exists. Paths start at the folder of the list
        or, if nothing is there, at the working directory.

    Returns
    -------
    list of Utterance
        Emotions may be any words, and are empty where there is none; so are unknown speakers.

    Raises
    ------
    ManifestError
        If it cannot be read or holds nothing.
    MissingExtraError
        If a ``.parquet`` file is read without the extra ``parquet``.
    """
    path = Path(path)
    if path.is_dir():
        metadata = _metadata(path)
        return _read_table(metadata, metadata.suffix) if metadata else _read_folder(path)
    if not path.is_file():
        raise ManifestError(
            f"{path}: no such file or folder; give a manifest ({', '.join(ENDINGS)}), a text file with a path on "
            "each line, or a folder of recordings"
        )
    if path.suffix.lower() in AUDIO_ENDINGS:
        raise ManifestError(f"{path}: is a recording; give a list of recordings or a folder of them")
    ending = path.suffix.lower()
    return _read_table(path, ending) if ending in ENDINGS else _read_text(path)


def read_division(path: str | Path) -> tuple[Sides, int]:
    """Read a whole division: a manifest with a column ``split``, or a folder with one sub-folder for each side.

    Returns
    -------
    tuple
        The utterances by side, and how many rows of the manifest have no side.

    Raises
    ------
    ManifestError
        As `read_list`, and if there are not two sides.
    """
    path = Path(path)
    if path.is_dir() and _metadata(path) is None:
        return _read_sides(path), 0
    utterances = read_list(path)
    sides = {side: [u for u in utterances if u.split == side] for side in SIDES}
    there = [side for side in SIDES if sides[side]]
    if len(there) < 2:
        what = f"only {there[0]} in the column 'split'" if there else "no column 'split' with train and test"
        raise ManifestError(f"{path}: {what}; fill it in, or give two lists: emotrace audit TRAIN TEST")
    return sides, sum(utterance.split not in SIDES for utterance in utterances)


def _read_sides(folder: Path) -> Sides:
    sides: Sides = {side: [] for side in SIDES}
    for child in sorted(folder.iterdir()):
        side = _FOLDER_NAMES.get(child.name.lower())
        if side and child.is_dir():
            sides[side] += read_list(child)
    if sum(bool(utterances) for utterances in sides.values()) < 2:
        raise ManifestError(
            f"{folder}: a folder without metadata.csv and without sub-folders train and test; give two lists: "
            "emotrace audit TRAIN TEST"
        )
    return sides


def _metadata(folder: Path) -> Path | None:
    try:
        return find_metadata(folder)
    except ManifestError:
        return None


def _read_folder(folder: Path) -> list[Utterance]:
    files = sorted(_audio_files(folder))
    if not files:
        raise ManifestError(f"{folder}: holds no recordings ({', '.join(AUDIO_ENDINGS[:4])} ...)")
    return [_unlabelled(_locate(folder, str(file.absolute()))) for file in files]


def _audio_files(folder: Path) -> Iterator[Path]:
    seen: set[str] = set()
    # Links are followed, but each folder is entered once only.
    for place, subfolders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            subfolders.clear()
            continue
        seen.add(real)
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and Path(name).suffix.lower() in AUDIO_ENDINGS:
                yield Path(place, name)


def _read_text(path: Path) -> list[Utterance]:
    try:
        text = decode(path.read_bytes())
    except ManifestError as error:
        raise ManifestError(f"{path}: {error}; a list is a text file with one path on each line") from None
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror or error}") from None
    if "\0" in text:
        raise ManifestError(f"{path}: holds a zero byte; a list is a text file with one path on each line")
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines:
        raise ManifestError(f"{path}: holds no paths; write one on each line")
    if _is_header(lines[0]):
        return _read_table(path, ".csv")
    return [_unlabelled(_locate(path.parent, _find_path(path.parent, line))) for line in lines]


def _is_header(line: str) -> bool:
    """Tell whether a text begins with the names of columns, and so is a table whatever it is called."""
    names = {our_name(name.strip('"')) for name in _BETWEEN_COLUMNS.split(line)}
    return {"file", "emotion"} <= names


def _find_path(folder: Path, line: str) -> str:
    """Give the path in a line: all of it, unless no such file exists and one of its words is one that does."""
    if _exists(folder, line):
        return line
    words = [word.strip() for word in (*_BETWEEN_COLUMNS.split(line), *line.split())]
    return next((word for word in words if word and _exists(folder, word)), line)


def _exists(folder: Path, file: str) -> bool:
    return any(os.path.isfile(place) for place in (folder / file, file))  # noqa: PTH113 (a name may be too long)


def _locate(folder: Path, file: str) -> Path:
    """Give one spelling of a path, relative to the working directory where it lies below."""
    beside = folder / file
    found = beside if os.path.lexists(beside) or not os.path.lexists(file) else Path(file)
    whole = Path(os.path.abspath(found))  # noqa: PTH100 (links are kept: their names may say who speaks)
    here = Path.cwd()
    return whole.relative_to(here) if whole.is_relative_to(here) else whole


def _unlabelled(file: Path) -> Utterance:
    return Utterance(file=str(file), emotion="", speaker="", recording=_real(file))


def _real(file: Path) -> str:
    """Give the file behind all links, by which two lists that link to one file are found out."""
    return os.path.realpath(file)


def _read_table(path: Path, ending: str) -> list[Utterance]:
    try:
        utterances = [_read_row(row, path.parent) for row in FORMATS[ending].read_rows(path)]
    except ManifestError as error:
        hint = "; an empty one will do, or a text file with one path on each line"
        is_unlabelled = "no column 'emotion'" in str(error)
        raise ManifestError(f"{path}: {' '.join(str(error).split())}{hint if is_unlabelled else ''}") from None
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror or error}") from None
    if not utterances:
        raise ManifestError(f"{path}: holds no rows")
    return utterances


def _read_row(row: Row, folder: Path) -> Utterance:
    """Read a row whose emotion may be a word that nobody else uses, or none at all."""
    cell = row.cell("emotion")
    word = "" if cell is None else str(cell).strip()
    utterance = row_to_utterance(replace(row, record={**row.record, row.names["emotion"]: _STAND_IN}), folder)
    try:
        emotion = canonical(word) if word else ""
    except LabelError:
        emotion = word.lower()
    speaker = "" if utterance.speaker.strip().lower() == UNKNOWN_SPEAKER else utterance.speaker.strip()
    file = _locate(folder, str(row.cell("file")))
    recording = utterance.recording or _real(file)
    return replace(utterance, file=str(file), emotion=emotion, speaker=speaker, recording=recording)
