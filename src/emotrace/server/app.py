"""The web application: layers, routes found by their folder, documents about itself."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from emotrace import __version__
from emotrace.server import routes
from emotrace.server.body import BodyGuard
from emotrace.server.guard import Guard
from emotrace.server.logs import Observer
from emotrace.server.openapi import restore_reports
from emotrace.server.problems import add_handlers
from emotrace.server.service import Service
from emotrace.server.settings import Settings

_DESCRIPTION = """\
Hears emotion in speech: a recording in, an honest and calibrated emotion timeline out.

Nothing that is sent here is kept: uploads are decoded in a process of their own from a nameless temporary file,
and neither audio nor results are logged. Every error is an `application/problem+json` document (RFC 9457). Live
streams over WebSocket are described by the AsyncAPI document at `/asyncapi.json`.
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application.

    Every module of ``emotrace/server/routes/`` exports a ``router``; ``app.state.service`` is the `Service`.

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
    add_handlers(app)
    _add_layers(app, service)
    for info in pkgutil.iter_modules(routes.__path__):
        if not info.name.startswith("_"):
            app.include_router(importlib.import_module(f"{routes.__name__}.{info.name}").router)
    return app


class _App(FastAPI):
    """FastAPI, with a document that keeps the nulls of its examples."""

    def openapi(self) -> dict[str, Any]:
        """Give the OpenAPI document, made once."""
        is_new = self.openapi_schema is None
        document = super().openapi()
        if is_new:
            restore_reports(document)
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
