"""Put the web app under a server: all tabs on one page, nothing fetched from elsewhere, nothing kept."""

from __future__ import annotations

import importlib
import os
import pkgutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from fastapi import FastAPI, Response
from fastapi.responses import RedirectResponse

from emotrace.app import tabs
from emotrace.app.desk import PATH, Desk
from emotrace.app.guard import AppGuard
from emotrace.errors import MissingExtraError, UsageError

# Gradio reads these as it is imported. It would count its users, and keep uploads in a folder that others share.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

_SWEEP_SECONDS, _KEPT_SECONDS = 60, 3600


def add_app(server: FastAPI, corpora: Path | None = None) -> FastAPI:
    """Mount the app at `emotrace.app.desk.PATH` of a server made by `emotrace.server.app.create_app`.

    What people upload and record lies in a folder of this process, is deleted an hour later at the latest, and all
    of it when the server ends.

    Raises
    ------
    UsageError
        If others than this machine can reach the server: the app asks nobody for a key.
    MissingExtraError
        If Gradio is not installed.
    """
    if find_spec("gradio") is None:
        raise MissingExtraError("the web app", "app")
    settings = server.state.service.settings
    if not settings.is_loopback:
        raise UsageError(
            f"{settings.host} can be reached by others, and the web app asks nobody for a key; bind 127.0.0.1, or "
            "put a proxy before it that knows its people"
        )
    folder = tempfile.TemporaryDirectory(prefix="emotrace-app-")
    os.environ["GRADIO_TEMP_DIR"] = folder.name

    import gradio as gr

    from emotrace.app.look import ICON, head, stylesheet, theme

    desk = Desk(server.state.service, Path(folder.name), corpora)
    with gr.Blocks(
        title="emotrace", analytics_enabled=False, delete_cache=(_SWEEP_SECONDS, _KEPT_SECONDS)
    ) as page:
        gr.HTML("<h1>emotrace</h1><p>Hears emotion in speech, on this machine alone.</p>", elem_id="masthead")
        with gr.Tabs():
            for name, tab in sorted(_tabs().items(), key=lambda item: item[1].PLACE):
                with gr.Tab(tab.TITLE, id=name, elem_id=f"tab-{name}"):
                    tab.build(desk)
                # Before the server refuses whatever WebSocket it does not know.
                server.router.routes[:0] = getattr(tab, "ROUTES", ())
    page.queue(default_concurrency_limit=settings.max_requests)
    gr.mount_gradio_app(
        server,
        page,
        PATH,
        server_name=settings.host,
        server_port=settings.port,
        footer_links=[],
        run_history=False,
        # What a person should read is a `gradio.Error` and shown all the same; all else is a defect, for the log.
        show_error=False,
        max_file_size=settings.max_body_bytes,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=theme(),
        css=stylesheet(),
        head=head(),
    )
    # Gradio looks whether a path that a page names was really uploaded, but only where it was launched by itself.
    page.has_launched = True
    server.add_middleware(AppGuard)
    server.add_api_route(PATH, lambda: RedirectResponse(f"{PATH}/"), include_in_schema=False)
    server.add_api_route(
        "/favicon.ico", lambda: Response(ICON, media_type="image/svg+xml"), include_in_schema=False
    )
    _clean_at_the_end(server, folder)
    return server


def _tabs() -> dict[str, ModuleType]:
    """Import every module of ``tabs/``: ``TITLE``, ``PLACE`` in the row, ``build(desk)``, perhaps ``ROUTES``."""
    return {
        info.name: importlib.import_module(f"{tabs.__name__}.{info.name}")
        for info in pkgutil.iter_modules(tabs.__path__)
        if not info.name.startswith("_")
    }


def _clean_at_the_end(server: FastAPI, folder: tempfile.TemporaryDirectory[str]) -> None:
    inner = server.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[object]:
        try:
            async with inner(app) as state:
                yield state
        finally:
            folder.cleanup()

    server.router.lifespan_context = lifespan  # type: ignore[assignment]
