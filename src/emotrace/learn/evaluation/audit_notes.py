"""What is no leak, but what a reviewer of a division should know: of repeats, labels, speakers and sentences."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from emotrace.learn.evaluation.leakage import speaker_keys
from emotrace.plural import plural
from emotrace.types import Utterance

_FEW_SPEAKERS = 5
_UNEVEN_LABELS = 0.1
_UNEVEN_SPEAKER = 0.5
_TELLING_SENTENCES = 0.8
_LEAST_SENTENCES = 5

Sides = Mapping[str, Sequence[Utterance]]


def note(sides: Sides) -> Iterator[str]:
    """Say it in sentences; ``sides`` as for `emotrace.learn.evaluation.audit.audit_sides`, each with clips."""
    everything = [utterance for utterances in sides.values() for utterance in utterances]
    yield from _note_repeats(sides)
    yield from _note_labels(sides)
    yield from _note_speakers(sides)
    yield from _note_corpora(sides, everything)
    yield from _note_sentences(sides, everything)


def _note_repeats(sides: Sides) -> Iterator[str]:
    for side, utterances in sides.items():
        rows = Counter((utterance.file, utterance.segment) for utterance in utterances)
        n_repeated = sum(count - 1 for count in rows.values())
        if n_repeated:
            yield f"{side} holds {n_repeated} {plural(n_repeated, 'clip')} more than once"


def _note_labels(sides: Sides) -> Iterator[str]:
    counts = {side: Counter(u.emotion for u in utterances if u.emotion) for side, utterances in sides.items()}
    labelled = {side: count for side, count in counts.items() if count}
    for side, utterances in sides.items():
        n_without = len(utterances) - counts[side].total()
        if n_without and labelled:
            yield f"{n_without} of {len(utterances)} clips of {side} have no label"
    for first, second in combinations(labelled, 2):
        missing = sorted(set(labelled[second]) - set(labelled[first]))
        if missing:
            yield f"{', '.join(missing)}: in {second}, but not in {first}"
        missing = sorted(set(labelled[first]) - set(labelled[second]))
        if missing:
            yield f"{', '.join(missing)}: in {first}, but not in {second}, where nothing is said about it"
        difference = _total_variation(labelled[first], labelled[second])
        if difference > _UNEVEN_LABELS:
            share = f"{100 * difference:.0f} %"
            yield f"labels are spread differently over {first} and {second}: {share} would have to move"


def _total_variation(first: Counter[str], second: Counter[str]) -> float:
    labels = set(first) | set(second)
    return sum(abs(first[label] / first.total() - second[label] / second.total()) for label in labels) / 2.0


def _note_speakers(sides: Sides) -> Iterator[str]:
    for side, utterances in sides.items():
        speakers = Counter(key for utterance in utterances for key in speaker_keys(utterance))
        if not speakers:
            continue
        if len(speakers) < _FEW_SPEAKERS and side != "train":
            voices = "one speaker" if len(speakers) == 1 else f"{len(speakers)} speakers"
            yield f"{side} has {voices}: its scores say little about other people"
        name, most = speakers.most_common(1)[0]
        if len(speakers) > 2 and most > _UNEVEN_SPEAKER * speakers.total():
            median = statistics.median(speakers.values())
            yield f"{name} speaks {most} of {len(utterances)} clips of {side}; the median speaker, {median:g}"


def _note_corpora(sides: Sides, everything: Sequence[Utterance]) -> Iterator[str]:
    corpora = sorted({utterance.corpus for utterance in everything if utterance.corpus})
    sexes = {corpus: {u.sex for u in everything if u.corpus == corpus and u.sex} for corpus in corpora}
    for corpus in corpora if len(corpora) > 1 else ():
        if len(sexes[corpus]) == 1:
            (sex,) = sexes[corpus]
            yield f"{corpus} has {sex} speakers only: what is learned of the corpus is learned of the sex"
    for corpus in corpora if len(corpora) > 1 else ():
        where = [side for side, utterances in sides.items() if any(u.corpus == corpus for u in utterances)]
        if len(where) == 1 and len(sides) > 1:
            yield f"{corpus} is in {where[0]} only"
    yield from _note_telling_corpora(corpora, everything)
    known = Counter(utterance.sex for utterance in everything if utterance.sex)
    if len(known) == 1:
        yield f"all speakers of known sex are {next(iter(known))}"


def _note_telling_corpora(corpora: Sequence[str], everything: Sequence[Utterance]) -> Iterator[str]:
    for label in sorted({utterance.emotion for utterance in everything if utterance.emotion}):
        homes = {utterance.corpus for utterance in everything if utterance.emotion == label}
        if len(corpora) > 1 and len(homes) == 1 and (home := next(iter(homes))):
            yield f"{label} comes from {home} only: a model may learn the corpus in its place"


def _note_sentences(sides: Sides, everything: Sequence[Utterance]) -> Iterator[str]:
    labels: dict[str, Counter[str]] = {}
    for utterance in everything:
        for key in sentence_keys(utterance):
            if utterance.emotion:
                labels.setdefault(key, Counter())[utterance.emotion] += 1
    repeated = [count for count in labels.values() if count.total() > 1]
    n_telling = sum(len(count) == 1 for count in repeated)
    if len(repeated) >= _LEAST_SENTENCES and n_telling >= _TELLING_SENTENCES * len(repeated):
        yield f"{n_telling} of {len(repeated)} sentences are said in one emotion only: words give the emotion away"
    if "train" in sides and "test" in sides and labels:
        taught = {key for utterance in sides["train"] for key in sentence_keys(utterance)}
        asked = [utterance for utterance in sides["test"] if utterance.sentence]
        n_known = sum(any(key in taught for key in sentence_keys(utterance)) for utterance in asked)
        if n_known:
            share = f"{n_known} of {len(asked)} test clips"
            yield f"{share} say a sentence of training: no leak, but easier than new words"


def sentence_keys(utterance: Utterance) -> list[str]:
    """Give what names the sentence that an utterance says, within its corpus; nothing if it is not known."""
    return [f"{utterance.corpus}:{utterance.sentence}"] if utterance.sentence else []
