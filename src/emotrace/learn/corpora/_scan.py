"""Walk a corpus folder: every audio file becomes an utterance or a problem, none is dropped unsaid."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from emotrace import registry
from emotrace.errors import CorpusError
from emotrace.learn.corpora._corpus import Corpus
from emotrace.types import Utterance

# Best copy first: where one clip lies here in two formats, the lossless one is kept.
_LOSSLESS = (".wav", ".wave", ".flac", ".aif", ".aiff", ".au", ".snd", ".caf", ".w64", ".rf64", ".sph")
_LOSSY = (".opus", ".ogg", ".oga", ".mp3", ".m4a", ".aac", ".mp2", ".wma", ".amr", ".3gp", ".mka")
# Films count as audio so that a folder of them is reported rather than found empty.
_FILM = (".mp4", ".webm", ".mkv", ".mov")
AUDIO_ENDINGS = (*_LOSSLESS, *_LOSSY, *_FILM)


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that should be looked at: which one and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What a corpus folder holds.

    ``utterances`` and ``problems`` are sorted by file; ``n_ignored`` counts files that are not audio (tables,
    texts, dot-files).
    """

    corpus: Corpus
    root: str
    utterances: list[Utterance]
    problems: list[Problem]
    n_ignored: int = 0


def scan(corpus: str | ModuleType, root: str | Path) -> Scan:
    """Find all utterances of a corpus under a folder.

    Parameters
    ----------
    corpus
        Name of a corpus (``emotrace corpus list``) or its module.
    root
        Folder it was unpacked into; extra parent folders, any audio ending and any case are fine.

    Raises
    ------
    CorpusError
        If there is no such folder or it holds no utterance of this corpus.
    UnknownNameError
        If there is no such corpus.
    """
    module = registry.load("corpus", corpus) if isinstance(corpus, str) else corpus
    facts: Corpus = module.CORPUS
    root = Path(root)
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "no such folder"
        raise CorpusError(f"{root}: {what}; give the folder that {facts.title} was unpacked into")
    problems: list[Problem] = []
    files, n_ignored = _audio_files(root, problems)
    utterances = _parse_all(module, root, files, problems)
    if not utterances:
        raise CorpusError(
            f"{root}: holds nothing of {facts.title}: {_explain_nothing(facts, root, files, problems)}"
        )
    result = Scan(facts, str(root), utterances, problems, n_ignored)
    annotate = getattr(module, "annotate", None)
    if annotate is not None:
        result = annotate(result)
    result.problems.sort(key=lambda problem: problem.file)
    return result


def _audio_files(root: Path, problems: list[Problem]) -> tuple[list[Path], int]:
    audio: list[Path] = []
    n_ignored = 0
    for path in _walk(root, problems):
        is_hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.relative_to(root).parts)
        if is_hidden or path.suffix.lower() not in AUDIO_ENDINGS:
            n_ignored += 1
        else:
            audio.append(path)
    return sorted(audio), n_ignored


def _walk(root: Path, problems: list[Problem]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        problems.append(Problem(str(error.filename), f"folder cannot be read: {error.strerror}"))

    seen: set[str] = set()
    # Corpora are often linked into place, so links are followed, but each folder is entered once only.
    for folder, subfolders, names in os.walk(root, onerror=unreadable, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            subfolders.clear()
            continue
        seen.add(real)
        subfolders.sort()
        yield from (Path(folder, name) for name in names)


def _parse_all(module: ModuleType, root: Path, files: list[Path], problems: list[Problem]) -> list[Utterance]:
    kept: dict[object, Utterance] = {}
    for path in sorted(files, key=_preference):
        # Folders above the corpus must not speak: in /home/sam/emov-db, sam is not the speaker.
        inside = Path(root.resolve().name) / path.relative_to(root)
        try:
            utterance: Utterance = replace(module.parse(inside), file=str(path))
        except CorpusError as error:
            problems.append(Problem(str(path), str(error).removeprefix(f"{inside}: ")))
            continue
        first = kept.setdefault(_identity(utterance), utterance)
        if first is not utterance:
            problems.append(Problem(str(path), f"second copy of the clip in {first.file}; left out"))
    return sorted(kept.values(), key=lambda utterance: utterance.file)


def _preference(path: Path) -> tuple[bool, int, str]:
    return path.suffix.lower() not in _LOSSLESS, len(path.parts), str(path)


def _identity(utterance: Utterance) -> object:
    # What a name says, not the name itself: copies may differ in case, ending or folder.
    return (
        utterance.speaker,
        utterance.emotion,
        utterance.intensity,
        utterance.sentence,
        utterance.repetition,
        utterance.recording,
    )


def _explain_nothing(facts: Corpus, root: Path, files: list[Path], problems: list[Problem]) -> str:
    if not files:
        return "there is no audio file in it"
    first = next(problem for problem in problems if problem.file == str(min(files, key=_preference)))
    n = len(files)
    many = f"{n} audio files, none fits, for instance" if n > 1 else "its only audio file does not fit:"
    reason = f"{many} {first.file}: {first.reason}"
    other = _likely_corpus([path.relative_to(root) for path in files[:100]])
    return f"{reason}; this looks like '{other}'" if other and other != facts.name else reason


def _likely_corpus(files: list[Path]) -> str | None:
    fits: Counter[str] = Counter()
    for name in registry.names("corpus"):
        parse = registry.load("corpus", name).parse
        for path in files:
            try:
                parse(path)
            except CorpusError:
                continue
            fits[name] += 1
    return fits.most_common(1)[0][0] if fits else None
