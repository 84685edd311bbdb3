"""From a path or an open binary stream to a seekable file of known size, within the limits."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO

from emotrace.audio.limits import Limits, check_bytes
from emotrace.errors import AudioError, DecodeError, UsageError

_SPOOL_BYTES = 16 * 1024**2
_COPY_BYTES = 1024**2


@dataclass(slots=True)
class Source:
    """An open file to decode: seekable bytes, optionally with a few of them corrected.

    It has the file methods that decoders use, and no ``name``: soundfile and PyAV would go by its ending
    where they must go by content.

    Attributes
    ----------
    label
        What messages call it.
    size
        Length in bytes.
    patches
        Bytes that are read in place of the file's own, by offset (see `emotrace.audio.wav`).
    """

    label: str
    size: int
    _file: IO[bytes]
    _is_ours: bool
    patches: dict[int, bytes] = field(default_factory=dict)

    def read(self, n_bytes: int = -1) -> bytes:
        """Read up to ``n_bytes`` (all that is left if negative) from the current position."""
        if not self.patches:
            return self._file.read(n_bytes)
        start = self._file.tell()
        return _overlay(self._file.read(n_bytes), start, self.patches)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to ``offset`` bytes from the start, the current position or the end."""
        # Decoders of damaged files ask for places before the start and far beyond the end; the operating system
        # would raise.
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self.size}[whence]
        return self._file.seek(min(max(0, base + offset), self.size))

    def tell(self) -> int:
        """Give the current position in bytes."""
        return self._file.tell()

    def head(self, n_bytes: int = 4096) -> bytes:
        """Give the first bytes and go back to the start."""
        self.seek(0)
        head = self.read(n_bytes)
        self.seek(0)
        return head

    def close(self) -> None:
        """Close the file if it was opened here; a caller's own stream stays open."""
        if self._is_ours:
            self._file.close()


def _overlay(data: bytes, start: int, patches: dict[int, bytes]) -> bytes:
    changed = bytearray(data)
    for offset, patch in patches.items():
        for i, value in enumerate(patch, start=offset - start):
            if 0 <= i < len(changed):
                changed[i] = value
    return bytes(changed)


def open_source(path: str | os.PathLike[str] | BinaryIO, limits: Limits) -> Source:
    """Open a path or a binary stream for decoding.

    A stream is read from its beginning; one that cannot seek is first copied to a temporary file
    (in memory while small). The caller keeps the ownership of a stream.

    Raises
    ------
    AudioError
        If there is no such file, it may not be read, or it is a folder, a pipe or a device.
    DecodeError
        If it is empty.
    LimitError
        If it has more bytes than ``limits`` allow.
    UsageError
        If ``path`` is neither a path nor a binary stream.
    """
    source = _open_path(path) if isinstance(path, str | os.PathLike) else _open_stream(path, limits)
    try:
        check_bytes(source.label, source.size, limits)
        if source.size == 0:
            raise DecodeError(f"{source.label}: the file is empty (0 bytes); record or copy it again")
    except BaseException:
        source.close()
        raise
    return source


def show_path(path: object) -> str:
    """Give a path as one printable line."""
    text = str(path)
    return text if text.isprintable() else ascii(text)


def _open_path(path: str | os.PathLike[str]) -> Source:
    name = show_path(os.fspath(path))
    try:
        # Looked at before it is opened: opening a pipe would wait for its writer.
        mode = Path(path).stat().st_mode
        if stat.S_ISDIR(mode):
            raise AudioError(f"{name}: is a folder; give an audio file")
        if not stat.S_ISREG(mode):
            raise AudioError(f"{name}: is a pipe, socket or device, not a file; save the audio to a file first")
        file = Path(path).open("rb")  # noqa: SIM115 - closed by Source
    except FileNotFoundError:
        raise AudioError(f"{name}: no such file; check the path") from None
    except PermissionError:
        raise AudioError(f"{name}: no permission to read it; change its rights or its owner") from None
    except (OSError, ValueError) as error:  # a name too long, a null byte, a loop of links ...
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise AudioError(f"{name}: cannot be opened ({reason}); check the path") from None
    return Source(name, os.fstat(file.fileno()).st_size, file, _is_ours=True)


def _open_stream(stream: Any, limits: Limits) -> Source:
    if not callable(getattr(stream, "read", None)):
        raise UsageError(
            f"audio must be a path or an open binary file, not {type(stream).__name__}; wrap bytes in io.BytesIO"
        )
    path = getattr(stream, "name", None)
    name = show_path(path) if isinstance(path, str | os.PathLike) else "<stream>"
    if isinstance(_read(stream, name, 0), str):
        raise UsageError(f"{name}: is open as text; open it in binary mode ('rb')")
    if _is_seekable(stream):
        size = stream.seek(0, os.SEEK_END)
        # A few streams return nothing from seek.
        return Source(name, stream.tell() if size is None else size, stream, _is_ours=False)
    return _spool(stream, name, limits)


def _is_seekable(stream: Any) -> bool:
    with suppress(AttributeError, OSError, ValueError):
        return bool(stream.seekable())
    return False


def _spool(stream: Any, name: str, limits: Limits) -> Source:
    file = tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES)  # noqa: SIM115 - closed by Source
    size = 0
    try:
        while data := _read(stream, name, _COPY_BYTES):
            size += len(data)
            check_bytes(name, size, limits)
            file.write(data)
    except BaseException:
        file.close()
        raise
    return Source(name, size, file, _is_ours=True)


def _read(stream: Any, name: str, n_bytes: int) -> Any:
    try:
        return stream.read(n_bytes)
    except (OSError, ValueError) as error:  # closed, not readable, connection lost
        raise AudioError(f"{name}: cannot be read ({str(error).lower()}); open it again") from None
