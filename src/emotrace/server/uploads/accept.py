"""In which format a request wants its answer: by name, else by its ``Accept`` header (RFC 9110, 12.5.1)."""

from __future__ import annotations

from emotrace.server.problems import Problem
from emotrace.server.uploads.formats import Task, format_names, load_writer, media_type


def choose_format(wanted: str | None, accept: str | None, task: Task) -> str:
    """Give the format that a request wants: by name, else by its ``Accept`` header, else JSON.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    Problem
        406 if ``Accept`` names nothing that can be given.
    """
    if wanted is not None:
        load_writer(wanted, task)
        return wanted
    if not accept:
        return "json"
    kinds = {name: media_type(name).partition(";")[0] for name in format_names(task)}
    for accepted in _accepted(accept):
        for name, kind in kinds.items():
            if _fits(accepted, kind):
                return name
    possible = ", ".join(dict.fromkeys(kinds.values()))
    raise Problem(406, "not-acceptable", f"this cannot be given as the Accept header wants; possible: {possible}")


def _accepted(accept: str) -> list[str]:
    """Give the media ranges of an ``Accept`` header but the refused, the most wanted first."""
    ranges = []
    for part in accept.split(","):
        kind, *params = (piece.strip().lower() for piece in part.split(";"))
        quality = next((_number(p[2:]) for p in params if p.startswith("q=")), 1.0)
        if kind and quality > 0:
            ranges.append((quality, kind))
    # Stable: among equals, the order of the client.
    return [kind for _, kind in sorted(ranges, key=lambda each: -each[0])]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _fits(wanted: str, offered: str) -> bool:
    main, _, _ = wanted.partition("/")
    return wanted in ("*/*", offered) or (wanted.endswith("/*") and offered.startswith(main + "/"))
