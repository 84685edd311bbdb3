"""Find recordings that come from one and the same take, however it was treated since.

Who augments before dividing puts a twin of nearly every test clip into training. Twins do not share a single
sample with their source, so that no checksum finds them. Here every recording gets a fingerprint of how its
spectrum moves (`emotrace.learn.evaluation._fingerprint`), the few likely sources of each are looked up among
thousands (`emotrace.learn.evaluation._patches`), and each likely pair is laid one over the other
(`emotrace.learn.evaluation._alignment`). Found are copies that are louder, noisy, cut, rolled, coded, sent through
a telephone, stretched by up to 30 % and shifted by up to two and a half semitones, and windows of one recording
that overlap by half of the shorter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from emotrace.errors import EmotraceError
from emotrace.learn._processes import Death, run_tasks
from emotrace.learn.evaluation._alignment import Match, align
from emotrace.learn.evaluation._fingerprint import SAMPLING_RATE, Fingerprint, take_fingerprint
from emotrace.learn.evaluation._patches import PatchIndex

__all__ = ["SAMPLING_RATE", "Fingerprint", "Match", "SameTake", "find_same_takes", "take_fingerprint"]

Progress = Callable[[int, int], Any]

N_CANDIDATES = 4
"""How many likely sources of each recording are looked at closely."""

_N_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class SameTake:
    """Two recordings of one take: their places in the two lists, and how one lies over the other."""

    first: int
    second: int
    match: Match


@dataclass(frozen=True, slots=True)
class _Question:
    """A recording, and those that it may come from: their places, how long to make it for each, and themselves."""

    place: int
    fingerprint: Fingerprint
    candidates: tuple[tuple[int, float, Fingerprint], ...]


def find_same_takes(
    firsts: Sequence[Fingerprint],
    seconds: Sequence[Fingerprint],
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> list[SameTake]:
    """Find every recording of ``seconds`` that comes from the same take as one of ``firsts``.

    Parameters
    ----------
    firsts, seconds
        For instance the training and the test clips; empty fingerprints match nothing.
    n_jobs
        How many processes. More than one starts fresh ones: a script then needs ``if __name__ == "__main__"``.
    progress
        Called with steps done and of all.

    Returns
    -------
    list of SameTake
        In order of ``second``; at most `N_CANDIDATES` of each.
    """
    asked = [place for place, fingerprint in enumerate(seconds) if not fingerprint.is_empty]
    report = progress or _ignore
    questions = []
    for n_done, question in enumerate(_ask(firsts, seconds, asked), start=1):
        questions.append(question)
        report(n_done, 2 * len(asked))
    tasks = [questions[start : start + _N_AT_ONCE] for start in range(0, len(questions), _N_AT_ONCE)]
    found: list[SameTake] = []
    n_done = len(asked)
    for place, answer in run_tasks(_compare, tasks, n_jobs):
        if isinstance(answer, Death):
            raise EmotraceError(f"a process that compared recordings {answer.how}, twice; perhaps memory is short")
        found += answer
        n_done += len(tasks[place])
        report(n_done, 2 * len(asked))
    return sorted(found, key=lambda pair: (pair.second, -pair.match.coherence, pair.first))


def _ask(
    firsts: Sequence[Fingerprint], seconds: Sequence[Fingerprint], asked: Sequence[int]
) -> Iterator[_Question]:
    known = [place for place, fingerprint in enumerate(firsts) if not fingerprint.is_empty]
    if not known or not asked:
        return
    index = PatchIndex([firsts[place].shapes() for place in known])
    for place in asked:
        candidates = index.find(seconds[place].shapes(), N_CANDIDATES)
        likely = tuple((known[c.place], c.stretch, firsts[known[c.place]]) for c in candidates)
        yield _Question(place, seconds[place], likely)


def _compare(questions: Sequence[_Question]) -> list[SameTake]:
    found = []
    for question in questions:
        movements = question.fingerprint.movements()
        for place, stretch, candidate in question.candidates:
            match = align(candidate.movements(), movements, stretch)
            if match is not None and match.is_same_take:
                found.append(SameTake(place, question.place, match))
    return found


def _ignore(n_done: int, n_all: int) -> None:
    """Tell nobody."""
