"""From the body of a request to an open file that has no name and ends with the request."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from emotrace.server.problems import Problem

_LONGEST_NAME = 200
_UNNAMED = "upload"
# Not among them is application/x-www-form-urlencoded: `curl --data-binary` says so of anything.
_NEVER_AUDIO = ("application/json", "application/xml", "text/")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Upload:
    """A received recording.

    Attributes
    ----------
    file
        File descriptor, open for reading; the file has no name and is gone when it is closed.
    name
        What its sender calls it; never used as a path.
    """

    file: int
    name: str


@asynccontextmanager
async def receive_upload(request: Request) -> AsyncIterator[Upload]:
    """Receive a recording: the form field ``file``, or the body itself.

    Raises
    ------
    Problem
        415 if it cannot be audio by its headers, 422 if the form lacks the field or has others, 400 if it is
        damaged.
    """
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding != "identity":
        raise Problem(
            415, "unsupported-encoding", "Content-Encoding is not supported; send the recording as it is"
        )
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async with _receive_form(request) as upload:
            yield upload
    elif kind.startswith((*_NEVER_AUDIO, "multipart/")):
        raise Problem(
            415,
            "unsupported-type",
            f"a body of type {_plain(kind)} is no recording; send its bytes as audio/* or "
            "application/octet-stream, or a form (multipart/form-data) with the field 'file'",
        )
    else:
        async with _receive_raw(request) as upload:
            yield upload


@asynccontextmanager
async def _receive_form(request: Request) -> AsyncIterator[Upload]:
    try:
        form = await request.form(max_files=1, max_fields=16)
    except (HTTPException, FormParserError) as error:
        # Which of them it is depends on Starlette's version.
        reason = error.detail if isinstance(error, HTTPException) else error
        raise Problem(400, "bad-form", f"the form cannot be read: {reason}") from None
    try:
        given = _file_of(form)
        # Asking for the descriptor moves what was kept in memory into a nameless temporary file.
        descriptor = given.file.fileno()
        given.file.flush()
        name = _plain((given.filename or "").replace("\\", "/").rpartition("/")[2])
        yield Upload(descriptor, name or _UNNAMED)
    finally:
        await form.close()


def _file_of(form: FormData) -> UploadFile:
    strange = [name for name in form if name != "file"]
    if strange:
        raise Problem(
            422,
            "wrong-usage",
            f"no form field is named '{_plain(strange[0])}'; the form has one, 'file', and options stand in "
            "the query (?channel=mix)",
        )
    given = form.get("file")
    if not isinstance(given, UploadFile):
        raise Problem(
            422, "wrong-usage", "the form has no file in its field 'file'; with curl: -F file=@recording.wav"
        )
    return given


@asynccontextmanager
async def _receive_raw(request: Request) -> AsyncIterator[Upload]:
    with tempfile.TemporaryFile(buffering=0) as file:
        async for piece in request.stream():
            # A disk that is slow to take it must not hold up the live streams.
            await asyncio.to_thread(_write_all, file, piece)
        yield Upload(file.fileno(), _UNNAMED)


def _write_all(file: Any, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:_LONGEST_NAME]


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Do ``work`` unless the client hangs up: it is cancelled then.

    Raises
    ------
    ClientDisconnect
        If the client has hung up.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_wait_until_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        for each in (task, gone):
            each.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _wait_until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
