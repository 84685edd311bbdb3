"""Speaker-independent folds for any collection: k balanced folds, or every speaker by himself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from emotrace.errors import UsageError
from emotrace.learn.evaluation.holdout import hold_out, require_speakers
from emotrace.learn.evaluation.leakage import speaker_keys
from emotrace.learn.evaluation.speakers import find_speaker_sexes, group_speakers, list_speakers
from emotrace.learn.evaluation.split import Split
from emotrace.types import Utterance


def speaker_k_fold(utterances: Sequence[Utterance], n_folds: int = 5, seed: int = 0) -> list[Split]:
    """Divide the speakers into ``n_folds`` folds alike in emotions and sexes; test on each in turn.

    Speakers are dealt out one by one, those with most utterances first, each to the fold that so far
    has least of what the speaker brings (a greedy minimum of the squared counts by emotion and sex).
    Speakers who share a recording or identical audio are dealt out together.

    Parameters
    ----------
    utterances
        Everything to divide.
    n_folds
        At least 2, at most the number of speakers.
    seed
        Orders speakers who bring equally much, and draws the validation speakers.

    Returns
    -------
    list of Split
        Every speaker is tested exactly once.

    Raises
    ------
    UsageError
        If there are fewer speakers than folds, or an utterance has no speaker.
    """
    require_speakers(utterances, "speaker-k-fold")
    groups = group_speakers(utterances)
    if not 2 <= n_folds <= len(groups):
        raise UsageError(
            f"speaker-k-fold with {n_folds} folds needs at least 2 folds and a speaker for each, but there "
            f"are {len(groups)} speakers (those who share recordings count as one); change n_folds"
        )
    fold_of_group = _deal(_measure(groups, utterances), n_folds, seed)
    sides = [
        {s for group, its_fold in zip(groups, fold_of_group, strict=True) if its_fold == fold for s in group}
        for fold in range(n_folds)
    ]
    return [
        hold_out(utterances, side, f"speaker-k-fold-{n_folds}/fold-{number}", seed)
        for number, side in enumerate(sides, start=1)
    ]


def leave_one_speaker_out(utterances: Sequence[Utterance], seed: int = 0) -> list[Split]:
    """Test on each speaker in turn, in order of their names.

    Raises
    ------
    UsageError
        If there are fewer than two speakers, or an utterance has no speaker.
    LeakError
        If two speakers share a recording or identical audio: speaker-k-fold keeps those together.
    """
    require_speakers(utterances, "leave-one-speaker-out")
    speakers = list_speakers(utterances)
    if len(speakers) < 2:
        raise UsageError(
            f"leave-one-speaker-out needs at least 2 speakers, there is only {speakers[0]}; "
            "give utterances of more speakers"
        )
    return [hold_out(utterances, {s}, f"leave-one-speaker-out/{s}", seed) for s in speakers]


def _measure(groups: Sequence[tuple[str, ...]], utterances: Sequence[Utterance]) -> npt.NDArray[np.float64]:
    """Count each group's utterances by emotion and by sex: (n_groups, n_kinds)."""
    sexes = find_speaker_sexes(utterances)
    group_of = {speaker: i for i, group in enumerate(groups) for speaker in group}
    kinds: dict[str, int] = {}
    cells: list[tuple[int, int]] = []
    for utterance in utterances:
        for speaker in speaker_keys(utterance):
            for kind in (f"emotion {utterance.emotion}", f"sex {sexes.get(speaker)}"):
                cells.append((group_of[speaker], kinds.setdefault(kind, len(kinds))))
    counts = np.zeros((len(groups), len(kinds)))
    np.add.at(counts, tuple(np.array(cells).T), 1.0)
    return counts


def _deal(counts: npt.NDArray[np.float64], n_folds: int, seed: int) -> list[int]:
    # Adding v to a fold holding f raises the sum of squares by 2 v.f + v.v, and v.v is the same for
    # every fold: so the best fold is that of the least v.f. An empty fold gives 0, the least there is,
    # and wins ties by its size, so no fold stays empty.
    n_utterances = counts.sum(axis=1)
    shares = counts / counts.sum(axis=0)
    shuffled = np.random.default_rng(seed).permutation(len(counts))
    order = shuffled[np.argsort(-n_utterances[shuffled], kind="stable")]
    held, sizes = np.zeros((n_folds, counts.shape[1])), np.zeros(n_folds)
    fold_of_group = [0] * len(counts)
    for group in order.tolist():
        cost = np.round(held @ shares[group], 12)  # rounding: equal folds must tie, whatever the sums' order
        fold = int(np.lexsort((sizes, cost))[0])
        fold_of_group[group] = fold
        held[fold] += shares[group]
        sizes[fold] += n_utterances[group]
    return fold_of_group
