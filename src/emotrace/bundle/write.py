"""Write a bundle, all of it or nothing."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from emotrace.atomic import flush_to_disk, replacing, sibling
from emotrace.bundle.card import CARD_FILE, MAX_MODEL_BYTES, MODEL_FILE, Card
from emotrace.bundle.files import COMPANIONS, LIMITS, ZIP_SUFFIXES, open_files
from emotrace.bundle.onnx_scan import scan_model
from emotrace.bundle.quoting import one_line
from emotrace.bundle.read import located
from emotrace.bundle.runtime import Bundle
from emotrace.errors import BundleError


def write_bundle(target: str | Path, card: Card, model_bytes: bytes) -> Bundle:
    """Write a bundle to a folder, or to a zip if the name ends with ``.zip`` or ``.emotrace``.

    The bundle appears complete or not at all. Equal cards and models give byte-equal files. Missing parent
    folders are made; a bundle that was there is replaced (its ``README.md`` and ``LICENSE`` stay), and so
    is an empty folder, but nothing else is.

    Parameters
    ----------
    target
        Where to.
    card
        Its ``files`` are filled here.
    model_bytes
        The ONNX file, at most 512 MiB.

    Returns
    -------
    bundle
        What was written, with the card as it was written.

    Raises
    ------
    BundleError
        If ``target`` is something other than a bundle or cannot be written, or the model is one that
        `load_bundle` or `Bundle.session` would refuse.
    """
    path = Path(target)
    if path.name in ("", ".."):
        raise BundleError(f"'{target}' does not name a folder or zip of its own; give for instance 'my-model'")
    facts = {"sha256": hashlib.sha256(model_bytes).hexdigest(), "bytes": len(model_bytes)}
    try:
        if len(model_bytes) > MAX_MODEL_BYTES:
            raise BundleError(f"{MODEL_FILE} would be larger than the {MAX_MODEL_BYTES:,} bytes allowed")
        scan_model(model_bytes)
        bundle = Bundle(card=replace(card, files={MODEL_FILE: facts}), model_bytes=model_bytes, path=path)
        companions = _what_may_stay(path)
    except BundleError as error:
        raise located(error, path) from None
    except OSError as error:
        raise _unwritable(error, path) from None
    bundle.session()
    contents = {CARD_FILE: bundle.card.to_json(), MODEL_FILE: model_bytes, **companions}
    if len(contents[CARD_FILE]) > LIMITS[CARD_FILE]:
        raise located(BundleError(f"{CARD_FILE} would be larger than {LIMITS[CARD_FILE]:,} bytes"), path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if _is_zip(path):
            _write_zip(path, contents)
        else:
            _write_folder(path, contents)
    except OSError as error:
        raise _unwritable(error, path) from None
    return bundle


def _unwritable(error: OSError, path: Path) -> BundleError:
    return located(BundleError(f"cannot be written: {error.strerror or one_line(error)}"), path)


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() in ZIP_SUFFIXES


def _what_may_stay(path: Path) -> dict[str, bytes]:
    """Make sure that ``path`` may be replaced; give the companions of the bundle that is there."""
    if not os.path.lexists(path) or (not _is_zip(path) and path.is_dir() and not any(path.iterdir())):
        return {}
    if path.is_symlink() or _is_zip(path) == path.is_dir():
        raise BundleError("is there and no bundle, so it is not overwritten; choose another name")
    companions = {}
    try:
        with open_files(path) as files:
            for name in COMPANIONS:
                with contextlib.suppress(FileNotFoundError, KeyError):
                    companions[name] = files.read(name)
    except BundleError as error:
        raise BundleError(f"is there and not overwritten, for it is no sound bundle: {error}") from None
    return companions


def _write_zip(path: Path, contents: Mapping[str, bytes]) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in contents.items():
            # A fixed time and no compression: the same bytes on every machine. Weights hardly shrink.
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.create_system = 3
            member.external_attr = 0o100644 << 16
            archive.writestr(member, data)
    with replacing(path) as part:
        part.write_bytes(buffer.getbuffer())


def _write_folder(path: Path, contents: Mapping[str, bytes]) -> None:
    new, old = sibling(path), sibling(path)
    try:
        new.mkdir()
        for name, data in contents.items():
            (new / name).write_bytes(data)
            flush_to_disk(new / name)
        if path.exists():
            _swap(path, new, old)
        else:
            new.rename(path)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _swap(path: Path, new: Path, old: Path) -> None:
    # A folder with files in it cannot be replaced in one step: it is moved aside, and back on failure.
    path.rename(old)
    try:
        new.rename(path)
    except OSError:
        old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)
