"""A shelf of clips: a corpus, somebody's own folder or manifest, or the examples that come with the app."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotrace import registry
from emotrace.app.examples import EXAMPLES, RATE
from emotrace.audio.load import load_segment
from emotrace.audio.resample import resample
from emotrace.errors import CorpusError, LabelError, UsageError
from emotrace.labels import canonical
from emotrace.learn.corpora import Corpus, scan
from emotrace.learn.corpora._scan import AUDIO_ENDINGS
from emotrace.learn.explore.groups import groups_of
from emotrace.manifest import read_manifest
from emotrace.types import Utterance

FILTERS = ("emotion", "speaker", "sex", "intensity")
"""By what clips are picked; names of `Utterance`'s attributes."""

MOST_CLIPS = 50_000
_MOST_CHARACTERS = 1_000
# What a folder's files must fit so that it counts as that corpus.
_PROBED = 60
_FITTING_SHARE = 0.8
# What the clips people collected, or any manifest that lies in their folder, may be called.
_MANIFESTS = tuple(
    f"{name}{ending}" for name in ("metadata", "manifest") for ending in (".csv", ".jsonl", ".parquet")
)

Signal = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Clips to look at.

    Attributes
    ----------
    title
        What it is.
    utterances
        At least one. Emotion and speaker are empty where nobody knows them.
    read
        Gives a clip's samples, mixed to one channel, at a rate in Hz: ``read(utterance, rate)``; raises
        `EmotraceError`.
    facts
        Of the corpus, if it is one.
    problems
        Files that were left out, and why, by path.
    remark
        A sentence on where the clips come from.
    is_on_disk
        Whether other programs could read the clips by their names.
    """

    title: str
    utterances: tuple[Utterance, ...]
    read: Callable[[Utterance, int], Signal]
    facts: Corpus | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""
    is_on_disk: bool = True

    def choices(self) -> dict[str, list[str]]:
        """List what can be chosen of each of `FILTERS`."""
        return {by: sorted(set(groups_of(self.utterances, by))) for by in FILTERS}

    def pick(self, wanted: Mapping[str, str]) -> list[int]:
        """List the places of the clips that are all of ``wanted``, by filter; an empty word is any."""
        groups = {by: groups_of(self.utterances, by) for by, word in wanted.items() if word}
        return [
            place
            for place in range(len(self.utterances))
            if all(names[place] == wanted[by] for by, names in groups.items())
        ]

    def clip(self, place: object) -> Utterance:
        """Give the clip at a place that somebody sent; raise `UsageError` if there is none."""
        if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < len(self.utterances):
            raise UsageError("this clip is no longer on the shelf; choose one of the list")
        return self.utterances[place]


def list_corpora(folder: Path | None) -> list[str]:
    """Name the known corpora that lie below a folder, each in a sub-folder of its name."""
    if folder is None:
        return []
    return [name for name in registry.names("corpus") if (folder / name).is_dir()]


def open_examples() -> Shelf:
    """Give the clips that come with the app: cut from the staged demo call, or made by code."""
    utterances = tuple(
        Utterance(file=name, emotion="", speaker="", text=example.title) for name, example in EXAMPLES.items()
    )
    remark = "Cut from the staged demo call, or made by code; nobody has labelled them."
    return Shelf("Example clips", utterances, _read_example, remark=remark, is_on_disk=False)


def open_corpus(name: str, folder: Path | None) -> Shelf:
    """Give the corpus called ``name`` below ``folder``.

    Raises
    ------
    EmotraceError
        If there is no such corpus, or its folder holds none of it.
    """
    if folder is None or name not in list_corpora(folder):
        raise UsageError(f"'{name[:60]}' is not among the corpora; start the app with --corpora DIR")
    return _shelve_corpus(name, folder / name)


def open_own(text: str) -> Shelf:
    """Give the folder or manifest that somebody typed.

    A folder may be a corpus that is known, hold a manifest (``metadata.csv``, ``manifest.csv`` ...), or simply
    recordings, whose emotion is the name of the folder they lie in, if that is one.

    Raises
    ------
    EmotraceError
        If it is no full path, is not there, or holds no speech that can be shown.
    """
    path = checked_path(text, "the folder of clips, or their manifest")
    if path.is_file():
        return _shelve_manifest(path)
    manifest = next((path / name for name in _MANIFESTS if (path / name).is_file()), None)
    if manifest is not None:
        return _shelve_manifest(manifest)
    files = _audio_files(path)
    if not files:
        raise UsageError(f"{path}: holds no recordings; give a folder with some, or a manifest (.csv, .jsonl)")
    name = _fitting_corpus(path, files)
    return _shelve_corpus(name, path) if name else _shelve_folder(path, files)


def checked_path(text: str, what: str) -> Path:
    """Give the path that somebody typed; raise `UsageError` unless it is a whole one and there is something."""
    text = text.strip()
    if not text or len(text) > _MOST_CHARACTERS or not text.isprintable():
        raise UsageError(f"type the path of {what}, such as ~/clips")
    try:
        path = Path(text).expanduser()
        if not path.is_absolute():
            raise UsageError(f"{text}: give the whole path, such as ~/{path.name}")
        path = Path(os.path.realpath(path))
        if not (path.is_dir() or path.is_file()):
            raise UsageError(f"{path}: there is no such file or folder")
    except (OSError, RuntimeError) as error:
        raise UsageError(f"{text}: cannot be looked at: {error}") from None
    return path


def _shelve_corpus(name: str, root: Path) -> Shelf:
    found = scan(name, root)
    problems = {problem.file: problem.reason for problem in found.problems}
    return Shelf(
        found.corpus.title,
        tuple(found.utterances),
        read_file,
        facts=found.corpus,
        problems=problems,
        remark=f"In {root}.",
    )


def _shelve_manifest(path: Path) -> Shelf:
    utterances = read_manifest(path)
    if len(utterances) > MOST_CLIPS:
        raise UsageError(f"{path}: {len(utterances):,} clips are more than the app shows; divide the manifest")
    # Manifests that are made up of one known corpus keep its facts.
    names = {utterance.corpus for utterance in utterances}
    known = names.pop() if len(names) == 1 else ""
    facts = registry.load("corpus", known).CORPUS if known in registry.names("corpus") else None
    return Shelf(path.stem, tuple(utterances), read_file, facts=facts, remark=f"Of the manifest {path}.")


def _shelve_folder(root: Path, files: Sequence[Path]) -> Shelf:
    utterances = tuple(
        Utterance(file=str(file), emotion=_emotion_of(file.parent.name), speaker="") for file in files
    )
    n_named = sum(bool(utterance.emotion) for utterance in utterances)
    remark = f"In {root}; the emotion is the name of the folder that a clip lies in."
    if not n_named:
        remark = f"In {root}; no folder in it is named after an emotion, so that nothing is known of any."
    return Shelf(root.name or str(root), utterances, read_file, remark=remark)


def _emotion_of(folder: str) -> str:
    try:
        return canonical(folder)
    except LabelError:
        return ""


def _audio_files(root: Path) -> list[Path]:
    found: list[Path] = []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        found += [
            Path(folder, name)
            for name in sorted(names)
            if not name.startswith(".") and Path(name).suffix.lower() in AUDIO_ENDINGS
        ]
        if len(found) > MOST_CLIPS:
            raise UsageError(f"{root}: holds more than {MOST_CLIPS:,} recordings; give a folder within it")
    return found


def _fitting_corpus(root: Path, files: Sequence[Path]) -> str | None:
    """Name the corpus whose file names these are; None if most of them are nobody's."""
    step = max(1, len(files) // _PROBED)
    probed = [Path(root.name, file.relative_to(root)) for file in files[::step][:_PROBED]]
    fits: Counter[str] = Counter()
    for name in registry.names("corpus"):
        parse = registry.load("corpus", name).parse
        for file in probed:
            try:
                parse(file)
            except CorpusError:
                continue
            fits[name] += 1
    if not fits:
        return None
    name, n = fits.most_common(1)[0]
    return name if n >= _FITTING_SHARE * len(probed) else None


def read_file(utterance: Utterance, rate: int) -> Signal:
    """Read a clip from disk, at a rate in Hz, as `Shelf.read` does."""
    return load_segment(utterance.file, utterance.segment, rate)


def _read_example(utterance: Utterance, rate: int) -> Signal:
    mixed = EXAMPLES[utterance.file].make().mean(axis=1, dtype=np.float32)
    return resample(np.ascontiguousarray(mixed), RATE, rate)
