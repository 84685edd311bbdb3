"""``emotrace listen``: emotion as it is spoken, from the microphone or from raw samples on standard input."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from emotrace.cli import _options as options
from emotrace.cli._baseline import adapt
from emotrace.cli._output import tell, warn_in_one_line
from emotrace.errors import AudioWarning, MicrophoneError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from emotrace.audio.channels import Channel
    from emotrace.cli._stopping import Stop
    from emotrace.hear.session import Session, StreamResult

_RAW_RATE, _RAW_ENCODING = 16_000, "s16le"
_VIEW_INTERIM_SECONDS = 0.25
_WAIT_SECONDS = 0.05


class _Source(Protocol):
    """What is listened to: a microphone or standard input."""

    @property
    def is_finished(self) -> bool: ...

    def read(self, timeout_seconds: float) -> NDArray[np.float32] | None: ...

    def close(self) -> None: ...


class _Display(Protocol):
    """Where results go."""

    def show(
        self, results: Sequence[StreamResult], signal: NDArray[np.float32] | None, seconds: float
    ) -> None: ...


def command(
    source: Annotated[
        str | None, typer.Argument(metavar="[-]", help="The microphone, or - for raw PCM on standard input.")
    ] = None,
    model: options.Model = None,
    labels: options.Labels = None,
    baseline: options.Baseline = None,
    window: Annotated[
        float | None, typer.Option(metavar="S", help="Seconds heard at once; default: the model's.")
    ] = None,
    hop: Annotated[
        float | None, typer.Option(metavar="S", help="Seconds between final results; default: 1.")
    ] = None,
    lookahead: Annotated[
        float | None,
        typer.Option(
            metavar="S", help="Seconds heard after a hop before it is judged, the latency; default: 0.5."
        ),
    ] = None,
    interim: Annotated[
        float | None,
        typer.Option(
            metavar="S", help="Give interim results this often; the live view does anyway, lines do not."
        ),
    ] = None,
    no_smoothing: Annotated[
        bool, typer.Option("--no-smoothing", help="Each result for itself, as the model gives it.")
    ] = False,
    jsonl: Annotated[
        bool,
        typer.Option("--jsonl", help="One JSON record per result and line, at once, instead of the live view."),
    ] = False,
    device: Annotated[
        str | None, typer.Option(metavar="NAME|N", help="Which microphone: (part of) its name, or its number.")
    ] = None,
    list_devices: Annotated[bool, typer.Option("--list-devices", help="List the microphones, and exit.")] = False,
    rate: Annotated[
        int | None, typer.Option(metavar="HZ", help="Sampling rate; default: the microphone's own; 16000 for -.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of -: s16le (default), f32le, mulaw or alaw.")
    ] = None,
    channels: Annotated[int | None, typer.Option(metavar="N", help="Of -: how many; default: 1.")] = None,
    channel: Annotated[
        str | None, typer.Option(metavar="N|mix", help="Of -: the channel to hear, from 0, or mix (default).")
    ] = None,
) -> None:
    """Hear emotion as it is spoken: a live view in a terminal, one line per result elsewhere.

    Ctrl-C ends it; what has been heard by then is still judged. The exit code
    is 0 with the microphone, which has no other end, and 130 with standard input.

    Pipe anything in: arecord -t raw -f S16_LE -r 16000 | emotrace listen -
    or: ffmpeg -i URL -f s16le -ar 16000 -ac 1 - | emotrace listen - --jsonl
    """
    raw = {"--encoding": encoding, "--channels": channels, "--channel": channel}
    _check_source(source, {"--device": device, "--list-devices": list_devices or None}, raw)
    if list_devices:
        _list_devices()
        return
    from emotrace.cli._stopping import stopping
    from emotrace.hear.recognizer import load
    from emotrace.hear.session import Session
    from emotrace.hear.smoothing import Smoothing

    is_view = not jsonl and _is_terminal()
    which = options.parse_channel("mix" if channel is None else channel)
    encoding = _RAW_ENCODING if encoding is None else encoding
    n_channels = 1 if channels is None else channels
    with warn_in_one_line():
        recogniser = adapt(load(model, labels), baseline)
    opened, sampling_rate, name = (
        _open_microphone(device, rate) if source is None else _open_raw(encoding, n_channels, rate)
    )
    with _tell_warnings(is_view), closing(opened):
        session = Session(
            recogniser,
            sampling_rate,
            encoding=encoding,
            n_channels=n_channels,
            channel=which,
            window_seconds=window,
            hop_seconds=hop,
            lookahead_seconds=lookahead,
            interim_seconds=_VIEW_INTERIM_SECONDS if interim is None and is_view else interim,
            smoothing=None if no_smoothing else Smoothing(),
            file=name,
        )
        with _display(session, name, jsonl, is_view) as display, stopping() as stop:
            _listen(opened, session, which, display, stop)
    if stop.number is not None and (source is not None or stop.number != signal.SIGINT):
        raise typer.Exit(128 + stop.number)


def _listen(source: _Source, session: Session, channel: Channel, display: _Display, stop: Stop) -> None:
    """Push what comes and show what is heard, until the source or a signal ends it."""
    from emotrace.audio.channels import select_channel

    while not (stop or source.is_finished):
        block = source.read(_WAIT_SECONDS)
        results = [] if block is None else session.push(block)
        heard = select_channel(block, channel) if block is not None and block.ndim > 1 else block
        display.show(results, heard, session.duration)
    source.close()
    display.show(session.close(), None, session.duration)


def _check_source(source: str | None, of_microphone: Mapping[str, object], of_raw: Mapping[str, object]) -> None:
    if source not in (None, "-"):
        raise UsageError(
            f"'{source}' cannot be listened to, only the microphone, or - for standard input; "
            "for recordings use `emotrace analyze FILE`"
        )
    what, belonging = ("the microphone", of_raw) if source is None else ("standard input", of_microphone)
    foreign = [option for option, value in belonging.items() if value is not None]
    if foreign:
        hint = "pipe raw PCM into `emotrace listen -` to use it" if source is None else "leave out the - to use it"
        raise UsageError(f"{foreign[0]} has no meaning for {what}; {hint}")


def _open_microphone(device: str | None, rate: int | None) -> tuple[_Source, int, str]:
    from emotrace.hear.microphone import open_microphone

    microphone = open_microphone(device, rate)
    return microphone, microphone.sampling_rate, microphone.device.name


def _open_raw(encoding: str, n_channels: int, rate: int | None) -> tuple[_Source, int, str]:
    from emotrace.cli._raw_input import RawInput

    return RawInput(encoding, n_channels), _RAW_RATE if rate is None else rate, "-"


def _display(session: Session, name: str, jsonl: bool, is_view: bool) -> AbstractContextManager[_Display]:
    if jsonl:
        from emotrace.cli._live_lines import JsonLines

        return nullcontext(JsonLines(sys.stdout))
    if is_view:
        from emotrace.cli._live_screen import Frame
        from emotrace.cli._live_view import LiveView
        from emotrace.reports._look import Look

        source = "standard input" if name == "-" else name
        return LiveView(Frame(Look(sys.stdout), source, session.describe()))
    from emotrace.cli._live_lines import PlainLines

    return nullcontext(PlainLines(sys.stdout))


def _is_terminal() -> bool:
    """Say whether a person looks at a terminal that can draw."""
    return sys.stdout.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown")


@contextmanager
def _tell_warnings(is_view: bool) -> Iterator[None]:
    """Print warnings as they come, or when the view has ended, which they would tear."""
    if not is_view:
        with warn_in_one_line():
            yield
        return
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", AudioWarning)
        try:
            yield
        finally:
            for warning in caught:
                tell(f"warning: {warning.message}")


def _list_devices() -> None:
    from emotrace.hear.microphone import NO_MICROPHONE, list_microphones
    from emotrace.reports._text import printable

    devices = list_microphones()
    if not devices:
        raise MicrophoneError(NO_MICROPHONE)
    width = max(len(device.name) for device in devices)
    for device in devices:
        mark = "*" if device.is_default else " "
        channels = "1 channel " if device.n_channels == 1 else f"{device.n_channels} channels"
        facts = f"{channels}  {device.sampling_rate} Hz  {device.system}"
        typer.echo(printable(f"{mark} {device.number:>3}  {device.name:{width}}  {facts}"))
