"""A smaller list with the same speakers and the same emotions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from emotrace.errors import UnknownNameError, UsageError
from emotrace.types import Utterance

EVERY = "every corpus"
"""Stands for all corpora that have no limit of their own."""


def parse_limits(texts: Iterable[str]) -> dict[str, int]:
    """Read limits as ``20`` (of every corpus) or ``crema-d=20`` (of this one).

    Returns
    -------
    dict
        Limit by corpus; that of every other corpus is under `EVERY`.

    Raises
    ------
    UsageError
        For what is neither, or a limit below 1.

    >>> parse_limits(["crema-d=20", "60"])
    {'crema-d': 20, 'every corpus': 60}
    """
    limits: dict[str, int] = {}
    for text in texts:
        corpus, equals, number = text.rpartition("=")
        if not number.isdecimal() or len(number) > 9 or int(number) < 1 or bool(equals) != bool(corpus):
            raise UsageError(
                f"--limit-per-speaker is '{text}'; give a number from 1 on, or one for a corpus: crema-d=20"
            )
        limits[corpus or EVERY] = int(number)
    return limits


def choose_clips(utterances: Sequence[Utterance], limits: Mapping[str, int], seed: int) -> list[Utterance]:
    """Keep at most so many clips of each speaker, his emotions as even as they can be, in their order.

    Parameters
    ----------
    utterances
        The clips; speakers are those of their corpus.
    limits
        By corpus, and under `EVERY` for all others; what is not named is kept whole.
    seed
        Of the choice among a speaker's clips of one emotion.

    Raises
    ------
    UnknownNameError
        If a limit is for a corpus of which there is no clip.
    """
    corpora = {utterance.corpus for utterance in utterances}
    for corpus in limits:
        if corpus != EVERY and corpus not in corpora:
            raise UnknownNameError("corpus in the manifest", corpus, corpora - {""})
    rng = np.random.default_rng(seed)
    places: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, utterance in enumerate(utterances):
        places[utterance.corpus, utterance.speaker][utterance.emotion].append(place)
    kept: list[int] = []
    for (corpus, _), by_emotion in places.items():
        limit = limits.get(corpus, limits.get(EVERY, len(utterances)))
        kept += _choose(list(by_emotion.values()), limit, rng)
    return [utterances[place] for place in sorted(kept)]


def _choose(groups: Sequence[Sequence[int]], limit: int, rng: np.random.Generator) -> list[int]:
    """Take one of each group in turn until there are enough; which group comes first is drawn too."""
    shuffled = [rng.permutation(group).tolist() for group in groups]
    order = rng.permutation(len(groups))
    turns = [
        shuffled[group][turn]
        for turn in range(max(map(len, groups)))
        for group in order
        if turn < len(shuffled[group])
    ]
    return turns[:limit]
