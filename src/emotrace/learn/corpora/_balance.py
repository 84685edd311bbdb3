"""How evenly labels, speakers and sexes are spread over a table of utterances."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence

from emotrace.labels import EMOTIONS
from emotrace.manifest import UNKNOWN_SPEAKER
from emotrace.plural import plural
from emotrace.types import Utterance

_MAX_LABEL_RATIO = 3.0
_MAX_SPEAKER_RATIO = 3.0
_MIN_SEX_SHARE = 1 / 3


def count_balance(utterances: Sequence[Utterance]) -> dict[str, dict[str, int]]:
    """Count utterances by corpus, emotion, sex and speaker."""
    emotions = Counter(utterance.emotion for utterance in utterances)
    return {
        "corpus": _sorted(Counter(utterance.corpus or "none" for utterance in utterances)),
        "emotion": {emotion: emotions[emotion] for emotion in EMOTIONS if emotions[emotion]},
        "sex": _sorted(Counter(utterance.sex or "unknown" for utterance in utterances)),
        "speaker": _sorted(Counter(utterance.speaker for utterance in utterances)),
    }


def imbalances(utterances: Sequence[Utterance]) -> Iterator[str]:
    """Say in sentences what is so uneven that a score could mislead."""
    balance = count_balance(utterances)
    yield from _uneven_labels(balance["emotion"])
    if len(balance["speaker"]) > 1:
        yield from _uneven_sexes(balance["sex"])
    yield from _uneven_speakers(balance["speaker"])
    yield from _missing_labels(utterances)


def _uneven_labels(counts: dict[str, int]) -> Iterator[str]:
    most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    if len(counts) == 1:
        yield f"there is one label only, {most}: nothing to tell apart"
    elif counts[most] > _MAX_LABEL_RATIO * counts[least]:
        yield (
            f"labels are uneven: {counts[most]} x {most}, {counts[least]} x {least}; "
            "judge by unweighted average recall, not by accuracy"
        )


def _uneven_sexes(counts: dict[str, int]) -> Iterator[str]:
    known = {sex: counts.get(sex, 0) for sex in ("female", "male")}
    n_known = sum(known.values())
    if counts.get("unknown"):
        n = counts["unknown"]
        yield f"the sex of the speaker is unknown for {n} {plural(n, 'utterance')}"
    rare = min(known, key=known.__getitem__)
    if n_known and known[rare] < _MIN_SEX_SHARE * n_known:
        n_women = known["female"]
        yield f"sexes are uneven: {n_women} {plural(n_women, 'utterance')} by women, {known['male']} by men"


def _uneven_speakers(counts: dict[str, int]) -> Iterator[str]:
    if counts.get(UNKNOWN_SPEAKER):
        n = counts[UNKNOWN_SPEAKER]
        yield (
            f"the speaker of {n} {plural(n, 'utterance')} is unknown: they count as one speaker, "
            "and can only stand on one side of a split"
        )
    if len(counts) == 1:
        yield "there is one speaker only: no figure on this table says anything about other people"
        return
    median = statistics.median(counts.values())
    most = max(counts, key=counts.__getitem__)
    if counts[most] > _MAX_SPEAKER_RATIO * median:
        yield f"speakers are uneven: {most} has {counts[most]} utterances, the median is {median:g}"


def _missing_labels(utterances: Sequence[Utterance]) -> Iterator[str]:
    by_corpus: dict[str, dict[str, set[str]]] = {}
    for utterance in utterances:
        speakers = by_corpus.setdefault(utterance.corpus, {})
        speakers.setdefault(utterance.speaker, set()).add(utterance.emotion)
    for corpus, speakers in sorted(by_corpus.items()):
        labels = set().union(*speakers.values())
        lacking = {speaker: sorted(labels - has) for speaker, has in sorted(speakers.items()) if labels - has}
        if lacking:
            speaker, lost = next(iter(lacking.items()))
            n_more = len(lacking) - 1
            verb = plural(n_more, "speaker lacks", "speakers lack")
            more = f" (and {n_more} more {verb} labels)" if n_more else ""
            yield (
                f"speaker and label are confounded{f' in {corpus}' if corpus else ''}: "
                f"{speaker} has no {', '.join(lost)}{more}"
            )


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))
