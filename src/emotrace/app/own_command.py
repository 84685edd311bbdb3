"""Run one of emotrace's own commands for the app, in a process that can be stopped and may crash alone."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

from emotrace.app.saying import trouble

_MOST_LINES = 10
_LOOK_SECONDS = 1.0

T = TypeVar("T")


async def while_watched(work: asyncio.Task[T]) -> AsyncIterator[None]:
    """Give something to yield every second until ``work`` has ended; end it when nobody watches any more.

    Gradio ends a handler whose page was closed, or that was stopped, only where it yields.
    """
    try:
        while not work.done():
            await asyncio.wait({work}, timeout=_LOOK_SECONDS)
            yield
    finally:
        work.cancel()


async def run_command(arguments: Sequence[str], seconds: float) -> list[str]:
    """Run ``emotrace`` with ``arguments``; stop it when whoever waits is cancelled, or after ``seconds``.

    Gives what it remarked meanwhile, a line each.

    Raises
    ------
    gradio.Error
        With the command's own line on what is wrong.
    """
    # What the server can import and nothing else: -m would add what lies in the working folder.
    boot = f"import sys; sys.path[:] = {sys.path!r}; from emotrace.cli import main; main()"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        boot,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await asyncio.wait_for(process.communicate(), seconds)
    except asyncio.TimeoutError:
        raise trouble(f"this took more than {seconds:g} s and was stopped; use the command line for it") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    told = said.decode("utf-8", "replace").splitlines()
    lines = [line.removeprefix("emotrace: ") for line in told if line.strip()]
    if process.returncode:
        raise trouble(lines[-1] if lines else "the command crashed; try it on the command line")
    return lines[:_MOST_LINES]
