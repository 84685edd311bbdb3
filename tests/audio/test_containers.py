from __future__ import annotations

import pytest

from emotrace.audio.containers import name_common, name_container


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x20ftypisom", "MP4"),
        (b"\x1aE\xdf\xa3\x9fB", "WebM or Matroska"),
        (b"#!AMR\n", "AMR"),
        (b"#!AMR-WB\n", "AMR"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media"),
        (b"\xff\xf1\x60\x40", "AAC"),
        (b"\xff\xf9\x60\x40", "AAC"),
        (b"RIFF\0\0\0\0AVI LIST", "AVI"),
    ],
)
def test_content_tells_the_container(head: bytes, kind: str) -> None:
    assert name_container(head, "misnamed.wav") == kind
    assert name_common(head) is None


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"RIFF\0\0\0\0WAVEfmt ", "WAV"),
        (b"OggS\0", "Ogg"),
        (b"fLaC\0", "FLAC"),
        (b"ID3\x04", "MP3"),
        (b"\xff\xfb\x90\x64", "MP3"),
        (b"\xff\xf3\x90\x64", "MP3"),
        (b"FORM\0\0\0\0AIFC", "AIFF"),
        (b".snd\0", "AU"),
        (b"caff\0", "CAF"),
    ],
)
def test_content_goes_before_the_ending(head: bytes, kind: str) -> None:
    assert name_common(head) == kind
    assert name_container(head, "misnamed.m4a") is None


@pytest.mark.parametrize("name", ["a.m4a", "a.MP4", "a.webm", "a.amr", "a.3gp", "a.mkv", "a.wma", "a.aac"])
def test_the_ending_decides_where_the_content_says_nothing(name: str) -> None:
    assert name_container(b"????????????", name) is not None


def test_text_is_none_of_these() -> None:
    assert name_container(b"hello, world", "notes.txt") is None
    assert name_common(b"hello, world") is None
