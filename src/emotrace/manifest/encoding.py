"""The one encoding of text tables: UTF-8, with or without a byte order mark."""

from __future__ import annotations

from emotrace.errors import ManifestError


def decode(content: bytes, first_line: int = 1) -> str:
    """Decode a text that begins in ``first_line``; raise `ManifestError` naming the line that is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = first_line + error.object[: error.start].count(b"\n")
        raise ManifestError(f"line {line}: not UTF-8; save the table with UTF-8 encoding") from None
