"""Find recordings that come from one and the same take, however it was treated since.

Who augments before dividing puts a twin of nearly every test clip into training. Twins do not share a single
sample with their source, so that no checksum finds them. Here every recording gets a fingerprint of how its
spectrum moves (`emotrace.learn.evaluation._fingerprint`), the few likely sources of each are looked up among
thousands (`emotrace.learn.evaluation._patches`), and each likely pair is laid one over the other
(`emotrace.learn.evaluation._alignment`). Found are copies that are louder, noisy, cut, rolled, coded, sent through
a telephone, stretched by up to 30 % and shifted by up to two and a half semitones, and most windows of a recording
that overlap by half of the shorter. What fits many recordings nearly as well as its source is no copy: takes of
one song, and of sentences that begin with the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from emotrace.errors import EmotraceError
from emotrace.learn._processes import Death, run_tasks
from emotrace.learn.evaluation._alignment import Match, align
from emotrace.learn.evaluation._fingerprint import SAMPLING_RATE, Fingerprint, take_fingerprint
from emotrace.learn.evaluation._patches import Candidate, PatchIndex

__all__ = ["SAMPLING_RATE", "Fingerprint", "Match", "SameTake", "find_same_takes", "take_fingerprint"]

Progress = Callable[[int, int], Any]
Task = TypeVar("Task")
Result = TypeVar("Result")

N_CANDIDATES = 4
"""How many likely sources of each recording are looked at closely."""

MOST_USUAL = 0.65
"""How well bystanders may fit, as a share of the correlation with the source. Where all sing one song, or begin
with the same words, everything fits everything: only what fits much better than that is a copy."""

# Ranks from 0, with room before them for all copies of one source.
_BYSTANDERS = (7, 9, 12, 15, 19)

_N_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class SameTake:
    """Two recordings of one take: their places in the two lists, and how one lies over the other."""

    first: int
    second: int
    match: Match


@dataclass(frozen=True, slots=True)
class _Lookup:
    """Looks up the likely sources of recordings, in a process of its own."""

    index: PatchIndex

    def __call__(self, recordings: Sequence[Fingerprint]) -> list[list[Candidate]]:
        return [self.index.find(recording.shapes(), _BYSTANDERS[-1] + 1) for recording in recordings]


@dataclass(frozen=True, slots=True)
class _Question:
    """A recording, those that it may come from, and bystanders that are like them.

    Of each: its place, how long to make the recording for it, and itself.
    """

    place: int
    fingerprint: Fingerprint
    candidates: tuple[tuple[int, float, Fingerprint], ...]
    bystanders: tuple[tuple[int, float, Fingerprint], ...]


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
    known = [place for place, fingerprint in enumerate(firsts) if not fingerprint.is_empty]
    asked = [place for place, fingerprint in enumerate(seconds) if not fingerprint.is_empty]
    if not known or not asked:
        return []
    report = progress or _ignore
    lookup = _Lookup(PatchIndex([firsts[place] for place in known]))
    batches = [asked[start : start + _N_AT_ONCE] for start in range(0, len(asked), _N_AT_ONCE)]
    questions: list[list[_Question]] = [[] for _ in batches]
    n_done = 0
    for batch, answers in _run(lookup, [[seconds[place] for place in places] for places in batches], n_jobs):
        for place, candidates in zip(batches[batch], answers, strict=True):
            likely = tuple((known[c.place], c.stretch, firsts[known[c.place]]) for c in candidates)
            beside = tuple(likely[rank] for rank in _BYSTANDERS if rank < len(likely))
            questions[batch].append(_Question(place, seconds[place], likely[:N_CANDIDATES], beside))
        n_done += len(batches[batch])
        report(n_done, 2 * len(asked))
    found: list[SameTake] = []
    for batch, pairs in _run(_compare, questions, n_jobs):
        found += pairs
        n_done += len(batches[batch])
        report(n_done, 2 * len(asked))
    return sorted(found, key=lambda pair: (pair.second, -pair.match.coherence, pair.first))


def _run(
    work: Callable[[list[Task]], list[Result]], tasks: Sequence[list[Task]], n_jobs: int
) -> Iterator[tuple[int, list[Result]]]:
    for place, answer in run_tasks(work, tasks, n_jobs):
        if isinstance(answer, Death):
            raise EmotraceError(f"a process that compared recordings {answer.how}, twice; perhaps memory is short")
        yield place, answer


def _compare(questions: Sequence[_Question]) -> list[SameTake]:
    return [pair for question in questions for pair in _answer(question)]


def _answer(question: _Question) -> list[SameTake]:
    movements = question.fingerprint.movements()

    def lay_over(candidate: tuple[int, float, Fingerprint]) -> Match | None:
        return align(candidate[2].movements(), movements, candidate[1])

    matches = [(candidate[0], lay_over(candidate)) for candidate in question.candidates]
    likely = [SameTake(place, question.place, match) for place, match in matches if match and match.is_same_take]
    if not likely:
        return []
    beside = [match.correlation for match in map(lay_over, question.bystanders) if match]
    least = max(beside, default=0.0) / MOST_USUAL
    return [pair for pair in likely if pair.match.is_certain or pair.match.correlation >= least]


def _ignore(n_done: int, n_all: int) -> None:
    """Tell nobody."""
