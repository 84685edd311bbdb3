"""Structured logs: one JSON object per line, with nothing in it that was said, named or heard."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import datetime, timezone
from typing import Any, TextIO

LOGGER = logging.getLogger("emotrace.server")

_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class JsonFormatter(logging.Formatter):
    """One log record as one line of JSON: time (UTC), level, message, and what was given as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line. Of an exception it tells the kind and place, not the words, which may be a client's."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _ORDINARY},
        }
        if record.exc_info and record.exc_info[0] is not None:
            entry["exception"] = record.exc_info[0].__name__
            entry["where"] = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(record.exc_info[2])]
        return json.dumps(entry, default=str)


def write_logs(stream: TextIO, level: int = logging.INFO) -> None:
    """Let this server, and whatever else of this process has something to say, write JSON lines to ``stream``."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    logging.captureWarnings(True)
    LOGGER.setLevel(level)
    # It tells of every request, with all that stands in its address.
    logging.getLogger("uvicorn.error").setLevel(max(level, logging.WARNING))
