"""The division most student work uses: clips drawn at random, the same speakers on both sides.

It is here to show what a leak is worth, next to an honest protocol on the same clips (about 13 points
of accuracy on RAVDESS), and for nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotrace.errors import UsageError
from emotrace.learn.evaluation.split import LeakySplit
from emotrace.types import Utterance


def split_randomly_leaky(
    utterances: Sequence[Utterance],
    test_share: float = 0.2,
    validation_share: float = 0.1,
    is_stratified: bool = True,
    seed: int = 0,
) -> LeakySplit:
    """Draw test and validation clips at random, without regard to speakers.

    Parameters
    ----------
    utterances
        Everything to divide.
    test_share, validation_share
        Shares of all clips, in (0, 1) and [0, 1); together less than 1.
    is_stratified
        Draw the same shares of every emotion.
    seed
        Of the draw.

    Raises
    ------
    UsageError
        For shares out of range, or too few clips to fill train and test.
    """
    if not (0.0 < test_share < 1.0 and 0.0 <= validation_share < 1.0 and test_share + validation_share < 1.0):
        raise UsageError(
            f"random-leaky needs 0 < test_share, 0 <= validation_share and a sum below 1, "
            f"not {test_share} and {validation_share}"
        )
    sides: tuple[list[int], list[int], list[int]] = ([], [], [])
    rng = np.random.default_rng(seed)
    for stratum in _strata(utterances, is_stratified):
        shuffled = rng.permutation(np.array(stratum)).tolist()
        n_test = round(test_share * len(stratum))
        n_validation = round(validation_share * len(stratum))
        sides[2].extend(shuffled[:n_test])
        sides[1].extend(shuffled[n_test : n_test + n_validation])
        sides[0].extend(shuffled[n_test + n_validation :])
    if not sides[0] or not sides[2]:
        raise UsageError(
            f"random-leaky with test_share {test_share} of {len(utterances)} utterances leaves train or test "
            "empty; give more utterances or change test_share"
        )
    train, validation, test = ([utterances[i] for i in sorted(side)] for side in sides)
    return LeakySplit(train=train, validation=validation, test=test, name="random-leaky")


def _strata(utterances: Sequence[Utterance], is_stratified: bool) -> list[list[int]]:
    strata: dict[str, list[int]] = {}
    for index, utterance in enumerate(utterances):
        strata.setdefault(utterance.emotion if is_stratified else "", []).append(index)
    return [strata[key] for key in sorted(strata)]
