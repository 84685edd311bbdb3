"""Read the files of a bundle out of a folder or a zip, bounded, before anything looks inside of them."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from emotrace.bundle.card import CARD_FILE, MAX_MODEL_BYTES, MODEL_FILE
from emotrace.bundle.quoting import one_line, plain
from emotrace.errors import BundleError

REQUIRED = (CARD_FILE, MODEL_FILE)
COMPANIONS = ("README.md", "LICENSE")
LIMITS = {CARD_FILE: 1 << 20, MODEL_FILE: MAX_MODEL_BYTES, **dict.fromkeys(COMPANIONS, 1 << 20)}
"""Most bytes a file may have."""

ZIP_SUFFIXES = (".zip", ".emotrace")
_ZIP_OVERHEAD = 1 << 16
_MAX_ENTRIES_LISTED = 1000
_NEVER_OPENED = (
    *(".pkl", ".pickle", ".joblib", ".pt", ".pth", ".bin", ".ckpt", ".h5", ".hdf5", ".keras", ".npy", ".npz"),
    *(".safetensors", ".tflite", ".pb", ".ort", ".sav", ".model"),
)


class BundleFiles(Protocol):
    """The files of an opened bundle, by name."""

    def read(self, name: str, limit: int | None = None, whose: str = "allowed") -> bytes:
        """Read a whole file; raise `BundleError` if it is longer than ``limit`` (by default `LIMITS`).

        ``whose`` ends the message: who set the limit.
        """
        ...


@contextmanager
def open_files(path: Path) -> Iterator[BundleFiles]:
    """Open a bundle's folder or zip and make sure that only the files of a bundle are in it.

    Raises
    ------
    BundleError
        If nothing is there, it is neither a folder nor a zip, a file is missing, or something else is
        in it: a folder, a symbolic link, a device, an encrypted member, or a file of another name.
    """
    try:
        if path.is_dir():
            yield _Folder(path)
        else:
            with _opened_zip(path) as archive:
                yield _Zip(archive)
    except OSError as error:
        raise BundleError(f"cannot be read: {error.strerror or one_line(error)}") from None


def check_names(names: Collection[str]) -> None:
    """Raise `BundleError` unless exactly the files of a bundle are among ``names``."""
    missing = [name for name in REQUIRED if name not in names]
    if len(missing) == len(REQUIRED):
        raise BundleError(f"is not a bundle: neither {CARD_FILE} nor {MODEL_FILE} is in it")
    if missing:
        raise BundleError(f"{missing[0]} is missing; a bundle holds {CARD_FILE} and {MODEL_FILE}")
    foreign = sorted(set(names) - set(LIMITS))
    if foreign:
        raise BundleError(
            f"holds the foreign file '{plain(foreign[0])}'; only {', '.join(LIMITS)} may be in a bundle: "
            "take it out if you trust the rest"
        )


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path
        with os.scandir(path) as entries:
            found = [entry for entry, _ in zip(entries, range(_MAX_ENTRIES_LISTED), strict=False)]
        check_names([entry.name for entry in found])
        for entry in found:
            if entry.is_symlink() or not entry.is_file(follow_symlinks=False):
                what = "a symbolic link" if entry.is_symlink() else "not a plain file"
                raise BundleError(f"{entry.name} is {what}; put the file itself into the bundle")

    def read(self, name: str, limit: int | None = None, whose: str = "allowed") -> bytes:
        limit = LIMITS[name] if limit is None else limit
        # Opened in a way that neither follows a link put there since, nor waits for the writer of a pipe.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(self._path / name, flags | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BundleError(f"{name} is not a plain file; put the file itself into the bundle")
            return _read_all(file, name, limit, whose)


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        members = archive.infolist()
        names = [member.filename for member in members]
        if len(set(names)) < len(names):
            raise BundleError("holds two files of the same name")
        if not set(names) & set(REQUIRED) and any(name.endswith("/" + CARD_FILE) for name in names):
            raise BundleError(f"keeps its files in a folder; zip {CARD_FILE} and {MODEL_FILE} themselves")
        check_names(names)
        for member in members:
            _check_member(member)

    def read(self, name: str, limit: int | None = None, whose: str = "allowed") -> bytes:
        limit = LIMITS[name] if limit is None else limit
        try:
            with self._archive.open(name) as file:
                return _read_all(file, name, limit, whose)
        except _ZIP_ERRORS as error:
            raise BundleError(f"{name} cannot be unpacked: {one_line(error)}") from None


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename
    if member.orig_filename != name:
        raise BundleError(f"holds the foreign file '{plain(member.orig_filename)}'")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        what = "a symbolic link" if kind == stat.S_IFLNK else "not a plain file"
        raise BundleError(f"{name} is {what}; put the file itself into the bundle")
    if member.flag_bits & 1:
        raise BundleError(f"{name} is encrypted; zip the bundle without a password")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BundleError(f"{name} is packed by an unusual method; zip the bundle with deflate or no compression")
    if member.file_size > LIMITS[name]:
        raise _too_long(name, LIMITS[name])


# What the zipfile module raises on damaged archives, besides its own BadZipFile.
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError)


@contextmanager
def _opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    if not path.exists():
        raise BundleError("does not exist; give the folder or zip of a bundle")
    _refuse_other_kinds(path)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > sum(LIMITS.values()) + _ZIP_OVERHEAD:
            raise _too_long("the zip", sum(LIMITS.values()))
        _check_directory_size(file, size)
        try:
            archive = zipfile.ZipFile(file)
        except _ZIP_ERRORS as error:
            raise BundleError(f"is not a readable zip: {one_line(error)}") from None
        with archive:
            yield archive


def _refuse_other_kinds(path: Path) -> None:
    suffix = path.suffix.lower()
    if not stat.S_ISREG(path.stat().st_mode):
        raise BundleError("is neither a folder nor a plain file; give the folder or zip of a bundle")
    if suffix in _NEVER_OPENED:
        raise BundleError(
            f"is a '{suffix}' file, which emotrace never opens: bundles are ONNX + JSON and never pickles; "
            f"export the model to a folder with {MODEL_FILE} and {CARD_FILE}"
        )
    if suffix == ".onnx":
        raise BundleError(
            f"is a bare ONNX model; give the folder or zip that holds it together with its {CARD_FILE}"
        )
    if suffix not in ZIP_SUFFIXES:
        raise BundleError(f"is neither a folder nor a zip named {' or '.join(ZIP_SUFFIXES)}")


def _check_directory_size(file: IO[bytes], size: int) -> None:
    """Refuse an archive whose list of files is absurd, before the zipfile module reads it all.

    The end record must be the last 22 bytes and not be followed by a comment, nor preceded by the 64-bit
    locator: a bundle needs neither, and so it is certain that zipfile finds the record judged here.
    """
    file.seek(max(0, size - 42))
    tail = file.read(42)
    file.seek(0)
    end = tail[-22:]
    if len(end) < 22 or end[:4] != b"PK\x05\x06" or end[20:] != b"\0\0":
        raise BundleError("is not a readable zip: it does not end as a zip without a comment does")
    if tail[:4] == b"PK\x06\x07" or int.from_bytes(end[12:16], "little") > _ZIP_OVERHEAD:
        raise BundleError(f"holds more than the files of a bundle ({', '.join(LIMITS)})")


def _read_all(file: IO[bytes], name: str, limit: int, whose: str) -> bytes:
    """Read to the end, or one byte too far: what a header says of a length is not believed."""
    pieces, left = [], limit + 1
    while left > 0 and (piece := file.read(min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    if left <= 0:
        raise _too_long(name, limit, whose)
    return b"".join(pieces)


def _too_long(name: str, limit: int, whose: str = "allowed") -> BundleError:
    return BundleError(f"{name} is larger than the {limit:,} bytes {whose}")
