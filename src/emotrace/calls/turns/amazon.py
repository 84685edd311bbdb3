"""Amazon Transcribe (speaker partitioning, channel identification), Call Analytics and Contact Lens.

Call Analytics and Contact Lens: ``{"Transcript": [{"ParticipantRole": "CUSTOMER", "BeginOffsetMillis": 6040,
"EndOffsetMillis": 11650, "Content": "..."}], "Participants": [...]}``, times in milliseconds; a piece that has
only a ``ParticipantId`` gets the role that ``Participants`` gives to it. The parties' speakers are ``AGENT`` and
``CUSTOMER``.

Transcribe: ``{"results": {...}}`` with, best first, ``audio_segments[]`` (``transcript``, ``start_time``,
``end_time``, ``speaker_label`` or ``channel_label``), ``speaker_labels.segments[]``, or
``channel_labels.channels[].items[]``, whose words are joined to turns. Times are seconds, written as text:
``"4.87"``. Speakers are ``spk_0``, channels ``ch_0``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from emotrace.calls.turns._fields import objects, turn_of
from emotrace.calls.turns._transcript import Transcript
from emotrace.calls.turns._turn import Turn
from emotrace.calls.turns._words import join_words
from emotrace.errors import TurnsError

DESCRIPTION = "Amazon Transcribe, Call Analytics or Contact Lens JSON"

_PARTS = ("speaker_labels", "channel_labels", "audio_segments")


def is_format(transcript: Transcript) -> bool:
    """Say whether there is a list of analysed turns, or results of Transcribe."""
    document = transcript.object
    results = document.get("results")
    is_transcribe = isinstance(results, dict) and any(part in results for part in (*_PARTS, "transcripts"))
    return "Transcript" in document or is_transcribe


def read(transcript: Transcript) -> list[Turn]:
    """Read one turn per piece, or join words."""
    document = transcript.object
    if "Transcript" in document:
        return _analysed(document)
    results = document["results"]
    if any(_speaker_key(piece) for _, piece in _listed(results, "audio_segments")):
        return [_timed(piece, where, "transcript") for where, piece in _listed(results, "audio_segments")]
    if results.get("speaker_labels") is not None:
        return _partitioned(results)
    if results.get("channel_labels") is not None:
        return _channels(results)
    raise TurnsError(
        "holds no speakers; ask Amazon Transcribe for speaker partitioning (ShowSpeakerLabels) or "
        "channel identification (ChannelIdentification)"
    )


def _analysed(document: Mapping[str, Any]) -> list[Turn]:
    roles = {
        piece["ParticipantId"]: piece.get("ParticipantRole")
        for _, piece in _listed(document, "Participants", "")
        if isinstance(piece.get("ParticipantId"), str)
    }
    turns = []
    for where, piece in objects(document["Transcript"], "Transcript"):
        named = piece.get("ParticipantId")
        role = piece.get("ParticipantRole") or (roles.get(named) if isinstance(named, str) else None) or named
        turns.append(
            turn_of(
                {**piece, "ParticipantRole": role},
                where,
                start="BeginOffsetMillis",
                end="EndOffsetMillis",
                speaker="ParticipantRole",
                text="Content",
                per_second=1000,
            )
        )
    return turns


def _partitioned(results: Mapping[str, Any]) -> list[Turn]:
    words = dict(_words_by_start(results))
    turns = []
    labels = _object(results, "speaker_labels")
    for where, piece in _listed(labels, "segments", "results.speaker_labels."):
        starts = [item.get("start_time") for _, item in _listed(piece, "items", f"{where}.")]
        said = " ".join(words[start] for start in starts if isinstance(start, str) and start in words)
        turns.append(_timed({**piece, "said": said}, where, "said"))
    return turns


def _channels(results: Mapping[str, Any]) -> list[Turn]:
    turns = []
    labels = _object(results, "channel_labels")
    for where, channel in _listed(labels, "channels", "results.channel_labels."):
        label = channel.get("channel_label")
        words = [
            _timed({**item, "channel_label": label, "said": _content(item)}, place, "said")
            for place, item in _listed(channel, "items", f"{where}.")
            if item.get("type") != "punctuation"
        ]
        turns += join_words(words)
    return turns


def _words_by_start(results: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Pair each word with its start as it is written; two speakers' words that start together are lost to one."""
    for _, item in _listed(results, "items"):
        start, word = item.get("start_time"), _content(item)
        if isinstance(start, str) and word:
            yield start, word


def _content(item: Mapping[str, Any]) -> str | None:
    """Give the word of an item: what its first alternative says."""
    alternatives = item.get("alternatives")
    best = alternatives[0] if isinstance(alternatives, list) and alternatives else None
    content = best.get("content") if isinstance(best, dict) else None
    return content if isinstance(content, str) else None


def _timed(piece: Mapping[str, Any], where: str, text: str) -> Turn:
    key = _speaker_key(piece) or "speaker_label"
    return turn_of(piece, where, start="start_time", end="end_time", speaker=key, text=text)


def _speaker_key(piece: Mapping[str, Any]) -> str | None:
    return next((key for key in ("speaker_label", "channel_label") if piece.get(key) is not None), None)


def _object(results: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = results[key]
    if not isinstance(value, dict):
        raise TurnsError(f"results.{key} must be an object")
    return value


def _listed(
    parent: Mapping[str, Any], key: str, prefix: str = "results."
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the objects under ``key``, none where there is no such key."""
    return objects(parent.get(key) or [], f"{prefix}{key}")
