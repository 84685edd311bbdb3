"""One stream of a telephone call at its socket: packets come, what is heard is told to the call's monitors."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from emotrace.calls.consent import check_consent, notice_of
from emotrace.errors import EmotraceError, UsageError
from emotrace.hear.session import Session, StreamResult
from emotrace.server.live.channel import Heard, in_thread
from emotrace.server.live.connection import NORMAL, Connection, Ended, Gone, Message, SlowReaderError
from emotrace.server.live.phone_messages import (
    SAMPLING_RATE,
    CallEnded,
    CallEscalation,
    CallEvent,
    CallResult,
    CallSettings,
    CallStarted,
    PhoneMedia,
    PhoneMessage,
    PhoneStart,
    PhoneStop,
    StartFacts,
    read_phone_message,
)
from emotrace.server.live.protocol import BAD_KIND, POLICY, BadMessageError, EscalationEvent, quote
from emotrace.server.live.switchboard import OpenCall
from emotrace.server.live.telephone import SILENCE, MessageCount, Track, track_facts

_SIDES = ("inbound", "outbound")
# A second is pushed at a time.
_PIECE_BYTES = SAMPLING_RATE


class Line:
    """One stream of a call at one socket."""

    def __init__(self, connection: Connection, start: PhoneStart, settings: CallSettings) -> None:
        self._connection = connection
        self._is_here = settings.results == "here"
        self._call: OpenCall | None = None
        self._numbers = MessageCount(start.sequence_number)
        recogniser = connection.service.models.recogniser(settings.model, settings.labels)
        consent = _read_consent(settings.agent_consent)
        facts = track_facts(_sides_of(start.start), settings, consent)
        self._tracks = {each.track: Track(each, recogniser, settings) for each in facts}
        described = Session(recogniser, SAMPLING_RATE, encoding="mulaw").describe()
        self.started = CallStarted(
            call=start.start.call_sid,
            stream=start.stream_sid,
            session=connection.id,
            model=described["model"],
            labels=tuple(described["labels"]),
            window_seconds=described["window_seconds"],
            hop_seconds=described["hop_seconds"],
            latency_seconds=described["latency_seconds"],
            tracks=facts,
            notice=notice_of(True, next((each.consent for each in facts if each.consent), None)),
        )

    async def hold(self, call: OpenCall) -> tuple[int, str]:
        """Listen until the stream stops or something stops it; in any case tell what was heard, and the end."""
        self._call = call
        code, reason, why = NORMAL, "", "stopped"
        try:
            if self._is_here:
                await self._connection.send(self.started)
            while await self._take(await self._connection.receive()):
                pass
        except Ended as end:
            code, reason, why = end.code, end.reason, end.reason
        except Gone:
            why = "vanished"
            self._is_here = False
            raise
        except SlowReaderError:
            why = "results were not read in time"
            self._is_here = False
            raise
        except EmotraceError as error:
            why = str(error)
            raise
        except Exception:
            why = "the server failed"
            raise
        finally:
            await self._finish(why)
        return code, reason

    async def _take(self, message: Message) -> bool:
        """Do what a message says; False once the stream stops."""
        event = read_message(message)
        self._numbers.see(getattr(event, "sequence_number", None))
        if isinstance(event, PhoneStart):
            raise BadMessageError("the stream has started already")
        if isinstance(event, PhoneMedia):
            await self._place(event, message.arrived)
        return not isinstance(event, PhoneStop)

    async def _place(self, event: PhoneMedia, arrived: float) -> None:
        longest = self._connection.service.settings.max_stream_seconds
        track = self._tracks.get(event.media.track)
        if track is None:
            known = ", ".join(self._tracks)
            raise BadMessageError(f"media: the track is {quote(event.media.track)}; the stream began with {known}")
        data = event.audio()
        if event.media.timestamp is not None and event.media.timestamp > longest * 1000:
            raise BadMessageError(f"media: the timestamp {event.media.timestamp} ms is beyond {longest:g} s")
        gap = track.clock.place(event.media.timestamp, len(data))
        if gap is None:
            return
        for first in range(0, gap, _PIECE_BYTES):
            self._connection.check_presence()
            await self._push(track, SILENCE * min(_PIECE_BYTES, gap - first), arrived)
        for first in range(0, len(data), _PIECE_BYTES):
            await self._push(track, data[first : first + _PIECE_BYTES], arrived)
        if track.clock.n_samples > longest * SAMPLING_RATE:
            raise Ended(POLICY, f"a stream may hold {longest:g} s of audio here; start a new one")

    async def _push(self, track: Track, data: bytes, arrived: float) -> None:
        heard = await in_thread(self._connection, partial(track.push, data))
        self._connection.service.metrics.audio_seconds(len(data) / SAMPLING_RATE, "twilio")
        await self._pass_on(track, heard, arrived)

    async def _pass_on(self, track: Track, heard: Heard, arrived: float | None = None) -> None:
        metrics = self._connection.service.metrics
        where: dict[str, Any] = {
            "call": self.started.call,
            "stream": self.started.stream,
            "track": track.facts.track,
        }
        for told in heard:
            if not isinstance(told, StreamResult):
                await self._tell(CallEscalation(**where, **EscalationEvent.of(told).fields()))
                continue
            whose: dict[str, Any] = {"party": track.facts.party, "consent": track.facts.consent}
            await self._tell(CallResult(**where, **whose, **told.to_dict()))
            metrics.results(1, "twilio")
            if told.is_final and arrived is not None:
                metrics.result_latency(asyncio.get_running_loop().time() - arrived)

    async def _finish(self, why: str) -> None:
        n_results = 0
        try:
            for track in self._tracks.values():
                await self._pass_on(track, await in_thread(self._connection, track.close))
                n_results += track.n_results
        finally:
            ended = CallEnded(
                call=self.started.call,
                stream=self.started.stream,
                reason=why,
                n_results=n_results,
                n_messages_missing=self._numbers.n_missing,
                n_messages_repeated=self._numbers.n_repeated,
                tracks=tuple(track.totals() for track in self._tracks.values()),
            )
            await self._tell(ended)

    async def _tell(self, event: CallEvent) -> None:
        assert self._call is not None
        self._call.tell(event)
        if self._is_here:
            await self._connection.send(event)


def read_message(message: Message) -> PhoneMessage | None:
    """Read what a telephone service has sent; None if its kind is not known here."""
    if isinstance(message.data, bytes):
        raise BadMessageError("a binary message came; a telephone service sends JSON text", BAD_KIND)
    return read_phone_message(message.data)


def _sides_of(start: StartFacts) -> tuple[str, ...]:
    strange = [track for track in start.tracks if track not in _SIDES]
    if strange or not start.tracks:
        raise BadMessageError(f"start: the tracks are {quote(list(start.tracks))}; known: {', '.join(_SIDES)}")
    return tuple(dict.fromkeys(start.tracks))


def _read_consent(reason: str | None) -> str | None:
    try:
        return check_consent(reason)
    except UsageError as error:
        raise BadMessageError(str(error).replace("--agent-consent", "agent_consent")) from None
