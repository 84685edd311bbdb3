"""Hold out speakers for the test, and choose validation speakers among the others."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence

import numpy as np

from emotrace.errors import UsageError
from emotrace.learn.evaluation.leakage import speaker_keys
from emotrace.learn.evaluation.speakers import (
    find_speaker_corpora,
    find_speaker_sexes,
    group_speakers,
)
from emotrace.learn.evaluation.split import Split
from emotrace.types import Utterance

VALIDATION_SHARE = 0.14
"""Of the training speakers of each corpus: 3 of RAVDESS's 20, 9 of CREMA-D's 62, 1 of EMO-DB's 8."""

_MIN_SPEAKERS = 3


def hold_out(utterances: Sequence[Utterance], test_speakers: Collection[str], name: str, seed: int = 0) -> Split:
    """Test on ``test_speakers``, validate on a few of the others, train on the rest.

    Parameters
    ----------
    utterances
        Everything to divide; every utterance must have its speaker.
    test_speakers
        The speakers to hold out.
    name
        Name of the split. It takes part in drawing the validation speakers, so that folds differ.
    seed
        Draws the validation speakers.

    Raises
    ------
    UsageError
        If there is nothing to train on or nothing to test on.
    LeakError
        If the speakers held out share a recording or identical audio with others, or an utterance
        has no speaker.
    """
    test = [u for u in utterances if u.speaker.strip() in test_speakers]
    rest = [u for u in utterances if u.speaker.strip() not in test_speakers]
    if not test or not rest:
        missing = "test on" if not test else "train on"
        raise UsageError(
            f"split '{name}' leaves nothing to {missing}: it holds out {len(test)} of {len(utterances)} "
            "utterances; give utterances of more speakers"
        )
    chosen = choose_validation_speakers(rest, name, seed)
    return Split(
        train=[u for u in rest if u.speaker.strip() not in chosen],
        validation=[u for u in rest if u.speaker.strip() in chosen],
        test=test,
        name=name,
    )


def choose_validation_speakers(utterances: Sequence[Utterance], name: str, seed: int = 0) -> set[str]:
    """Draw about 14 % of the speakers of each corpus, sexes in turn.

    At least one speaker of every corpus with three or more, none of smaller ones (TESS). The draw
    depends on the seed, the split's name and the corpus's own speakers only: adding a corpus does not
    change the choice in another one. Speakers who share material go together.
    """
    corpora, sexes = find_speaker_corpora(utterances), find_speaker_sexes(utterances)
    groups_of: dict[str, list[tuple[str, ...]]] = {}
    for group in group_speakers(utterances):
        groups_of.setdefault(corpora[group[0]], []).append(group)
    chosen: set[str] = set()
    for corpus, groups in groups_of.items():
        rng = np.random.default_rng([seed, zlib.crc32(name.encode()), zlib.crc32(corpus.encode())])
        shuffled = [groups[i] for i in rng.permutation(len(groups))]
        chosen |= _take(_take_turns(shuffled, sexes))
    return chosen


def count_validation_speakers(n_speakers: int) -> int:
    """Say how many of a corpus's training speakers go to the validation.

    >>> [count_validation_speakers(n) for n in (1, 2, 3, 8, 20, 62)]
    [0, 0, 1, 1, 3, 9]
    """
    if n_speakers < _MIN_SPEAKERS:
        return 0
    return max(1, int(n_speakers * VALIDATION_SHARE + 0.5))


def _take(groups: Sequence[tuple[str, ...]]) -> set[str]:
    n_speakers = sum(len(group) for group in groups)
    wanted = count_validation_speakers(n_speakers)
    taken: set[str] = set()
    for group in groups:
        # A group of many linked speakers must not empty the training side.
        if len(taken) < wanted and len(taken) + len(group) <= n_speakers // 2:
            taken |= set(group)
    return taken


def _take_turns(groups: Sequence[tuple[str, ...]], sexes: dict[str, str]) -> list[tuple[str, ...]]:
    queues: dict[str, list[tuple[str, ...]]] = {}
    for group in groups:
        queues.setdefault(sexes.get(group[0], ""), []).append(group)
    turns: list[tuple[str, ...]] = []
    for place in range(max(len(queue) for queue in queues.values())):
        turns += [queue[place] for queue in queues.values() if place < len(queue)]
    return turns


def require_speakers(utterances: Sequence[Utterance], protocol: str) -> None:
    """Raise `UsageError` if there is nothing to divide, or an utterance has no speaker."""
    if not utterances:
        raise UsageError(f"protocol '{protocol}' got no utterances to divide")
    unknown = [u.file for u in utterances if not speaker_keys(u)]
    if unknown:
        raise UsageError(
            f"protocol '{protocol}' needs the speaker of every utterance; {len(unknown)} have none, "
            f"first {unknown[0]}; fill in the column 'speaker' or leave them out"
        )
