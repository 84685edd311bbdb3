"""Every corpus tested as a whole by who has learnt from the others: what is left in a room nobody has heard.

RAVDESS song goes out with RAVDESS speech: speakers are held out, and those two share theirs.
"""

from __future__ import annotations

from collections.abc import Sequence

from emotrace.errors import UsageError
from emotrace.learn.evaluation.holdout import hold_out, require_speakers
from emotrace.learn.evaluation.speakers import find_speaker_corpora
from emotrace.learn.evaluation.split import Split
from emotrace.types import Utterance

CORPUS_OUT = "leave-one-corpus-out"

CORPUS_OUT_LABELS = "shared4"
"""The label preset that a corpus nobody was trained on is judged by: the emotions that all of them have."""


def leave_one_corpus_out(utterances: Sequence[Utterance], seed: int = 0) -> list[Split]:
    """Hold out one corpus after another, in order of their names; validate on speakers of the others.

    Parameters
    ----------
    utterances
        Of at least two corpora, of which no speaker is in both. What stands before the colon of a speaker is the
        corpus: ``ravdess:01`` is of ravdess, whether he speaks or sings.
    seed
        Draws the validation speakers out of the training speakers (see `hold_out`).

    Returns
    -------
    list of Split
        Named ``leave-one-corpus-out/savee`` and the like.

    Raises
    ------
    UsageError
        If there is only one corpus, or an utterance has no speaker.
    LeakError
        If two corpora share a recording or identical audio.
    """
    require_speakers(utterances, CORPUS_OUT)
    corpora = find_speaker_corpora(utterances)
    names = sorted(set(corpora.values()))
    if len(names) < 2:
        raise UsageError(
            f"protocol '{CORPUS_OUT}' needs at least two corpora with speakers of their own, but all speakers "
            f"here are of {names[0] or 'one without a name'}; add another corpus or use speaker-k-fold"
        )
    return [
        hold_out(
            utterances,
            {speaker for speaker, corpus in corpora.items() if corpus == name},
            f"{CORPUS_OUT}/{name or 'own speech'}",
            seed,
        )
        for name in names
    ]
