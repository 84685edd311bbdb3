"""A file with turns, opened within limits: its text, and its JSON where it is JSON."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotrace.errors import TurnsError

MAX_BYTES = 32 * 1024**2
"""Four hours of words with their times are about 20 MB in the most talkative format."""

_OTHER_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a format looks at to know its own files, and to read them.

    Attributes
    ----------
    text
        The whole file.
    json
        The parsed document; None where the text is not JSON.
    recording
        Name without folder and ending of the recording whose turns are wanted, for formats that hold several; None
        where the caller did not say.
    """

    text: str
    json: Any = None
    recording: str | None = None

    @property
    def object(self) -> Mapping[str, Any]:
        """The document if it is a JSON object, else an empty one."""
        return self.json if isinstance(self.json, dict) else {}


def open_transcript(path: Path, recording: str | None = None) -> Transcript:
    """Read a file of at most `MAX_BYTES`; `TurnsError` says what is wrong with it, without its name."""
    text = _decode(_read(path))
    if not text.strip():
        raise TurnsError("is empty; give RTTM or a transcript in JSON with speakers")
    return Transcript(text, _parse(text) if text.lstrip()[0] in "{[" else None, recording)


def _read(path: Path) -> bytes:
    try:
        # Looked at before it is opened: opening a pipe would wait for its writer.
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "a pipe, socket or device"
            raise TurnsError(f"is {what}; give a file with turns")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
            n_bytes = max(len(content), os.fstat(file.fileno()).st_size)
    except FileNotFoundError:
        raise TurnsError("no such file; check the path") from None
    except PermissionError:
        raise TurnsError("no permission to read it; change its rights or its owner") from None
    except (OSError, ValueError) as error:  # a name too long, a null byte, a loop of links ...
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise TurnsError(f"cannot be read ({reason}); check the path") from None
    if n_bytes > MAX_BYTES:
        raise TurnsError(f"has {n_bytes:,} bytes, above the limit of {MAX_BYTES:,}; split the transcript")
    return content


def _decode(content: bytes) -> str:
    encoding = _OTHER_ENCODINGS.get(content[:2])
    if encoding is not None:
        raise TurnsError(f"is {encoding}; save it with UTF-8 encoding")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + content[: error.start].count(b"\n")
        raise TurnsError(f"line {line}: not UTF-8 text; give RTTM or JSON, saved with UTF-8 encoding") from None


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise TurnsError("is nested too deeply for a transcript; export it again") from None
    except json.JSONDecodeError as error:
        is_cut = not text[error.pos :].strip() or error.msg.startswith("Unterminated")
        hint = "the file is cut off: copy or export it again" if is_cut else "export it again"
        raise TurnsError(
            f"line {error.lineno}, column {error.colno}: not JSON ({error.msg.lower()}); {hint}"
        ) from None
    except ValueError:  # a whole number of thousands of digits
        raise TurnsError("holds a number of thousands of digits; export it again") from None
