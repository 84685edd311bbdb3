"""``emotrace app``: the web app, for this machine alone."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from emotrace.cli import _options as options


def command(
    port: Annotated[int, typer.Option(metavar="N", help="0 takes any free one.")] = 7860,
    model: options.Model = None,
    more_models: Annotated[
        list[str] | None,
        typer.Option("--more-model", metavar="BUNDLE", help="A further model to choose; repeatable."),
    ] = None,
    corpora: options.Corpora = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open it in the browser.")] = True,
) -> None:
    """Open the web app: analyse recordings, hear yourself live, look at calls, corpora and models.

    It listens at 127.0.0.1 only, sends nothing anywhere, and keeps nothing unless told to.
    """
    app_room, listen, server_app, settings_module = _load_app()
    settings = settings_module.Settings(port=port, model=model, more_models=tuple(more_models or ()))
    with listen.open_socket(settings) as listener:
        app = app_room.add_app(server_app.create_app(settings), corpora)
        url = f"{listen.url_of(listener)}/app/"

        def tell_and_open() -> None:
            typer.echo(f"emotrace: the app is at {url} (Ctrl-C ends it)")
            if open_browser:
                import webbrowser

                webbrowser.open(url)

        listen.run(app, listener, tell_and_open)


def _load_app() -> Any:
    from emotrace.errors import MissingExtraError

    try:
        from emotrace.app import site
        from emotrace.server import app, listen, settings
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "emotrace":
            raise
        raise MissingExtraError("`emotrace app`", "app") from None
    return site, listen, app, settings
