"""What well-known file names say of a clip, whatever list it stands in."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from itertools import product
from pathlib import Path
from types import ModuleType

from emotrace import registry
from emotrace.errors import CorpusError
from emotrace.types import Utterance

# EmoV-DB's names are first names: somebody else's sam_angry_01 would be taken for its Sam.
_NOT_CERTAIN = ("emov-db",)
_BETWEEN_WORDS = re.compile(r"[-_. ()]+")
_MOST_ADDED_WORDS = 3


def is_known(utterance: Utterance) -> bool:
    """Tell whether a file name certainly says who speaks."""
    return _recognise(Path(utterance.file)) is not None


def read_name(utterance: Utterance) -> Utterance:
    """Complete an utterance by what its file name says, where it is certainly one of a known corpus.

    Speaker, sex, corpus, sentence and recording are then taken from the name, so that two lists which call one
    person ``12`` and ``Actor_12`` agree; the list's own label is kept. Words that were added to the name are
    passed over: ``03-01-05-01-02-01-12_noise_2.wav`` is a copy of ``03-01-05-01-02-01-12.wav``.

    Of other files speakers are told apart by corpus, if the list names one: ``12`` of ravdess is ``ravdess:12``.
    """
    known = _recognise(Path(utterance.file))
    if known is None:
        return replace(utterance, speaker=_within_corpus(utterance.speaker, utterance.corpus))
    return replace(
        utterance,
        emotion=utterance.emotion or known.emotion,
        speaker=known.speaker,
        corpus=known.corpus,
        sex=known.sex,
        sentence=known.sentence,
        recording=known.recording,
    )


def _within_corpus(speaker: str, corpus: str) -> str:
    if not speaker or not corpus or ":" in speaker:
        return speaker
    people = _people(corpus)
    return next((name for name in people if name.partition(":")[2] == speaker), f"{corpus}:{speaker}")


@lru_cache(maxsize=100_000)
def _recognise(path: Path) -> Utterance | None:
    inside = Path(path.parent.name) / path.name
    found = _parse(inside)
    if found is None:
        # Folders say nothing of a name that had to be guessed at.
        shortened = (_parse(Path(name)) for name in _shortened(path.stem))
        found = next((utterance for utterance in shortened if utterance), None)
    return found


def _parse(path: Path) -> Utterance | None:
    """Give what the one corpus that has such names reads; None if there is none, or more than one."""
    found: list[Utterance] = []
    for module in _readers():
        try:
            found.append(module.parse(path))
        except CorpusError:
            continue
    if len(found) != 1:
        return None
    facts = (
        found[0].emotion,
        found[0].intensity,
        found[0].sentence,
        found[0].repetition,
    )
    take = "/".join(str(fact) for fact in facts if fact is not None)
    return replace(found[0], recording=found[0].recording or f"{found[0].corpus}/{found[0].speaker}/{take}")


def _shortened(stem: str) -> list[str]:
    """Give the name without up to three words at its end and one at its front, the longest first.

    >>> _shortened("aug_03a01Fa_noise")
    ['03a01Fa_noise', 'aug_03a01Fa', '03a01Fa', 'aug']
    """
    breaks = [match.span() for match in _BETWEEN_WORDS.finditer(stem)]
    ends = [len(stem), *(start for start, _ in reversed(breaks))][: _MOST_ADDED_WORDS + 1]
    starts = [0, *(end for _, end in breaks[:1])]
    names = [stem[start:end] for start, end in product(starts, ends) if start < end]
    return sorted((name for name in dict.fromkeys(names) if name != stem), key=len, reverse=True)


@lru_cache(maxsize=1)
def _readers() -> tuple[ModuleType, ...]:
    return tuple(registry.load("corpus", name) for name in registry.names("corpus") if name not in _NOT_CERTAIN)


@lru_cache(maxsize=32)
def _people(corpus: str) -> tuple[str, ...]:
    if corpus not in registry.names("corpus"):
        return ()
    return tuple(registry.load("corpus", corpus).CORPUS.speakers)
