"""One telephone call as it comes in packets: gaps filled so that times stay true, the customer's side listened to.

No input or output of its own: packets in, results out. By default only the customer's voice is analysed for
emotion; of the agent's it is only found out how long they talk, unless a ground for more is stated.
"""

from __future__ import annotations

from dataclasses import dataclass

from emotrace.audio.pcm import PcmReader
from emotrace.audio.resample import Resampler
from emotrace.calls.activity import SpeechFollower
from emotrace.hear.recognizer import Recogniser
from emotrace.hear.session import Session, StreamResult
from emotrace.hear.smoothing import Smoothing
from emotrace.hear.speech import SpeechDetector
from emotrace.server.live.channel import Heard, LiveChannel
from emotrace.server.live.phone_messages import SAMPLING_RATE, CallSettings, Party, TrackFacts, TrackTotals

SILENCE = b"\xff"
"""mu-law for zero."""

JITTER_SECONDS = 0.06
"""Time stamps may be off by so much before anything is made of it: three packets."""


@dataclass
class PacketClock:
    """Says where on a track each packet belongs: time stamps decide, but not about every millisecond.

    >>> clock = PacketClock()
    >>> clock.place(0, 160), clock.place(20, 160), clock.place(1000, 160), clock.place(500, 160)
    (0, 0, 7680, None)
    """

    n_samples: int = 0
    n_packets: int = 0
    n_late: int = 0
    n_filled: int = 0

    def place(self, timestamp: int | None, n_samples: int) -> int | None:
        """Place the next packet.

        Parameters
        ----------
        timestamp
            In ms from the start of the stream; None if the packet just follows the last one.
        n_samples
            In the packet.

        Returns
        -------
        How many samples of silence come before it; None if it is late and must be left out.
        """
        self.n_packets += 1
        jitter = round(JITTER_SECONDS * SAMPLING_RATE)
        due = self.n_samples if timestamp is None else timestamp * SAMPLING_RATE // 1000
        if due < self.n_samples - jitter:
            self.n_late += 1
            return None
        gap = due - self.n_samples if due > self.n_samples + jitter else 0
        self.n_samples += gap + n_samples
        self.n_filled += gap
        return gap


@dataclass
class MessageCount:
    """Counts what is missing or came again, by the numbers of the messages."""

    last: int | None = None
    n_missing: int = 0
    n_repeated: int = 0

    def see(self, number: int | None) -> None:
        """Take the number of the next message; None if it has none."""
        if number is None:
            return
        if self.last is not None and number <= self.last:
            self.n_repeated += 1
            return
        if self.last is not None:
            self.n_missing += number - self.last - 1
        self.last = number


class Track:
    """One side of a call.

    Parameters
    ----------
    facts
        Who it is, and whether their emotions are inferred.
    recogniser, settings
        How to hear.

    Raises
    ------
    UsageError
        If the settings cannot be had.
    """

    def __init__(self, facts: TrackFacts, recogniser: Recogniser, settings: CallSettings) -> None:
        self.facts = facts
        self.clock = PacketClock()
        self.channel: LiveChannel | None = None
        self._talk: _TalkTime | None = None
        self._talk_seconds = 0.0
        if facts.is_emotion_analysed:
            smoothing = Smoothing() if settings.smoothing else None
            session = Session(
                recogniser,
                SAMPLING_RATE,
                encoding="mulaw",
                interim_seconds=settings.interim_seconds,
                smoothing=smoothing,
            )
            self.channel = LiveChannel(session, "customer" if facts.party == "customer" else None)
        else:
            self._talk = _TalkTime(recogniser)

    @property
    def n_results(self) -> int:
        """How many final results were given."""
        return 0 if self.channel is None else self.channel.n_results

    def push(self, data: bytes) -> Heard:
        """Take the next mu-law bytes, gaps filled; give what can now be said, which is nothing if nobody may."""
        if self.channel is None:
            assert self._talk is not None
            self._talk.push(data)
            return []
        return self._count(self.channel.push(data))

    def close(self) -> Heard:
        """End the track; give what was still open."""
        if self.channel is None:
            assert self._talk is not None
            self._talk_seconds = self._talk.close()
            return []
        return self._count(self.channel.close())

    def totals(self) -> TrackTotals:
        """Say what came of it, once it is closed."""
        return TrackTotals(
            track=self.facts.track,
            party=self.facts.party,
            duration=round(self.clock.n_samples / SAMPLING_RATE, 3),
            talk_seconds=round(self._talk_seconds, 3),
            n_packets=self.clock.n_packets,
            n_late=self.clock.n_late,
            filled_seconds=round(self.clock.n_filled / SAMPLING_RATE, 3),
        )

    def _count(self, heard: Heard) -> Heard:
        for told in heard:
            if isinstance(told, StreamResult) and told.is_final:
                self._talk_seconds += told.prediction.speech_seconds
        return heard


class _TalkTime:
    """How long somebody talks, and nothing else about them."""

    def __init__(self, recogniser: Recogniser) -> None:
        bundle = recogniser.speech_bundle
        self._reader = PcmReader("mulaw")
        self._resampler = Resampler(SAMPLING_RATE, bundle.card.sampling_rate)
        self._follower = SpeechFollower(bundle, SpeechDetector(bundle))

    def push(self, data: bytes) -> None:
        self._follower.push(self._resampler.push(self._reader.push(data)[0]))

    def close(self) -> float:
        self._follower.push(self._resampler.close())
        return sum(segment.duration for segment in self._follower.close())


def track_facts(tracks: tuple[str, ...], settings: CallSettings, consent: str | None) -> tuple[TrackFacts, ...]:
    """Say of each side of a call who it is, and whether their emotions may be inferred.

    >>> [facts.is_emotion_analysed for facts in track_facts(("inbound", "outbound"), CallSettings(), None)]
    [True, False]
    """
    facts = []
    for track in tracks:
        party: Party = "customer" if track == settings.customer_track else "agent"
        may = party == "customer" or consent is not None
        ground = consent if party == "agent" else None
        facts.append(TrackFacts(track=track, party=party, is_emotion_analysed=may, consent=ground))
    return tuple(facts)
