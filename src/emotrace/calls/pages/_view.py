"""A call as its page asks for it: parties in order, places on the time axis, a style class per emotion."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from emotrace.calls.summary import negativity
from emotrace.labels import NO_SPEECH
from emotrace.markup import Html, element

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class CallView:
    """The JSON of a call (see the schema ``call.schema.json``), read for drawing."""

    call: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The file without its folders: a page is sent around, and nobody need know them."""
        return re.split(r"[/\\]", self.call["file"])[-1]

    @property
    def duration(self) -> float:
        """Length of the call in seconds; never 0, so that one may divide by it."""
        return max(float(self.call["duration"]), 1e-3)

    @property
    def parties(self) -> Sequence[Entry]:
        """The parties, those whose emotion was analysed first."""
        return sorted(self.call["parties"], key=lambda party: not party["is_emotion_analysed"])

    @property
    def heard_parties(self) -> Sequence[str]:
        """Names of the parties whose emotion was analysed."""
        return [party["party"] for party in self.parties if party["is_emotion_analysed"]]

    @cached_property
    def labels(self) -> Sequence[str]:
        """All labels that occur, in the order of the model's, and at last `NO_SPEECH`."""
        seen = [entry["emotion"] for party in self.heard_parties for entry in self.timeline(party)]
        seen += [turn["emotion"] for turn in self.call["turns"] if turn["emotion"]]
        seen += [escalation["emotion"] for escalation in self.call["escalations"]]
        known = dict.fromkeys([*self.call["labels"], *seen])
        known.pop(NO_SPEECH, None)
        return [*known, NO_SPEECH]

    def timeline(self, party: str) -> Sequence[Entry]:
        """Give what was heard of a party, in order; nothing where it was not analysed."""
        timeline: Sequence[Entry] = self.call["timelines"].get(party, ())
        return timeline

    def turns(self, party: str) -> Iterator[Entry]:
        """Give the turns of a party, in order."""
        return (turn for turn in self.call["turns"] if turn["party"] == party)

    def emotion_class(self, label: str) -> str:
        """Give the style class that holds the colour of ``label``."""
        return f"e{self.labels.index(label)}"

    def at(self, seconds: float) -> str:
        """Give a moment's place on the time axis, as SVG takes it."""
        return f"{100 * min(max(seconds / self.duration, 0.0), 1.0):.3f}%"

    def span(self, start: float, end: float) -> dict[str, str]:
        """Give a stretch's place on the time axis, as attributes of an SVG element."""
        return {"x": self.at(start), "width": self.at(max(end - start, 0.0))}

    def emotion(self, label: str | None, uncertain: bool = False) -> Html | None:
        """Name an emotion beside its colour; None where there is none."""
        if label is None:
            return None
        # A thing outside the vocabulary of this call can only be a word without a colour.
        colour = self.emotion_class(label) if label in self.labels else ""
        mark = "?" if uncertain else ""
        swatch = element("i", class_=f"swatch {colour}{' unsure' if uncertain else ''}", aria_hidden="true")
        note = element("span", " (uncertain)", class_="hidden") if uncertain else None
        return element("span", swatch, f"{label}{mark}", note, class_="emotion")


def heard_negativity(probabilities: Mapping[str, float]) -> float | None:
    """Give the negativity (see `emotrace.calls.summary.negativity`); None where nothing was heard."""
    return negativity(probabilities) if probabilities else None


def join_runs(timeline: Iterable[Entry]) -> list[dict[str, Any]]:
    """Join neighbours of one emotion and certainty: ``start``, ``end``, ``emotion``, ``uncertain``.

    >>> heard = {"emotion": "anger", "uncertain": False}
    >>> len(join_runs([{"start": 0, "end": 1, **heard}, {"start": 1, "end": 2, **heard}]))
    1
    """
    runs: list[dict[str, Any]] = []
    for entry in timeline:
        kind = (entry["emotion"], bool(entry["uncertain"]))
        last = runs[-1] if runs else None
        if last and (last["emotion"], last["uncertain"]) == kind and abs(last["end"] - entry["start"]) < 2e-3:
            last["end"] = entry["end"]
        else:
            runs.append({"start": entry["start"], "end": entry["end"], "emotion": kind[0], "uncertain": kind[1]})
    return runs


def party_note(party: Entry) -> str:
    """Say whether a party's emotion was analysed, and on what ground."""
    if not party["is_emotion_analysed"]:
        return "emotion not analysed"
    return f"analysed with consent: {party['consent']}" if party.get("consent") else "emotion analysed"


def channel_note(party: Entry) -> str:
    """Say where a party was heard."""
    channel, speaker = str(party["channel"]), party.get("speaker")
    where = "all channels mixed" if channel == "mix" else f"channel {channel}"
    return f"{where}, speaker {speaker}" if speaker else where
