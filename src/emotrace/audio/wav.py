"""WAV headers that are wrong about the size of their samples, and the correction that makes them readable.

Recorders that crash, and programs that write to a pipe, leave 0, 0xFFFFFFFF or an outdated number in
the size field of the ``data`` chunk. The samples are there nevertheless. libsndfile copes with a size
that is too large; one that is too small hides samples and is corrected here.

The format is described in "Multimedia Programming Interface and Data Specifications 1.0"
(IBM and Microsoft, 1991).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from emotrace.audio.source import Source

_MAX_CHUNKS = 1000
_SIZE_MAX = 0xFFFFFFFF
# Leftovers shorter than this at the end of a file are rather padding than samples.
_MIN_TAIL_BYTES = 64
_TAGS = (b"TAG", b"ID3", b"APETAGEX")
_KNOWN_CHUNKS = (
    *(b"LIST", b"fact", b"bext", b"cue ", b"smpl", b"inst", b"plst", b"JUNK", b"junk", b"PAD ", b"FLLR"),
    *(b"id3 ", b"ID3 ", b"iXML", b"_PMX", b"cart", b"PEAK", b"levl", b"afsp"),
)


@dataclass(frozen=True, slots=True)
class WavDamage:
    """What is wrong with a WAV header (``note``, for the warning) and the bytes to read instead."""

    note: str
    patches: dict[int, bytes]


@dataclass(frozen=True, slots=True)
class _Data:
    riff_size: int
    frame_bytes: int
    start: int
    declared: int


def find_damage(source: Source) -> WavDamage | None:
    """Compare the size that a WAV header gives with the samples that are there.

    Returns
    -------
    None if the source is no RIFF/WAVE file, has no ``data`` chunk, or its size is right.
    """
    data = _find_data(source)
    if data is None:
        return None
    there = source.size - data.start
    if data.declared > there:
        note = f"{data.declared:,} bytes of samples, but {there:,} are there; reading those"
        return WavDamage(f"its WAV header promises {note}", {})
    end = data.start + data.declared + data.declared % 2
    tail = source.size - end
    if tail > 0 and not _is_chunks(source, end):
        return _judge_tail(source, data, end, tail)
    if data.declared % data.frame_bytes:
        return _complete_frame(data, there)
    return None


def _find_data(source: Source) -> _Data | None:
    head = source.head(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return None
    riff_size, frame_bytes, position = struct.unpack("<I", head[4:8])[0], 1, 12
    for _ in range(_MAX_CHUNKS):
        name, size = _chunk(source, position)
        if name == b"data":
            return _Data(riff_size, frame_bytes, position + 8, size)
        if name == b"fmt ":
            source.seek(position + 8)
            fmt = source.read(16)
            if len(fmt) == 16:
                frame_bytes = max(1, struct.unpack("<H", fmt[12:14])[0])
        if not name:
            return None
        position += 8 + size + size % 2
    return None


def _chunk(source: Source, position: int) -> tuple[bytes, int]:
    source.seek(position)
    header = source.read(8)
    return (header[:4], struct.unpack("<I", header[4:])[0]) if len(header) == 8 else (b"", 0)


def _is_chunks(source: Source, position: int) -> bool:
    """True if the rest of the file reads as chunks, or starts with one that everyone knows."""
    for i in range(_MAX_CHUNKS):
        if source.size - position < 8:
            return i > 0
        name, size = _chunk(source, position)
        if i == 0 and name in _KNOWN_CHUNKS:
            return True
        if not all(0x20 <= byte < 0x7F for byte in name) or position + 8 + size > source.size:
            return False
        position += 8 + size + size % 2
    return False


def _judge_tail(source: Source, data: _Data, end: int, tail: int) -> WavDamage | None:
    source.seek(end)
    start = source.read(4096)
    if tail < _MIN_TAIL_BYTES or start.startswith(_TAGS) or not any(start):
        return None
    if data.declared and data.riff_size + 8 in (end, end - data.declared % 2):
        # Two sizes that agree are right; what follows does not belong to the recording.
        return WavDamage(f"{tail:,} bytes after the end of the WAV are ignored", {})
    whole = (source.size - data.start) // data.frame_bytes * data.frame_bytes
    note = f"its WAV header promises {data.declared:,} bytes of samples, but {whole:,} are there; reading those"
    return WavDamage(note, {data.start - 4: struct.pack("<I", min(whole, _SIZE_MAX))})


def _complete_frame(data: _Data, there: int) -> WavDamage:
    # An odd size that was meant to be the even one: the byte taken for padding is the rest of a sample.
    padded = data.declared + data.declared % 2
    note = f"its WAV header promises {data.declared:,} bytes of samples, not a multiple of {data.frame_bytes}"
    if padded <= there and padded % data.frame_bytes == 0:
        return WavDamage(f"{note}; reading {padded:,}", {data.start - 4: struct.pack("<I", padded)})
    return WavDamage(f"{note}; the last, incomplete one is ignored", {})
