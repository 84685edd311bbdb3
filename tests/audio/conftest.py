"""Recordings made on the spot: hand-written WAV bytes, and everything soundfile and PyAV can write."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

Signal = NDArray[np.float32]


def _tone(n_samples: int, rate: int = 16000, hz: float = 440.0, peak: float = 0.5) -> Signal:
    return (peak * np.sin(2 * np.pi * hz * np.arange(n_samples) / rate)).astype(np.float32)


@pytest.fixture(scope="session")
def tone() -> Callable[..., Signal]:
    """A sine: (n_samples, rate, hz, peak) -> signal."""
    return _tone


def _wav_bytes(
    data: bytes,
    *,
    tag: int = 1,
    n_channels: int = 1,
    rate: int = 16000,
    bits: int = 16,
    declared: int | None = None,
    riff: int | None = None,
    extra_fmt: bytes = b"",
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    frame = n_channels * bits // 8
    fmt = (
        struct.pack("<HHIIHH", tag, n_channels, rate, rate * frame & 0xFFFFFFFF, frame & 0xFFFF, bits) + extra_fmt
    )
    size = len(data) if declared is None else declared
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(fmt)) + fmt + before
    body += b"data" + struct.pack("<I", size) + data + after
    return b"RIFF" + struct.pack("<I", len(body) if riff is None else riff) + body


@pytest.fixture(scope="session")
def wav_bytes() -> Callable[..., bytes]:
    """A RIFF/WAVE file written byte by byte, with any lie in its header."""
    return _wav_bytes


@pytest.fixture(scope="session")
def pcm() -> bytes:
    """One second of a tone at 16 kHz as 16-bit little-endian samples."""
    return (_tone(16000) * 32767).astype("<i2").tobytes()


def _write_av(
    path: Path,
    container: str,
    codec: str,
    rate: int,
    *,
    n_channels: int = 1,
    seconds: float = 2.0,
    options: dict[str, str] | None = None,
    pause: tuple[float, float] | None = None,
    with_video: bool = False,
) -> Signal:
    """Write a tone with PyAV; packets after ``pause[0]`` are delayed by ``pause[1]`` seconds."""
    import av

    layout = "mono" if n_channels == 1 else "stereo"
    signal = _tone(round(rate * seconds), rate)
    with av.open(str(path), "w", format=container, options=options or {}) as out:
        video = None
        if with_video:
            video = out.add_stream("mpeg4", rate=10)
            video.width = video.height = 64
            video.pix_fmt = "yuv420p"
        stream = out.add_stream(codec, rate=rate)
        stream.layout = layout
        if codec == "libopencore_amrnb":
            stream.bit_rate = 12200
        frame = av.AudioFrame.from_ndarray(np.stack([signal] * n_channels), format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        if video is not None:
            _write_pictures(out, video)
        resampler = av.AudioResampler(format=stream.codec_context.format.name, layout=layout, rate=rate)
        for piece in (*resampler.resample(frame), *resampler.resample(None), None):
            for packet in stream.encode(piece):
                if pause is not None and packet.pts * packet.time_base >= pause[0]:
                    delay = round(pause[1] / packet.time_base)
                    packet.pts, packet.dts = packet.pts + delay, packet.dts + delay
                out.mux(packet)
    return signal


def _write_pictures(out: object, video: object) -> None:
    import av

    for _ in range(5):
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        for packet in video.encode(picture):  # type: ignore[attr-defined]
            out.mux(packet)  # type: ignore[attr-defined]
    for packet in video.encode(None):  # type: ignore[attr-defined]
        out.mux(packet)  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def write_av() -> Callable[..., Signal]:
    """Write a tone in any container and codec that PyAV knows."""
    pytest.importorskip("av")
    return _write_av


@pytest.fixture(scope="session")
def write_video() -> Callable[[Path], None]:
    """Write a short silent film: pictures and no audio track."""
    av = pytest.importorskip("av")

    def write(path: Path) -> None:
        with av.open(str(path), "w", format="mp4") as out:
            video = out.add_stream("mpeg4", rate=10)
            video.width = video.height = 64
            video.pix_fmt = "yuv420p"
            _write_pictures(out, video)

    return write
