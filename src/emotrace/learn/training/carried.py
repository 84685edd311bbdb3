"""A training set that can be carried: what the networks see of every clip, and who says what, without the audio.

A folder of parts of less than 60 MiB, so that it goes through narrow doors to a machine with a GPU:

``pack.json``
    Which versions of every clip there are, and every part with its clips and SHA-256. Written last.
``utterances.jsonl``
    A manifest of the clips. Its files are named as they lay below the folder of corpora; they are not in here.
``part-000.npz`` ...
    Frames of consecutive clips, as `emotrace.learn.training.pack.encode` gives them, compressed; and, if the
    recipe wants that, what the speech encoder hears of them.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.atomic import replacing
from emotrace.errors import TrainingError
from emotrace.learn.training.data import names_of, relative_name
from emotrace.learn.training.network_recipe import Recipe
from emotrace.learn.training.pack import Codes, Encoded, Pack, Seen, Versions, offsets_of, versions_of
from emotrace.learn.training.recipe_sections import Data
from emotrace.manifest import read_manifest, write_manifest
from emotrace.types import Utterance

MOST_BYTES = 56 * 2**20
"""Of the frames of one part, before they are compressed; one clip is never divided."""

_INDEX = "pack.json"
_MANIFEST = "utterances.jsonl"
_FORMAT = 3

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Carried:
    """A training set without its audio: utterances, with files named as if below ``folder``, and their pack."""

    utterances: Sequence[Utterance]
    pack: Pack
    folder: Path

    def choose(self, recipe: Recipe) -> list[Utterance]:
        """Give the utterances of the recipe's corpora, without those that it leaves out.

        Raises
        ------
        TrainingError
            If the pack lacks a corpus or a version that the recipe wants.
        """
        self._require_versions(recipe)
        require_corpora_alone(recipe.data)
        wanted = recipe.data.corpora
        there = {u.corpus for u in self.utterances}
        missing = [corpus for corpus in wanted if corpus not in there]
        if missing:
            raise TrainingError(
                f"the pack has no clip of {', '.join(missing)}; it holds {', '.join(sorted(there))}: "
                "make one of this recipe with `emotrace features pack`"
            )
        # What was left out when the pack was made is not there to be left out again.
        without = set(recipe.data.exclude)
        return [
            u for corpus in wanted for u in self.utterances if u.corpus == corpus and not names_of(u) & without
        ]

    def located(self, root: Path) -> Carried:
        """Give the same with the files where they lie below ``root``, for who has the audio as well."""
        return Carried(
            [replace(u, file=str(root / Path(u.file).relative_to(self.folder))) for u in self.utterances],
            self.pack,
            root,
        )

    def subset(self, utterances: Iterable[Utterance]) -> Pack:
        """Give the pack of some of the utterances, in the order asked for."""
        places = {(u.file, u.segment): place for place, u in enumerate(self.utterances)}
        return self.pack.subset([places[u.file, u.segment] for u in utterances])

    def _require_versions(self, recipe: Recipe) -> None:
        there, wanted = self.pack.versions, versions_of(recipe)
        # What the encoder heard is there for who wants it.
        if wanted != (there if wanted.encoder else replace(there, encoder="")):
            raise TrainingError(
                f"the pack holds {there.told}, the recipe wants {wanted.told}: make a pack of this recipe with "
                "`emotrace features pack`"
            )


def write_carried(
    folder: Path, utterances: Sequence[Utterance], versions: Versions, root: Path | None, progress: Progress
) -> list[Path]:
    """Write a training set; one that was interrupted goes on from its last whole part.

    Parameters
    ----------
    folder
        Made if it is not there.
    utterances
        At least one.
    versions
        Of every clip.
    root
        The folder of corpora, which names of files are cut to.
    progress
        Called with the number of clips done and of all.

    Returns
    -------
    The parts.

    Raises
    ------
    TrainingError
        If a clip cannot be used, or the folder holds another training set.
    """
    identity = _identify(utterances, versions, root)
    _refuse_other(folder, identity)
    folder.mkdir(parents=True, exist_ok=True)
    ends = _ends_of(folder, identity)
    done = ends[-1] if ends else 0
    progress(done, len(utterances))
    for clips in _in_parts(versions.see_all(utterances[done:])):
        path = folder / f"part-{len(ends):03}.npz"
        _write_part(path, clips, identity, done)
        done += len(clips)
        ends.append(done)
        progress(done, len(utterances))
    paths = [folder / f"part-{number:03}.npz" for number in range(len(ends))]
    named = [replace(u, file=str(folder / relative_name(u.file, root))) for u in utterances]
    write_manifest(named, folder / _MANIFEST)
    _write_index(folder, identity, versions, paths, ends)
    return paths


def read_carried(folder: Path) -> Carried:
    """Read a training set that `write_carried` has written.

    Raises
    ------
    TrainingError
        If it is not whole, or a part is not what was written.
    ManifestError
        If its manifest cannot be read.
    """
    index = _read_index(folder)
    versions = Versions(tuple(index["speeds"]), bool(index["telephone"]), int(index["noisy"]), index["encoder"])
    frames: list[list[Codes]] = [[] for _ in range(versions.count)]
    lengths: list[list[NDArray[np.int64]]] = [[] for _ in range(versions.count)]
    encoded: list[list[Encoded]] = [[] for _ in range(versions.count)]
    for part in index["parts"]:
        arrays = _read_part(folder / part["file"], part["sha256"])
        for version in range(versions.count):
            frames[version].append(arrays[f"frames{version}"])
            lengths[version].append(arrays[f"lengths{version}"])
            if versions.encoder:
                encoded[version].append(arrays[f"encoded{version}"])
    offsets = tuple(offsets_of(np.concatenate(own)) for own in lengths)
    heard = tuple(np.concatenate(own) for own in encoded) if versions.encoder else ()
    pack = Pack(versions, tuple(np.concatenate(own) for own in frames), offsets, heard)
    utterances = read_manifest(folder / _MANIFEST)
    if any(len(own) != len(utterances) + 1 for own in offsets):
        raise TrainingError(f"{folder}: {_MANIFEST} has another number of clips than the parts; carry it anew")
    return Carried(utterances, pack, folder)


def require_corpora_alone(data: Data) -> None:
    """Refuse speech of one's own, whose files have no place below the folder of corpora.

    Raises
    ------
    TrainingError
        If there is some.
    """
    if data.manifests:
        raise TrainingError("key 'data.manifests': speech of one's own cannot be carried; train where it lies")


def _identify(utterances: Sequence[Utterance], versions: Versions, root: Path | None) -> str:
    clips = [(relative_name(u.file, root), str(u.segment), u.content) for u in utterances]
    facts = json.dumps([_FORMAT, clips, *astuple(versions)])
    return hashlib.sha256(facts.encode()).hexdigest()


def _refuse_other(folder: Path, identity: str) -> None:
    if (folder / _INDEX).exists() and _read_index(folder)["identity"] != identity:
        raise TrainingError(f"{folder} holds a pack of other speech or versions; choose another folder")


def _ends_of(folder: Path, identity: str) -> list[int]:
    """Give how many clips are done after each part that an interrupted run has left."""
    ends: list[int] = []
    while (path := folder / f"part-{len(ends):03}.npz").exists():
        try:
            # NumPy leaves files open that are no archives.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                fits = str(arrays["identity"]) == identity and int(arrays["start"]) == (ends[-1] if ends else 0)
                n_clips = len(arrays["lengths0"])
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            fits = False
        if not fits:
            break
        ends.append((ends[-1] if ends else 0) + n_clips)
    return ends


def _in_parts(some: Iterable[list[list[Seen]]]) -> Iterator[list[list[Seen]]]:
    """Gather clips until the next one would be too much for one part."""
    part: list[list[Seen]] = []
    size = 0
    for clip in (clip for clips in some for clip in clips):
        n_bytes = sum(version.nbytes for version in clip)
        if part and size + n_bytes > MOST_BYTES:
            yield part
            part, size = [], 0
        part.append(clip)
        size += n_bytes
    if part:
        yield part


def _write_part(path: Path, clips: Sequence[Sequence[Seen]], identity: str, start: int) -> None:
    arrays: dict[str, Any] = {"identity": np.array(identity), "start": np.array(start)}
    for version, own in enumerate(zip(*clips, strict=True)):
        arrays[f"frames{version}"] = np.concatenate([seen.frames for seen in own])
        arrays[f"lengths{version}"] = np.array([len(seen.frames) for seen in own], dtype=np.int64)
        if own[0].encoded.size:
            arrays[f"encoded{version}"] = np.stack([seen.encoded for seen in own])
    with replacing(path) as part, part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def _write_index(
    folder: Path, identity: str, versions: Versions, paths: Sequence[Path], ends: Sequence[int]
) -> None:
    parts = [
        {"file": path.name, "clips": end - start, "bytes": path.stat().st_size, "sha256": _hash(path)}
        for path, start, end in zip(paths, [0, *ends[:-1]], ends, strict=True)
    ]
    index = {
        "format": _FORMAT,
        "identity": identity,
        "speeds": list(versions.speeds),
        "telephone": versions.telephone,
        "noisy": versions.noisy,
        "encoder": versions.encoder,
        "parts": parts,
    }
    with replacing(folder / _INDEX) as part:
        part.write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


def _read_index(folder: Path) -> dict[str, Any]:
    path = folder / _INDEX
    try:
        index: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if index["format"] != _FORMAT:
            raise TrainingError(
                f"{path}: format {index['format']!r} is not the one known here, {_FORMAT}; make it anew with "
                "`emotrace features pack`"
            )
        _ = (
            index["identity"],
            index["speeds"],
            index["telephone"],
            index["noisy"],
            index["encoder"],
            index["parts"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise TrainingError(
            f"{folder} holds no whole pack ({_INDEX} is missing or damaged); make it with `emotrace features pack`"
        ) from None
    return index


def _read_part(path: Path, sha256: str) -> dict[str, Any]:
    try:
        if _hash(path) != sha256:
            raise TrainingError(f"{path} is not what was packed (its SHA-256 differs); carry it once more")
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error.strerror or error}; carry it once more") from None


def _hash(path: Path) -> str:
    # No part is larger than what fits into memory with ease.
    return hashlib.sha256(path.read_bytes()).hexdigest()
