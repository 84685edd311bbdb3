"""Recognise the kind of a file by its first bytes (or its ending), to say what it needs or what it was."""

from __future__ import annotations

from pathlib import PurePath

_ENDINGS = {
    "MP4": (".m4a", ".m4b", ".mp4", ".m4v", ".mov", ".3gp", ".3g2"),
    "WebM or Matroska": (".webm", ".weba", ".mkv", ".mka"),
    "AMR": (".amr", ".awb"),
    "Windows Media": (".wma", ".wmv", ".asf"),
    "AAC": (".aac",),
    "AVI": (".avi",),
    "Flash video": (".flv",),
    "MPEG": (".mpg", ".mpeg", ".ts", ".mts", ".m2ts"),
    "AC-3": (".ac3", ".eac3"),
    "Monkey's Audio": (".ape",),
    "WavPack": (".wv",),
    "True Audio": (".tta",),
}
_MAGIC = (
    (b"\x1aE\xdf\xa3", "WebM or Matroska"),
    (b"#!AMR", "AMR"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media"),
    (b"ADIF", "AAC"),
    (b"FLV\x01", "Flash video"),
    (b"\x00\x00\x01\xba", "MPEG"),
    (b"\x0bw", "AC-3"),
    (b"MAC ", "Monkey's Audio"),
    (b"wvpk", "WavPack"),
    (b"TTA1", "True Audio"),
)
# Where the kind stands, what it is, and what else must be there: libsndfile knows more kinds of file, but
# its readers of the rare ones crash or babble on damaged input, so that they are not let near it.
_COMMON = (
    (b"RIFF", b"WAVE", "WAV"),
    (b"RIFX", b"WAVE", "WAV"),
    (b"RF64", b"WAVE", "WAV"),
    (b"riff", b"", "WAV"),
    (b"OggS", b"", "Ogg"),
    (b"fLaC", b"", "FLAC"),
    (b"ID3", b"", "MP3"),
    (b"FORM", b"AIF", "AIFF"),
    (b".snd", b"", "AU"),
    (b"dns.", b"", "AU"),
    (b"caff", b"", "CAF"),
    (b"NIST_1A", b"", "NIST"),
)
_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"moof", b"styp")


def name_common(head: bytes) -> str | None:
    """Name the kind of file that libsndfile reads, without an extra, by content; None if it is none of these.

    >>> name_common(b"fLaC\\x00\\x00\\x00")
    'FLAC'
    """
    for magic, form, kind in _COMMON:
        if head.startswith(magic) and head[8:].startswith(form):
            return kind
    # An MPEG audio header: eleven set bits, and a layer (0 is AAC's; ISO/IEC 11172-3, 2.4.1.3).
    is_mpeg = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06
    return "MP3" if is_mpeg else None


def name_container(head: bytes, name: str) -> str | None:
    """Name the kind of container that only PyAV (the extra ``av``) reads, by content or else by ending.

    >>> name_container(b"\\x00\\x00\\x00\\x1cftypM4A ", "call")
    'MP4'
    >>> name_container(b"hello", "notes.txt") is None
    True
    """
    if head[4:8] in _MP4_BOXES:
        return "MP4"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "AVI"
    if len(head) > 188 and head[0] == head[188] == 0x47:
        return "MPEG"
    # ADTS: twelve set bits, any MPEG version, layer always 0 (ISO/IEC 13818-7, 6.2).
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "AAC"
    for magic, container in _MAGIC:
        if head.startswith(magic):
            return container
    if name_common(head):
        return None
    ending = PurePath(name).suffix.lower()
    return next((container for container, endings in _ENDINGS.items() if ending in endings), None)
