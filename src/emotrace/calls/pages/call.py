"""The page of one call: self-contained, to be opened offline in any browser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from emotrace.calls.pages._agent import draw_agent_turns
from emotrace.calls.pages._colours import colour_rules
from emotrace.calls.pages._escalations import draw_escalations
from emotrace.calls.pages._facts import draw_facts
from emotrace.calls.pages._header import draw_header
from emotrace.calls.pages._method import draw_method, draw_notice
from emotrace.calls.pages._quarters import draw_quarters
from emotrace.calls.pages._shell import write_page
from emotrace.calls.pages._timeline import draw_patterns, draw_timeline, page_data
from emotrace.calls.pages._transport import audio_pieces, draw_keys, draw_transport
from emotrace.calls.pages._turns import draw_turns
from emotrace.calls.pages._view import CallView
from emotrace.markup import Html, element, join, json_block


def write_call(
    call: Mapping[str, Any],
    stream: TextIO,
    audio: bytes | None = None,
    media_type: str = "audio/mpeg",
    peaks: Mapping[str, Sequence[float]] | None = None,
) -> None:
    """Write the page of one call.

    Everything is in the one file, the audio too; the page's own policy forbids it to ask for anything else.
    What is written is ASCII.

    Parameters
    ----------
    call
        As documented by the JSON Schema ``emotrace/assets/call.schema.json``.
    stream
        Where to.
    audio, media_type
        An encoded recording that browsers play, and what it is; without it the page shows and does not play.
        `emotrace.calls.player.make_player_audio` makes it.
    peaks
        By party, the highest absolute sample, 0 to 1, of each of many equal stretches that fill the call;
        without them the waveform is drawn as blocks, one per turn.
    """
    view = CallView(call)
    write_page(
        stream, f"{view.name} – call report", colour_rules(view.labels), _body(view, audio, media_type, peaks)
    )


def _body(
    view: CallView, audio: bytes | None, media_type: str, peaks: Mapping[str, Sequence[float]] | None
) -> Iterator[str]:
    has_audio = audio is not None
    yield draw_patterns()
    yield "<main>\n"
    yield draw_header(view)
    yield '\n<section id="player" aria-label="Recording">\n'
    yield draw_transport(view, has_audio)
    if audio is not None:
        yield from audio_pieces(audio, media_type)
    yield draw_timeline(view, peaks)
    yield draw_keys(has_audio)
    yield "\n</section>\n"
    yield join([draw_quarters(view), *_columns(view, has_audio), draw_turns(view)])
    yield join([draw_notice(view), draw_method(view)])
    yield "\n</main>\n"
    yield json_block("call", page_data(view))
    yield "\n"


def _columns(view: CallView, has_audio: bool) -> Iterator[Html]:
    """Put escalations beside the facts; where there are none, the facts beside the agent."""
    escalations, facts, agent = draw_escalations(view, has_audio), draw_facts(view), draw_agent_turns(view)
    if view.call["escalations"]:
        yield element("div", escalations, element("div", facts, agent), class_="columns")
    else:
        yield escalations
        yield element("div", facts, agent, class_="columns")
