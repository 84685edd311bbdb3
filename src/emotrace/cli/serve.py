"""``emotrace serve``: emotion in speech over HTTP and WebSocket."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from emotrace.cli import _options as options
from emotrace.cli._output import tell

_Many = list[str]


def command(
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", help="Where to listen; where others can reach it, --api-key-file is needed."
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", help="0 takes any free one.")] = 8765,
    model: options.Model = None,
    more_models: Annotated[
        _Many | None, typer.Option("--more-model", metavar="BUNDLE", help="A further model to choose; repeatable.")
    ] = None,
    labels: options.Labels = None,
    api_key_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Hashes of the accepted API keys, one a line; see --new-key."),
    ] = None,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Print a fresh API key and the line for --api-key-file, and end.")
    ] = False,
    allow_host: Annotated[
        _Many | None, typer.Option(metavar="NAME", help="A host name that clients may call it by; repeatable.")
    ] = None,
    allow_origin: Annotated[
        _Many | None,
        typer.Option(metavar="ORIGIN", help="A web page's origin (https://...) that may use it; repeatable."),
    ] = None,
    with_app: Annotated[
        bool, typer.Option("--app", help="The web app as well, at /app, for this machine alone (extra `app`).")
    ] = False,
    corpora: options.Corpora = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Processes for uploads; default: one per core, at most 4.")
    ] = None,
    queue: Annotated[
        int | None, typer.Option(metavar="N", help="Uploads that may wait for a worker; default: 32.")
    ] = None,
    max_streams: Annotated[
        int | None, typer.Option(metavar="N", help="Live streams at a time; default: 25, what one core follows.")
    ] = None,
    max_bytes: Annotated[
        int | None, typer.Option(metavar="N", help="Refuse larger uploads; default: 64 MiB.")
    ] = None,
    max_seconds: Annotated[
        float | None, typer.Option(metavar="S", help="Refuse longer uploads; default: an hour.")
    ] = None,
    max_channels: Annotated[
        int | None, typer.Option(metavar="N", help="Refuse uploads with more channels; default: 16.")
    ] = None,
    request_timeout: Annotated[
        float | None, typer.Option(metavar="S", help="Give up on an upload after this; default: 120.")
    ] = None,
    drain_seconds: Annotated[
        float | None, typer.Option(metavar="S", help="Wait so long for running work at the end; default: 20.")
    ] = None,
) -> None:
    """Serve predictions, timelines and live streams: REST, WebSocket and telephone media streams.

    Only this machine can reach it, unless API keys are set up:

    emotrace serve --new-key   (give the key to the client, its hash to FILE)
    emotrace serve --host 0.0.0.0 --api-key-file FILE

    Nothing that is sent is kept. SIGTERM and Ctrl-C let running work end.
    """
    auth, listen, app_module, logs, settings_module = _load_server()
    if new_key:
        _print_new_key(auth)
        return
    given: dict[str, Any] = {
        "n_workers": workers,
        "queue_length": queue,
        "max_streams": max_streams,
        "max_body_bytes": max_bytes,
        "max_seconds": max_seconds,
        "max_channels": max_channels,
        "request_timeout_seconds": request_timeout,
        "drain_seconds": drain_seconds,
    }
    settings = settings_module.Settings(
        host=host,
        port=port,
        model=model,
        more_models=tuple(more_models or ()),
        labels=labels,
        api_keys=auth.read_key_file(api_key_file) if api_key_file else (),
        allowed_hosts=tuple(allow_host or ()),
        allowed_origins=tuple(allow_origin or ()),
        **{name: value for name, value in given.items() if value is not None},
    )
    with listen.open_socket(settings) as listener:
        app = app_module.create_app(settings)
        if with_app:
            from emotrace.app.site import add_app

            add_app(app, corpora)
        logs.write_logs(sys.stderr)
        url, names = listen.url_of(listener), ", ".join(app.state.service.models.names)
        pages = f"docs: {url}/docs, app: {url}/app/" if with_app else f"docs: {url}/docs"
        listen.run(app, listener, lambda: typer.echo(f"emotrace: serving {names} on {url} ({pages})"))


def _load_server() -> Any:
    from emotrace.errors import MissingExtraError

    try:
        from emotrace.server import app, auth, listen, logs, settings
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "emotrace":
            raise
        raise MissingExtraError("`emotrace serve`", "server") from None
    return auth, listen, app, logs, settings


def _print_new_key(auth: Any) -> None:
    key, digest = auth.new_key()
    typer.echo(f"key:   {key}")
    typer.echo(f"hash:  {digest}")
    tell("give the key to the client and append the hash to the --api-key-file; the key cannot be shown again")
