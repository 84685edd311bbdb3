"""WAV headers that are wrong about the size of their samples, and the correction that makes them readable.

Recorders that crash, and programs that write to a pipe, leave 0, 0xFFFFFFFF or an outdated number in
the size field of the ``data`` chunk. The samples are there nevertheless. libsndfile copes with a size
that is too large; one that is too small hides samples and is corrected here: whatever follows the promised
samples and is not a chunk, a tag or padding is taken for more of them, even if the size of the whole file
agrees with the header (a recorder that keeps its header up to date crashes between two updates).

The format is described in "Multimedia Programming Interface and Data Specifications 1.0"
(IBM and Microsoft, 1991).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from emotrace.audio.source import Source

_MAX_CHUNKS = 1000
_SIZE_MAX = 0xFFFFFFFF
_SCAN_BYTES = 1024**2
_TAGS = (b"TAG", b"ID3", b"APETAGEX", b"LYRICSBEGIN")
_KNOWN_CHUNKS = (
    *(b"LIST", b"fact", b"bext", b"cue ", b"smpl", b"inst", b"plst", b"JUNK", b"junk", b"PAD ", b"FLLR"),
    *(b"id3 ", b"ID3 ", b"iXML", b"_PMX", b"cart", b"PEAK", b"levl", b"afsp", b"DISP", b"acid", b"axml"),
)


@dataclass(frozen=True, slots=True)
class WavDamage:
    """What is wrong with a WAV header (``note``, for the warning) and the bytes to read instead."""

    note: str
    patches: dict[int, bytes]


@dataclass(frozen=True, slots=True)
class _Data:
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
    if _goes_on(source, data):
        return _read_to_the_end(data, there)
    if data.declared % data.frame_bytes:
        return _complete_frame(data, there)
    return None


def _find_data(source: Source) -> _Data | None:
    head = source.head(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return None
    frame_bytes, position = 1, 12
    for _ in range(_MAX_CHUNKS):
        name, size = _chunk(source, position)
        if name == b"data":
            return _Data(frame_bytes, position + 8, size)
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


def _goes_on(source: Source, data: _Data) -> bool:
    """True if at least one whole frame of samples follows the promised ones."""
    promised_end = data.start + data.declared
    end = promised_end + data.declared % 2
    if source.size - end < data.frame_bytes:
        return False
    # Some programs forget the byte of padding after samples of odd length, others add one to an even length.
    if any(_is_trailer(source, position) for position in (promised_end, promised_end + 1)):
        return False
    # Files are filled up with zeros to whole blocks; but where nothing is promised, they are the recording.
    return data.declared == 0 or not _is_zeros(source, end)


def _is_trailer(source: Source, position: int) -> bool:
    source.seek(position)
    return source.read(16).startswith(_TAGS + _KNOWN_CHUNKS) or _is_chunks(source, position)


def _is_zeros(source: Source, position: int) -> bool:
    source.seek(position)
    while block := source.read(_SCAN_BYTES):
        if block.count(0) < len(block):
            return False
    return True


def _is_chunks(source: Source, position: int) -> bool:
    """True if the rest of the file reads as chunks of any name."""
    for i in range(_MAX_CHUNKS):
        if source.size - position < 8:
            return i > 0
        name, size = _chunk(source, position)
        if not all(0x20 <= byte < 0x7F for byte in name) or position + 8 + size > source.size:
            return False
        position += 8 + size + size % 2
    return False


def _read_to_the_end(data: _Data, there: int) -> WavDamage:
    whole = there // data.frame_bytes * data.frame_bytes
    note = f"its WAV header promises {data.declared:,} bytes of samples, but {whole:,} are there; reading those"
    return WavDamage(note, {data.start - 4: struct.pack("<I", min(whole, _SIZE_MAX))})


def _complete_frame(data: _Data, there: int) -> WavDamage:
    # An odd size that was meant to be the even one: the byte taken for padding is the rest of a sample.
    padded = data.declared + data.declared % 2
    note = f"its WAV header promises {data.declared:,} bytes of samples, not a multiple of {data.frame_bytes}"
    if padded <= there and padded % data.frame_bytes == 0:
        return WavDamage(f"{note}; reading {padded:,}", {data.start - 4: struct.pack("<I", padded)})
    return WavDamage(f"{note}; the last, incomplete one is ignored", {})
