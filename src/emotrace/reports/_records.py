"""Records as JSON text."""

from __future__ import annotations

import json
import math
from typing import Any, TextIO


def to_json(record: Any, stream: TextIO) -> str:
    """Give ``record`` as one line of JSON that ``stream`` can hold; never NaN or infinity.

    Letters beyond ASCII stay readable where the stream's encoding has them and are escaped where not.

    Raises
    ------
    ValueError
        If a number in ``record`` is not finite.
    """
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(record, allow_nan=False)
    return text


def finite_or_none(value: float) -> float | None:
    """Give ``value``, or None in place of NaN and infinity, which JSON cannot write."""
    return value if math.isfinite(value) else None
