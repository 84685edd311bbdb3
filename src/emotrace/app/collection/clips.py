"""Clips: keep one, list all, delete one; the manifest says what there is."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from emotrace.app.collection.consent import Consent, folder_name, person_folder
from emotrace.app.collection.folder import Collection
from emotrace.app.collection.retrain import HELD_OUT_SIDE, TRAIN_SIDE, write_derived
from emotrace.atomic import replacing
from emotrace.errors import ManifestError, UsageError
from emotrace.labels import canonical
from emotrace.manifest import read_manifest, write_manifest
from emotrace.types import Utterance

CORPUS = "contributed"
"""What a collection's clips are called among other corpora."""

_MOST_TEXT = 500
# For each speaker who is held out, so many are trained on.
_TRAINED_PER_HELD_OUT = 4
# Two windows may keep clips at once; between reading and writing the table nobody may come.
_LOCK = threading.Lock()


def read_clips(collection: Collection) -> list[Utterance]:
    """Give all clips, in the order in which they were kept; raise `ManifestError` if the table is damaged."""
    return read_manifest(collection.manifest) if collection.manifest.exists() else []


def keep_clip(
    collection: Collection, consent: Consent, flac: bytes, emotion: str, text: str, now: datetime
) -> Utterance:
    """Write a recording (FLAC) to the person's folder and a row into the manifest.

    The person is held out for comparisons, or not, from the first clip on: see `choose_side`.

    Raises
    ------
    LabelError, ManifestError, UsageError
        If the emotion is none, or it cannot be written.
    """
    label = canonical(emotion)
    said = " ".join(text.split())
    if len(said) > _MOST_TEXT or not said.isprintable():
        raise UsageError(f"what was said must be at most {_MOST_TEXT} printable characters")
    folder, speaker = person_folder(collection, consent.person), speaker_of(consent.person)
    stem = f"{now.astimezone():%Y%m%d-%H%M%S}-{label}-{os.urandom(2).hex()}"
    path = folder / f"{stem}.flac"
    try:
        with replacing(path) as part:
            part.write_bytes(flac)
    except OSError as error:
        raise ManifestError(f"{path}: cannot be written: {error.strerror or error}") from None
    clip = Utterance(
        file=str(path), emotion=label, speaker=speaker, corpus=CORPUS, sex=consent.sex, text=said or None
    )

    def add(clips: list[Utterance]) -> list[Utterance]:
        return [*clips, replace(clip, split=choose_side(clips, speaker))]

    try:
        update_clips(collection, add)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return clip


def delete_clip(collection: Collection, name: str) -> None:
    """Delete the clip with this name (`clip_name`); raise `UsageError` if there is none."""
    found = find_clip(collection, name)
    update_clips(collection, lambda clips: [clip for clip in clips if clip.file != found.file])
    Path(found.file).unlink(missing_ok=True)


def find_clip(collection: Collection, name: str) -> Utterance:
    """Give the clip with this name (`clip_name`); raise `UsageError` if there is none."""
    for clip in read_clips(collection):
        if clip_name(collection, clip) == name and Path(clip.file).resolve().is_relative_to(collection.people):
            return clip
    raise UsageError(f"{name}: there is no such clip; it may have been deleted in another window")


def clip_name(collection: Collection, clip: Utterance) -> str:
    """Give the path of a clip as seen from the collection."""
    return Path(os.path.relpath(clip.file, collection.root)).as_posix()


def speaker_of(person: str) -> str:
    """Give how a person is called in the manifest: not by name."""
    return f"{CORPUS}:{folder_name(person)}"


def choose_side(clips: list[Utterance], speaker: str) -> str:
    """Give the side that a speaker is on: the one of the earlier clips, or the one that lacks speakers.

    The second person is held out, so that old and new models can be compared soon, and then one in five.
    """
    sides = {clip.speaker: clip.split for clip in clips}
    own = sides.pop(speaker, None)
    if own is not None:
        return own
    n_held_out = sum(side == HELD_OUT_SIDE for side in sides.values())
    return HELD_OUT_SIDE if n_held_out * _TRAINED_PER_HELD_OUT < len(sides) - n_held_out else TRAIN_SIDE


def update_clips(collection: Collection, change: Callable[[list[Utterance]], list[Utterance]]) -> None:
    """Replace the table of clips by what ``change`` makes of it, and what is derived from it."""
    with _LOCK:
        clips = change(read_clips(collection))
        if clips:
            write_manifest(clips, collection.manifest)
        else:
            collection.manifest.unlink(missing_ok=True)
        write_derived(collection, clips)
