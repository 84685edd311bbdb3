"""Fixed speaker-independent protocols for single corpora, so that scores compare with published ones.

- ``emobox-ravdess``: EmoBox's six folds of four RAVDESS actors (Ma et al., EmoBox, Interspeech 2024).
- ``luna-jimenez-ravdess``: five folds of four or five RAVDESS actors (Luna-Jimenez et al., A Proposal
  for Multimodal Emotion Recognition Using Aural Transformers and Action Units on RAVDESS Dataset,
  Applied Sciences 12(1), 2022, doi 10.3390/app12010327).
- ``savee-loso``: each of SAVEE's four men held out in turn (EmoBox does the same).

The published folds name train and test; the validation speakers are drawn here, out of the training
speakers, by `emotrace.learn.evaluation.holdout`. A fixed protocol wants its corpus whole: with actors
missing, the score would bear a name it does not deserve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from emotrace.errors import UsageError
from emotrace.learn.evaluation.holdout import hold_out, require_speakers
from emotrace.learn.evaluation.speakers import list_speakers
from emotrace.learn.evaluation.split import Split
from emotrace.types import Utterance

EMOBOX_RAVDESS: tuple[str, ...] = (
    "01 11 20 21",
    "04 10 12 14",
    "08 09 19 23",
    "03 05 07 24",
    "02 15 16 18",
    "06 13 17 22",
)
"""The actors tested in each fold."""

LUNA_JIMENEZ_RAVDESS: tuple[str, ...] = (
    "02 05 14 15 16",
    "03 06 07 13 18",
    "10 11 12 19 20",
    "08 17 21 23 24",
    "01 04 09 22",
)
"""The actors tested in each fold."""

SAVEE_LOSO: tuple[str, ...] = ("DC", "JE", "JK", "KL")
"""The man tested in each fold."""

FIXED_PROTOCOLS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "emobox-ravdess": ("ravdess", EMOBOX_RAVDESS),
        "luna-jimenez-ravdess": ("ravdess", LUNA_JIMENEZ_RAVDESS),
        "savee-loso": ("savee", SAVEE_LOSO),
    }
)
"""Corpus and folds of each protocol."""


def fixed_folds(protocol: str, utterances: Sequence[Utterance], seed: int = 0) -> list[Split]:
    """Give all folds of a protocol of `FIXED_PROTOCOLS`.

    Parameters
    ----------
    protocol
        A name in `FIXED_PROTOCOLS`.
    utterances
        The whole corpus and nothing else (for the RAVDESS protocols: speech, no song).
    seed
        Draws the validation speakers.

    Raises
    ------
    UsageError
        If there are utterances of another corpus or speaker, or a speaker is missing.
    """
    corpus, folds = FIXED_PROTOCOLS[protocol]
    require_speakers(utterances, protocol)
    _require_corpus(utterances, protocol, corpus)
    sides = [{f"{corpus}:{speaker}" for speaker in fold.split()} for fold in folds]
    _require_same_speakers(list_speakers(utterances), set().union(*sides), protocol)
    return [
        hold_out(utterances, speakers, f"{protocol}/fold-{number}", seed)
        for number, speakers in enumerate(sides, start=1)
    ]


def _require_corpus(utterances: Sequence[Utterance], protocol: str, corpus: str) -> None:
    foreign = sorted({u.corpus for u in utterances if u.corpus not in ("", corpus)})
    if foreign:
        raise UsageError(
            f"protocol '{protocol}' is for the corpus {corpus} alone, but there are utterances of "
            f"{', '.join(foreign)}; leave them out or use joint-6"
        )


def _require_same_speakers(present: Sequence[str], expected: set[str], protocol: str) -> None:
    unknown, missing = sorted(set(present) - expected), sorted(expected - set(present))
    if unknown:
        raise UsageError(
            f"protocol '{protocol}' does not know the speakers {', '.join(unknown[:5])} "
            f"({len(unknown)} in all); it is for {', '.join(sorted(expected)[:2])} ...; "
            "leave them out or use speaker-k-fold"
        )
    if missing:
        raise UsageError(
            f"protocol '{protocol}' needs all {len(expected)} speakers, missing are {', '.join(missing[:5])} "
            f"({len(missing)} in all); give the whole corpus or use speaker-k-fold"
        )
