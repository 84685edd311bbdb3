"""What is known of the speakers of some utterances: corpus, sex, and who cannot be told apart."""

from __future__ import annotations

from collections.abc import Sequence

from emotrace.learn.evaluation.leakage import content_keys, recording_keys, speaker_keys
from emotrace.types import Utterance


def list_speakers(utterances: Sequence[Utterance]) -> list[str]:
    """Give the known speakers, sorted."""
    return sorted({key for utterance in utterances for key in speaker_keys(utterance)})


def find_speaker_corpora(utterances: Sequence[Utterance]) -> dict[str, str]:
    """Give each speaker's corpus: what stands before the colon of ``ravdess:01``, else ``Utterance.corpus``.

    The prefix goes first because one person may stand in two corpora (RAVDESS speech and song).
    """
    corpora: dict[str, str] = {}
    for utterance in utterances:
        for speaker in speaker_keys(utterance):
            prefix, colon, _ = speaker.partition(":")
            corpora.setdefault(speaker, prefix if colon else utterance.corpus)
    return corpora


def find_speaker_sexes(utterances: Sequence[Utterance]) -> dict[str, str]:
    """Give the sex of every speaker for whom it is known."""
    sexes: dict[str, str] = {}
    for utterance in utterances:
        for speaker in speaker_keys(utterance):
            if utterance.sex:
                sexes.setdefault(speaker, utterance.sex)
    return sexes


def group_speakers(utterances: Sequence[Utterance]) -> list[tuple[str, ...]]:
    """Put speakers together who share a recording, identical audio or an augmented twin.

    They can only be divided together: two people in one conversation, for instance.

    Returns
    -------
    list of tuple of str
        Groups in order of their first speaker; nearly always one speaker each.
    """
    parents: dict[tuple[str, str], tuple[str, str]] = {}

    def find(key: tuple[str, str]) -> tuple[str, str]:
        parents.setdefault(key, key)
        while parents[key] != key:
            parents[key] = parents[parents[key]]
            key = parents[key]
        return key

    for utterance in utterances:
        keys = [("speaker", key) for key in speaker_keys(utterance)]
        keys += [("recording", key) for key in recording_keys(utterance)]
        keys += [("content", key) for key in content_keys(utterance)]
        for key in keys[1:]:
            parents[find(key)] = find(keys[0])
    groups: dict[tuple[str, str], list[str]] = {}
    for speaker in list_speakers(utterances):
        groups.setdefault(find(("speaker", speaker)), []).append(speaker)
    return [tuple(group) for group in groups.values()]
