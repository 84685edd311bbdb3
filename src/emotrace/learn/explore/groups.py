"""By what clips are grouped, and in which order the groups stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from emotrace.labels import EMOTIONS
from emotrace.types import Utterance

UNKNOWN = "unknown"
NO_CORPUS = "no corpus"

GROUPINGS = ("emotion", "sex", "intensity", "corpus", "speaker")


def groups_of(utterances: Sequence[Utterance], by: str) -> list[str]:
    """Name the group of each utterance; ``by`` is one of `GROUPINGS`."""
    missing = NO_CORPUS if by == "corpus" else UNKNOWN
    return [getattr(utterance, by) or missing for utterance in utterances]


def group_order(groups: Sequence[str]) -> list[str]:
    """List the groups that occur: emotions as in the vocabulary, anything else by name, the unknown last.

    >>> group_order(["unknown", "male", "female"]), group_order(["anger", "neutral"])
    (['female', 'male', 'unknown'], ['neutral', 'anger'])
    """
    ranks = {emotion: rank for rank, emotion in enumerate(EMOTIONS)}
    return sorted(set(groups), key=lambda group: (group in (UNKNOWN, NO_CORPUS), ranks.get(group, 99), group))


def count_groups(utterances: Sequence[Utterance], by: str) -> dict[str, int]:
    """Count the utterances of each group."""
    groups = groups_of(utterances, by)
    counts = Counter(groups)
    return {group: counts[group] for group in group_order(groups)}


def cross_table(utterances: Sequence[Utterance], rows_by: str, columns_by: str) -> dict[str, dict[str, int]]:
    """Count the utterances of each pair of groups: ``table[row][column]``, zeros included."""
    rows, columns = groups_of(utterances, rows_by), groups_of(utterances, columns_by)
    counts = Counter(zip(rows, columns, strict=True))
    return {row: {column: counts[row, column] for column in group_order(columns)} for row in group_order(rows)}
