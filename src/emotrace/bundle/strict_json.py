"""Read JSON that a stranger may have written: every value finite, shallow, printable and said once."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from emotrace.bundle.quoting import one_line, plain
from emotrace.errors import BundleError

MAX_DEPTH = 16
MAX_INTEGER = 2**53
"""The largest whole number that every JSON reader keeps exact."""


def parse_object(text: bytes, name: str) -> dict[str, Any]:
    """Parse a JSON object; raise `BundleError` naming ``name`` for anything else.

    Refused besides what JSON itself refuses: ``NaN`` and infinities, numbers too large for a float or an
    exact integer, keys given twice, more than 16 levels, control characters and lone surrogates.
    """

    def refuse_constant(word: str) -> NoReturn:
        raise BundleError(f"{name}: {word} is not a number that JSON knows")

    def refuse_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen = dict(pairs)
        if len(seen) < len(pairs):
            keys = [key for key, _ in pairs]
            twin = next(key for key in keys if keys.count(key) > 1)
            raise BundleError(f"{name}: key '{plain(twin)}' is given twice")
        return seen

    try:
        value = json.loads(text.decode("utf-8"), parse_constant=refuse_constant, object_pairs_hook=refuse_twins)
    except UnicodeDecodeError as error:
        raise BundleError(f"{name}: is not UTF-8 text ({error.reason} at byte {error.start})") from None
    except RecursionError:
        raise BundleError(f"{name}: is nested deeper than {MAX_DEPTH} levels") from None
    except ValueError as error:  # JSONDecodeError, and integers of thousands of digits
        raise BundleError(f"{name}: is not valid JSON ({one_line(error)})") from None
    if not isinstance(value, dict):
        raise BundleError(f"{name}: must be a JSON object, not {describe(value)}")
    return {key: checked(item, f"{name}: key '{plain(key)}'") for key, item in value.items()}


def checked(value: object, where: str, depth: int = 1) -> Any:
    """Give a deep copy of ``value`` in plain JSON types; raise `BundleError` if it is not JSON.

    Tuples become lists. ``where`` opens the message, for instance ``card.json: key 'metrics'``.
    """
    if depth > MAX_DEPTH:
        raise BundleError(f"{where} is nested deeper than {MAX_DEPTH} levels")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _checked_text(value, where)
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise BundleError(f"{where} holds a whole number beyond 2^53")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise BundleError(f"{where} holds {value}; every number must be finite")
        return float(value)
    if isinstance(value, Mapping):
        return {_key(key, where): checked(item, where, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [checked(item, where, depth + 1) for item in value]
    raise BundleError(f"{where} holds a {type(value).__name__}, which JSON cannot say; give plain Python values")


def describe(value: object) -> str:
    """Name a JSON value in few words, for the end of an error message.

    >>> describe([1, 2]), describe("x" * 3), describe(None)
    ('a list of 2', "'xxx'", 'null')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{plain(value, 40)}'"
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        return "a whole number beyond 2^53"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        return f"an object of {len(value)}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return f"a {type(value).__name__}"


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise BundleError(f"{where} has the key {describe(key)}; keys must be text")
    return _checked_text(key, where)


def _checked_text(text: str, where: str) -> str:
    # Control characters could drive the terminal that shows the card; lone surrogates cannot be printed.
    for character in text:
        code = ord(character)
        if (code < 32 and character not in "\n\t") or 127 <= code < 160 or 0xD800 <= code < 0xE000:
            raise BundleError(f"{where} holds the unprintable character U+{code:04X}")
    return text
