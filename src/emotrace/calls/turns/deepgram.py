"""Deepgram's response to pre-recorded audio, made with ``diarize`` or ``multichannel``.

With ``utterances``: ``{"results": {"utterances": [{"start": 0.4, "end": 5.4, "speaker": 0, "channel": 0,
"transcript": "...", "words": [...]}]}}``. Without: the words of ``results.channels[].alternatives[0].words[]``,
each with ``start``, ``end`` and ``speaker``, are joined to turns. Times are in seconds.

Speakers are called ``0``, ``1`` ... as Deepgram counts them; with several channels ``channel 0``, ``channel 1``
... and, where several speakers are told apart within each, ``channel 0 speaker 1``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emotrace.calls.turns._fields import objects, speaker_of, turn_of
from emotrace.calls.turns._transcript import Transcript
from emotrace.calls.turns._turn import Turn
from emotrace.calls.turns._words import join_words
from emotrace.errors import TurnsError

DESCRIPTION = "Deepgram JSON (results.utterances, or results.channels with speakers)"


def is_format(transcript: Transcript) -> bool:
    """Say whether the results have utterances or channels."""
    results = transcript.object.get("results")
    return isinstance(results, dict) and ("utterances" in results or "channels" in results)


def read(transcript: Transcript) -> list[Turn]:
    """Read one turn per utterance, or join words."""
    results = transcript.object["results"]
    if results.get("utterances"):
        return _turns_of_utterances(results["utterances"])
    return _turns_of_words(results.get("channels"))


def _turns_of_utterances(utterances: Any) -> list[Turn]:
    pieces = list(objects(utterances, "results.utterances"))
    has_channels = len({repr(piece.get("channel")) for _, piece in pieces}) > 1
    return [
        turn_of(
            _with_speaker(piece, piece.get("channel") if has_channels else None, where), where, text="transcript"
        )
        for where, piece in pieces
    ]


def _turns_of_words(channels: Any) -> list[Turn]:
    listed = list(objects(channels, "results.channels"))
    turns = []
    for i, (where, channel) in enumerate(listed):
        alternatives = list(objects(channel.get("alternatives"), f"{where}.alternatives"))
        if not alternatives:
            continue
        # The first alternative is the best.
        place, best = alternatives[0]
        words = [
            turn_of(_with_speaker(_shown(word), i if len(listed) > 1 else None, spot), spot, text="word")
            for spot, word in objects(best.get("words"), f"{place}.words")
        ]
        turns += join_words(words)
    return turns


def _shown(word: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**word, "word": word.get("punctuated_word") or word.get("word")}


def _with_speaker(piece: Mapping[str, Any], channel: Any, where: str) -> Mapping[str, Any]:
    speaker = piece.get("speaker")
    if channel is None and speaker is None:
        raise TurnsError(f"{where} has no 'speaker'; ask Deepgram for diarize=true or multichannel=true")
    if channel is None:
        return piece
    name = f"channel {speaker_of(channel, f'{where}.channel')}"
    return {**piece, "speaker": name if speaker is None else f"{name} speaker {speaker_of(speaker, where)}"}
