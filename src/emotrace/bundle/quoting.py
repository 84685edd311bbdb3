"""Show text from an untrusted bundle on one line, without letting it drive the terminal."""

from __future__ import annotations


def plain(text: str, limit: int = 80) -> str:
    """Replace what does not print by ``?`` and cut after ``limit`` characters.

    >>> plain("model\\x1b[31m.onnx")
    'model?[31m.onnx'
    """
    shown = "".join(c if c.isprintable() else "?" for c in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def one_line(error: BaseException, limit: int = 240) -> str:
    """Put an exception's text, which may run over many lines, on one."""
    return plain(" ".join(str(error).split()) or type(error).__name__, limit)
