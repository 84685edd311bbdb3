"""Who is tested: as the claim has it, and in its twin."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from emotrace.errors import TrainingError
from emotrace.learn.augment import Row, find_plan
from emotrace.learn.evaluation.split import LeakySplit, Split
from emotrace.learn.laboratory.recipe import Augmentation, Claimed
from emotrace.plural import plural
from emotrace.types import Utterance


def divide_as_claimed(utterances: Sequence[Utterance], claimed: Claimed, nth: int) -> Split | LeakySplit:
    """Divide clips as the claim has it; ``nth`` counts the divisions from 0, the published seed's."""
    if not claimed.is_leaky:
        return hold_out_speakers(utterances, claimed.speakers, claimed.seed + nth)
    train, test = _divide_at_random([u.emotion for u in utterances], claimed, nth)
    return LeakySplit([utterances[i] for i in train], [], [utterances[i] for i in test], "random-leaky")


def divide_copies_leaky(
    rows: Sequence[Row], claimed: Claimed, nth: int
) -> tuple[LeakySplit, list[Row], list[Row]]:
    """Divide rows that were augmented before, as the claim has it; give the training and the test rows too."""
    train, test = _divide_at_random([row.utterance.emotion for row in rows], claimed, nth)
    sides = [rows[i] for i in train], [rows[i] for i in test]
    heard, asked = ([row.utterance for row in side] for side in sides)
    return LeakySplit(heard, [], asked, "copies-at-random-leaky"), *sides


def hold_out_speakers(utterances: Sequence[Utterance], n_speakers: Mapping[str, int], seed: int) -> Split:
    """Draw so many speakers of each corpus for the test, women and men in turn.

    The draw depends on the seed and on the corpus's own speakers.

    Raises
    ------
    TrainingError
        If a corpus has not more speakers than are tested.
    """
    tested: set[str] = set()
    for corpus, wanted in sorted(n_speakers.items()):
        own = {u.speaker: u.sex or "" for u in utterances if u.corpus == corpus}
        if len(own) <= wanted:
            speakers = f"{len(own)} {plural(len(own), 'speaker')}"
            raise TrainingError(
                f"corpus '{corpus}' has {speakers} in these clips, of whom {wanted} cannot be held out: somebody "
                "must be left to learn from; give more of the corpus"
            )
        rng = np.random.default_rng([seed, *corpus.encode()])
        shuffled = [sorted(own)[i] for i in rng.permutation(len(own))]
        tested |= set(_in_turn(shuffled, own)[:wanted])
    train = [u for u in utterances if u.speaker not in tested]
    test = [u for u in utterances if u.speaker in tested]
    return Split(train, [], test, f"speakers-held-out/{seed}")


def training_rows(split: Split | LeakySplit, augmentation: Augmentation) -> list[Row]:
    """Give the copies of the training side."""
    return find_plan(augmentation.plan).rows(split, augmentation.seed)


def _divide_at_random(labels: Sequence[str], claimed: Claimed, nth: int) -> tuple[list[int], list[int]]:
    # The published code called the same function; which clip was in which place of its list is not known.
    from sklearn.model_selection import train_test_split

    assert claimed.test_share is not None
    _require_divisible(labels, claimed.test_share, claimed.is_stratified)
    stratify = list(labels) if claimed.is_stratified else None
    train, test = train_test_split(
        range(len(labels)), test_size=claimed.test_share, random_state=claimed.seed + nth, stratify=stratify
    )
    return sorted(train), sorted(test)


def _require_divisible(labels: Sequence[str], test_share: float, is_stratified: bool) -> None:
    n_test = math.ceil(test_share * len(labels))
    n_train = len(labels) - n_test
    clips = f"{len(labels)} {plural(len(labels), 'clip')}"
    if n_train < 1 or n_test < 1:
        raise TrainingError(
            f"{clips} cannot be divided: a test share of {test_share:g} leaves nothing to learn from or to test; "
            "give more of the corpora"
        )
    if not is_stratified:
        return
    counts = Counter(labels)
    rarest = min(sorted(counts), key=lambda label: counts[label])
    if counts[rarest] < 2:
        raise TrainingError(
            f"a stratified division needs 2 clips of every label, of '{rarest}' there is 1; "
            "give more of the corpora, or leave out 'is_stratified'"
        )
    if min(n_train, n_test) < len(counts):
        raise TrainingError(
            f"{clips} cannot be divided: with a test share of {test_share:g} a side of {min(n_train, n_test)} "
            f"cannot hold all {len(counts)} labels; give more of the corpora, or leave out 'is_stratified'"
        )


def _in_turn(speakers: Sequence[str], sexes: Mapping[str, str]) -> list[str]:
    """Order speakers so that both sexes take turns as long as they last."""
    place: dict[str, int] = {}
    seen: dict[str, int] = {}
    for speaker in speakers:
        sex = sexes[speaker]
        place[speaker] = seen.get(sex, 0)
        seen[sex] = place[speaker] + 1
    return sorted(speakers, key=lambda speaker: place[speaker])
