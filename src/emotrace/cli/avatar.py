"""``emotrace avatar``: a voice's emotion as the parameters of an avatar, and things done when it lasts."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from emotrace.cli import _options as options
from emotrace.cli._avatar_source import AvatarSource, Source
from emotrace.cli._baseline import adapt
from emotrace.cli._output import tell, warn_in_one_line
from emotrace.errors import UsageError

if TYPE_CHECKING:
    from emotrace.avatar.hook_runner import HookRunner
    from emotrace.avatar.hooks import Hook, HookWatch
    from emotrace.avatar.mapping import AvatarMapping
    from emotrace.avatar.osc import OscSink
    from emotrace.avatar.sender import Message
    from emotrace.avatar.state import Pose
    from emotrace.cli._stopping import Stop
    from emotrace.hear.recognizer import Recogniser
    from emotrace.hear.session import Session, StreamResult

_USUAL_PRESET = "vrchat"
_LONGEST_WAIT_SECONDS = 0.05
_LAST_HOOKS_SECONDS = 5.0


class _Display(AbstractContextManager[None], Protocol):
    def show(self, pose: Pose, messages: Sequence[Message]) -> None: ...


def command(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE|-|mic]", help="A recording, - for raw PCM on standard input, or the microphone."
        ),
    ] = None,
    osc: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Send there; VRChat listens on 127.0.0.1:9000.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which parameters to send; see --presets. Default: vrchat.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(metavar="FILE", help="One's own parameters; --print-mapping starts such a file.")
    ] = None,
    hooks: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Programs to run and addresses to post to when an emotion lasts."),
    ] = None,
    model: options.Model = None,
    labels: options.Labels = None,
    baseline: options.Baseline = None,
    channel: Annotated[
        str | None,
        typer.Option(metavar="N|mix", help="Of FILE or -: the channel to hear, from 0, or mix (default)."),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Of FILE: as fast as possible, not as it was spoken.")
    ] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Write every frame that is sent as a line of JSON.")
    ] = False,
    device: Annotated[
        str | None, typer.Option(metavar="NAME|N", help="Which microphone: (part of) its name, or its number.")
    ] = None,
    rate: Annotated[
        int | None, typer.Option(metavar="HZ", help="Of - (default: 16000) or of the microphone (its own).")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of -: s16le (default), f32le, mulaw or alaw.")
    ] = None,
    channels: Annotated[int | None, typer.Option(metavar="N", help="Of -: how many; default: 1.")] = None,
    presets: Annotated[bool, typer.Option("--presets", help="List the presets, and exit.")] = False,
    print_mapping: Annotated[
        bool, typer.Option("--print-mapping", help="Print the preset as a mapping file to change, and exit.")
    ] = False,
) -> None:
    """Give an avatar the feeling of a voice: parameters over OSC, and things done when an emotion lasts.

    The face follows what is heard, calmly; silence, and the end, bring it back to neutral. Ctrl-C ends it.

    Nothing is sent anywhere without --osc or --hooks.

    Try it: emotrace avatar speech.wav --osc 127.0.0.1:9000
    or: ffmpeg -i URL -f s16le -ar 16000 -ac 1 - | emotrace avatar - --preset vmc --osc 127.0.0.1:39539
    """
    if presets:
        _list_presets()
        return
    chosen = _choose_mapping(preset, mapping, print_mapping)
    if chosen is None:
        return
    where = AvatarSource(source, channel, fast, device, rate, encoding, channels)
    where.check()
    with ExitStack() as stack:
        stack.enter_context(warn_in_one_line())
        sink = _open_sink(osc)
        if sink is not None:
            stack.enter_context(closing(sink))
        hook_list = _read_hooks(hooks)
        from emotrace.cli._stopping import stopping
        from emotrace.hear.recognizer import load

        recogniser = adapt(load(model, labels), baseline)
        doer = _watch(hook_list, recogniser)
        if mapping is not None:
            _tell_unmoved(mapping, chosen, recogniser)
        wait = min(_LONGEST_WAIT_SECONDS, max(0.01, 0.5 / chosen.sending.rate_hz))
        opened, session = where.open(recogniser, wait)
        stack.enter_context(closing(opened))
        stop = stack.enter_context(stopping())
        started = time.monotonic()
        clock: Callable[[], float] = (lambda: session.duration) if fast else (lambda: time.monotonic() - started)
        display = _display(jsonl, osc or chosen.sending.usual_target, is_sending=sink is not None)
        with display:
            _Run(chosen, sink, doer, display, clock).follow(opened, session, stop, wait)
    # With the microphone, Ctrl-C is the usual end.
    if stop.number is not None and (where.has_end or stop.number != signal.SIGINT):
        raise typer.Exit(128 + stop.number)


@dataclass(frozen=True)
class _Doer:
    """What is done when a state lasts."""

    watch: HookWatch
    runner: HookRunner


class _Run:
    """From a source to an avatar, until the source ends or somebody wants an end."""

    def __init__(
        self,
        mapping: AvatarMapping,
        sink: OscSink | None,
        doer: _Doer | None,
        display: _Display,
        clock: Callable[[], float],
    ) -> None:
        from emotrace.avatar.sender import Sender
        from emotrace.avatar.state import AvatarState

        self._avatar, self._sender = AvatarState(mapping.motion), Sender(mapping)
        self._is_together = mapping.sending.together
        self._sink, self._doer, self._display, self._clock = sink, doer, display, clock

    def follow(self, source: Source, session: Session, stop: Stop, wait_seconds: float) -> None:
        try:
            while not (stop or source.is_finished):
                block = source.read(wait_seconds)
                self._take([] if block is None else session.push(block))
                self._send(self._avatar.tick(self._clock()))
            self._take(session.close())
        finally:
            # However it ends: nobody is to be left with an angry face.
            from emotrace.avatar.state import AvatarState

            try:
                self._send(AvatarState().tick(self._clock()), is_last=True)
            finally:
                if self._doer is not None:
                    self._doer.runner.close(_LAST_HOOKS_SECONDS)

    def _take(self, results: Sequence[StreamResult]) -> None:
        for result in results:
            self._avatar.push(result.prediction, self._clock())
            if self._doer is not None and result.is_final:
                for firing in self._doer.watch.push(result.prediction):
                    self._doer.runner.start(firing)

    def _send(self, pose: Pose, is_last: bool = False) -> None:
        messages = self._sender.due(pose, is_last)
        if self._sink is not None:
            self._sink.send(messages, self._is_together)
        self._display.show(pose, messages)


def _warn(line: str) -> None:
    tell(f"warning: {line}")


def _list_presets() -> None:
    from emotrace.avatar.mapping_file import load_preset, preset_names

    names = preset_names()
    for name in names:
        typer.echo(f"{name:{max(map(len, names))}}  {load_preset(name).description}")


def _choose_mapping(preset: str | None, mapping: Path | None, is_printed: bool) -> AvatarMapping | None:
    from emotrace.avatar.mapping_file import load_preset, preset_path, read_mapping

    if preset is not None and mapping is not None:
        raise UsageError("--preset and --mapping both say what to send; give one of them")
    if is_printed:
        if mapping is not None:
            raise UsageError("--print-mapping prints a preset; leave out --mapping")
        typer.echo(preset_path(preset or _USUAL_PRESET).read_text(encoding="utf-8"), nl=False)
        return None
    return load_preset(preset or _USUAL_PRESET) if mapping is None else read_mapping(mapping)


def _open_sink(target: str | None) -> OscSink | None:
    if target is None:
        return None
    from emotrace.avatar.osc import OscSink, parse_target

    return OscSink(*parse_target(target), warn=_warn)


def _read_hooks(path: Path | None) -> tuple[Hook, ...]:
    if path is None:
        return ()
    from emotrace.avatar.hooks import read_hooks

    return read_hooks(path)


def _watch(hooks: Sequence[Hook], recogniser: Recogniser) -> _Doer | None:
    if not hooks:
        return None
    from emotrace.avatar.hook_runner import HookRunner
    from emotrace.avatar.hooks import HookWatch

    return _Doer(HookWatch(hooks, recogniser.labels), HookRunner(hooks, _warn))


def _tell_unmoved(path: Path, mapping: AvatarMapping, recogniser: Recogniser) -> None:
    unmoved = mapping.unmoved_by(recogniser.labels)
    if unmoved:
        emotions = sorted(frozenset().union(*(parameter.used_emotions for parameter in unmoved)))
        _warn(
            f"{path}: {len(unmoved)} parameters wait for {', '.join(emotions)}, never heard here, and stay as "
            f"they are; the labels in use are {', '.join(recogniser.labels)}, others come with --labels or --model"
        )


def _display(jsonl: bool, target: str, is_sending: bool) -> _Display:
    from emotrace.cli._avatar_view import JsonFrames, LiveLine, PlainChanges

    if jsonl:
        return JsonFrames(sys.stdout)
    if not is_sending:
        tell(f"nothing is sent to an avatar; --osc {target} is where programs of this kind listen")
    if sys.stdout.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown"):
        from emotrace.reports._look import Look

        return LiveLine(Look(sys.stdout), target if is_sending else None)
    return PlainChanges(sys.stdout)
