"""Some clips of many, spread evenly over who speaks and how."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotrace.types import Utterance


def spread_sample(utterances: Sequence[Utterance], n: int, rng: np.random.Generator) -> list[int]:
    """Choose ``n`` clips (all, if there are no more) and give their places in order.

    Speakers and emotions take turns: a clip is drawn of every pair of them before a second one of any.
    """
    if n >= len(utterances):
        return list(range(len(utterances)))
    piles: dict[tuple[str, str, str], list[int]] = {}
    for place in rng.permutation(len(utterances)).tolist():
        utterance = utterances[place]
        piles.setdefault((utterance.corpus, utterance.speaker, utterance.emotion), []).append(place)
    rounds = sorted((height, pile) for pile, places in enumerate(piles.values()) for height in range(len(places)))
    stacks = list(piles.values())
    # Within a round nobody has precedence.
    order = np.lexsort((rng.random(len(rounds)), np.array([height for height, _ in rounds])))
    return sorted(stacks[rounds[k][1]][rounds[k][0]] for k in order[:n].tolist())
