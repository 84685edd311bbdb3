from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emotrace.audio.limits import Limits
from emotrace.audio.source import open_source
from emotrace.errors import AudioError, DecodeError, LimitError, UsageError


class _Pipe(io.RawIOBase):
    """A stream that can only be read onwards, as from a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        return self._data.readinto(buffer)


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Root may read everything: become somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(AudioError, match=r"^nowhere\.wav: no such file; check the path$"):
        open_source("nowhere.wav", Limits())


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r": is a folder; give an audio file$"):
        open_source(tmp_path, Limits())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AudioError, match=r"pipe: is a pipe, socket or device, not a file"):
        open_source(tmp_path / "pipe", Limits())


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices here")
def test_a_device_is_refused() -> None:
    with pytest.raises(AudioError, match=r"/dev/zero: is a pipe, socket or device"):
        open_source("/dev/zero", Limits())


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no such permissions here")
def test_no_permission_is_said(tmp_path: Path) -> None:
    path = tmp_path / "secret.wav"
    path.write_bytes(b"RIFF")
    path.chmod(0)
    with (
        _as_nobody(),
        pytest.raises(AudioError, match=r"secret\.wav: no permission to read it; change its rights"),
    ):
        open_source(path, Limits())


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    with pytest.raises(DecodeError, match=r"empty\.wav: the file is empty \(0 bytes\)"):
        open_source(tmp_path / "empty.wav", Limits())


@pytest.mark.parametrize("path", ["a\0b.wav", "x" * 5000])
def test_an_impossible_path_is_one_line(path: str) -> None:
    with pytest.raises(AudioError, match=r"cannot be opened \(.*\); check the path$") as caught:
        open_source(path, Limits())
    assert str(caught.value).isprintable()


def test_a_path_with_a_line_break_stays_on_one_line() -> None:
    with pytest.raises(AudioError, match=r"^'two\\nlines\.wav': no such file"):
        open_source("two\nlines.wav", Limits())


def test_too_many_bytes_are_refused_before_decoding(tmp_path: Path) -> None:
    (tmp_path / "big.wav").write_bytes(bytes(101))
    with pytest.raises(LimitError, match=r"big\.wav: 101 bytes, above the limit of 100"):
        open_source(tmp_path / "big.wav", Limits(max_bytes=100))


def test_a_stream_is_read_from_its_beginning_and_left_open() -> None:
    stream = io.BytesIO(b"abcdef")
    stream.seek(4)
    source = open_source(stream, Limits())
    assert (source.label, source.size, source.head(3), source.read()) == ("<stream>", 6, b"abc", b"abcdef")
    source.close()
    assert not stream.closed


def test_a_named_stream_is_called_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "call.wav").write_bytes(b"x")
    with (tmp_path / "call.wav").open("rb") as stream:
        assert open_source(stream, Limits()).label.endswith("call.wav")


def test_a_stream_that_cannot_seek_is_copied() -> None:
    source = open_source(_Pipe(b"abc" * 1000), Limits())
    source.seek(-3, os.SEEK_END)
    assert (source.size, source.read()) == (3000, b"abc")
    source.close()


def test_a_stream_that_cannot_seek_is_bounded_while_it_is_copied() -> None:
    with pytest.raises(LimitError, match=r"<stream>: .* bytes, above the limit of 1,000"):
        open_source(_Pipe(bytes(5_000_000)), Limits(max_bytes=1000))


@pytest.mark.parametrize("thing", [b"RIFF", 7, None])
def test_something_else_is_refused(thing: object) -> None:
    with pytest.raises(
        UsageError, match=r"must be a path or an open binary file, not \w+; wrap bytes in io\.BytesIO"
    ):
        open_source(thing, Limits())  # type: ignore[arg-type]


def test_a_text_stream_is_refused() -> None:
    with pytest.raises(UsageError, match=r"<stream>: is open as text; open it in binary mode"):
        open_source(io.StringIO("RIFF"), Limits())  # type: ignore[arg-type]


def test_a_closed_stream_is_refused() -> None:
    stream = io.BytesIO(b"RIFF")
    stream.close()
    with pytest.raises(AudioError, match=r"<stream>: cannot be read \(.*closed.*\); open it again"):
        open_source(stream, Limits())


def test_patches_are_read_in_place_of_the_file() -> None:
    source = open_source(io.BytesIO(b"0123456789"), Limits())
    source.patches = {4: b"ab"}
    assert source.head(10) == b"0123ab6789"
    source.seek(5)
    assert source.read(2) == b"b6"
    assert source.tell() == 7
