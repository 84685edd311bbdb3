"""The web application: layers, routes found by their folder, documents about itself."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, WebSocket
from fastapi.middleware.cors import CORSMiddleware

from emotrace import __version__
from emotrace.server import routes
from emotrace.server.guard import Guard
from emotrace.server.live.switchboard import Switchboard
from emotrace.server.observer import Observer
from emotrace.server.openapi import complete_document
from emotrace.server.problems import ANYTHING, Problem, add_handlers, deny_websocket
from emotrace.server.service import Service
from emotrace.server.settings import Settings
from emotrace.server.uploads.body import BodyGuard

_DESCRIPTION = """\
Hears emotion in speech: a recording in, an honest and calibrated emotion timeline out.

Nothing that is sent here is kept: uploads are decoded in a process of their own from a nameless temporary file,
and neither audio nor results are logged. Every error is an `application/problem+json` document (RFC 9457). Live
streams over WebSocket are described by the AsyncAPI document at `/asyncapi.json`.
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application.

    Every module of ``emotrace/server/routes/`` exports a ``router``; ``app.state.service`` is the `Service`, and
    ``app.state.switchboard`` holds the open telephone calls.

    Parameters
    ----------
    settings
        None: the defaults.

    Raises
    ------
    BundleError, LabelError, UsageError
        As `Service`.
    """
    service = Service(settings or Settings())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        try:
            yield
        finally:
            await service.stop()

    app = _App(
        title="emotrace",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        # Where a redirect leads is made of the Host header, and nobody needs one.
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    app.state.switchboard = Switchboard(service.settings)
    add_handlers(app)
    _add_layers(app, service)
    for info in pkgutil.iter_modules(routes.__path__):
        if not info.name.startswith("_"):
            app.include_router(importlib.import_module(f"{routes.__name__}.{info.name}").router)
    app.add_api_websocket_route(ANYTHING, _refuse_websocket)
    return app


async def _refuse_websocket(websocket: WebSocket) -> None:
    detail = "there is no WebSocket at this path; see /asyncapi.json for those there are"
    await deny_websocket(websocket, Problem(404, "not-found", detail))


class _App(FastAPI):
    """FastAPI, with a document that is complete."""

    def openapi(self) -> dict[str, Any]:
        """Give the OpenAPI document, made once."""
        is_new = self.openapi_schema is None
        document = super().openapi()
        if is_new:
            complete_document(document)
        return document


def _add_layers(app: FastAPI, service: Service) -> None:
    """Put the layers around the routes; what is added last stands outermost."""
    settings, metrics = service.settings, service.metrics
    app.add_middleware(BodyGuard, settings=settings, metrics=metrics)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "X-API-Key", "X-Request-ID", "Content-Type"],
            expose_headers=["X-Request-ID", "Retry-After", "Emotrace-Warning"],
        )
    app.add_middleware(Guard, settings=settings, metrics=metrics)
    app.add_middleware(Observer, metrics=metrics)
