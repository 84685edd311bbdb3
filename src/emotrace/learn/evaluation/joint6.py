"""The joint speaker-independent protocol: one partition of all speakers of all corpora into six folds.

Six trainings then give speaker-independent figures for every corpus. Fold *k* holds out, together:
the RAVDESS actors of EmoBox's fold *k* (speech and song, since they are the same people), one SAVEE
speaker (folds 1 to 4), one TESS speaker (folds 1 and 2), one or two EMO-DB speakers, and every sixth
CREMA-D actor: of the actors present, sorted by number, the i-th (from 0) goes to fold 1 + i mod 6.
The CREMA-D part therefore depends on which actors are there; the others are a fixed table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from emotrace.errors import UsageError
from emotrace.learn.evaluation.fixed import EMOBOX_RAVDESS
from emotrace.learn.evaluation.holdout import hold_out, require_speakers
from emotrace.learn.evaluation.speakers import list_speakers
from emotrace.learn.evaluation.split import Split
from emotrace.types import Utterance

N_FOLDS = 6

CORPORA: tuple[str, ...] = ("ravdess", "savee", "tess", "emo-db", "crema-d")
"""What may stand before the colon of a speaker (RAVDESS song is by the speakers of ``ravdess``)."""

_TABLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ravdess": EMOBOX_RAVDESS,
        "savee": ("DC", "JE", "JK", "KL", "", ""),
        "tess": ("OAF", "YAF", "", "", "", ""),
        "emo-db": ("03 08", "09 10", "11 12", "13 14", "15", "16"),
    }
)


def assign_joint_folds(speakers: Iterable[str]) -> dict[str, int]:
    """Give the fold, 1 to 6, in which each speaker is tested.

    Parameters
    ----------
    speakers
        Like ``ravdess:01``, ``savee:DC``, ``tess:OAF``, ``emo-db:03``, ``crema-d:1002``.

    Raises
    ------
    UsageError
        If a speaker is of no corpus of the protocol, or not among the speakers of his.

    >>> assign_joint_folds(["ravdess:24", "crema-d:1003", "crema-d:1002"])
    {'crema-d:1002': 1, 'crema-d:1003': 2, 'ravdess:24': 4}
    """
    present = sorted(set(speakers))
    actors = [s for s in present if _is_crema_d(s)]
    folds = {actor: 1 + i % N_FOLDS for i, actor in enumerate(sorted(actors, key=_number))}
    folds |= {s: _FIXED[s] for s in present if s in _FIXED}
    unknown = [s for s in present if s not in folds]
    if unknown:
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise UsageError(
            f"protocol 'joint-6' does not know the speakers {', '.join(unknown[:5])}{more}; it is a fixed "
            f"partition of {', '.join(CORPORA)}; leave them out or use speaker-k-fold"
        )
    return dict(sorted(folds.items()))


def joint_fold(utterances: Sequence[Utterance], fold: int, seed: int = 0) -> Split:
    """Give one fold of the protocol joint-6.

    Parameters
    ----------
    utterances
        Of any of the corpora ravdess, ravdess-song, savee, tess, emo-db, crema-d, merged.
    fold
        From 1 to 6.
    seed
        Draws the validation speakers out of the training speakers (see `hold_out`).

    Raises
    ------
    UsageError
        For a fold out of range, speakers outside the protocol, or a fold none of whose speakers is
        among the utterances.
    """
    if fold not in range(1, N_FOLDS + 1):
        raise UsageError(f"protocol 'joint-6' has the folds 1 to {N_FOLDS}, not {fold}")
    require_speakers(utterances, "joint-6")
    assigned = assign_joint_folds(list_speakers(utterances))
    held_out = {speaker for speaker, its_fold in assigned.items() if its_fold == fold}
    return hold_out(utterances, held_out, f"joint-6/fold-{fold}", seed)


def joint_folds(utterances: Sequence[Utterance], seed: int = 0) -> list[Split]:
    """Give all folds that hold somebody out: six, fewer where only small corpora are there."""
    require_speakers(utterances, "joint-6")
    used = sorted(set(assign_joint_folds(list_speakers(utterances)).values()))
    return [joint_fold(utterances, fold, seed) for fold in used]


def _read_table() -> dict[str, int]:
    return {
        f"{corpus}:{speaker}": fold
        for corpus, column in _TABLE.items()
        for fold, cell in enumerate(column, start=1)
        for speaker in cell.split()
    }


_FIXED: Mapping[str, int] = MappingProxyType(_read_table())


def _is_crema_d(speaker: str) -> bool:
    corpus, _, number = speaker.partition(":")
    return corpus == "crema-d" and number.isascii() and number.isdigit()


def _number(speaker: str) -> int:
    return int(speaker.partition(":")[2])
