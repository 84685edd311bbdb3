"""The one door to all protocols: a name and utterances in, folds out.

>>> sorted(PROTOCOLS)[:3]
['assigned', 'emobox-ravdess', 'joint-6']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from emotrace.errors import UnknownNameError, UsageError
from emotrace.learn.evaluation.assigned import split_as_assigned
from emotrace.learn.evaluation.corpus_out import CORPUS_OUT, leave_one_corpus_out
from emotrace.learn.evaluation.fixed import FIXED_PROTOCOLS, fixed_folds
from emotrace.learn.evaluation.joint6 import joint_folds
from emotrace.learn.evaluation.kfold import leave_one_speaker_out, speaker_k_fold
from emotrace.learn.evaluation.random_leaky import split_randomly_leaky
from emotrace.learn.evaluation.split import LeakySplit, Split
from emotrace.types import Utterance

PROTOCOLS: Mapping[str, str] = MappingProxyType(
    {
        "speaker-k-fold": "k folds of speakers, alike in emotions and sexes (n_folds=5)",
        "leave-one-speaker-out": "every speaker tested by himself",
        "emobox-ravdess": "EmoBox's 6 folds of RAVDESS speech",
        "luna-jimenez-ravdess": "Luna-Jimenez's 5 folds of RAVDESS speech",
        "savee-loso": "every SAVEE speaker tested by himself",
        "joint-6": "one partition of the speakers of all corpora into 6 folds",
        CORPUS_OUT: "every corpus tested by itself, on models that never heard it",
        "assigned": "the column 'split' of the manifest",
        "random-leaky": "clips at random, LEAKY: speakers on both sides "
        "(test_share=0.2, validation_share=0.1, is_stratified=True)",
    }
)
"""Every protocol with one line on what it is and its options."""

LEAKY_PROTOCOLS: tuple[str, ...] = ("random-leaky",)
"""The protocols that give `LeakySplit`; all others give `Split`."""

_OPTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "speaker-k-fold": ("n_folds",),
        "random-leaky": ("test_share", "validation_share", "is_stratified"),
    }
)


def folds(
    name: str, utterances: Sequence[Utterance], seed: int = 0, **options: Any
) -> list[Split] | list[LeakySplit]:
    """Divide utterances by a protocol of `PROTOCOLS`.

    Parameters
    ----------
    name
        Of the protocol.
    utterances
        Everything to divide.
    seed
        Draws the validation speakers and whatever else the protocol leaves to chance.
    **options
        ``n_folds`` for speaker-k-fold; ``test_share``, ``validation_share``, ``is_stratified`` for
        random-leaky.

    Returns
    -------
    list of Split, or list of LeakySplit
        One per fold; `LeakySplit` only for a name in `LEAKY_PROTOCOLS`.

    Raises
    ------
    UnknownNameError
        If there is no such protocol.
    UsageError
        If the utterances or options do not suit the protocol.
    LeakError
        If the folds would leak.
    """
    if name in LEAKY_PROTOCOLS:
        _require_options(name, options)
        _require_seed(seed)
        return [split_randomly_leaky(utterances, seed=seed, **options)]
    return independent_folds(name, utterances, seed, **options)


def independent_folds(name: str, utterances: Sequence[Utterance], seed: int = 0, **options: Any) -> list[Split]:
    """Divide like `folds`, but refuse leaky protocols: every fold is a `Split`."""
    if name not in PROTOCOLS:
        raise UnknownNameError("protocol", name, PROTOCOLS)
    _require_options(name, options)
    _require_seed(seed)
    if name in LEAKY_PROTOCOLS:
        raise UsageError(
            f"protocol '{name}' puts speakers on both sides and cannot be used here; "
            f"speaker-independent are {', '.join(p for p in PROTOCOLS if p not in LEAKY_PROTOCOLS)}"
        )
    if name in FIXED_PROTOCOLS:
        return fixed_folds(name, utterances, seed)
    if name == "joint-6":
        return joint_folds(utterances, seed)
    if name == CORPUS_OUT:
        return leave_one_corpus_out(utterances, seed)
    if name == "assigned":
        return [split_as_assigned(utterances)]
    if name == "leave-one-speaker-out":
        return leave_one_speaker_out(utterances, seed)
    return speaker_k_fold(utterances, seed=seed, **options)


def number_folds(splits: Sequence[Split]) -> dict[int, Split]:
    """Give each fold its number: that at the end of its name, or else its place from 1.

    joint-6 numbers its folds by a table and leaves out those that none of the speakers is in.
    """
    ends = [split.name.rpartition("/fold-")[2] for split in splits]
    return {
        int(end) if end.isdigit() else place: split
        for place, (end, split) in enumerate(zip(ends, splits, strict=True), start=1)
    }


def _require_options(name: str, options: Mapping[str, Any]) -> None:
    allowed = _OPTIONS.get(name, ())
    for option in options:
        if option not in allowed:
            known = f"its options are {', '.join(allowed)}" if allowed else "it has no options"
            raise UsageError(f"protocol '{name}' has no option '{option}'; {known}")


def _require_seed(seed: int) -> None:
    if seed < 0:
        raise UsageError(f"a seed is a whole number from 0, not {seed}")
